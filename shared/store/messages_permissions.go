package store

import (
	"context"

	"parley/shared/domain/direct"
)

// refusesSend returns a function that doubts the items for which a send would be refused:
// an account that is not alive, a block that was found, and a friend that was not found.
// The items are in this order: the accounts, the block, the friends.
func refusesSend(accounts int) func(i int, item Item) bool {
	return func(i int, item Item) bool {
		switch {
		case i < accounts:
			return notAlive(item)
		case i == accounts:
			return item != nil
		default:
			return item == nil
		}
	}
}

// Permissions implements direct.PermissionsStore. It reads three items in one request,
// five if only friends may write to each other.
func (s *Store) Permissions(ctx context.Context, app int64, from, to string, friends bool) (direct.Permissions, error) {
	keys := []Key{AccountKey(app, from), AccountKey(app, to), BlockKey(app, to, from)}
	if friends {
		keys = append(keys, FriendKey(app, to, from), FriendKey(app, from, to))
	}
	items, err := s.getConfirmed(ctx, Core, keys, refusesSend(2))
	if err != nil {
		return direct.Permissions{}, err
	}
	p := direct.Permissions{From: readAccount(from, items[0]), To: readAccount(to, items[1]), Blocked: items[2] != nil}
	if friends {
		p.ReceiverHasSender, p.SenderHasReceiver = items[3] != nil, items[4] != nil
	}
	return p, nil
}

// SenderPermissions implements direct.PermissionsStore.
func (s *Store) SenderPermissions(ctx context.Context, app int64, from, to string, friends bool) (direct.Permissions, error) {
	keys := []Key{AccountKey(app, from), BlockKey(app, to, from)}
	if friends {
		keys = append(keys, FriendKey(app, to, from), FriendKey(app, from, to))
	}
	items, err := s.getConfirmed(ctx, Core, keys, refusesSend(1))
	if err != nil {
		return direct.Permissions{}, err
	}
	p := direct.Permissions{From: readAccount(from, items[0]), Blocked: items[1] != nil}
	if friends {
		p.ReceiverHasSender, p.SenderHasReceiver = items[2] != nil, items[3] != nil
	}
	return p, nil
}
