package accounts

import (
	"context"
	"time"
)

// Kick voids every signature of a user that was made before Kick returns, and closes
// the user's connections (docs/spec/tencent §4.5). It fails with AccountUnknown. A
// repeat is harmless.
//
// A signature can be dated up to MaxAhead later than the server's clock, and has
// whole seconds only. So Kick voids every signature that is dated up to the end of
// the second in which now + MaxAhead lies. Kick returns when that second is over, so
// that a signature which is made after Kick works at once. Example: a kick at
// 12:00:00.4 voids the signatures that are dated until 12:00:02, and returns at
// 12:00:03. Only then is the device told to disconnect. It gets a signature of
// 12:00:03 and connects again.
func (s Service) Kick(ctx context.Context, id string) error {
	if CheckID(id) != nil {
		return accountUnknown(id)
	}
	last := s.clock.Now().Add(MaxAhead)
	if err := s.store.RevokeSignatures(ctx, s.app, id, last.Unix()); err != nil {
		return err
	}
	s.waitForNextSecond(ctx, last)
	return s.disconnector.Disconnect(ctx, id, "kicked")
}

// waitForNextSecond waits until the second in which at lies is over.
func (s Service) waitForNextSecond(ctx context.Context, at time.Time) {
	s.clock.Wait(ctx, at.Truncate(time.Second).Add(time.Second).Sub(s.clock.Now()))
}
