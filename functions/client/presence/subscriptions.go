package presence

import (
	"context"

	"parley/shared/domain/accounts"
	"parley/shared/domain/presence"
	"parley/shared/fault"
	"parley/shared/op"
)

type subscriptionsRequest struct {
	Limit  *int   `json:"Limit" bad:"60003"` // 1 to 100, default 100
	Cursor string `json:"Cursor" bad:"60003"`
}

type subscriptionsReply struct {
	To       []string `json:"To_Account"`
	Complete bool     `json:"Complete"`
	Cursor   string   `json:"Cursor,omitempty"`
}

// subscriptions lists the users to whose presence the caller is subscribed, in order of
// user ids, at most 100 a page.
func subscriptions(ctx context.Context, c *op.Call, in subscriptionsRequest) (subscriptionsReply, error) {
	limit := presence.MaxPage
	if in.Limit != nil {
		limit = *in.Limit
	}
	if limit < 1 || limit > presence.MaxPage {
		return subscriptionsReply{}, fault.New(fault.Invalid, "Limit is 1 to %d", presence.MaxPage)
	}
	if in.Cursor != "" && accounts.CheckID(in.Cursor) != nil {
		return subscriptionsReply{}, fault.New(fault.Invalid, "Cursor is not one that an answer gave")
	}
	users, more, err := c.Presence.Subscriptions(ctx, c.Caller.Account, in.Cursor, limit)
	if err != nil {
		return subscriptionsReply{}, err
	}
	out := subscriptionsReply{To: users, Complete: !more}
	if more {
		out.Cursor = users[len(users)-1]
	}
	return out, nil
}
