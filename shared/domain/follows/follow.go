// Package follows holds who follows whom (docs/spec/tencent §8.16). A user can follow
// another one without asking. Following has no effect on friends and blocks, and
// they have none on it.
package follows

import (
	"context"

	"parley/shared/clock"
	"parley/shared/domain/accounts"
	"parley/shared/fault"
	"parley/shared/retry"
)

const (
	// MaxBatch is the most users that one call follows, unfollows, or asks the counts
	// of.
	MaxBatch = 20
	// MaxCheck is the most users that one call asks the relations to.
	MaxCheck = 100
	// MaxPage is the most follows of a page.
	MaxPage = 1000
	// DefaultPage is the number of follows of a page if the caller gives none.
	DefaultPage = 100
)

// A Relation says whether a user follows a peer (Follows), and is followed by the
// peer (Followed).
type Relation struct{ Follows, Followed bool }

// Counts says how many others a user follows, how many follow the user, and how many
// do both.
type Counts struct{ Following, Followers, Mutual int64 }

// A Follow is an entry of one of a user's lists: a peer whom the user follows, or who
// follows the user.
type Follow struct {
	Peer string
	Time int64 // when it began, Unix seconds
}

// A Kind is one of the lists of a user.
type Kind int

// The lists: who follows the user, whom the user follows, and who is in both lists.
const (
	Followers Kind = iota + 1
	Following
	Mutual
)

// Store holds follows.
type Store interface {
	// Follow makes the user from follow the user to. It writes both users' entries and
	// counts, and whether the follow is mutual, all or nothing. If from follows to
	// already, it changes nothing. It fails with FollowLimit if from follows limit
	// others. It returns false if another call changed the same items at the same
	// time, and the caller can try again.
	Follow(ctx context.Context, app int64, from, to string, at int64, limit int) (bool, error)
	// Unfollow ends that from follows to, in the same way. If from does not follow to,
	// it changes nothing.
	Unfollow(ctx context.Context, app int64, from, to string) (bool, error)
	// FollowRelations returns the relation of user to each of distinct peers.
	FollowRelations(ctx context.Context, app int64, user string, peers []string) ([]Relation, error)
	// FollowCounts returns the counts of distinct users.
	FollowCounts(ctx context.Context, app int64, users []string) ([]Counts, error)
	// Follows reads a page of a list, in order of peers. The page begins behind the
	// peer after.
	Follows(ctx context.Context, app int64, user string, kind Kind, after string, limit int) (list []Follow, more bool, err error)
	// ForgetFollowCounts removes the counts of a user.
	ForgetFollowCounts(ctx context.Context, app int64, user string) error
}

// Settings are what an application says about follows.
type Settings struct {
	Enabled bool // the application has follows
	Limit   int  // the most users that one user follows
}

// Service changes and reads whom the users of an application follow.
type Service struct {
	app      int64
	settings Settings
	store    Store
	accounts accounts.Reader
	clock    clock.Clock
}

// New returns the Service of an application.
func New(app int64, s Settings, store Store, a accounts.Reader, c clock.Clock) Service {
	return Service{app: app, settings: s, store: store, accounts: a, clock: c}
}

// Follow makes the user from follow peers, and returns an error for each of them. A
// peer whom from follows already has no error, so a repeat is harmless.
func (s Service) Follow(ctx context.Context, from string, peers []string) ([]error, error) {
	now := s.clock.Now().Unix()
	return s.forEachPeer(ctx, from, peers, func(peer string) (bool, error) {
		return s.store.Follow(ctx, s.app, from, peer, now, s.settings.Limit)
	})
}

// Unfollow ends that the user from follows peers, and returns an error for each of
// them. A peer whom from does not follow has no error, so a repeat is harmless.
func (s Service) Unfollow(ctx context.Context, from string, peers []string) ([]error, error) {
	return s.forEachPeer(ctx, from, peers, func(peer string) (bool, error) {
		return s.store.Unfollow(ctx, s.app, from, peer)
	})
}

// forEachPeer makes one write for each peer, and returns an error for each of them. A
// fault that is Parley's own (Code.Ours) fails the call.
func (s Service) forEachPeer(
	ctx context.Context, from string, peers []string, write func(peer string) (bool, error),
) ([]error, error) {
	errs, err := s.checkUsers(ctx, from, peers, MaxBatch)
	if err != nil {
		return nil, err
	}
	for i, peer := range peers {
		if errs[i] != nil {
			continue
		}
		if peer == from {
			errs[i] = fault.New(fault.Invalid, "a user cannot follow itself")
			continue
		}
		err := s.retryConflict(ctx, func() (bool, error) { return write(peer) })
		if err != nil && fault.Of(err).Code.Ours() {
			return nil, err
		}
		errs[i] = err
	}
	return errs, nil
}

// Check returns the relation of a user to each of peers, and an error for each peer
// who is not an account.
func (s Service) Check(ctx context.Context, user string, peers []string) ([]Relation, []error, error) {
	errs, err := s.checkUsers(ctx, user, peers, MaxCheck)
	if err != nil {
		return nil, nil, err
	}
	list, err := askForPeers(peers, errs, func(distinct []string) ([]Relation, error) {
		return s.store.FollowRelations(ctx, s.app, user, distinct)
	})
	return list, errs, err
}

// Counts returns the counts of each of peers, and an error for each peer who is not an
// account.
func (s Service) Counts(ctx context.Context, user string, peers []string) ([]Counts, []error, error) {
	errs, err := s.checkUsers(ctx, user, peers, MaxBatch)
	if err != nil {
		return nil, nil, err
	}
	list, err := askForPeers(peers, errs, func(distinct []string) ([]Counts, error) {
		return s.store.FollowCounts(ctx, s.app, distinct)
	})
	return list, errs, err
}

// A Page is a page of a list.
type Page struct {
	Follows []Follow
	Next    string // the last peer of the page if there are more, else empty
}

// List returns a page of one of a user's lists, in order of peers. The page begins
// behind the peer after.
func (s Service) List(ctx context.Context, user string, kind Kind, after string, limit int) (Page, error) {
	if after != "" {
		if err := accounts.CheckID(after); err != nil {
			return Page{}, fault.New(fault.Invalid, "the cursor is none that was given out")
		}
	}
	if _, err := s.checkUsers(ctx, user, nil, 0); err != nil {
		return Page{}, err
	}
	list, more, err := s.store.Follows(ctx, s.app, user, kind, after, limit)
	if err != nil {
		return Page{}, err
	}
	page := Page{Follows: list}
	if more && len(list) > 0 {
		page.Next = list[len(list)-1].Peer
	}
	return page, nil
}

// forgetPage is how many follows one call of Forget ends. Each one costs at most six
// writes.
const forgetPage = 4

// RemoveData removes a page of the follows of a user whose account is deleted: first whom
// the user follows, then who follows the user. When there are no more, it removes the
// counts.
func (s Service) RemoveData(ctx context.Context, user string) (more bool, err error) {
	for _, kind := range []Kind{Following, Followers} {
		list, _, err := s.store.Follows(ctx, s.app, user, kind, "", forgetPage)
		if err != nil {
			return false, err
		}
		for _, f := range list {
			from, to := user, f.Peer
			if kind == Followers {
				from, to = to, from
			}
			err := s.retryConflict(ctx, func() (bool, error) { return s.store.Unfollow(ctx, s.app, from, to) })
			if err != nil {
				return false, err
			}
		}
		if len(list) > 0 {
			return true, nil
		}
	}
	return false, s.store.ForgetFollowCounts(ctx, s.app, user)
}

// retryConflict repeats a write while it returns false, because another call changes
// the same items. It fails with Conflict if that happens at every try.
func (s Service) retryConflict(ctx context.Context, write func() (bool, error)) error {
	done, err := retry.Do(ctx, s.clock, retry.Contended(), func(int) (bool, error) { return write() })
	if err == nil && !done {
		err = fault.New(fault.Conflict, "other calls follow the same users all the time, try again later")
	}
	return err
}

// checkUsers returns an error for each peer who is not an account. It fails as a whole
// if the application has no follows, there are more than limit peers, or user is not
// an account.
func (s Service) checkUsers(ctx context.Context, user string, peers []string, limit int) ([]error, error) {
	switch {
	case !s.settings.Enabled:
		return nil, fault.New(fault.AppLimit, "the application has no follows: its edition lacks them or they are switched off")
	case len(peers) > limit:
		return nil, fault.New(fault.BatchTooLarge, "a call names at most %d users", limit)
	}
	living, err := accounts.Living(ctx, s.accounts, s.app, append([]string{user}, peers...))
	if err != nil {
		return nil, err
	}
	if living[user] == nil {
		return nil, fault.New(fault.AccountUnknown, "%.40s is not an account", user)
	}
	errs := make([]error, len(peers))
	for i, p := range peers {
		if errs[i] = accounts.CheckID(p); errs[i] == nil && living[p] == nil {
			errs[i] = fault.New(fault.AccountUnknown, "%s is not an account", p)
		}
	}
	return errs, nil
}

// askForPeers asks once about each peer that has no error, and returns the answers in
// the order of peers. Example: peers are Bob, Carol, Bob. ask is given Bob and Carol,
// and the result has Bob's answer twice.
func askForPeers[T any](peers []string, errs []error, ask func(distinct []string) ([]T, error)) ([]T, error) {
	var distinct []string
	at := make(map[string]int) // index in distinct
	for i, p := range peers {
		if _, found := at[p]; !found && errs[i] == nil {
			at[p] = len(distinct)
			distinct = append(distinct, p)
		}
	}
	answers, err := ask(distinct)
	if err != nil {
		return nil, err
	}
	list := make([]T, len(peers))
	for i, p := range peers {
		if errs[i] == nil {
			list[i] = answers[at[p]]
		}
	}
	return list, nil
}
