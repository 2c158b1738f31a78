package conversations

import (
	"context"
	"slices"

	"parley/shared/domain/accounts"
	"parley/shared/domain/delivery"
	"parley/shared/domain/messages"
	"parley/shared/fault"
	"parley/shared/retry"
)

// Limits of what users put on their conversations (core spec §9.3, §9.6, §13).
const (
	MaxKept   = 1000 // conversations with data
	MaxPinned = 50
	MaxBatch  = 100 // conversations of one call
	MaxMark   = 64  // standard marks are 1 to 64
	maxCustom = 256 // bytes of a custom mark
)

// A Set is a set of small numbers from 1 on: of marks or of folders.
type Set uint64

// Has reports whether a number is in the set.
func (s Set) Has(n int) bool { return n > 0 && n <= MaxMark && s&(1<<(n-1)) != 0 }

// With returns the set with a number in it.
func (s Set) With(n int) Set { return s | 1<<(n-1) }

// Without returns the set without a number.
func (s Set) Without(n int) Set { return s &^ (1 << (n - 1)) }

// Numbers lists the set in order.
func (s Set) Numbers() []int {
	var list []int
	for n := 1; n <= MaxMark; n++ {
		if s.Has(n) {
			list = append(list, n)
		}
	}
	return list
}

// Data is what a user has put on a conversation. A row with any of it outlives
// its messages.
type Data struct {
	PinnedMs int64 // when it was pinned; 0: it is not
	Marks    Set
	Custom   string // custom mark
	Folders  Set    // by number
	Option   messages.Option
}

// A Shelf is a user's folders, with what is counted of the rows.
type Shelf struct {
	Version int64 // of the folders: each change of them is one more
	Kept    int   // rows with data
	Pinned  int   // rows with a pin
	Folders []Folder
	// Stale are numbers of deleted folders that rows may still name.
	Stale Set
	// Ended are the names that folders had until lately, so that the repeat of a
	// call that has deleted or renamed one succeeds.
	Ended []Ended
	// Indexed: all rows are in the index. IndexingMs is when a worker last said
	// that it puts them there; 0: none does.
	Indexed    bool
	IndexingMs int64
}

// An Ended is a name that a folder has no more.
type Ended struct {
	Folder
	AtMs int64
}

// A Folder is a named group of conversations; its number is small, and free for
// another one when the folder is deleted.
type Folder struct {
	Number int
	Name   string
}

// A Change is what an edit makes of a row. The write holds only while the row's
// data is as seen, and, where it is hidden, while no message has come.
type Change struct {
	Seen Row // of an absent row the Peer alone
	Data Data
	// Hide takes the row out of the list, read to its end, until the next message
	// comes; Empty leaves it there without a message.
	Hide, Empty bool
	// Cleared, where set, hides the history up to it.
	Cleared *messages.Key
	// Draft, where set, replaces the draft; empty removes it.
	Draft *string
}

// idle reports whether a change changes nothing.
func (c Change) idle() bool {
	return c.Data == c.Seen.Data && !c.Hide && !c.Empty && c.Cleared == nil && c.Draft == nil
}

// An Edit is a change of a user's rows, shelf, or both.
type Edit struct {
	NowMs int64
	Rows  []Change
	// Indexed: rows that are made have to be put into the index.
	Indexed bool
	// Seen is the shelf that the edit rests on, where Fenced or Folders.
	Seen    Shelf
	Fenced  bool // it holds while the folders are as seen
	Folders *Folders
}

// Folders are the folders that an edit leaves.
type Folders struct {
	List  []Folder
	Stale Set
	Ended []Ended
}

// Changed tells a user's other devices of rows that changed.
type Changed struct{ Rows []Row }

// atOnce is how many rows one transaction changes. It has the shelf besides, and
// at most 100 items.
const atOnce = 49

// rowsAnEvent keeps a frame under 32 KB, however long a row's texts are.
const rowsAnEvent = 10

// retry runs an attempt until its write holds. Attempts that follow have to read
// strongly. Others that change the same user's data may win several times. What
// the first attempt refuses is refused only if a second one does so, too: what it
// read may be behind.
func (s Service) retry(ctx context.Context, attempt func(strong bool) (bool, error)) error {
	done, err := s.Again.Do(ctx, retry.Contended(), func(try int) (bool, error) {
		done, err := attempt(try > 0)
		if try == 0 && err != nil && !fault.Of(err).Code.Ours() {
			return false, nil
		}
		return done, err
	})
	if err == nil && !done {
		err = fault.New(fault.Conflict, "other calls change these conversations at the same time, try again")
	}
	return err
}

// alter changes the data of a user's rows with some peers, as many in one write
// as fit, and returns an error for each peer. A conversation that has no row is
// given one, where the peer is an account.
func (s Service) alter(ctx context.Context, user string, peers []string, fenced bool, origin delivery.Origin,
	f func(shelf Shelf, r Row) (Data, error),
) ([]error, error) {
	errs := checkPeers(user, peers)
	var changed []Row
	for part := range slices.Chunk(indices(errs), atOnce) {
		names := make([]string, len(part))
		for i, at := range part {
			names[i] = peers[at]
		}
		var done []Row
		err := s.retry(ctx, func(strong bool) (bool, error) {
			done = done[:0]
			for _, at := range part {
				errs[at] = nil
			}
			e, err := s.read(ctx, user, names, fenced, strong)
			if err != nil {
				return false, err
			}
			unknown, err := s.unknown(ctx, user, &e)
			if err != nil {
				return false, err
			}
			todo := e.Rows[:0:0]
			for i, c := range e.Rows {
				if unknown[names[i]] {
					errs[part[i]] = fault.New(fault.AccountUnknown, "%s is not an account", names[i])
					continue
				}
				if c.Data, err = f(e.Seen, c.Seen); err != nil {
					return false, err
				}
				if !c.idle() {
					todo = append(todo, c)
					done = append(done, c.after(e.NowMs))
				}
			}
			if e.Rows = todo; len(todo) == 0 {
				return strong, nil // what seems to be as it is wanted may have changed since
			}
			return s.Store.Change(ctx, s.App, user, e)
		})
		if err != nil {
			return nil, err
		}
		changed = append(changed, done...)
	}
	s.tell(ctx, user, origin, changed)
	return errs, nil
}

// after is a row as a change leaves it.
func (c Change) after(nowMs int64) Row {
	r := c.Seen
	r.Data, r.ChangedMs = c.Data, nowMs
	if c.Hide || c.Empty {
		r.LastKey, r.Preview, r.Read, r.Skipped, r.Quiet, r.ReadMs = nil, "", r.In, 0, 0, nowMs
	}
	if c.Hide {
		r.TimeMs = 0
	}
	if c.Cleared != nil {
		r.Cleared = c.Cleared
	}
	if c.Draft != nil {
		r.DraftMs = 0
		if *c.Draft != "" {
			r.DraftMs = nowMs
		}
	}
	return r
}

// read begins an edit of rows.
func (s Service) read(ctx context.Context, user string, peers []string, fenced, strong bool) (Edit, error) {
	e := Edit{NowMs: s.Now().UnixMilli(), Fenced: fenced, Rows: make([]Change, len(peers))}
	run := []func(context.Context) error{func(ctx context.Context) error {
		rows, err := s.Store.PeerRows(ctx, s.App, user, peers, strong)
		for i, r := range rows {
			r.Peer = peers[i]
			e.Rows[i] = Change{Seen: r, Data: r.Data}
		}
		return err
	}}
	if fenced {
		run = append(run, func(ctx context.Context) (err error) {
			e.Seen, err = s.Store.Shelf(ctx, s.App, user, strong)
			return err
		})
	}
	return e, s.Parallel(ctx, run...)
}

// unknown tells which peers without a row are no accounts. Where there are such
// rows it fails with AccountUnknown if the user is none; an account that was
// deleted loses its rows soon. It notes in the edit whether new rows are indexed.
func (s Service) unknown(ctx context.Context, user string, e *Edit) (map[string]bool, error) {
	var peers []string
	for _, c := range e.Rows {
		if c.Seen.absent() {
			peers = append(peers, c.Seen.Peer)
		}
	}
	if len(peers) == 0 {
		return nil, nil
	}
	found, err := s.accounts(ctx, user, peers)
	if err != nil {
		return nil, err
	}
	e.Indexed = found[0].Indexed
	list := make(map[string]bool)
	for i, peer := range peers {
		list[peer] = !found[i+1].Alive()
	}
	return list, nil
}

// absent reports whether a row is not there.
func (r Row) absent() bool {
	r.Peer = ""
	return r == Row{}
}

// accounts reads the accounts of a user and of some peers, in this order. It fails
// with AccountUnknown where the user is none.
func (s Service) accounts(ctx context.Context, user string, peers []string) ([]*accounts.Account, error) {
	if err := accounts.CheckID(user); err != nil {
		return nil, fault.New(fault.AccountUnknown, "%s", fault.Of(err).Text)
	}
	list, err := s.Store.Accounts(ctx, s.App, append([]string{user}, peers...))
	if err != nil {
		return nil, err
	}
	if !list[0].Alive() {
		return nil, fault.New(fault.AccountUnknown, "%.40q is not an account", user)
	}
	return list, nil
}

// Known fails with AccountUnknown where a user is no account.
func (s Service) Known(ctx context.Context, user string) error {
	_, err := s.accounts(ctx, user, nil)
	return err
}

// checkPeers returns an error for each peer that cannot be one.
func checkPeers(user string, peers []string) []error {
	errs, seen := make([]error, len(peers)), make(map[string]bool, len(peers))
	for i, peer := range peers {
		switch {
		case peer == user:
			errs[i] = fault.New(fault.Invalid, "a user has no conversation with itself")
		case seen[peer]:
			errs[i] = fault.New(fault.Invalid, "%s is named twice in one call", peer)
		default:
			errs[i] = accounts.CheckID(peer)
		}
		seen[peer] = true
	}
	return errs
}

// indices lists where there is no error.
func indices(errs []error) []int {
	var list []int
	for i, err := range errs {
		if err == nil {
			list = append(list, i)
		}
	}
	return list
}

// tell brings changed rows to the user's other devices. They are stored: what
// fails is noted (docs/adr/0022).
func (s Service) tell(ctx context.Context, user string, origin delivery.Origin, rows []Row) {
	if len(rows) == 0 {
		return
	}
	list, err := s.Out.Store.Sessions(ctx, s.App, []string{user})
	if err != nil {
		s.Out.Note(ctx, "sessions", err)
		return
	}
	now := s.Now()
	for part := range slices.Chunk(rows, rowsAnEvent) {
		shown := make([]Row, len(part))
		for i, r := range part {
			shown[i] = r.at(now)
		}
		s.Out.Note(ctx, "rows", s.Out.SendTo(ctx, list, origin, Changed{Rows: shown}))
	}
}

// Pin puts a conversation before the others of the user's list, or takes the pin
// away. It returns when it was pinned: a repeat keeps the time. It fails with
// PinLimit.
func (s Service) Pin(ctx context.Context, user, peer string, pinned bool, origin delivery.Origin) (int64, error) {
	var at int64
	err := s.one(ctx, user, peer, origin, func(d Data) (Data, error) {
		switch {
		case !pinned:
			d.PinnedMs = 0
		case d.PinnedMs == 0:
			d.PinnedMs = s.Now().UnixMilli()
		}
		at = d.PinnedMs
		return d, nil
	})
	return at, err
}

// one is alter for one conversation.
func (s Service) one(ctx context.Context, user, peer string, origin delivery.Origin, f func(Data) (Data, error)) error {
	errs, err := s.alter(ctx, user, []string{peer}, false, origin, func(_ Shelf, r Row) (Data, error) { return f(r.Data) })
	if err != nil {
		return err
	}
	return errs[0]
}

// SetOption sets what the user wants to be told of some conversations' messages,
// and returns an error for each.
func (s Service) SetOption(ctx context.Context, user string, peers []string, o messages.Option, origin delivery.Origin) ([]error, error) {
	if o < messages.OptionNotify || o > messages.OptionDiscard {
		return nil, fault.New(fault.Invalid, "the receive option of a one-to-one conversation is 0, 1 or 2")
	}
	return s.alter(ctx, user, peers, false, origin, func(_ Shelf, r Row) (Data, error) {
		r.Option = o
		return r.Data, nil
	})
}

// A Marking changes the marks of a conversation.
type Marking struct {
	Set, Clear []int
	Custom     *string // nil: as it is; empty: none
}

// check refuses marks that there are not, and standard ones where the edition has
// none.
func (m Marking) check(folders bool) error {
	if !folders && len(m.Set)+len(m.Clear) > 0 {
		return fault.New(fault.AppLimit, "the edition does not include standard marks")
	}
	for _, n := range slices.Concat(m.Set, m.Clear) {
		if n < 1 || n > MaxMark {
			return fault.New(fault.Invalid, "a standard mark is 1 to %d", MaxMark)
		}
	}
	if m.Custom != nil && len(*m.Custom) > maxCustom {
		return fault.New(fault.Invalid, "a custom mark has at most %d bytes", maxCustom)
	}
	return nil
}

// apply clears before it sets: a mark that is in both is set.
func (m Marking) apply(d Data) Data {
	for _, n := range m.Clear {
		d.Marks = d.Marks.Without(n)
	}
	for _, n := range m.Set {
		d.Marks = d.Marks.With(n)
	}
	if m.Custom != nil {
		d.Custom = *m.Custom
	}
	return d
}

// Mark changes the marks of conversations, each in its own way, and returns an
// error for each. It fails with AppLimit where the edition has no standard marks,
// and with KeptLimit.
func (s Service) Mark(ctx context.Context, user string, peers []string, marks []Marking, origin delivery.Origin) ([]error, error) {
	refused := make([]error, len(peers))
	for i, m := range marks {
		if refused[i] = m.check(s.Folders); fault.Is(refused[i], fault.AppLimit) {
			return nil, refused[i]
		}
	}
	var good []string
	for _, i := range indices(refused) {
		good = append(good, peers[i])
	}
	errs, err := s.alter(ctx, user, good, false, origin, func(_ Shelf, r Row) (Data, error) {
		return marks[slices.Index(peers, r.Peer)].apply(r.Data), nil
	})
	if err != nil {
		return nil, err
	}
	for n, i := range indices(refused) {
		refused[i] = errs[n]
	}
	return refused, nil
}
