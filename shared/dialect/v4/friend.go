package v4

import (
	"parley/shared/domain/accounts"
	"parley/shared/domain/relations"
	"parley/shared/fault"
)

// A Result is the outcome for one user of a batch (docs/spec/tencent §1.3).
type Result struct {
	To   string `json:"To_Account"`
	Code int    `json:"ResultCode"`
	Info string `json:"ResultInfo"`
}

// Results returns the outcome of a batch for each user, and the users who failed.
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

// RelationWord returns the vendor's word for a relation: which of the two users has the
// other one as a friend (docs/spec/tencent §8.6). neither is the word if no user has the
// other one.
func RelationWord(r relations.Directions, neither string) string {
	switch {
	case r.OwnerToPeer && r.PeerToOwner:
		return "BothWay"
	case r.OwnerToPeer:
		return "AWithB"
	case r.PeerToOwner:
		return "BWithA"
	}
	return neither
}

// ParsePeerCursor reads a cursor of a list of users, which is the id of the last user of a page.
// It refuses a text that is not an id.
func ParsePeerCursor(cursor string) (string, error) {
	if cursor != "" && accounts.CheckID(cursor) != nil {
		return "", fault.New(fault.Invalid, "Cursor is not one that an answer gave")
	}
	return cursor, nil
}
