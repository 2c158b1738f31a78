package messages

import (
	"context"
	"time"

	"parley/shared/domain/accounts"
	"parley/shared/fault"
)

// mayWrite refuses a user who is not served, or who is muted, by the account that
// was read beside other items. It returns the account as it was read last.
func (s Service) mayWrite(ctx context.Context, user string, read *accounts.Account, issued time.Time) (*accounts.Account, error) {
	read, err := s.Callers.Confirm(ctx, s.App, accounts.Caller{ID: user, Issued: issued}, read)
	if err != nil {
		return nil, err
	}
	if s.Now().Unix() < read.MutedUntil {
		return nil, fault.New(fault.Muted, "the sender is muted")
	}
	return read, nil
}
