package friend

import (
	"fmt"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/relations"
	"parley/shared/fault"
	"parley/shared/op"
	"parley/shared/plainjson"
)

const (
	// maxUsers is the most users of one call: the answer of each fits a frame of 128 KB.
	maxUsers = 500
	// maxNamed is the most friends that are read by name in one call (core spec
	// §8.8), and maxPage the most of a page.
	maxNamed = 100
	maxPage  = 100
	// maxBytes of entries are in one answer: a frame of the gateway has 128 KB.
	maxBytes = 96 << 10

	badParameter = 30001
	noFriend     = 31704 // of friend.delete
	notInTable   = 32216 // of friend lists
)

// someUsers is a request about some users.
type someUsers struct {
	To []string `json:"To_Account" need:"30001"`
}

// results is the outcome for each user of a call.
type results struct {
	Items []v4.Result `json:"ResultItem"`
}

// outcome writes an error for each peer as results. stranger is the action's own
// number for a peer that is no friend.
func outcome(peers []string, errs []error, stranger int) []v4.Result {
	numbers := v4.Relations()
	numbers[fault.NotFriend] = stranger
	list, _ := numbers.Results(peers, errs)
	return list
}

// size refuses a call with too many users.
func size(n, limit int) error {
	if n > limit {
		return v4.Refuse(badParameter, "a call has at most %d users", limit)
	}
	return nil
}

// pageSize reads Limit, which is a whole page where it is not given.
func pageSize(limit *int) (int, error) {
	if limit == nil {
		return maxPage, nil
	}
	if *limit < 1 || *limit > maxPage {
		return 0, v4.Refuse(badParameter, "Limit is 1 to %d", maxPage)
	}
	return *limit, nil
}

// bothWays reads which of two words a field has; both ways are meant by usual.
func bothWays(field, value, prefix string, usual bool) (both bool, err error) {
	switch value {
	case "":
		return usual, nil
	case prefix + "Single":
		return false, nil
	case prefix + "Both":
		return true, nil
	}
	return false, v4.Refuse(badParameter, "%s is %sSingle or %sBoth", field, prefix, prefix)
}

// row is an entry of the friend table.
type row struct {
	To     string      `json:"To_Account"`
	Values []v4.Tagged `json:"ValueItem"`
}

// rows gives entries their form, as many as one answer has room for, with the
// custom fields that users may read.
func rows(c *op.Call, friends []relations.Friend) ([]row, error) {
	list, room := make([]row, 0, len(friends)), maxBytes
	for _, f := range friends {
		r := row{To: f.Peer, Values: v4.FromFriend(c.Relations.Readable(f), v4.StandardFields|v4.CustomFields)}
		size, err := plainjson.Size(r)
		if err != nil {
			return nil, fmt.Errorf("entry of %q: %w", f.Peer, err)
		}
		if room -= size; room < 0 && len(list) > 0 {
			break
		}
		list = append(list, r)
	}
	return list, nil
}
