package recent

import (
	"fmt"
	"strings"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/conversations"
)

const (
	badParameter = 50002
	badBatch     = 51006
	unknownGroup = 51007 // a group that there is not: no group is there yet

	typeUser  = 1
	typeGroup = 2
)

// owned is a request about one user's conversations.
type owned struct {
	From string `json:"From_Account" id:"user" need:"50002"`
}

// contact names a conversation.
type contact struct {
	Type    int    `json:"Type" bad:"50002"`
	To      string `json:"To_Account,omitempty" bad:"50002"`
	ToGroup string `json:"ToGroupId,omitempty,case:ignore" bad:"50002"`
}

// check refuses what names no conversation.
func (c contact) check() error {
	switch {
	case c.Type == typeUser && c.To != "", c.Type == typeGroup && c.ToGroup != "":
		return nil
	}
	return v4.Refuse(badParameter, "a conversation has Type 1 and To_Account, or Type 2 and ToGroupId")
}

// some refuses a call with no or too many conversations, and what names none.
func some(list []contact, limit int) error {
	if len(list) == 0 || len(list) > limit {
		return v4.Refuse(badBatch, "a call has 1 to %d conversations", limit)
	}
	for _, c := range list {
		if err := c.check(); err != nil {
			return err
		}
	}
	return nil
}

// users lists the one-to-one conversations of a call, and where they stand in it.
func users(list []contact) (peers []string, at []int) {
	for i, c := range list {
		if c.Type == typeUser {
			peers, at = append(peers, c.To), append(at, i)
		}
	}
	return peers, at
}

// spread gives the conversations of a call their outcome: those of users one each,
// groups that there are none.
func spread(n int, at []int, errs []error) []outcome {
	out := make([]outcome, n)
	for i := range out {
		out[i] = outcome{Code: unknownGroup, Info: "there is no such group"}
	}
	numbers := v4.Contacts()
	for i, where := range at {
		out[where] = outcome{}
		if errs[i] != nil {
			out[where].Code, out[where].Info = numbers.Of(errs[i])
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

// tagged is what a user has put on a conversation.
type tagged struct {
	contact
	Marks   string `json:"StandardMark,omitempty"`
	Custom  string `json:"CustomMark,omitempty"`
	Folders []int  `json:"ContactGroupId,omitempty"`
	Time    int64  `json:"Timestamp,omitempty"`
}

// fromRow gives a row its form; Timestamp is when it changed last (chosen, core
// spec §9.7).
func fromRow(r conversations.Row) tagged {
	return tagged{
		contact: contact{Type: typeUser, To: r.Peer}, Marks: bits(r.Marks), Custom: r.Custom,
		Folders: r.Folders.Numbers(), Time: r.ChangedMs / 1000,
	}
}

// bits writes marks as digits, mark 1 first, up to the last one that is set
// (chosen, core spec §9.7).
func bits(s conversations.Set) string {
	text := fmt.Sprintf("%064b", uint64(s))
	out := make([]byte, len(text))
	for i := range text {
		out[i] = text[len(text)-1-i]
	}
	return strings.TrimRight(string(out), "0")
}
