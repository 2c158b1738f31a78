package accounts

import (
	"context"

	"parley/shared/fault"
)

// Ban bans a user until a time in Unix seconds, or Forever: the user's open
// connections are closed, no connection can be opened, and every call of the user is
// refused. The user's signatures stay valid and work again after the ban. Each call
// replaces the end that an earlier call set. It fails with AccountUnknown, or with
// Invalid if until is not in the future.
func (s Service) Ban(ctx context.Context, id string, until int64) error {
	if CheckID(id) != nil {
		return accountUnknown(id)
	}
	if until <= s.clock.Now().Unix() {
		return fault.New(fault.Invalid, "a ban ends in the future")
	}
	if err := s.store.BanAccount(ctx, s.app, id, until); err != nil {
		return err
	}
	return s.disconnector.Disconnect(ctx, id, "banned")
}

// Unban ends a ban. It succeeds if the user is not banned. It fails with
// AccountUnknown.
func (s Service) Unban(ctx context.Context, id string) error {
	if CheckID(id) != nil {
		return accountUnknown(id)
	}
	return s.store.BanAccount(ctx, s.app, id, 0)
}
