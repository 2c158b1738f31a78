package session

import (
	"context"

	"parley/shared/domain/sessions"
	"parley/shared/op"
)

// connect gives the new connection a slot, the one before it of the same
// installation or a free one. The devices that the login policy excludes are told
// so and closed, and the oldest where a platform has too many.
func connect(ctx context.Context, c *op.Call) error {
	return c.Sessions.Connect(ctx, c.Caller.Account, link(c))
}

func link(c *op.Call) sessions.Link {
	return sessions.Link{
		Connection: c.Request.Connection, Instance: c.Caller.Instance, Platform: sessions.Platform(c.Caller.Platform),
	}
}
