package accounts

import (
	"context"

	"parley/shared/fault"
)

// Kick voids every signature of the user that was issued until now and ends the
// user's connections (core spec §4.5). Signatures have whole seconds: one made
// within the second of the call is void, too.
func (s Service) Kick(ctx context.Context, id string) error {
	if err := s.Store.Revoke(ctx, s.App, id, s.Now().Unix()); err != nil {
		return err
	}
	return s.Out.Disconnect(ctx, id, "kicked")
}

// Forever mutes until it is lifted (core spec §10).
const Forever = 1<<32 - 1

// endless is the time at which what lasts for ever ends.
const endless = 1 << 40

// Mute silences a user's own messages from now on for a number of seconds: 0
// lifts it, Forever never ends, nil leaves what is there. It fails with
// AccountUnknown.
func (s Service) Mute(ctx context.Context, id string, direct, groups *uint32) error {
	return s.Store.Mute(ctx, s.App, id, s.until(direct), s.until(groups))
}

func (s Service) until(seconds *uint32) *int64 {
	if seconds == nil {
		return nil
	}
	var end int64
	switch *seconds {
	case 0:
	case Forever:
		end = endless
	default:
		end = s.Now().Unix() + int64(*seconds)
	}
	return &end
}

// Muted returns for how many seconds more a user is muted, Forever for ever. It
// fails with AccountUnknown.
func (s Service) Muted(ctx context.Context, id string) (direct, groups uint32, err error) {
	list, err := s.Store.Accounts(ctx, s.App, []string{id})
	if err != nil {
		return 0, 0, err
	}
	if !list[0].Alive() {
		return 0, 0, fault.New(fault.AccountUnknown, "%.40s is not an account", id)
	}
	return s.left(list[0].MutedUntil), s.left(list[0].GroupsMuted), nil
}

func (s Service) left(until int64) uint32 {
	if until == endless {
		return Forever
	}
	return uint32(max(0, until-s.Now().Unix())) //nolint:gosec // set from 32 bits
}
