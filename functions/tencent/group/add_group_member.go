package group

import (
	"context"

	"parley/shared/op"
)

type addGroupMemberRequest struct {
	target
	Members []account `json:"MemberList" need:"10004"`
	Silence int       `json:"Silence" bad:"10004"` // 1: nobody is notified
}

type addGroupMemberResponse struct {
	Members []addedMember `json:"MemberList"`
}

type addedMember struct {
	User   string `json:"Member_Account"`
	Result int    `json:"Result"` // 0 failed, 1 added, 2 is a member already, 3 waits for the user's consent
}

// addGroupMember adds up to 100 users to a group. A user without an account, or who is in as many
// groups as a user may be, has the result 0. The whole call fails if the users do not fit into the
// group (10014), if none of them has an account (10019), or if all of them are in too many groups
// (10037). A user who is named twice has the result 2 the second time.
func addGroupMember(ctx context.Context, c *op.Call, in addGroupMemberRequest) (addGroupMemberResponse, error) {
	users := make([]string, len(in.Members))
	for i, m := range in.Members {
		users[i] = m.User
	}
	results, err := c.Members.Add(ctx, actor(c, ""), in.Group, users, in.Silence == 1)
	if err != nil {
		return addGroupMemberResponse{}, err
	}
	out := addGroupMemberResponse{Members: make([]addedMember, len(users))}
	for i, r := range results {
		out.Members[i] = addedMember{User: users[i], Result: int(r)}
	}
	return out, nil
}
