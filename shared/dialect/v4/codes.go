// Package v4 is the vocabulary that the server REST API and the client protocol
// share: error numbers, the checks of request fields, and the form of messages.
// Sources: docs/reference/ and the core spec §3 and §12.
package v4

import (
	"maps"

	"parley/shared/fault"
)

// Numbers maps codes to the vendor's error numbers.
type Numbers map[fault.Code]int

// Gateway returns the numbers that hold where a service has none of its own
// (core spec §12.1, §12.2).
func Gateway() Numbers {
	return Numbers{
		fault.Internal: 91000, fault.Unavailable: 60008, fault.Throttled: 60007,
		fault.UnknownOperation: 60009, fault.Malformed: 60003, fault.Invalid: 60003,
		fault.BatchTooLarge: 70206, fault.Conflict: 60008,
		fault.AppMissing: 60012, fault.AppUnknown: 60006, fault.AppDisabled: 60016,
		fault.AppNoKey: 70016, fault.AppLimit: 72001,
		fault.CallerMissing: 60004, fault.SignatureMissing: 70002, fault.SignatureMalformed: 70003,
		fault.SignatureExpired: 70001, fault.SignatureMismatch: 70009, fault.SignatureUser: 70013,
		fault.SignatureApp: 70014, fault.SignatureRevoked: 70052, fault.NotAdmin: 60010,
		fault.Banned: 70051, fault.PlatformRefused: 70114,
		fault.AccountUnknown: 70107, fault.SenderUnknown: 20003, fault.ReceiverUnknown: 90012,
		fault.AccountQuota: 70398, fault.AccountReserved: 70402, fault.DeletionRefused: 71000,
		fault.TextTooLong:  40601,
		fault.BodyNotArray: 90007, fault.BodyInvalid: 90010, fault.BodyEmpty: 90002,
		fault.BodyTooLarge: 93000, fault.Muted: 20012, fault.Blocked: 20007,
		fault.MessageUnknown: 20022, fault.KeyInvalid: 90054,
	}
}

// Login returns the numbers of im_open_login_svc (core spec §4).
func Login() Numbers {
	return Gateway().with(Numbers{
		fault.Internal: 70500, fault.Unavailable: 70169, fault.Malformed: 70402, fault.Invalid: 70402,
		fault.NotAdmin: 70403,
	})
}

// OpenIM returns the numbers of openim (core spec §6).
func OpenIM() Numbers {
	return Gateway().with(Numbers{
		fault.Malformed: 90001, fault.Invalid: 90001, fault.NotAdmin: 90009, fault.BatchTooLarge: 90011,
		fault.AccountUnknown: 90048,
	})
}

// with returns n with some numbers replaced.
func (n Numbers) with(other Numbers) Numbers {
	out := maps.Clone(n)
	maps.Copy(out, other)
	return out
}

// Of returns the number and the sentence for an error. What is ours is told in
// general words.
func (n Numbers) Of(err error) (number int, text string) {
	if f := AsFieldError(err); f != nil {
		return f.Number, f.Text
	}
	e := fault.Of(err)
	if e.Code.Ours() {
		return n[e.Code], "internal error, please try again"
	}
	return n[e.Code], e.Text
}
