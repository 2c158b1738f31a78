package relations

import (
	"context"
	"time"

	"parley/shared/domain/accounts"
	"parley/shared/domain/delivery"
	"parley/shared/fault"
	"parley/shared/retry"
)

// Store keeps relations.
type Store interface {
	// ReadRelations reads books and entries; strongly where books are among them,
	// as a change needs it. Absent books are zero.
	ReadRelations(ctx context.Context, app int64, users []string, refs []Ref) (Snapshot, error)
	// Book reads a book eventually consistently; an absent one is zero.
	Book(ctx context.Context, app int64, user string) (Book, error)
	// WriteRelations writes an edit if all the books it has seen are still the
	// same, at most 100 items; false when one is not.
	WriteRelations(ctx context.Context, app int64, e Edit, now int64) (bool, error)
	// FriendsOf reads a page of a friend table, in order of peers; strongly, since
	// it goes out with a version that nobody asks again about.
	FriendsOf(ctx context.Context, app int64, owner, after string, limit int) (list []Friend, more bool, err error)
	// RequestsTo and BlocksOf are the same for requests and blocks.
	RequestsTo(ctx context.Context, app int64, owner, after string, limit int) (list []Request, more bool, err error)
	BlocksOf(ctx context.Context, app int64, owner, after string, limit int) (list []Block, more bool, err error)
	// FriendChanges returns which peers the versions after since up to a version
	// were about, and false where the log does not reach back so far.
	FriendChanges(ctx context.Context, app int64, owner string, since, upTo, now int64) (peers []string, whole bool, err error)
	// HoldersOf reads a page of who has a user in the friend table, in order.
	HoldersOf(ctx context.Context, app int64, user, after string, limit int) (owners []string, more bool, err error)
	// ForgetChanges removes a page of the log of changes.
	ForgetChanges(ctx context.Context, app int64, owner string) (more bool, err error)
	// ForgetBook removes a user's book; false where it is not the same any more.
	ForgetBook(ctx context.Context, app int64, b Book) (bool, error)
	Accounts(ctx context.Context, app int64, ids []string) ([]*accounts.Account, error)
}

// A Field is a custom field of friends that the application declares.
type Field struct {
	Word       string
	UserReads  bool
	UserWrites bool
}

// Limits bound what a user has.
type Limits struct{ Friends, Blocked, Lists, Requests int }

// Service changes and reads the relations of an application's users.
type Service struct {
	App    int64
	Limits Limits
	Allow  accounts.Allow // of users who have not chosen
	Fields []Field
	Store  Store
	Out    delivery.Service
	Now    func() time.Time
	Again  retry.Retrier
	// Wording: who asks to be a friend has to say why.
	Wording bool
	// Repeat is how long a call that asks for what has just been done is taken for
	// a repeat, and succeeds.
	Repeat time.Duration
}

// writes is how many peers one transaction is about: a peer has at most nine
// items of its own in it, besides the owner's book and log, of a hundred.
const writes = 10

// lately reports whether what was done at a time (Unix seconds) may have been done
// by a call of which this one is the repeat.
func (s Service) lately(at int64) bool { return s.Now().Sub(time.Unix(at, 0)) < s.Repeat }

// ended notes that the owner ends an entry.
func (s Service) ended(d *draft, kind Kind, owner, peer string) {
	if s.Repeat > 0 {
		d.edit.Ended[Ref{kind, Pair{owner, peer}, true}] = s.Now().Unix()
	}
}

// wasEnded reports whether the owner ended an entry lately.
func (s Service) wasEnded(d *draft, kind Kind, owner, peer string) bool {
	at, known := d.Ended[Ref{kind, Pair{owner, peer}, true}]
	return known && s.lately(at)
}

// each runs f for slices of peers and gathers an error for each. Peers that are
// named twice, or are the owner, are refused.
func (s Service) each(ctx context.Context, owner string, peers []string, origin delivery.Origin,
	users func(peer string) []string, refs func(peer string) []Ref, f func(d *draft, i int) error,
) ([]error, error) {
	errs := make([]error, len(peers))
	seen := make(map[string]bool, len(peers))
	var todo []int
	for i, peer := range peers {
		switch {
		case peer == owner:
			errs[i] = fault.New(fault.Invalid, "a user has no relation to itself")
		case seen[peer]:
			errs[i] = fault.New(fault.Invalid, "%s is named twice in one call", peer)
		default:
			errs[i] = accounts.CheckID(peer)
		}
		seen[peer] = true
		if errs[i] == nil {
			todo = append(todo, i)
		}
	}
	for len(todo) > 0 {
		chunk := todo[:min(writes, len(todo))]
		todo = todo[len(chunk):]
		books, keys := []string{owner}, []Ref(nil)
		for _, i := range chunk {
			books = append(books, users(peers[i])...)
			keys = append(keys, refs(peers[i])...)
		}
		d, err := s.run(ctx, books, keys, func(d *draft) error {
			for _, i := range chunk {
				err := f(d, i)
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
		if err := s.tell(ctx, d.edit, origin); err != nil {
			return nil, err
		}
	}
	return errs, nil
}

func none(string) []string          { return nil }
func itself(peer string) []string   { return []string{peer} }
func mine(owner, peer string) Pair  { return Pair{owner, peer} }
func their(owner, peer string) Pair { return Pair{peer, owner} }

// alive reads which accounts of owner and peers live. It fails with
// AccountUnknown where the owner is none.
func (s Service) alive(ctx context.Context, owner string, peers []string) (map[string]*accounts.Account, error) {
	ids, seen := []string{owner}, map[string]bool{owner: true}
	for _, p := range peers {
		if !seen[p] && accounts.CheckID(p) == nil {
			seen[p] = true
			ids = append(ids, p)
		}
	}
	list, err := s.Store.Accounts(ctx, s.App, ids)
	if err != nil {
		return nil, err
	}
	found := make(map[string]*accounts.Account, len(ids))
	for i, id := range ids {
		if list[i].Alive() {
			found[id] = list[i]
		}
	}
	if found[owner] == nil {
		return nil, fault.New(fault.AccountUnknown, "%s is not an account", owner)
	}
	return found, nil
}

func unknown(peer string) error { return fault.New(fault.AccountUnknown, "%s is not an account", peer) }

// Readable leaves out of a friend the custom fields that a user may not read.
func (s Service) Readable(f Friend) Friend {
	custom := make(map[string]any)
	for _, field := range s.Fields {
		if v, there := f.Custom[field.Word]; there && field.UserReads {
			custom[field.Word] = v
		}
	}
	f.Custom = custom
	return f
}

// Counters returns what is counted about a user, as it was a moment ago. It
// costs half a read.
func (s Service) Counters(ctx context.Context, owner string) (Book, error) {
	return s.Store.Book(ctx, s.App, owner)
}

// Book returns what is counted about a user. It costs one read.
func (s Service) Book(ctx context.Context, owner string) (Book, error) {
	snapshot, err := s.Store.ReadRelations(ctx, s.App, []string{owner}, nil)
	return snapshot.Books[owner], err
}
