package accounts

import (
	"context"

	"parley/shared/fault"
)

// Living returns, by id, those accounts that exist and are not deleted. It reads each
// valid id once; nobody can have an invalid one.
func Living(ctx context.Context, r Reader, app int64, ids []string) (map[string]*Account, error) {
	found, err := read(ctx, r, app, ids)
	if err != nil {
		return nil, err
	}
	for id, a := range found {
		if !a.Alive() {
			delete(found, id)
		}
	}
	return found, nil
}

// read reads the accounts of the valid ids, even if they are deleted. An account that
// does not exist is nil.
func read(ctx context.Context, r Reader, app int64, ids []string) (map[string]*Account, error) {
	ids = Distinct(ids)
	list, err := r.Accounts(ctx, app, ids)
	if err != nil {
		return nil, err
	}
	found := make(map[string]*Account, len(ids))
	for i, id := range ids {
		found[id] = list[i]
	}
	return found, nil
}

// Distinct returns each valid id once, in the order of ids.
func Distinct(ids []string) []string {
	seen := make(map[string]bool, len(ids))
	out := make([]string, 0, len(ids))
	for _, id := range ids {
		if !seen[id] && CheckID(id) == nil {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

// CheckPeers returns an error for each peer that a user cannot name in a call that
// changes what the user has with these peers: the user itself, which has the error
// itself; a peer that is named twice; and an invalid id.
func CheckPeers(user string, peers []string, itself error) []error {
	errs, seen := make([]error, len(peers)), make(map[string]bool, len(peers))
	for i, peer := range peers {
		switch {
		case peer == user:
			errs[i] = itself
		case seen[peer]:
			errs[i] = fault.New(fault.Invalid, "%s is named twice in one call", peer)
		default:
			errs[i] = CheckID(peer)
		}
		seen[peer] = true
	}
	return errs
}
