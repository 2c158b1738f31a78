package group

import (
	"context"

	"parley/shared/op"
)

type inviteRequest struct {
	target
	Users []string `json:"MemberList" need:"10004" max:"-"` // at most 100
	Text  string   `json:"RemarkInfo" bad:"10004"`          // for those who have to agree, at most 300 bytes
}

type inviteReply struct {
	Members []invited `json:"MemberList"`
}

type invited struct {
	User string `json:"Member_Account"`
	// 0 has no account, or is in too many groups; 1 added; 2 is a member already; 3 the user has to agree; 4 the owner or an admin has to
	Result int `json:"Result"`
}

// invite makes up to 100 users members of a group of the caller, or asks those who have to agree. The
// invite option of the group says whether members may invite, and whether the owner or an admin has to
// agree.
func invite(ctx context.Context, c *op.Call, in inviteRequest) (inviteReply, error) {
	results, err := c.Members.Invite(ctx, actor(c), in.Group, in.Users, in.Text)
	if err != nil {
		return inviteReply{}, err
	}
	out := inviteReply{Members: make([]invited, len(in.Users))}
	for i, r := range results {
		out.Members[i] = invited{in.Users[i], int(r)}
	}
	return out, nil
}
