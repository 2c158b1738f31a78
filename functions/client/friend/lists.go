package friend

import (
	"context"

	"parley/shared/op"
)

type listsRequest struct {
	Names []string `json:"GroupName" bad:"30001"` // none: all
}

type listsReply struct {
	Items   []listItem `json:"ResultItem"`
	Version int64      `json:"ListVersion"`
}

type listItem struct {
	Name  string   `json:"GroupName"`
	Count int      `json:"FriendNumber"`
	To    []string `json:"To_Account"`
}

// lists returns the caller's friend lists with their members. It reads the whole
// friend table: a device that has the table knows them from it.
func lists(ctx context.Context, c *op.Call, in listsRequest) (listsReply, error) {
	found, version, err := c.Relations.Lists(ctx, c.Caller.Account, in.Names)
	if err != nil {
		return listsReply{}, err
	}
	out := listsReply{Items: make([]listItem, len(found)), Version: version}
	for i, l := range found {
		out.Items[i] = listItem{Name: l.Name, Count: len(l.Peers), To: append([]string{}, l.Peers...)}
	}
	return out, nil
}
