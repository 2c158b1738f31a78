package sns

import (
	"context"

	"parley/shared/op"
)

type groupGetRequest struct {
	owner
	Need  string   `json:"NeedFriend" bad:"30001"`   // Need_Friend_Type_Yes lists the members
	Names []string `json:"GroupName" bad:"30001"`    // missing or empty: all lists
	Last  int64    `json:"LastSequence" bad:"30001"` // has no effect
}

type groupGetResponse struct {
	Items   []groupItem `json:"ResultItem"`
	Current int64       `json:"CurrentSequence"` // the version of the lists
}

type groupItem struct {
	Name  string    `json:"GroupName"`
	Count int       `json:"FriendNumber"`
	To    *[]string `json:"To_Account,omitempty"` // the members, if NeedFriend asks for them
}

// groupGet returns friend lists with the number of their members, and with NeedFriend
// also the members. It reads the whole friend table.
func groupGet(ctx context.Context, c *op.Call, in groupGetRequest) (groupGetResponse, error) {
	need, err := oneOf("NeedFriend", in.Need, "Need_Friend_Type_No", "Need_Friend_Type_Yes")
	if err != nil {
		return groupGetResponse{}, err
	}
	if err := c.Relations.RequireAccount(ctx, in.From); err != nil {
		return groupGetResponse{}, err
	}
	lists, version, err := c.Relations.GetLists(ctx, in.From, in.Names)
	if err != nil {
		return groupGetResponse{}, err
	}
	out := groupGetResponse{Items: make([]groupItem, len(lists)), Current: version}
	for i, l := range lists {
		out.Items[i] = groupItem{Name: l.Name, Count: len(l.Peers)}
		if need == "Need_Friend_Type_Yes" {
			peers := append([]string{}, l.Peers...)
			out.Items[i].To = &peers
		}
	}
	return out, nil
}
