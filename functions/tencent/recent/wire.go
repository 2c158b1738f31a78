package recent

import (
	"fmt"
	"strings"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/chat"
	"parley/shared/domain/inbox"
)

const (
	badParameter = 50002
	badBatchSize = 51006

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

// chat returns the conversation of a user that the contact names.
func (c contact) chat(user string) chat.ID {
	if c.Type == typeGroup {
		return chat.OfGroup(c.ToGroup)
	}
	return chat.Between(user, c.To)
}

// contactOf names the conversation of a row.
func contactOf(r inbox.Row) contact {
	if r.Chat.Kind() == chat.Group {
		group, _ := r.Chat.Names()
		return contact{Type: typeGroup, ToGroup: group}
	}
	return contact{Type: typeUser, To: r.Peer()}
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

// chatsOf returns the conversations of a user that a call names.
func chatsOf(user string, list []contact) []chat.ID {
	ids := make([]chat.ID, len(list))
	for i, c := range list {
		ids[i] = c.chat(user)
	}
	return ids
}

// outcomes returns the outcome of each conversation of a call.
func outcomes(errs []error) []outcome {
	out, numbers := make([]outcome, len(errs)), v4.Contacts()
	for i, err := range errs {
		if err != nil {
			out[i].Code, out[i].Info = numbers.Of(err)
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
		contact: contactOf(r), Marks: standardMark(r.Labels), Custom: r.CustomLabel,
		Folders: r.FolderNumbers.Numbers(), Time: r.ChangedMs / 1000,
	}
}

// standardMark writes labels as digits, label 1 first, up to the last one that is set.
// The vendor does not say which end is mark 1 (docs/spec/tencent §9.7). Example: the
// labels 1, 2, 3 and 6 are "111001".
func standardMark(s inbox.NumberSet) string {
	text := fmt.Sprintf("%064b", uint64(s))
	out := make([]byte, len(text))
	for i := range text {
		out[i] = text[len(text)-1-i]
	}
	return strings.TrimRight(string(out), "0")
}
