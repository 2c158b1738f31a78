package group

import (
	"context"

	"parley/shared/op"
)

type requestsRequest struct{}

type requestsReply struct {
	List []pending `json:"RequestList"`
}

// pending is a request that the caller may answer.
type pending struct {
	Group  string `json:"GroupId"`
	Name   string `json:"GroupName"`
	Type   int    `json:"Type"` // 1: the user asks to join; 2: a member invites the user; 3: the caller is invited
	User   string `json:"User_Account"`
	By     string `json:"Operator_Account,omitempty"` // who invites the user
	Text   string `json:"RemarkInfo,omitempty"`
	TimeMs int64  `json:"TimeMs"`
}

// requests lists what waits for the caller's answer, the newest 50: requests to join the groups of
// which the caller is the owner or an admin, and invitations.
func requests(ctx context.Context, c *op.Call, _ requestsRequest) (requestsReply, error) {
	list, err := c.Members.PendingOf(ctx, c.Caller.Account)
	if err != nil {
		return requestsReply{}, err
	}
	out := requestsReply{List: make([]pending, len(list))}
	for i, r := range list {
		out.List[i] = pending{Group: r.Group, Name: r.Name, Type: int(r.Kind), User: r.User, By: r.By, Text: r.Text, TimeMs: r.TimeMs}
	}
	return out, nil
}
