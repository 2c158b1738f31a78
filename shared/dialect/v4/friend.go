package v4

import (
	"parley/shared/domain/accounts"
	"parley/shared/domain/relations"
	"parley/shared/fault"
)

// A Result is the outcome for one user of a batch (core spec §1.3).
type Result struct {
	To   string `json:"To_Account"`
	Code int    `json:"ResultCode"`
	Info string `json:"ResultInfo"`
}

// Results puts the outcome of a batch into its form, and lists who failed.
func (n Numbers) Results(peers []string, errs []error) (list []Result, failed []string) {
	list = make([]Result, len(peers))
	for i, peer := range peers {
		list[i].To = peer
		if errs[i] != nil {
			list[i].Code, list[i].Info = n.Of(errs[i])
			failed = append(failed, peer)
		}
	}
	return list, failed
}

// RelationWord says who has whom (core spec §8.6); none is the word for neither.
func RelationWord(r relations.Relation, none string) string {
	switch {
	case r.Mine && r.Theirs:
		return "BothWay"
	case r.Mine:
		return "AWithB"
	case r.Theirs:
		return "BWithA"
	}
	return none
}

// ParsePeer refuses a cursor of a list of users that is not the id of one.
func ParsePeer(cursor string) (string, error) {
	if cursor != "" && accounts.CheckID(cursor) != nil {
		return "", fault.New(fault.Invalid, "Cursor is not one that an answer gave")
	}
	return cursor, nil
}
