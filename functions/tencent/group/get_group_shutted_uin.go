package group

import (
	"context"

	"parley/shared/op"
)

type getGroupShuttedUinResponse struct {
	Group string       `json:"GroupId"`
	Muted []shuttedUin `json:"ShuttedUinList"`
}

type shuttedUin struct {
	User  string `json:"Member_Account"`
	Until int64  `json:"ShuttedUntil"` // Unix seconds; 4294967295 is for ever
}

// getGroupShuttedUin lists what get_group_muted_account lists, under the name of that command until
// 2021, and with the old names of the answer.
func getGroupShuttedUin(ctx context.Context, c *op.Call, in getGroupMutedAccountRequest) (getGroupShuttedUinResponse, error) {
	list, err := c.Members.Mutes(ctx, in.Group)
	if err != nil {
		return getGroupShuttedUinResponse{}, err
	}
	out := getGroupShuttedUinResponse{Group: in.Group, Muted: make([]shuttedUin, len(list))}
	for i, m := range list {
		out.Muted[i] = shuttedUin{User: m.User, Until: m.Until}
	}
	return out, nil
}
