package inbox

import (
	"context"

	"parley/shared/domain/accounts"
	"parley/shared/domain/chat"
	"parley/shared/domain/groups"
	"parley/shared/fault"
)

// RequireAccount fails with AccountUnknown if a user is not an account.
func (s Service) RequireAccount(ctx context.Context, user string) error {
	_, err := s.livingAccounts(ctx, user, nil)
	return err
}

// livingAccounts returns, by id, those accounts of a user and of some peers that exist
// and are not deleted. It fails with AccountUnknown if the user has none.
func (s Service) livingAccounts(ctx context.Context, user string, peers []string) (map[string]*accounts.Account, error) {
	if err := accounts.CheckID(user); err != nil {
		return nil, fault.New(fault.AccountUnknown, "%s", err)
	}
	living, err := accounts.Living(ctx, s.accounts, s.app, append([]string{user}, peers...))
	if err != nil {
		return nil, err
	}
	if living[user] == nil {
		return nil, fault.New(fault.AccountUnknown, "%.40q is not an account", user)
	}
	return living, nil
}

// checkBothAccounts fails with SenderUnknown if the user is not an account, and with
// ReceiverUnknown if the peer is not one.
func (s Service) checkBothAccounts(ctx context.Context, user string, id chat.ID) error {
	peer := id.Peer(user)
	if user == peer {
		return noConversation()
	}
	list, err := s.accounts.Accounts(ctx, s.app, []string{user, peer})
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

// noConversation is the error of a user who names itself as the peer.
func noConversation() error {
	return fault.New(fault.Invalid, "a user has no conversation with itself")
}

// checkPeers returns an error for each peer that the user cannot have a conversation
// with.
func checkPeers(user string, ids []chat.ID) []error {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = id.Peer(user)
	}
	errs, seen := accounts.CheckPeers(user, names, noConversation()), map[string]bool{}
	for i, id := range ids {
		if id.Kind() != chat.Group {
			continue
		}
		group, _ := id.Names()
		if errs[i] = groups.CheckID(group); errs[i] == nil && seen[group] {
			errs[i] = fault.New(fault.Invalid, "%s is named twice in one call", group)
		}
		seen[group] = true
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

// peersOf returns the peers of a user's direct conversations.
func peersOf(user string, ids []chat.ID) []string {
	peers := make([]string, len(ids))
	for i, id := range ids {
		peers[i] = id.Peer(user)
	}
	return peers
}
