package group

import (
	"context"

	"parley/shared/op"
)

type deleteGroupMsgBySenderRequest struct {
	target
	Sender string `json:"Sender_Account" id:"user" need:"10004"`
}

type deleteGroupMsgBySenderResponse struct{}

// deleteGroupMsgBySender deletes what a user has sent among the last 1,000 messages of a group, for
// everybody. The numbers of these messages stay, they do not count as unread any more, and the
// members are notified. Tips are not deleted.
func deleteGroupMsgBySender(ctx context.Context, c *op.Call, in deleteGroupMsgBySenderRequest) (deleteGroupMsgBySenderResponse, error) {
	return deleteGroupMsgBySenderResponse{}, c.GroupChat.DeleteOf(ctx, in.Group, in.Sender)
}
