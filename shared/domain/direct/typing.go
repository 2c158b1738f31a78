package direct

import (
	"context"
	"slices"
	"time"

	"parley/shared/domain/chat"
	"parley/shared/domain/delivery"
	"parley/shared/domain/sessions"
)

// Typing is the event that a user is typing to another one, or has stopped.
type Typing struct {
	From   string
	Chat   chat.ID
	On     bool
	TimeMs int64
}

// Typing delivers the event to the peer's devices that have the app in the
// foreground. Nothing is stored, and a lost event does no harm. A user who may not
// send to the peer is refused here, too. It is not checked whether the peer exists:
// if not, there is no device to deliver to.
func (s Service) Typing(ctx context.Context, t Typing, issued time.Time, origin delivery.Origin) error {
	to := t.Chat.Peer(t.From)
	if err := (SendRequest{From: t.From, To: to}).checkUsers(); err != nil {
		return err
	}
	var p Permissions
	var session sessions.Session
	err := s.parallel.Run(ctx,
		func(ctx context.Context) (err error) {
			p, err = s.check.store.Permissions(ctx, s.app, PermissionsQuery{From: t.From, To: to, Friends: s.check.settings.FriendsOnly})
			return err
		},
		func(ctx context.Context) (err error) {
			session, err = s.store.SessionEventually(ctx, s.app, to)
			return err
		},
	)
	if err != nil {
		return err
	}
	if _, err := s.check.checkSender(ctx, t.From, p.From, issued); err != nil {
		return err
	}
	if blockedSilently, err := s.check.checkRelation(p); err != nil || blockedSilently {
		return err
	}
	session.Devices = slices.DeleteFunc(session.Devices, func(d sessions.Device) bool { return d.Current.Background })
	t.TimeMs = s.clock.Now().UnixMilli()
	return s.delivery.DeliverBestEffort(ctx, []sessions.Session{session}, origin, t)
}
