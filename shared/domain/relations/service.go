package relations

import (
	"context"
	"time"

	"parley/shared/clock"
	"parley/shared/domain/accounts"
	"parley/shared/domain/delivery"
	"parley/shared/fault"
)

// Store holds the counters and entries that a unit of work reads and writes.
type Store interface {
	// ReadRelations reads the counters of users, then the entries of refs. It returns
	// zero counters for a user who has none. If users is not empty all reads are
	// strong, which a change needs.
	ReadRelations(ctx context.Context, app int64, users []string, refs []EntryRef) (Snapshot, error)
	// CountersEventually reads a user's counters with an eventually consistent read.
	// It returns zero counters for a user who has none.
	CountersEventually(ctx context.Context, app int64, user string) (Counters, error)
	// WriteRelations writes a transaction of at most 100 items. If any counters in
	// CountersRead have changed it writes nothing and returns false.
	WriteRelations(ctx context.Context, app int64, t Transaction, now int64) (bool, error)
	// RemoveCounters removes a user's counters. If they have changed since they were
	// read, it removes nothing and returns false.
	RemoveCounters(ctx context.Context, app int64, c Counters) (bool, error)
}

// A PageStore reads the tables of relations page by page.
type PageStore interface {
	// FriendsOf reads a page of a friend table, in order of peers. The read is
	// strong: the client keeps the page under a version, and then asks for later
	// versions only. Example: Bob is added with version 8. A page of a replica that
	// is behind lacks Bob. The client, which is at version 8, never asks for him.
	FriendsOf(ctx context.Context, app int64, owner, after string, limit int) (list []Friend, more bool, err error)
	// RequestsTo reads a page of the requests to a user, in the same way.
	RequestsTo(ctx context.Context, app int64, owner, after string, limit int) (list []Request, more bool, err error)
	// BlocksOf reads a page of a blocklist, in the same way.
	BlocksOf(ctx context.Context, app int64, owner, after string, limit int) (list []Block, more bool, err error)
	// FriendAudience reads a page of the users who have user as a friend, in order.
	FriendAudience(ctx context.Context, app int64, user, after string, limit int) (owners []string, more bool, err error)
}

// A LogStore holds the logs of friend tables. Store.WriteRelations writes them.
type LogStore interface {
	// FriendChanges returns the peers whose entries changed with the versions after
	// since, up to upTo. It returns false if the log no longer has all of these
	// versions.
	FriendChanges(ctx context.Context, app int64, owner string, since, upTo, now int64) (peers []string, whole bool, err error)
	// RemoveFriendLog removes a page of the log of a friend table.
	RemoveFriendLog(ctx context.Context, app int64, owner string) (more bool, err error)
}

// A Field is a custom field of friends that the application declares.
type Field struct {
	Name       string // its name
	UserReads  bool
	UserWrites bool
}

// Limits says how many friends, blocked users, friend lists and pending requests a
// user can have.
type Limits struct{ Friends, Blocked, Lists, Requests int }

// Settings are what an application says about the relations of its users.
type Settings struct {
	Limits Limits
	Allow  accounts.FriendRequestPolicy // for users who have not chosen whom they allow
	Fields []Field
	// RequireWording: a request to become a friend must have a text.
	RequireWording bool
	// RepeatWindow is how long a call that asks for what has just been done is taken for
	// a repeat, and succeeds (repeat.go).
	RepeatWindow time.Duration
}

// Service changes and reads the relations of an application's users.
type Service struct {
	app      int64
	settings Settings
	store    Store
	pages    PageStore
	log      LogStore
	accounts accounts.Reader
	delivery delivery.Service
	clock    clock.Clock
}

// New returns the Service of an application.
func New(app int64, s Settings, store Store, pages PageStore, log LogStore, a accounts.Reader, d delivery.Service, c clock.Clock) Service {
	return Service{app: app, settings: s, store: store, pages: pages, log: log, accounts: a, delivery: d, clock: c}
}

// Limits returns how many relations a user can have.
func (s Service) Limits() Limits { return s.settings.Limits }

// peersPerUnit is how many peers one unit of work changes. DynamoDB takes 100 items
// in a transaction: at most nine for each peer, and the counters and the log of the
// owner.
const peersPerUnit = 10

// runForPeers changes the relations of an owner and peers, peersPerUnit of them in
// one unit of work, and notifies devices after each unit. It returns an error for
// each peer. A peer that is named twice, or is the owner, is refused.
//
// reads says what is read for a peer; the counters of the owner are always read.
// plan plans the change of peers[i]. If it returns an error, only this peer has the
// error, and what it has planned before is written nevertheless. Example: a request
// is filed, and the error is RequestPending. A fault that is Parley's own
// (Code.Ours) fails the call.
func (s Service) runForPeers(ctx context.Context, owner string, peers []string, origin delivery.Origin,
	reads func(peer string) readSet, plan func(u *relationPlan, i int) error,
) ([]error, error) {
	errs := accounts.CheckPeers(owner, peers, fault.New(fault.Invalid, "a user has no relation to itself"))
	var todo []int
	for i, err := range errs {
		if err == nil {
			todo = append(todo, i)
		}
	}
	for len(todo) > 0 {
		chunk := todo[:min(peersPerUnit, len(todo))]
		todo = todo[len(chunk):]
		all := readSet{users: []string{owner}}
		for _, i := range chunk {
			one := reads(peers[i])
			all.users = append(all.users, one.users...)
			all.refs = append(all.refs, one.refs...)
		}
		unit, err := s.run(ctx, all, func(u *relationPlan) error {
			for _, i := range chunk {
				err := plan(u, i)
				if err != nil && fault.Of(err).Code.Ours() {
					return err
				}
				errs[i] = err
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		s.notify(ctx, unit.transaction, origin)
	}
	return errs, nil
}

// RequireAccount fails with AccountUnknown if a user is not an account.
func (s Service) RequireAccount(ctx context.Context, user string) error {
	_, err := s.livingAccounts(ctx, user, nil)
	return err
}

// livingAccounts returns, by id, those accounts of owner and peers that exist and
// are not deleted. It fails with AccountUnknown if the owner is not one of them.
func (s Service) livingAccounts(ctx context.Context, owner string, peers []string) (map[string]*accounts.Account, error) {
	living, err := accounts.Living(ctx, s.accounts, s.app, append([]string{owner}, peers...))
	if err != nil {
		return nil, err
	}
	if living[owner] == nil {
		return nil, accountUnknown(owner)
	}
	return living, nil
}

func accountUnknown(user string) error {
	return fault.New(fault.AccountUnknown, "%s is not an account", user)
}

// KeepReadableFields returns a friend without the custom fields that users must not read.
func (s Service) KeepReadableFields(f Friend) Friend {
	custom := make(map[string]any)
	for _, field := range s.settings.Fields {
		if v, found := f.Custom[field.Name]; found && field.UserReads {
			custom[field.Name] = v
		}
	}
	f.Custom = custom
	return f
}

// CountersEventually returns a user's counters. They can be some moments old. It costs half a
// read.
func (s Service) CountersEventually(ctx context.Context, owner string) (Counters, error) {
	return s.store.CountersEventually(ctx, s.app, owner)
}

// CountersStrongly returns a user's counters with a strong read. It costs one read.
func (s Service) CountersStrongly(ctx context.Context, owner string) (Counters, error) {
	snapshot, err := s.store.ReadRelations(ctx, s.app, []string{owner}, nil)
	return snapshot.Counters[owner], err
}
