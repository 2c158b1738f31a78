// Package direct stores what a send in a direct conversation needs. It implements the Store,
// the ClaimStore and the PermissionsStore of the domain package direct.
//
// A send writes the sender's row (a claim of an offset and of a slot in the idempotency
// window), the message, and the receiver's row (the count of arrivals). Each is one write of
// one item, which can be repeated alone; the message is written by the store of the timeline.
// Idempotency keys that the row has no room for are items of their own.
package direct

import (
	"context"

	"parley/shared/domain/accounts"
	"parley/shared/domain/chat"
	domain "parley/shared/domain/direct"
	"parley/shared/domain/sessions"
	"parley/shared/dynamo"
	"parley/shared/store/items"
	"parley/shared/store/schema"
)

// Store reads and writes the aggregate IdempotencyKeys, and the rows of Conversations. It reads
// Accounts, Relations and Sessions.
type Store struct{ core, live dynamo.Table }

var (
	_ domain.Store            = (*Store)(nil)
	_ domain.ClaimStore       = (*Store)(nil)
	_ domain.PermissionsStore = (*Store)(nil)
)

// New returns a Store over the tables core and live.
func New(core, live dynamo.Table) *Store { return &Store{core, live} }

// SessionEventually implements direct.Store.
func (s *Store) SessionEventually(ctx context.Context, app int64, user string) (sessions.Session, error) {
	item, err := s.live.Get(ctx, schema.SessionKey(app, user), false)
	return items.Session(user, item), err
}

// Accounts implements direct.Store.
func (s *Store) Accounts(ctx context.Context, app int64, users []string) ([]*accounts.Account, error) {
	return items.GetAccounts(ctx, s.core, app, users, true)
}

// refusesSend returns a function that doubts the items for which a send would be refused:
// an account that is not alive, a block that was found, and a friend that was not found.
// The items are in this order: the accounts, the block, the friends.
func refusesSend(accounts int) func(i int, item dynamo.Item) bool {
	return func(i int, item dynamo.Item) bool {
		switch {
		case i < accounts:
			return items.RereadNotAlive(item)
		case i == accounts:
			return item != nil
		default:
			return item == nil
		}
	}
}

// Permissions implements direct.PermissionsStore. It reads all items in one request.
func (s *Store) Permissions(ctx context.Context, app int64, q domain.PermissionsQuery) (domain.Permissions, error) {
	keys := []dynamo.Key{schema.AccountKey(app, q.From)}
	if q.Receiver {
		keys = append(keys, schema.AccountKey(app, q.To))
	}
	block := len(keys)
	keys = append(keys, schema.BlockKey(app, q.To, q.From))
	if q.Friends {
		keys = append(keys, schema.FriendKey(app, q.To, q.From), schema.FriendKey(app, q.From, q.To))
	}
	row := len(keys)
	if q.Window {
		keys = append(keys, schema.RowKey(app, q.From, chat.Between(q.From, q.To)))
	}
	doubtful := refusesSend(block)
	found, err := s.core.GetConfirmed(ctx, keys, func(i int, item dynamo.Item) bool { return i < row && doubtful(i, item) })
	if err != nil {
		return domain.Permissions{}, err
	}
	p := domain.Permissions{From: items.Account(q.From, found[0]), Blocked: found[block] != nil}
	if q.Receiver {
		p.To = items.Account(q.To, found[1])
	}
	if q.Friends {
		p.ReceiverHasSender, p.SenderHasReceiver = found[block+1] != nil, found[block+2] != nil
	}
	if q.Window {
		p.Window = items.Window(found[row])
	}
	return p, nil
}
