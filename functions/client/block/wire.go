package block

import v4 "parley/shared/dialect/v4"

const (
	// maxUsers is the most users of one call, whose results then fit a frame of
	// 128 KB; maxPage is the most of a page.
	maxUsers = 500
	maxPage  = 100

	badParameter = 30001
)

// someUsers is a request about some users.
type someUsers struct {
	To []string `json:"To_Account" need:"30001"`
}

// check refuses a call with too many users.
func (s someUsers) check() error {
	if len(s.To) > maxUsers {
		return v4.Refuse(badParameter, "a call has at most %d users", maxUsers)
	}
	return nil
}

// results is the outcome for each user of a call.
type results struct {
	Items []v4.Result `json:"ResultItem"`
}

func outcome(peers []string, errs []error) []v4.Result {
	list, _ := v4.Relations().Results(peers, errs)
	return list
}
