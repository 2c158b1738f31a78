package sns

import (
	v4 "parley/shared/dialect/v4"
	"parley/shared/fault"
)

// maxItems is how many users a call has at most. The vendor documents it for import,
// delete, check and the blocklist (docs/spec/tencent §13); for the other commands it is
// Parley's choice.
const maxItems = 1000

const (
	badParameter        = 30001
	notFriendInDelete   = 31704 // a user who is not a friend, in friend_delete
	notFriendInGroupAdd = 32216 // a user who is not a friend, in group_add
)

// results are the results of a batch (docs/spec/tencent §1.3, pattern A).
type results struct {
	Items  []v4.Result `json:"ResultItem"`
	Failed []string    `json:"Fail_Account,omitempty"` // the users whose item failed
}

// itemResults returns the results of a batch in their wire form. notFriend is the
// command's own code for a peer who is not a friend.
func itemResults(peers []string, errs []error, notFriend int) results {
	numbers := service().Codes
	numbers[fault.NotFriend] = notFriend
	items, failed := numbers.Results(peers, errs)
	return results{items, failed}
}

// checkSize refuses a batch with more than maxItems users.
func checkSize(n int) error {
	if n > maxItems {
		return v4.Refuse(badParameter, "a call has at most %d users", maxItems)
	}
	return nil
}

// oneOf returns text if it is one of the list, and the first of the list if text is
// empty. It refuses any other text.
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

// owner is the user whose friends, lists or blocklist a request is about.
type owner struct {
	From string `json:"From_Account" id:"user" need:"30001"`
}

// ownerAndUsers is a request about the relations of one user to others.
type ownerAndUsers struct {
	owner
	To []string `json:"To_Account" need:"30001"`
}
