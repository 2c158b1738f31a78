package inbox

import (
	"context"

	"parley/shared/domain/accounts"
	"parley/shared/fault"
)

// CheckAccount fails with AccountUnknown if a user is not an account.
func (s Service) CheckAccount(ctx context.Context, user string) error {
	_, err := s.readAccounts(ctx, user, nil)
	return err
}

// readAccounts reads the accounts of a user and of some peers: the user's account is
// the first one. It fails with AccountUnknown if the user is not an account.
func (s Service) readAccounts(ctx context.Context, user string, peers []string) ([]*accounts.Account, error) {
	if err := accounts.CheckID(user); err != nil {
		return nil, fault.New(fault.AccountUnknown, "%s", fault.Of(err).Text)
	}
	list, err := s.Accounts.Accounts(ctx, s.App, append([]string{user}, peers...))
	if err != nil {
		return nil, err
	}
	if !list[0].Alive() {
		return nil, fault.New(fault.AccountUnknown, "%.40q is not an account", user)
	}
	return list, nil
}

// checkBothAccounts fails with SenderUnknown if the user is not an account, and with
// ReceiverUnknown if the peer is not one.
func (s Service) checkBothAccounts(ctx context.Context, user, peer string) error {
	if user == peer {
		return fault.New(fault.Invalid, "a user has no conversation with itself")
	}
	list, err := s.Accounts.Accounts(ctx, s.App, []string{user, peer})
	switch {
	case err != nil:
		return err
	case !list[0].Alive():
		return fault.New(fault.SenderUnknown, "%s is not an account", user)
	case !list[1].Alive():
		return fault.New(fault.ReceiverUnknown, "%s is not an account", peer)
	}
	return nil
}

// checkPeers returns an error for each peer that the user cannot have a conversation
// with: the user itself, a peer that is named twice, and an invalid id.
func checkPeers(user string, peers []string) []error {
	errs, seen := make([]error, len(peers)), make(map[string]bool, len(peers))
	for i, peer := range peers {
		switch {
		case peer == user:
			errs[i] = fault.New(fault.Invalid, "a user has no conversation with itself")
		case seen[peer]:
			errs[i] = fault.New(fault.Invalid, "%s is named twice in one call", peer)
		default:
			errs[i] = accounts.CheckID(peer)
		}
		seen[peer] = true
	}
	return errs
}

// withoutError returns the indices at which errs is nil.
func withoutError(errs []error) []int {
	var list []int
	for i, err := range errs {
		if err == nil {
			list = append(list, i)
		}
	}
	return list
}
