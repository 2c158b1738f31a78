package sns

import (
	v4 "parley/shared/dialect/v4"
	"parley/shared/fault"
)

// maxItems is the most users of one call: documented for import, delete, check
// and blocklists (core spec §8), chosen for the others.
const maxItems = 1000

const (
	badParameter = 30001
	noFriend     = 31704 // of friend_delete
	notInTable   = 32216 // of group_add
)

// results are the outcomes of a batch (core spec §1.3, pattern A).
type results struct {
	Items  []v4.Result `json:"ResultItem"`
	Failed []string    `json:"Fail_Account,omitempty"`
}

// gather writes an error for each peer as results. stranger is the command's own
// number for a peer that is no friend.
func gather(peers []string, errs []error, stranger int) results {
	numbers := service().Numbers
	numbers[fault.NotFriend] = stranger
	items, failed := numbers.Results(peers, errs)
	return results{items, failed}
}

// size refuses a batch that is too long.
func size(n int) error {
	if n > maxItems {
		return v4.Refuse(badParameter, "a call has at most %d users", maxItems)
	}
	return nil
}

// oneOf refuses a text that is none of some; empty means the first.
func oneOf(field, text string, list ...string) (string, error) {
	if text == "" {
		return list[0], nil
	}
	for _, v := range list {
		if v == text {
			return v, nil
		}
	}
	return "", v4.Refuse(badParameter, "%s is one of %v", field, list)
}

// owned is a request about one user's table.
type owned struct {
	From string `json:"From_Account" id:"user" need:"30001"`
}

// some is a request about some users of one user's table.
type some struct {
	owned
	To []string `json:"To_Account" need:"30001"`
}
