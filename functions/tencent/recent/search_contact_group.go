package recent

import (
	"context"
	"slices"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/accounts"
	"parley/shared/domain/chat"
	"parley/shared/domain/groups"
	"parley/shared/domain/inbox"
	"parley/shared/op"
)

type searchContactGroupRequest struct {
	owner
	Contacts []contact `json:"ContactItem" need:"51006" bad:"50002"` // 1 to 300
}

type searchContactGroupResponse struct {
	Contacts []labelledContact `json:"ContactResultItem"`
	Groups   []v4.Folder       `json:"GroupItem,omitempty"`
}

// maxSearch is how many conversations a call has at most (docs/spec/tencent §13).
const maxSearch = 300

// searchContactGroup returns the marks and groups of up to 300 conversations in the order
// of the request, also of those that have none, and all groups of the user.
func searchContactGroup(ctx context.Context, c *op.Call, in searchContactGroupRequest) (searchContactGroupResponse, error) {
	if err := checkContacts(in.Contacts, maxSearch); err != nil {
		return searchContactGroupResponse{}, err
	}
	ids := slices.DeleteFunc(chatsOf(in.From, in.Contacts), func(id chat.ID) bool { return !canExist(in.From, id) })
	slices.SortFunc(ids, chat.Compare)
	h, rows, err := c.Inbox.FoldersAndRows(ctx, in.From, slices.Compact(ids))
	if err != nil {
		return searchContactGroupResponse{}, err
	}
	found := make(map[chat.ID]inbox.Row, len(rows))
	for _, r := range rows {
		found[r.Chat] = r
	}
	out := searchContactGroupResponse{Groups: v4.FromFolders(h.Folders)}
	for _, item := range in.Contacts {
		result := labelledContact{contact: item}
		if r, there := found[item.chat(in.From)]; there {
			result = fromRow(r)
		}
		out.Contacts = append(out.Contacts, result)
	}
	return out, nil
}

// canExist reports whether a user may have a conversation: the peer is an id of a user, and the
// group an id of a group.
func canExist(user string, id chat.ID) bool {
	if id.Kind() == chat.Group {
		group, _ := id.Names()
		return groups.CheckID(group) == nil
	}
	return accounts.CheckID(id.Peer(user)) == nil
}
