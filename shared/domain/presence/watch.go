package presence

import (
	"context"
	"slices"

	"parley/shared/domain/accounts"
	"parley/shared/domain/delivery"
	"parley/shared/domain/sessions"
	"parley/shared/fault"
	"parley/shared/retry"
)

const (
	// MaxWatch is how many users one call subscribes to, or unsubscribes from.
	MaxWatch = 100
	// MaxPage is the longest page of subscriptions.
	MaxPage = 100
	// MaxStatus bounds in bytes what a user chooses to show.
	MaxStatus = 64

	// writes is how many subscriptions one transaction changes: two items each,
	// and the count.
	writes = 49
	// marks is how many users are marked at once.
	marks = 10
)

// Changed is the event of a status that is another.
type Changed struct {
	Presence
	TimeMs int64 // when that was so; an older event says nothing
}

// Subscribe has the watcher told of changes to the status of users, and returns
// what it is now, in their order; nil for who is no account. Who is watched
// already stays so. Past the limit nothing is changed, unless another call takes
// the room meanwhile.
//
// A subscription stands on both sides and is counted, in one transaction; then
// the user is marked as watched, so that one whom nobody watches costs nothing.
// A repeat heals a call that ended in between.
func (s Service) Subscribe(ctx context.Context, watcher string, users []string) ([]*Presence, error) {
	known, err := s.known(ctx, users)
	if err != nil {
		return nil, err
	}
	if err := s.change(ctx, watcher, known, true); err != nil {
		return nil, err
	}
	// What changes after the mark is told, what changed before it is read with it.
	now, found := s.Now(), make([]Presence, len(known))
	for start := 0; start < len(known); start += marks {
		var run []func(context.Context) error
		for i := start; i < min(start+marks, len(known)); i++ {
			run = append(run, func(ctx context.Context) error {
				session, err := s.Store.MarkWatched(ctx, s.App, known[i])
				found[i] = Of(session, now)
				return err
			})
		}
		if err := s.Parallel(ctx, run...); err != nil {
			return nil, err
		}
	}
	out := make([]*Presence, len(users))
	for i, u := range users {
		if at := slices.Index(known, u); at >= 0 {
			out[i] = &found[at]
		}
	}
	return out, nil
}

// known returns the accounts among users, each once.
func (s Service) known(ctx context.Context, users []string) ([]string, error) {
	list := distinct(users)
	found, err := s.Store.Accounts(ctx, s.App, list)
	if err != nil {
		return nil, err
	}
	var known []string
	for i, a := range found {
		if a.Alive() {
			known = append(known, list[i])
		}
	}
	return known, nil
}

// distinct returns what can be accounts among users, each once.
func distinct(users []string) []string {
	var list []string
	seen := make(map[string]bool, len(users))
	for _, u := range users {
		if !seen[u] && accounts.CheckID(u) == nil {
			seen[u] = true
			list = append(list, u)
		}
	}
	return list
}

// Unsubscribe ends subscriptions; who is not watched is no error.
func (s Service) Unsubscribe(ctx context.Context, watcher string, users []string) error {
	return s.change(ctx, watcher, distinct(users), false)
}

// change makes the watcher watch users or not.
func (s Service) change(ctx context.Context, watcher string, users []string, watch bool) error {
	done, err := s.Again.Do(ctx, retry.Contended(), func(int) (bool, error) {
		has, count, err := s.Store.Watching(ctx, s.App, watcher, users)
		if err != nil {
			return false, err
		}
		var left []string // whose subscription has to change
		for i, u := range users {
			if has[i] != watch {
				left = append(left, u)
			}
		}
		if watch && len(left) > 0 && count+len(left) > s.Limit {
			return false, fault.New(fault.WatchLimit, "a user watches the status of %d others at most", s.Limit)
		}
		for some := range slices.Chunk(left, writes) {
			var done bool
			if watch {
				done, err = s.Store.Watch(ctx, s.App, watcher, some, s.Limit)
			} else {
				done, err = s.Store.Unwatch(ctx, s.App, watcher, some)
			}
			if err != nil || !done {
				return false, err
			}
		}
		return true, nil
	})
	if err == nil && !done {
		err = fault.New(fault.Conflict, "other calls change the subscriptions of %s", watcher)
	}
	return err
}

// Subscriptions returns a page of those whose status the watcher subscribed to,
// in order, after one, and whether more follow.
func (s Service) Subscriptions(ctx context.Context, watcher, after string, limit int) ([]string, bool, error) {
	return s.Store.Watched(ctx, s.App, watcher, after, limit)
}

// SetStatus sets what the user chooses to show; empty: nothing. The user's other
// devices are told at once, watchers by way of a queue.
func (s Service) SetStatus(ctx context.Context, user, status string, origin delivery.Origin) error {
	if len(status) > MaxStatus {
		return fault.New(fault.TextTooLong, "a custom status has at most %d bytes of UTF-8", MaxStatus)
	}
	session, err := s.Store.SetStatus(ctx, s.App, user, status)
	if err != nil {
		return err
	}
	now := s.Now()
	if err := s.Out.SendTo(ctx, []sessions.Session{session}, origin, Changed{Of(session, now), now.UnixMilli()}); err != nil {
		return err
	}
	return s.Moved(ctx, user, session.Watched())
}

// Moved has the watchers of a user told that the status may be another. watched
// is what the write of the session said.
func (s Service) Moved(ctx context.Context, user string, watched bool) error {
	if !watched {
		return nil
	}
	return s.Out.Moved(ctx, user)
}

// Tell brings an announcement to its crowd. Where it says nothing itself it is a
// change of status: the watchers are told what the status is now, unless that is
// what they were told last. What was told is noted after it is, so a call that
// ends in between is repeated; and not where a subscription came meanwhile, whose
// watcher may know another status.
func (s Service) Tell(ctx context.Context, a delivery.Announcement) error {
	if len(a.Frame) > 0 {
		return s.Out.Bring(ctx, s.Store, a)
	}
	list, err := s.Store.Sessions(ctx, s.App, []string{a.User})
	if err != nil {
		return err
	}
	now := s.Now()
	p := Of(list[0], now)
	told := string(p.State) + " " + p.Status
	if told == list[0].Told {
		return nil
	}
	watchers, _, err := s.Store.Crowd(ctx, s.App, a.User, a.Crowd, "", 1)
	if err != nil {
		return err
	}
	if len(watchers) == 0 {
		return s.Store.MarkUnwatched(ctx, s.App, a.User, list[0].Watches)
	}
	if a.Frame, err = s.Out.Frame(Changed{p, now.UnixMilli()}); err != nil {
		return err
	}
	if err := s.Out.Bring(ctx, s.Store, a); err != nil {
		return err
	}
	return s.Store.MarkTold(ctx, s.App, a.User, told, now.UnixMilli(), list[0].Watches)
}

// forgetPage is how many watchers one page forgets: three items each.
const forgetPage = 8

// Forget implements accounts.Forgetter: subscriptions of the user and those to the
// user. What the session says goes with it.
func (s Service) Forget(ctx context.Context, user string) (more bool, err error) {
	targets, _, err := s.Store.Watched(ctx, s.App, user, "", forgetPage)
	if err != nil {
		return false, err
	}
	if len(targets) > 0 {
		return true, s.change(ctx, user, targets, false)
	}
	watchers, _, err := s.Store.Crowd(ctx, s.App, user, delivery.Watchers, "", forgetPage)
	if err != nil {
		return false, err
	}
	for _, w := range watchers {
		if err := s.change(ctx, w, []string{user}, false); err != nil {
			return false, err
		}
	}
	if len(watchers) > 0 {
		return true, nil
	}
	return false, s.Store.ForgetPresence(ctx, s.App, user)
}
