package block

import v4 "parley/shared/dialect/v4"

const (
	// maxUsers is how many users one call may name. The results of all of them fit into
	// one WebSocket message of API Gateway, which has at most 128 KB.
	maxUsers = 500
	// maxPage is the largest Limit, and the default.
	maxPage = 100

	badParameter = 30001
)

// someUsers is a request that names users.
type someUsers struct {
	To []string `json:"To_Account" need:"30001"`
}

// check refuses a call that names too many users.
func (s someUsers) check() error {
	if len(s.To) > maxUsers {
		return v4.Refuse(badParameter, "a call has at most %d users", maxUsers)
	}
	return nil
}

// results is an answer with one result for each user of the request.
type results struct {
	Items []v4.Result `json:"ResultItem"`
}

func outcome(peers []string, errs []error) []v4.Result {
	list, _ := v4.Relations().Results(peers, errs)
	return list
}
