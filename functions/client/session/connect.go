package session

import (
	"context"

	"parley/shared/domain/sessions"
	"parley/shared/op"
)

// connect gives a new connection a slot: the slot of the same installation, or a free
// one. It kicks the devices that the login policy excludes, and the oldest device if
// the platform has too many. A kicked device receives session.kick, and its connections
// are closed. With fresh=1 in the query, another client of the same installation is
// kicked as well.
//
// After it has the slot, it reads the account once more, because the account may have
// been kicked, banned or deleted since the authorizer ran. Example: alice is banned
// while her phone connects. Either this call reads the ban, or the ban finds the slot
// and closes the connection.
//
// The caller's watchers are notified two seconds later. The call may be repeated.
func connect(ctx context.Context, c *op.Call) error {
	conn := connection(c)
	conn.Fresh = c.Request.Query["fresh"] == "1"
	watched, err := c.Sessions.Connect(ctx, c.Caller.Account, conn)
	if err != nil {
		return err
	}
	return c.Presence.NotifyWatchers(ctx, c.Caller.Account, watched)
}

// connection returns the connection of a call. Over HTTP it has no ID.
func connection(c *op.Call) sessions.Connection {
	return sessions.Connection{
		ID: c.Request.Connection, Instance: c.Caller.Instance, Platform: sessions.Platform(c.Caller.Platform),
		OpenedAt: c.Request.Connected, Issued: c.Caller.Issued,
	}
}
