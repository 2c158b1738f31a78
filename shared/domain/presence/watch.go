package presence

import (
	"context"
	"slices"

	"parley/shared/domain/accounts"
	"parley/shared/domain/delivery"
	"parley/shared/fault"
	"parley/shared/unitofwork"
)

const (
	// MaxWatch is how many users one call may subscribe to, or unsubscribe from.
	MaxWatch = 100
	// MaxPage is the most subscriptions of one page.
	MaxPage = 100

	// watchesPerTransaction is how many subscriptions one transaction changes. It writes
	// two items for each, and the count: 99 of the 100 items that DynamoDB allows.
	watchesPerTransaction = 49
	// recordsAtOnce is how many calls of RecordSubscription run at the same time.
	recordsAtOnce = 10
)

// Changed is the event that the presence of a user has changed.
type Changed struct {
	Presence
	TimeMs int64 // when the presence was so; a client ignores an event older than the last
}

// Subscribe subscribes the watcher to the presence of users, and returns their
// presences now, in their order. The presence of a user without an account is nil. A
// user who is watched already stays watched. If the watcher would watch more users than
// Limit, nothing is changed and Subscribe fails with WatchLimit. Only if another call of
// the watcher subscribes at the same moment, a part may be changed.
//
// A subscription is written to the items of both users and counted, in one transaction.
// After that it is recorded in the session of the watched user. So a status that nobody
// watches costs nothing when it changes. A repeat completes a call that died between the
// two writes.
func (s Service) Subscribe(ctx context.Context, watcher string, users []string) ([]*Presence, error) {
	targets, err := s.existing(ctx, users)
	if err != nil {
		return nil, err
	}
	if err := s.setWatched(ctx, watcher, targets, true); err != nil {
		return nil, err
	}
	// RecordSubscription returns the session that it has written: an earlier change of
	// presence is in it, and a later one is delivered to the watcher. Example: alice
	// subscribes to bob while bob's phone connects. Either the session has the phone
	// already, or the write of the phone sees that bob is watched.
	now, presences := s.clock.Now(), make([]Presence, len(targets))
	for start := 0; start < len(targets); start += recordsAtOnce {
		var run []func(context.Context) error
		for i := start; i < min(start+recordsAtOnce, len(targets)); i++ {
			run = append(run, func(ctx context.Context) error {
				session, err := s.sessions.RecordSubscription(ctx, s.app, targets[i])
				presences[i] = FromSession(session, now)
				return err
			})
		}
		if err := s.parallel.Run(ctx, run...); err != nil {
			return nil, err
		}
	}
	list := make([]*Presence, len(users))
	for i, u := range users {
		if j := slices.Index(targets, u); j >= 0 {
			list[i] = &presences[j]
		}
	}
	return list, nil
}

// existing returns the users that have an account, without repeats.
func (s Service) existing(ctx context.Context, users []string) ([]string, error) {
	living, err := accounts.Living(ctx, s.accounts, s.app, users)
	if err != nil {
		return nil, err
	}
	var existing []string
	for _, u := range accounts.Distinct(users) {
		if living[u] != nil {
			existing = append(existing, u)
		}
	}
	return existing, nil
}

// Unsubscribe ends the watcher's subscriptions to users. It is no error if the watcher
// does not watch one of them.
func (s Service) Unsubscribe(ctx context.Context, watcher string, users []string) error {
	return s.setWatched(ctx, watcher, accounts.Distinct(users), false)
}

// setWatched makes the watcher watch users, or ends the subscriptions to them.
func (s Service) setWatched(ctx context.Context, watcher string, users []string, watch bool) error {
	unit := unitofwork.New(
		func(ctx context.Context, _ bool) (subscriptions, error) {
			watching, count, err := s.watches.Watching(ctx, s.app, watcher, users)
			return subscriptions{users, watching, count}, err
		},
		func(now subscriptions) (watchPlan, error) { return planWatches(now, watch, s.limit) },
		func(ctx context.Context, changing watchPlan) (bool, error) {
			for part := range slices.Chunk(changing, watchesPerTransaction) {
				if done, err := s.writeWatches(ctx, watcher, part, watch); err != nil || !done {
					return false, err
				}
			}
			return true, nil
		},
	)
	_, err := unit.Run(ctx, s.clock, fault.New(fault.Conflict, "other calls change the subscriptions of %s", watcher))
	return err
}

func (s Service) writeWatches(ctx context.Context, watcher string, users []string, watch bool) (bool, error) {
	if watch {
		return s.watches.Watch(ctx, s.app, watcher, users, s.limit)
	}
	return s.watches.Unwatch(ctx, s.app, watcher, users)
}

// subscriptions says which of some users the watcher watches, and how many users in all.
type subscriptions struct {
	users    []string
	watching []bool
	count    int
}

// A watchPlan holds the users whose subscription begins or ends.
type watchPlan []string

// Empty implements unitofwork.Plan.
func (p watchPlan) Empty() bool { return len(p) == 0 }

// planWatches plans that the watcher watches all of the users, or none of them. It refuses
// more subscriptions than limit.
func planWatches(now subscriptions, watch bool, limit int) (changing watchPlan, err error) {
	for i, u := range now.users {
		if now.watching[i] != watch {
			changing = append(changing, u)
		}
	}
	if watch && len(changing) > 0 && now.count+len(changing) > limit {
		return nil, fault.New(fault.WatchLimit, "a user watches the status of %d others at most", limit)
	}
	return changing, nil
}

// Subscriptions returns a page of the users whom the watcher watches, in the order of
// their ids, from the first one after a user, and whether more follow.
func (s Service) Subscriptions(ctx context.Context, watcher, after string, limit int) ([]string, bool, error) {
	return s.watches.WatchedUsers(ctx, s.app, watcher, after, limit)
}

// NotifyWatchers queues an event for the watchers of a user, whose presence may have
// changed. watched is what the write of the session returned; if it is false,
// NotifyWatchers does nothing.
func (s Service) NotifyWatchers(ctx context.Context, user string, watched bool) error {
	if !watched {
		return nil
	}
	return s.delivery.NotifyWatchers(ctx, user)
}

// DeliverBroadcast delivers a broadcast to its audience. If the broadcast has no frame,
// the presence of its user may have changed: the watchers receive the presence of now,
// unless it is the state that they received last. Example: a phone loses its connection
// and connects again within two seconds. The job finds Online, as delivered before, and
// delivers nothing.
//
// The delivered state is stored after the delivery. If the call dies in between, SQS
// delivers the job again, and watchers receive the event twice. The state is not stored
// if somebody has subscribed since the session was read: the new watcher may have
// received another state.
func (s Service) DeliverBroadcast(ctx context.Context, b delivery.Broadcast) error {
	if len(b.Frame) > 0 {
		return s.delivery.DeliverBroadcast(ctx, s.audiences, b)
	}
	list, err := s.sessions.Sessions(ctx, s.app, []string{b.User})
	if err != nil {
		return err
	}
	now := s.clock.Now()
	p := FromSession(list[0], now)
	state := string(p.State) + " " + p.Status
	if state == list[0].NotifiedState {
		return nil
	}
	watchers, _, err := s.audiences.Audience(ctx, s.app, b.User, b.Audience, "", 1)
	if err != nil {
		return err
	}
	if len(watchers) == 0 {
		return s.sessions.RecordUnwatched(ctx, s.app, b.User, list[0].Watches)
	}
	if b.Frame, err = s.delivery.Frame(Changed{p, now.UnixMilli()}); err != nil {
		return err
	}
	if err := s.delivery.DeliverBroadcast(ctx, s.audiences, b); err != nil {
		return err
	}
	return s.sessions.RecordNotified(ctx, s.app, b.User, state, now.UnixMilli(), list[0].Watches)
}

// forgetPage is how many subscriptions one call of Forget deletes. Each has two items
// and changes a count.
const forgetPage = 8

// RemoveData implements accounts.DataRemover. It deletes the subscriptions of the user, and
// the subscriptions to the user. The service sessions deletes the session.
func (s Service) RemoveData(ctx context.Context, user string) (more bool, err error) {
	targets, _, err := s.watches.WatchedUsers(ctx, s.app, user, "", forgetPage)
	if err != nil {
		return false, err
	}
	if len(targets) > 0 {
		return true, s.setWatched(ctx, user, targets, false)
	}
	watchers, _, err := s.audiences.Audience(ctx, s.app, user, delivery.Watchers, "", forgetPage)
	if err != nil {
		return false, err
	}
	for _, w := range watchers {
		if err := s.setWatched(ctx, w, []string{user}, false); err != nil {
			return false, err
		}
	}
	if len(watchers) > 0 {
		return true, nil
	}
	return false, s.watches.ForgetPresence(ctx, s.app, user)
}
