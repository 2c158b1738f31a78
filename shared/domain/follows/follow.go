// Package follows knows who follows whom (core spec §8.16). Following needs
// nobody's consent and has nothing to do with friends or blocklists.
package follows

import (
	"context"
	"time"

	"parley/shared/domain/accounts"
	"parley/shared/fault"
	"parley/shared/retry"
)

const (
	// MaxBatch is the number of users one call follows, or asks counts of.
	MaxBatch = 20
	// MaxCheck is the number of users one call asks relations to.
	MaxCheck = 100
	// MaxPage is the most rows of a page.
	MaxPage = 1000
	// DefaultPage is the rows of a page where no number is asked for.
	DefaultPage = 100
)

// A Relation tells who follows whom.
type Relation struct{ Follows, Followed bool }

// Counts are how many a user follows, is followed by, and both.
type Counts struct{ Following, Followers, Mutual int64 }

// A Follow is a user that another follows or is followed by.
type Follow struct {
	Peer string
	Time int64 // Unix seconds, when it began
}

// A Kind is one of the lists of a user.
type Kind int

// The kinds.
const (
	Followers Kind = iota + 1
	Following
	Mutual
)

// Store keeps follows.
type Store interface {
	// Follow makes from follow to, with the marks and counts of both, all or
	// nothing. One that is there stays as it is. It fails with FollowLimit; false
	// means that another call changed the same and that it may be tried again.
	Follow(ctx context.Context, app int64, from, to string, at int64, limit int) (bool, error)
	// Unfollow ends it, if it is there, in the same way.
	Unfollow(ctx context.Context, app int64, from, to string) (bool, error)
	// FollowRelations tells how user stands to distinct peers.
	FollowRelations(ctx context.Context, app int64, user string, peers []string) ([]Relation, error)
	// FollowCounts reads counts of distinct users.
	FollowCounts(ctx context.Context, app int64, users []string) ([]Counts, error)
	// Follows reads a page of a list, in order of peers, after one of them.
	Follows(ctx context.Context, app int64, user string, kind Kind, after string, limit int) (list []Follow, more bool, err error)
	// ForgetFollowCounts removes the counts of a user.
	ForgetFollowCounts(ctx context.Context, app int64, user string) error
	// AccountsAlive tells which of distinct users are accounts.
	AccountsAlive(ctx context.Context, app int64, users []string) ([]bool, error)
}

// Service is what an application's users do with follows.
type Service struct {
	App   int64
	On    bool // the application has them
	Limit int  // of users one follows
	Store Store
	Now   func() time.Time
	Again retry.Retrier
}

// Follow makes a user follow peers, and returns an error for each: none for one
// that is followed already, so a repeat is harmless.
func (s Service) Follow(ctx context.Context, from string, peers []string) ([]error, error) {
	now := s.Now().Unix()
	return s.each(ctx, from, peers, func(peer string) (bool, error) {
		return s.Store.Follow(ctx, s.App, from, peer, now, s.Limit)
	})
}

// Unfollow ends that a user follows peers, and returns an error for each: none
// for one that is not followed, so a repeat is harmless.
func (s Service) Unfollow(ctx context.Context, from string, peers []string) ([]error, error) {
	return s.each(ctx, from, peers, func(peer string) (bool, error) {
		return s.Store.Unfollow(ctx, s.App, from, peer)
	})
}

func (s Service) each(ctx context.Context, from string, peers []string, do func(peer string) (bool, error)) ([]error, error) {
	errs, err := s.known(ctx, from, peers, MaxBatch)
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
		err := s.again(ctx, func() (bool, error) { return do(peer) })
		if err != nil && fault.Of(err).Code.Ours() {
			return nil, err
		}
		errs[i] = err
	}
	return errs, nil
}

// Check tells how a user stands to peers. A peer that is no account has an error.
func (s Service) Check(ctx context.Context, user string, peers []string) ([]Relation, []error, error) {
	errs, err := s.known(ctx, user, peers, MaxCheck)
	if err != nil {
		return nil, nil, err
	}
	list, err := perPeer(peers, errs, func(asked []string) ([]Relation, error) {
		return s.Store.FollowRelations(ctx, s.App, user, asked)
	})
	return list, errs, err
}

// Counts returns the counts of peers. A peer that is no account has an error.
func (s Service) Counts(ctx context.Context, user string, peers []string) ([]Counts, []error, error) {
	errs, err := s.known(ctx, user, peers, MaxBatch)
	if err != nil {
		return nil, nil, err
	}
	list, err := perPeer(peers, errs, func(asked []string) ([]Counts, error) {
		return s.Store.FollowCounts(ctx, s.App, asked)
	})
	return list, errs, err
}

// A Page is a part of a list.
type Page struct {
	Follows []Follow
	Next    string // the last peer where more follow, else empty
}

// List returns a page of a user's list, in order of peers, after one of them.
func (s Service) List(ctx context.Context, user string, kind Kind, after string, limit int) (Page, error) {
	if after != "" {
		if err := accounts.CheckID(after); err != nil {
			return Page{}, fault.New(fault.Invalid, "the cursor is none that was given out")
		}
	}
	if _, err := s.known(ctx, user, nil, 0); err != nil {
		return Page{}, err
	}
	list, more, err := s.Store.Follows(ctx, s.App, user, kind, after, limit)
	if err != nil {
		return Page{}, err
	}
	p := Page{Follows: list}
	if more && len(list) > 0 {
		p.Next = list[len(list)-1].Peer
	}
	return p, nil
}

// forgotten is how many follows one call of Forget ends: at most six writes each.
const forgotten = 4

// Forget ends a page of what a user follows, then of who follows the user, and
// removes the counts with the last.
func (s Service) Forget(ctx context.Context, user string) (more bool, err error) {
	for _, kind := range []Kind{Following, Followers} {
		list, _, err := s.Store.Follows(ctx, s.App, user, kind, "", forgotten)
		if err != nil {
			return false, err
		}
		for _, f := range list {
			from, to := user, f.Peer
			if kind == Followers {
				from, to = to, from
			}
			if err := s.again(ctx, func() (bool, error) { return s.Store.Unfollow(ctx, s.App, from, to) }); err != nil {
				return false, err
			}
		}
		if len(list) > 0 {
			return true, nil
		}
	}
	return false, s.Store.ForgetFollowCounts(ctx, s.App, user)
}

// again repeats a write that met another one. It fails with Conflict if others are
// faster every time.
func (s Service) again(ctx context.Context, write func() (bool, error)) error {
	done, err := s.Again.Do(ctx, retry.Contended(), func(int) (bool, error) { return write() })
	if err == nil && !done {
		err = fault.New(fault.Conflict, "other calls follow the same users all the time, try again later")
	}
	return err
}

// known tells which peers are no accounts, with an error for each. It fails as a
// whole where the application has no follows, the batch is too long, or user is
// no account.
func (s Service) known(ctx context.Context, user string, peers []string, limit int) ([]error, error) {
	switch {
	case !s.On:
		return nil, fault.New(fault.AppLimit, "the application has no follows: its edition lacks them or they are switched off")
	case len(peers) > limit:
		return nil, fault.New(fault.BatchTooLarge, "a call names at most %d users", limit)
	}
	errs := make([]error, len(peers))
	at := map[string]int{user: 0}
	ids := []string{user}
	for i, p := range peers {
		if errs[i] = accounts.CheckID(p); errs[i] != nil {
			continue
		}
		if _, there := at[p]; !there {
			at[p] = len(ids)
			ids = append(ids, p)
		}
	}
	alive, err := s.Store.AccountsAlive(ctx, s.App, ids)
	if err != nil {
		return nil, err
	}
	if !alive[0] {
		return nil, fault.New(fault.AccountUnknown, "%.40s is not an account", user)
	}
	for i, p := range peers {
		if errs[i] == nil && !alive[at[p]] {
			errs[i] = fault.New(fault.AccountUnknown, "%s is not an account", p)
		}
	}
	return errs, nil
}

// perPeer asks about distinct peers without an error, and puts the answers where
// the peers stand.
func perPeer[T any](peers []string, errs []error, ask func(asked []string) ([]T, error)) ([]T, error) {
	var asked []string
	at := make(map[string]int)
	for i, p := range peers {
		if _, there := at[p]; !there && errs[i] == nil {
			at[p] = len(asked)
			asked = append(asked, p)
		}
	}
	answers, err := ask(asked)
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
