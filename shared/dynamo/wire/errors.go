package wire

import (
	"parley/shared/attempt"
	"parley/shared/dynamo/calls"
	"parley/shared/httpclient"
)

// answerError returns the error that an answer is. Those that package calls knows have their type.
func answerError(response *httpclient.Response, body []byte) error {
	e, code, message := attempt.NewAnswerError(response.Status, response, body)
	s := &scanner{text: string(body)}
	switch code {
	case "ConditionalCheckFailedException":
		failed := &calls.ConditionalCheckFailedException{Message: message}
		s.object(func(name string) {
			if name != "Item" {
				s.skip()
				return
			}
			failed.Item = s.item()
		})
		e.Err = failed
	case "TransactionConflictException":
		e.Err = &calls.TransactionConflictException{Message: message}
	case "TransactionCanceledException":
		canceled := &calls.TransactionCanceledException{Message: message}
		s.object(func(name string) {
			if name != "CancellationReasons" {
				s.skip()
				return
			}
			s.list(func() { canceled.CancellationReasons = append(canceled.CancellationReasons, s.reason()) })
		})
		e.Err = canceled
	}
	if s.err != nil {
		e.Err = s.err
	}
	return e
}

// reason reads why a write of a transaction was not made.
func (s *scanner) reason() (r calls.CancellationReason) {
	text := func() string {
		if s.null() { // a reason "None" has no message
			return ""
		}
		return s.string()
	}
	s.object(func(name string) {
		switch name {
		case "Code":
			r.Code = text()
		case "Message":
			r.Message = text()
		case "Item":
			r.Item = s.item()
		default:
			s.skip()
		}
	})
	return r
}
