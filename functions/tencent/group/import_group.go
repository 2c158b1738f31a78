package group

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type importGroupRequest struct {
	profile
	Created int64 `json:"CreateTime" bad:"10004"` // Unix seconds, not in the future; absent: now
}

// importGroup creates a group of another system, with its owner and the time at which it was
// created. Nobody is notified, and a Work group is not hidden until its first message. The other
// members come with import_group_member, after the messages.
func importGroup(ctx context.Context, c *op.Call, in importGroupRequest) (groupID, error) {
	n, err := in.newGroup()
	if err != nil {
		return groupID{}, err
	}
	if in.Created < 0 {
		return groupID{}, v4.Refuse(badParameter, "CreateTime is a time in Unix seconds")
	}
	n.Created, n.Import = in.Created, true
	g, err := c.Groups.Create(ctx, actor(c, ""), n)
	return groupID{g.ID}, err
}
