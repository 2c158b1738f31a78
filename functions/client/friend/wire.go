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
	// maxUsers is how many users one call may name. The results of all of them fit into
	// one WebSocket message of API Gateway, which has at most 128 KB.
	maxUsers = 500
	// maxNamed is how many friends friend.get may name (docs/spec/tencent §8.8).
	maxNamed = 100
	// maxPage is the largest Limit, and the default.
	maxPage = 100
	// maxBytes is how many bytes of entries one answer has at most. With the rest of the
	// answer they fit into a WebSocket message of API Gateway, which has at most 128 KB.
	maxBytes = 96 << 10

	badParameter = 30001
	noFriend     = 31704 // what friend.delete answers for a user who is not a friend
	notInTable   = 32216 // what the operations on friend lists answer for such a user
)

// someUsers is a request that names users.
type someUsers struct {
	To []string `json:"To_Account" need:"30001"`
}

// results is an answer with one result for each user of the request.
type results struct {
	Items []v4.Result `json:"ResultItem"`
}

// outcome makes the result of each peer from its error. notFriend is the number that
// the operation answers for a peer who is not a friend.
func outcome(peers []string, errs []error, notFriend int) []v4.Result {
	numbers := v4.Relations()
	numbers[fault.NotFriend] = notFriend
	list, _ := numbers.Results(peers, errs)
	return list
}

// size refuses a call that names too many users.
func size(n, limit int) error {
	if n > limit {
		return v4.Refuse(badParameter, "a call has at most %d users", limit)
	}
	return nil
}

// bothWays reports whether the value of a field is prefix + "Both", and not prefix +
// "Single". If the request does not have the field, it returns the default.
func bothWays(field, value, prefix string, byDefault bool) (both bool, err error) {
	switch value {
	case "":
		return byDefault, nil
	case prefix + "Single":
		return false, nil
	case prefix + "Both":
		return true, nil
	}
	return false, v4.Refuse(badParameter, "%s is %sSingle or %sBoth", field, prefix, prefix)
}

// row is an entry of the friend table.
type row struct {
	To     string           `json:"To_Account"`
	Values []v4.TaggedValue `json:"ValueItem"`
}

// entries encodes friends with the custom fields that users may read. It returns fewer
// than it is given if they do not fit into one answer, but at least one.
func entries(c *op.Call, friends []relations.Friend) ([]row, error) {
	list, room := make([]row, 0, len(friends)), maxBytes
	for _, f := range friends {
		e := row{To: f.Peer, Values: v4.FromFriend(c.Relations.KeepReadableFields(f), v4.StandardFields|v4.CustomFields)}
		size, err := plainjson.Size(e)
		if err != nil {
			return nil, fmt.Errorf("entry of %q: %w", f.Peer, err)
		}
		if room -= size; room < 0 && len(list) > 0 {
			break
		}
		list = append(list, e)
	}
	return list, nil
}
