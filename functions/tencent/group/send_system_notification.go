package group

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/accounts"
	"parley/shared/domain/content"
	"parley/shared/fault"
	"parley/shared/op"
)

type sendSystemNotificationRequest struct {
	target
	Content string   `json:"Content" need:"10004"`                    // at most 12 KB
	Users   []string `json:"ToMembers_Account" max:"500" bad:"10004"` // absent or empty: all members
}

type sendSystemNotificationResponse struct{}

// sendSystemNotification delivers a notice of the application to the devices of members that are
// online, whatever their receive options say. It is not stored, has no number and is not pushed.
// Users who are not members are skipped.
func sendSystemNotification(ctx context.Context, c *op.Call, in sendSystemNotificationRequest) (sendSystemNotificationResponse, error) {
	if len(in.Content) > content.MaxBody {
		return sendSystemNotificationResponse{}, fault.New(fault.BodyTooLarge, "Content is over %d bytes", content.MaxBody)
	}
	var only []string
	for i, user := range in.Users {
		if err := accounts.CheckID(user); err != nil {
			return sendSystemNotificationResponse{}, v4.Refuse(badParameter, "ToMembers_Account[%d] is not a UserID", i)
		}
		only = append(only, user)
	}
	return sendSystemNotificationResponse{}, c.GroupChat.NotifyMembers(ctx, in.Group, c.Caller.Account, in.Content, only)
}
