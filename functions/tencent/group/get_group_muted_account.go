package group

import (
	"context"

	"parley/shared/op"
)

type getGroupMutedAccountRequest struct{ target }

type getGroupMutedAccountResponse struct {
	Group string         `json:"GroupId"`
	Muted []mutedAccount `json:"MutedAccountList"`
}

type mutedAccount struct {
	User  string `json:"Member_Account"`
	Until int64  `json:"MutedUntil"` // Unix seconds; 4294967295 is for ever
}

// getGroupMutedAccount lists the users who are muted in a group, in the order of their ids.
func getGroupMutedAccount(ctx context.Context, c *op.Call, in getGroupMutedAccountRequest) (getGroupMutedAccountResponse, error) {
	list, err := c.Members.Mutes(ctx, in.Group)
	if err != nil {
		return getGroupMutedAccountResponse{}, err
	}
	out := getGroupMutedAccountResponse{Group: in.Group, Muted: make([]mutedAccount, len(list))}
	for i, m := range list {
		out.Muted[i] = mutedAccount{User: m.User, Until: m.Until}
	}
	return out, nil
}
