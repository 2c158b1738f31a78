package recent

import (
	"context"
	"slices"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/accounts"
	"parley/shared/domain/conversations"
	"parley/shared/op"
)

type searchContactGroupRequest struct {
	owned
	Contacts []contact `json:"ContactItem" need:"51006" bad:"50002"`
}

type searchContactGroupResponse struct {
	Contacts []tagged    `json:"ContactResultItem"`
	Groups   []v4.Folder `json:"GroupItem,omitempty"`
}

// maxSearch is the most conversations of one search (core spec §9.8, §13).
const maxSearch = 300

// searchContactGroup returns the marks and groups of up to 300 conversations, in
// the order of the request, also of those that have none, and all groups.
func searchContactGroup(ctx context.Context, c *op.Call, in searchContactGroupRequest) (searchContactGroupResponse, error) {
	if err := some(in.Contacts, maxSearch); err != nil {
		return searchContactGroupResponse{}, err
	}
	peers, _ := users(in.Contacts)
	peers = slices.DeleteFunc(peers, func(p string) bool { return accounts.CheckID(p) != nil })
	slices.Sort(peers)
	h, rows, err := c.Conversations.TaggedOf(ctx, in.From, slices.Compact(peers))
	if err != nil {
		return searchContactGroupResponse{}, err
	}
	found := make(map[string]conversations.Row, len(rows))
	for _, r := range rows {
		found[r.Peer] = r
	}
	out := searchContactGroupResponse{Groups: v4.FromFolders(h.Folders)}
	for _, item := range in.Contacts {
		t := tagged{contact: item}
		if r, there := found[item.To]; there && item.Type == typeUser {
			t = fromRow(r)
		}
		out.Contacts = append(out.Contacts, t)
	}
	return out, nil
}
