package conversation

import (
	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/chat"
	"parley/shared/domain/inbox"
)

const (
	badParameter = 50002
	badBatch     = 51006
)

// oneConversation is a request that names one conversation.
type oneConversation struct {
	To    string `json:"To_Account" id:"user" bad:"50002"` // the other user of a one-to-one conversation
	Group string `json:"GroupId" bad:"50002"`              // or the group
}

// chat returns the conversation of the caller that the request names.
func (r oneConversation) chat(caller string) (chat.ID, error) {
	if (r.To == "") == (r.Group == "") {
		return chat.ID{}, v4.Refuse(badParameter, "a call has either To_Account or GroupId")
	}
	if r.Group != "" {
		return chat.OfGroup(r.Group), nil
	}
	return chat.Between(caller, r.To), nil
}

// someConversations is a request that names conversations: those with other users, and groups.
type someConversations struct {
	To     []string `json:"To_Account" bad:"50002"`
	Groups []string `json:"GroupId" bad:"50002"`
}

// chats returns the conversations of the caller that the request names, the users' first. It
// refuses a request that names none, or more than limit.
func (r someConversations) chats(caller string, limit int) ([]chat.ID, error) {
	if len(r.To)+len(r.Groups) == 0 {
		return nil, v4.Refuse(badBatch, "To_Account and GroupId are missing or empty")
	}
	if err := size(len(r.To)+len(r.Groups), limit); err != nil {
		return nil, err
	}
	return chatsOf(caller, r.To, r.Groups), nil
}

// chatsOf returns the conversations of a user with others, and groups.
func chatsOf(caller string, peers, groups []string) []chat.ID {
	ids := chat.BetweenEach(caller, peers)
	for _, group := range groups {
		ids = append(ids, chat.OfGroup(group))
	}
	return ids
}

// results is an answer with one result for each conversation of the request.
type results struct {
	Items []result `json:"ResultItem"`
}

// result is the outcome for one conversation: with a user, or of a group.
type result struct {
	To    string `json:"To_Account,omitempty"`
	Group string `json:"GroupId,omitempty"`
	Code  int    `json:"ResultCode"`
	Info  string `json:"ResultInfo"`
}

// outcome returns the result for each conversation of a user.
func outcome(caller string, ids []chat.ID, errs []error) []result {
	var list []result
	for i, id := range ids {
		r := result{To: id.Peer(caller)}
		if id.Kind() == chat.Group {
			r.Group, _ = id.Names()
		}
		if errs[i] != nil {
			r.Code, r.Info = v4.Contacts().Of(errs[i])
		}
		list = append(list, r)
	}
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
	Folder  v4.Folder `json:"GroupItem"`
	Items   []result  `json:"ResultItem,omitempty"`
	Version int64     `json:"ContactGroupVersion"`
}

func newFolderOutcome(f inbox.Folder, h inbox.Head, items []result) folderOutcome {
	return folderOutcome{Folder: v4.Folder{Name: f.Name, ID: f.Number}, Items: items, Version: h.Version}
}
