package conversation

import (
	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/inbox"
)

const (
	badParameter = 50002
	badBatch     = 51006
)

// onePeer is a request that names one conversation, by the other user.
type onePeer struct {
	To string `json:"To_Account" id:"user" need:"50002"`
}

// somePeers is a request that names conversations, by the other users.
type somePeers struct {
	To []string `json:"To_Account" need:"51006" bad:"50002"`
}

// results is an answer with one result for each conversation of the request.
type results struct {
	Items []v4.Result `json:"ResultItem"`
}

func outcome(peers []string, errs []error) []v4.Result {
	list, _ := v4.Contacts().Results(peers, errs)
	return list
}

// size refuses a call that names too many conversations.
func size(n, limit int) error {
	if n > limit {
		return v4.Refuse(badBatch, "a call has at most %d conversations", limit)
	}
	return nil
}

// folderOutcome is the answer to a change of a folder.
type folderOutcome struct {
	Folder  v4.Folder   `json:"GroupItem"`
	Items   []v4.Result `json:"ResultItem,omitempty"`
	Version int64       `json:"ContactGroupVersion"`
}

func newFolderOutcome(f inbox.Folder, h inbox.Head, peers []string, errs []error) folderOutcome {
	return folderOutcome{Folder: v4.Folder{Name: f.Name, ID: f.Number}, Items: outcome(peers, errs), Version: h.Version}
}
