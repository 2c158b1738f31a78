package session

import (
	"context"

	"parley/shared/domain/sessions"
	"parley/shared/op"
)

// connect gives the new connection a slot, the one before it of the same
// installation or a free one. The devices that the login policy excludes are told
// so and closed, and the oldest where a platform has too many; with fresh=1 in the
// query also another client of the same installation. The account is asked once
// more than by the authorizer, now that the slot is taken: a kick, a ban or a
// deletion that came in between is seen here, or sees the slot. Watchers of the
// caller are told in a moment. It may be repeated.
func connect(ctx context.Context, c *op.Call) error {
	l := link(c)
	l.Fresh = c.Request.Query["fresh"] == "1"
	watched, err := c.Sessions.Connect(ctx, c.Caller.Account, l)
	if err != nil {
		return err
	}
	return c.Presence.Moved(ctx, c.Caller.Account, watched)
}

func link(c *op.Call) sessions.Link {
	return sessions.Link{
		Connection: c.Request.Connection, Instance: c.Caller.Instance, Platform: sessions.Platform(c.Caller.Platform),
		Since: c.Request.Connected, Issued: c.Caller.Issued,
	}
}
