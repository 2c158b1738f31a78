package accounts

import (
	"context"
	"time"

	"parley/shared/fault"
)

// find reads one account. It fails with AccountUnknown where there is none, alive
// or deleted.
func (s Service) find(ctx context.Context, id string) (*Account, error) {
	found, err := s.read(ctx, []string{id})
	if err != nil {
		return nil, err
	}
	if found[id] == nil {
		return nil, unknown(id)
	}
	return found[id], nil
}

func unknown(id string) error { return fault.New(fault.AccountUnknown, "%.40q is not an account", id) }

// Get returns an account, also one that is deleted. It fails with AccountUnknown.
func (s Service) Get(ctx context.Context, id string) (Account, error) {
	a, err := s.find(ctx, id)
	if err != nil {
		return Account{}, err
	}
	return *a, nil
}

// Kick voids every signature that was made before the call ends and closes the
// user's connections (core spec §4.5). A signature that was accepted before is
// dated at most MaxAhead later, so those are void too, and as signatures have whole
// seconds, all of that second. The call lasts until that second is over, so that a
// signature made after it works at once, also for a device that comes back as soon
// as it is told to go. Example: a kick at 12:00:00.4 voids what is dated until
// 12:00:02 and ends at 12:00:03. A repeat is harmless. It fails with AccountUnknown.
func (s Service) Kick(ctx context.Context, id string) error {
	if CheckID(id) != nil {
		return unknown(id)
	}
	last := s.Now().Add(MaxAhead)
	if err := s.Store.RevokeSignatures(ctx, s.App, id, last.Unix()); err != nil {
		return err
	}
	s.settle(ctx, last)
	return s.Out.Disconnect(ctx, id, "kicked")
}

// settle waits until the second of a time is over.
func (s Service) settle(ctx context.Context, at time.Time) {
	s.Wait(ctx, at.Truncate(time.Second).Add(time.Second).Sub(s.Now()))
}

// A Mute has the ends of the two mutes of a user.
type Mute struct {
	C2C    time.Duration // what is left; 0: not muted
	Groups time.Duration
}

// Endless is a mute that does not end by itself.
const Endless time.Duration = Forever

// Mute mutes a user from now on for what is given of the two, 0 lifts a mute, nil
// leaves it as it is (core spec §10). It fails with AccountUnknown.
func (s Service) Mute(ctx context.Context, id string, c2c, groups *time.Duration) error {
	if CheckID(id) != nil {
		return unknown(id)
	}
	return s.Store.MuteAccount(ctx, s.App, id, s.end(c2c), s.end(groups))
}

// end is the time at which a mute ends that begins now.
func (s Service) end(d *time.Duration) *int64 {
	if d == nil {
		return nil
	}
	var end int64
	switch {
	case *d == Endless:
		end = Forever
	case *d > 0:
		end = s.Now().Add(*d).Unix()
	}
	return &end
}

// Muted returns what is left of a user's mutes. It fails with AccountUnknown.
func (s Service) Muted(ctx context.Context, id string) (Mute, error) {
	a, err := s.find(ctx, id)
	if err != nil {
		return Mute{}, err
	}
	if !a.Alive() {
		return Mute{}, unknown(id)
	}
	return Mute{C2C: s.left(a.MutedUntil), Groups: s.left(a.GroupsMuted)}, nil
}

func (s Service) left(end int64) time.Duration {
	if end == Forever {
		return Endless
	}
	return max(0, time.Duration(end-s.Now().Unix())*time.Second)
}

// Ban keeps a user out until a time, or Forever: no connection is opened, those
// that are open are closed, and nothing can be written. Signatures stay what they
// are, and work again once the ban is over. The last of several calls holds. It
// fails with AccountUnknown, or Invalid for a time that is over.
func (s Service) Ban(ctx context.Context, id string, until int64) error {
	if CheckID(id) != nil {
		return unknown(id)
	}
	if until <= s.Now().Unix() {
		return fault.New(fault.Invalid, "a ban ends in the future")
	}
	if err := s.Store.BanAccount(ctx, s.App, id, until); err != nil {
		return err
	}
	return s.Out.Disconnect(ctx, id, "banned")
}

// Unban ends a ban; none is no error. It fails with AccountUnknown.
func (s Service) Unban(ctx context.Context, id string) error {
	if CheckID(id) != nil {
		return unknown(id)
	}
	return s.Store.BanAccount(ctx, s.App, id, 0)
}
