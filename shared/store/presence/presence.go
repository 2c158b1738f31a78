// Package presence stores the subscriptions to the presence of users. It implements the
// WatchStore and the SessionStore of the domain package presence.
//
// A subscription to the presence of a user is stored as two items: one in the partition
// of the user, to notify the watchers, and one in the partition of the watcher, to list
// and to count the subscriptions. One transaction writes the two items of each subscription
// and the count. What the watchers know of a user's state is in the session of the user,
// which is another aggregate: the Store writes some attributes of it.
package presence

import (
	"context"
	"fmt"

	domain "parley/shared/domain/presence"
	"parley/shared/domain/sessions"
	"parley/shared/dynamo"
	"parley/shared/store/items"
	"parley/shared/store/schema"
)

// Store reads and writes the aggregate Watches, and what presence needs of Sessions.
type Store struct{ live dynamo.Table }

var (
	_ domain.WatchStore   = (*Store)(nil)
	_ domain.SessionStore = (*Store)(nil)
)

// New returns a Store over the table live.
func New(live dynamo.Table) *Store { return &Store{live} }

// page reads a page of the users in a partition of subscriptions, after one. It leaves out
// the count, which sorts before all users.
func (s *Store) page(ctx context.Context, pk, after string, limit int) ([]string, bool, error) {
	if after == "" {
		after = schema.WatchCountSK
	}
	q := dynamo.Query{PK: pk, Range: dynamo.GreaterThan(after), Limit: limit, Strong: true}
	users := []string{}
	for page, err := range s.live.Pages(ctx, &q) {
		if err != nil {
			return nil, false, err
		}
		users = items.Readable(ctx, page.Items, func(item dynamo.Item) (string, bool) {
			user := item.SK()
			return user, schema.IsID(user)
		})
		if len(users) > 0 {
			return users, page.More(), nil
		}
	}
	return users, false, nil
}

// WatchedUsers implements presence.WatchStore.
func (s *Store) WatchedUsers(ctx context.Context, app int64, watcher, after string, limit int) ([]string, bool, error) {
	return s.page(ctx, schema.WatchedPK(app, watcher), after, limit)
}

// Watchers returns a page of those who subscribed to the presence of a user, after one. They
// are read strongly: each event after a subscription is delivered to the subscriber.
func (s *Store) Watchers(ctx context.Context, app int64, user, after string, limit int) ([]string, bool, error) {
	return s.page(ctx, schema.WatchersPK(app, user), after, limit)
}

// Watching implements presence.WatchStore.
func (s *Store) Watching(ctx context.Context, app int64, watcher string, targets []string) ([]bool, int, error) {
	keys := []dynamo.Key{schema.WatchCountKey(app, watcher)}
	for _, t := range targets {
		keys = append(keys, schema.WatchedKey(app, watcher, t))
	}
	found, err := s.live.GetAll(ctx, keys, true)
	if err != nil {
		return nil, 0, err
	}
	watching := make([]bool, len(targets))
	for i := range targets {
		watching[i] = found[i+1] != nil
	}
	return watching, int(found[0].Int(schema.WatchCount)), nil
}

// Watch implements presence.WatchStore.
func (s *Store) Watch(ctx context.Context, app int64, watcher string, targets []string, limit int) (bool, error) {
	room := limit - len(targets)
	hasRoom := dynamo.AtMost(schema.WatchCount, dynamo.Num(room))
	if room >= 0 {
		hasRoom = dynamo.AbsentOr(hasRoom)
	}
	count := dynamo.NewUpdate(schema.WatchCountKey(app, watcher)).Add(schema.WatchCount, dynamo.Num(len(targets))).If(hasRoom)
	writes := []dynamo.Write{count.Write()}
	for _, t := range targets {
		writes = append(writes,
			dynamo.Put(dynamo.NewItem(schema.WatchedKey(app, watcher, t)), dynamo.ItemAbsent()),
			dynamo.Put(dynamo.NewItem(schema.WatcherKey(app, t, watcher))))
	}
	return s.write(ctx, writes)
}

// Unwatch implements presence.WatchStore.
func (s *Store) Unwatch(ctx context.Context, app int64, watcher string, targets []string) (bool, error) {
	count := dynamo.NewUpdate(schema.WatchCountKey(app, watcher)).Add(schema.WatchCount, dynamo.Num(-len(targets)))
	writes := []dynamo.Write{count.Write()}
	for _, t := range targets {
		writes = append(writes,
			dynamo.Delete(schema.WatchedKey(app, watcher, t), dynamo.ItemExists()),
			dynamo.Delete(schema.WatcherKey(app, t, watcher)))
	}
	return s.write(ctx, writes)
}

func (s *Store) write(ctx context.Context, writes []dynamo.Write) (bool, error) {
	err := s.live.TransactOnce(ctx, writes...)
	if dynamo.CancellationReasons(err).ChangedByOther() {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("change subscriptions: %w", err)
	}
	return true, nil
}

// Sessions implements presence.SessionStore.
func (s *Store) Sessions(ctx context.Context, app int64, users []string) ([]sessions.Session, error) {
	return items.GetSessions(ctx, s.live, app, users, true)
}

// RecordSubscription implements presence.SessionStore. It is not part of the transaction of
// Watch: a connect of the user that met the transaction on the session would fail.
func (s *Store) RecordSubscription(ctx context.Context, app int64, user string) (sessions.Session, error) {
	u := dynamo.NewUpdate(schema.SessionKey(app, user)).Add(schema.SessionWatches, dynamo.Num(1)).Remove(schema.SessionNotified).ReturnNew()
	item, _, err := s.live.Update(ctx, u)
	return items.Session(user, item), err
}

// RecordUnwatched implements presence.SessionStore. The condition is on the count of all
// subscriptions so far. Example: a worker finds that nobody watches bob when the count is
// 2, alice subscribes and the count becomes 3, and then the worker writes: its condition
// fails, and bob stays watched.
func (s *Store) RecordUnwatched(ctx context.Context, app int64, user string, watches int64) error {
	_, _, err := s.live.Update(ctx, dynamo.NewUpdate(schema.SessionKey(app, user)).
		Set(schema.SessionUnwatched, dynamo.Num(watches)).Remove(schema.SessionNotified, schema.SessionNotifiedTime).
		If(dynamo.Equals(schema.SessionWatches, dynamo.Num(watches))))
	return err
}

// RecordNotified implements presence.SessionStore. It changes nothing if a later state has
// been recorded, or if somebody subscribed since the count of subscriptions was read.
func (s *Store) RecordNotified(ctx context.Context, app int64, user, state string, ms, watches int64) error {
	_, _, err := s.live.Update(ctx, dynamo.NewUpdate(schema.SessionKey(app, user)).
		Set(schema.SessionNotified, dynamo.Str(state)).Set(schema.SessionNotifiedTime, dynamo.Num(ms)).
		If(dynamo.Equals(schema.SessionWatches, dynamo.Num(watches)), dynamo.AbsentOr(dynamo.Less(schema.SessionNotifiedTime, dynamo.Num(ms)))))
	return err
}

// SetStatus implements presence.SessionStore.
func (s *Store) SetStatus(ctx context.Context, app int64, user, status string) (sessions.Session, error) {
	u := dynamo.NewUpdate(schema.SessionKey(app, user)).SetOrRemove(schema.SessionStatus, dynamo.StrIfAny(status)).ReturnNew()
	item, _, err := s.live.Update(ctx, u)
	return items.Session(user, item), err
}

// ForgetPresence implements presence.WatchStore.
func (s *Store) ForgetPresence(ctx context.Context, app int64, user string) error {
	return s.live.Delete(ctx, schema.WatchCountKey(app, user))
}
