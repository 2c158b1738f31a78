package accounts

import (
	"context"
	"time"
)

// A Mute is the remaining time of the two mutes of a user; 0: not muted.
type Mute struct {
	Direct time.Duration // the user cannot send one-to-one messages
	Groups time.Duration // the user cannot send group messages
}

// Endless is the duration of a mute that does not end by itself.
const Endless time.Duration = Forever

// Mute mutes a user from now on (docs/spec/tencent §10). direct is for one-to-one
// messages, groups is for group messages. A duration of 0 removes the mute; nil
// leaves it as it is. It fails with AccountUnknown.
func (s Service) Mute(ctx context.Context, id string, direct, groups *time.Duration) error {
	if CheckID(id) != nil {
		return accountUnknown(id)
	}
	return s.store.MuteAccount(ctx, s.app, id, s.muteEnd(direct), s.muteEnd(groups))
}

// muteEnd returns the time, in Unix seconds, at which a mute ends that begins now and
// lasts d.
func (s Service) muteEnd(d *time.Duration) *int64 {
	if d == nil {
		return nil
	}
	var end int64
	switch {
	case *d == Endless:
		end = Forever
	case *d > 0:
		end = s.clock.Now().Add(*d).Unix()
	}
	return &end
}

// Muted returns the remaining time of a user's mutes. It fails with AccountUnknown.
func (s Service) Muted(ctx context.Context, id string) (Mute, error) {
	a, err := s.find(ctx, id)
	if err != nil {
		return Mute{}, err
	}
	if !a.Alive() {
		return Mute{}, accountUnknown(id)
	}
	return Mute{Direct: s.remaining(a.MutedUntil), Groups: s.remaining(a.GroupsMutedUntil)}, nil
}

func (s Service) remaining(end int64) time.Duration {
	if end == Forever {
		return Endless
	}
	return max(0, time.Duration(end-s.clock.Now().Unix())*time.Second)
}
