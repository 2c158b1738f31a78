package testkit

import (
	"context"

	"parley/shared/domain/sessions"
	"parley/shared/dynamo"
	"parley/shared/store/schema"
)

func sessionVerbs() []verb {
	return []verb{
		{"connect", "connect USER PLATFORM INSTANCE", "Open a connection for a device. The connection is named USER/INSTANCE.", func(ctx context.Context, l seedLine) error {
			return l.w.Connect(ctx, l.tenant, l.arg(0), l.arg(1), l.arg(2))
		}},
		{"reconnect", "reconnect USER PLATFORM INSTANCE NAME", "Open a connection for a device. The connection is named USER/NAME.", func(ctx context.Context, l seedLine) error {
			c := l.connection()
			c.ID = l.arg(0) + "/" + l.arg(3)
			_, err := l.tenant.Sessions.Connect(ctx, l.arg(0), c)
			return err
		}},
		{"disconnect", "disconnect USER PLATFORM INSTANCE [REASON]", "Close the connection USER/INSTANCE. The reason is \"closed\" unless it is given.", func(ctx context.Context, l seedLine) error {
			c, reason := l.connection(), "closed"
			c.ID = l.arg(0) + "/" + l.arg(2)
			if l.arg(3) != "" {
				reason = l.arg(3)
			}
			_, err := l.tenant.Sessions.Disconnect(ctx, l.arg(0), c, reason)
			return err
		}},
		{"background", "background USER PLATFORM INSTANCE", "Put a device into the background.", func(ctx context.Context, l seedLine) error {
			return l.tenant.Sessions.SetBackground(ctx, l.arg(0), l.connection(), true)
		}},
		{"logout", "logout USER PLATFORM INSTANCE", "Log a device out.", func(ctx context.Context, l seedLine) error {
			_, err := l.tenant.Sessions.Logout(ctx, l.arg(0), l.connection())
			return err
		}},
		{"status", "status USER TEXT", "Set the status that the user chose to show.", func(ctx context.Context, l seedLine) error {
			return l.w.SetAttributes(ctx, schema.Live, schema.SessionKey(l.w.ID, l.arg(0)), dynamo.Item{"st": stringValue(l.arg(1))})
		}},
		{"watch", "watch WATCHER USER...", "Subscribe the watcher to the presence of users.", func(ctx context.Context, l seedLine) error {
			_, err := l.tenant.Presence.Subscribe(ctx, l.arg(0), l.args[1:])
			return err
		}},
		{"unwatch", "unwatch WATCHER USER...", "End the watcher's subscriptions to the presence of users.", func(ctx context.Context, l seedLine) error {
			return l.tenant.Presence.Unsubscribe(ctx, l.arg(0), l.args[1:])
		}},
		{"watchers", "watchers USER N", "Subscribe u1 ... uN to the presence of the user.", func(ctx context.Context, l seedLine) error {
			return l.forUsers(1, func(watcher string) error {
				_, err := l.tenant.Presence.Subscribe(ctx, watcher, []string{l.arg(0)})
				return err
			})
		}},
	}
}

// connection returns the device of a line "USER PLATFORM INSTANCE", without an id of
// a connection.
func (l seedLine) connection() sessions.Connection {
	return sessions.Connection{Instance: l.arg(2), Platform: sessions.Platform(l.arg(1))}
}
