package conversation

import (
	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/conversations"
)

const (
	badParameter = 50002
	badBatch     = 51006
)

// peer is a request about one conversation.
type peer struct {
	To string `json:"To_Account" id:"user" need:"50002"`
}

// peers is a request about some conversations.
type peers struct {
	To []string `json:"To_Account" need:"51006" bad:"50002"`
}

// results is the outcome for each conversation of a call.
type results struct {
	Items []v4.Result `json:"ResultItem"`
}

func outcome(peers []string, errs []error) []v4.Result {
	list, _ := v4.Contacts().Results(peers, errs)
	return list
}

// size refuses a call with too many conversations.
func size(n, limit int) error {
	if n > limit {
		return v4.Refuse(badBatch, "a call has at most %d conversations", limit)
	}
	return nil
}

// folderOutcome is the outcome of a change of a conversation group.
type folderOutcome struct {
	Folder  v4.Folder   `json:"GroupItem"`
	Items   []v4.Result `json:"ResultItem,omitempty"`
	Version int64       `json:"ContactGroupVersion"`
}

func changed(f conversations.Folder, h conversations.Shelf, peers []string, errs []error) folderOutcome {
	return folderOutcome{Folder: v4.Folder{Name: f.Name, ID: f.Number}, Items: outcome(peers, errs), Version: h.Version}
}
