package recent

import (
	"fmt"
	"strings"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/inbox"
)

const (
	badParameter = 50002
	badBatchSize = 51006
	groupUnknown = 51007 // the code of every group, since there are no groups yet

	typeUser  = 1
	typeGroup = 2
)

// owner is the user whose conversations a request is about.
type owner struct {
	From string `json:"From_Account" id:"user" need:"50002"`
}

// contact names a conversation.
type contact struct {
	Type    int    `json:"Type" bad:"50002"` // 1 one-to-one, 2 group
	To      string `json:"To_Account,omitempty" bad:"50002"`
	ToGroup string `json:"ToGroupId,omitempty,case:ignore" bad:"50002"`
}

// check refuses a contact that does not name a conversation.
func (c contact) check() error {
	switch {
	case c.Type == typeUser && c.To != "", c.Type == typeGroup && c.ToGroup != "":
		return nil
	}
	return v4.Refuse(badParameter, "a conversation has Type 1 and To_Account, or Type 2 and ToGroupId")
}

// checkContacts refuses a call with no conversation or with too many, and a contact that
// does not name a conversation.
func checkContacts(list []contact, limit int) error {
	if len(list) == 0 || len(list) > limit {
		return v4.Refuse(badBatchSize, "a call has 1 to %d conversations", limit)
	}
	for _, c := range list {
		if err := c.check(); err != nil {
			return err
		}
	}
	return nil
}

// userContacts returns the peers of the one-to-one conversations of a call, and the index
// of each of them in the call.
func userContacts(list []contact) (peers []string, indexes []int) {
	for i, c := range list {
		if c.Type == typeUser {
			peers, indexes = append(peers, c.To), append(indexes, i)
		}
	}
	return peers, indexes
}

// outcomes returns the outcome of each of the n conversations of a call. The
// conversation at indexes[i] has the outcome errs[i]. The others are groups, and fail.
func outcomes(n int, indexes []int, errs []error) []outcome {
	out := make([]outcome, n)
	for i := range out {
		out[i] = outcome{Code: groupUnknown, Info: "there is no such group"}
	}
	numbers := v4.Contacts()
	for i, index := range indexes {
		out[index] = outcome{}
		if errs[i] != nil {
			out[index].Code, out[index].Info = numbers.Of(errs[i])
		}
	}
	return out
}

type outcome struct {
	Code int    `json:"ResultCode"`
	Info string `json:"ResultInfo"`
}

type contactResult struct {
	Contact contact `json:"ContactItem"`
	outcome
}

// labelledContact is a conversation with the marks and groups that a user has put on it.
type labelledContact struct {
	contact
	Marks   string `json:"StandardMark,omitempty"` // digits 0 and 1, the first of them for mark 1
	Custom  string `json:"CustomMark,omitempty"`
	Folders []int  `json:"ContactGroupId,omitempty"`
	Time    int64  `json:"Timestamp,omitempty"` // Unix seconds of the last change of the conversation
}

// fromRow returns the wire form of a row. The vendor does not say which time Timestamp
// is (docs/spec/tencent §9.7).
func fromRow(r inbox.Row) labelledContact {
	return labelledContact{
		contact: contact{Type: typeUser, To: r.Peer()}, Marks: standardMark(r.Labels), Custom: r.CustomLabel,
		Folders: r.Folders.Numbers(), Time: r.ChangedMs / 1000,
	}
}

// standardMark writes labels as digits, label 1 first, up to the last one that is set.
// The vendor does not say which end is mark 1 (docs/spec/tencent §9.7). Example: the
// labels 1, 2, 3 and 6 are "111001".
func standardMark(s inbox.Set) string {
	text := fmt.Sprintf("%064b", uint64(s))
	out := make([]byte, len(text))
	for i := range text {
		out[i] = text[len(text)-1-i]
	}
	return strings.TrimRight(string(out), "0")
}
