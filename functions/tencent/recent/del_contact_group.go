package recent

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/delivery"
	"parley/shared/domain/inbox"
	"parley/shared/op"
)

type delContactGroupRequest struct {
	owner
	Names []string `json:"GroupName" need:"50002"` // exactly one name
}

type delContactGroupResponse struct {
	Groups []v4.Folder `json:"GroupItem"`
}

// delContactGroup deletes a conversation group. Its conversations stay.
func delContactGroup(ctx context.Context, c *op.Call, in delContactGroupRequest) (delContactGroupResponse, error) {
	if len(in.Names) != 1 {
		return delContactGroupResponse{}, v4.Refuse(badParameter, "GroupName has exactly one name")
	}
	f, _, err := c.Inbox.DeleteFolder(ctx, in.From, in.Names[0], delivery.Origin{})
	if err != nil {
		return delContactGroupResponse{}, err
	}
	return delContactGroupResponse{Groups: v4.FromFolders([]inbox.Folder{f})}, nil
}
