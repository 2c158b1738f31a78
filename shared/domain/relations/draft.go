package relations

import (
	"context"
	"maps"
	"slices"

	"parley/shared/fault"
	"parley/shared/retry"
)

// A draft is a change in the making: what was read, and what becomes of it.
type draft struct {
	Snapshot
	edit    Edit
	counted bool // something was refused because of a count
}

func newDraft(s Snapshot) *draft {
	return &draft{Snapshot: s, edit: Edit{
		Seen: maps.Clone(s.Books), Books: make(map[string]Book),
		Friends: make(map[Pair]*Friend), Requests: make(map[Pair]*Request), Blocks: make(map[Pair]*Block),
		Log: make(map[string][]string), Held: make(map[Pair]bool), Ended: make(map[Ref]int64),
	}}
}

// book returns a user's book as the draft has it so far.
func (d *draft) book(user string) Book { return d.Books[user] }

// change lets f change a book.
func (d *draft) change(user string, f func(*Book)) {
	b := d.Books[user]
	b.User = user
	if _, changed := d.edit.Books[user]; !changed {
		b.Rev++
	}
	f(&b)
	d.Books[user], d.edit.Books[user] = b, b
}

// full is a refusal because of a count.
func (d *draft) full(code fault.Code, format string, args ...any) error {
	d.counted = true
	return fault.New(code, format, args...)
}

func (d *draft) friends(owner, peer string) bool {
	_, ok := d.Friends[Pair{owner, peer}]
	return ok
}

func (d *draft) blocks(owner, peer string) bool {
	_, ok := d.Blocks[Pair{owner, peer}]
	return ok
}

// moved notes that an entry of a friend table changed: one version of the table
// for all of a draft.
func (d *draft) moved(owner, peer string) {
	if _, done := d.edit.Log[owner]; !done {
		d.change(owner, func(b *Book) { b.FriendVersion++ })
	}
	if !slices.Contains(d.edit.Log[owner], peer) {
		d.edit.Log[owner] = append(d.edit.Log[owner], peer)
	}
}

// put writes an entry of a friend table. One that is there and says the same
// stays, so that a repeat neither makes a version nor notifies anybody.
func (d *draft) put(owner string, f Friend) {
	p := Pair{owner, f.Peer}
	before, there := d.Friends[p]
	if there && same(before, f) {
		return
	}
	if !there {
		d.change(owner, func(b *Book) { b.Friends++ })
		d.edit.Held[p] = true
	}
	d.moved(owner, f.Peer)
	f.Version = d.book(owner).FriendVersion
	d.Friends[p], d.edit.Friends[p] = f, &f
}

// drop removes an entry of a friend table, if it is there.
func (d *draft) drop(owner, peer string) {
	p := Pair{owner, peer}
	if _, there := d.Friends[p]; !there {
		return
	}
	d.change(owner, func(b *Book) { b.Friends-- })
	d.moved(owner, peer)
	delete(d.Friends, p)
	d.edit.Friends[p], d.edit.Held[p] = nil, false
}

// same reports whether two entries differ in nothing but their versions.
func same(a, b Friend) bool {
	return a.Remark == b.Remark && a.Source == b.Source && a.Wording == b.Wording && a.Added == b.Added && a.Remarked == b.Remarked &&
		slices.Equal(a.Lists, b.Lists) && maps.Equal(a.Custom, b.Custom)
}

// ask files a request at the one who is asked; a repeat replaces the one before.
func (d *draft) ask(owner string, r Request) {
	p := Pair{owner, r.From}
	before, there := d.Requests[p]
	d.change(owner, func(b *Book) {
		b.RequestVersion++
		b.Unread += b.unread(r)
		if there {
			b.Unread = max(0, b.Unread-b.unread(before))
		} else {
			b.Requests++
		}
	})
	d.Requests[p], d.edit.Requests[p] = r, &r
}

// answer removes a request, if it is there.
func (d *draft) answer(owner, from string) {
	p := Pair{owner, from}
	r, there := d.Requests[p]
	if !there {
		return
	}
	d.change(owner, func(b *Book) {
		b.RequestVersion++
		b.Requests--
		// Of two clocks one is ahead: what is read may be newer than the mark.
		b.Unread = max(0, b.Unread-b.unread(r))
	})
	delete(d.Requests, p)
	d.edit.Requests[p] = nil
}

func (d *draft) block(owner string, entry Block) {
	d.change(owner, func(b *Book) { b.BlockVersion++; b.Blocked++ })
	p := Pair{owner, entry.Peer}
	d.Blocks[p], d.edit.Blocks[p] = entry, &entry
}

func (d *draft) unblock(owner, peer string) {
	p := Pair{owner, peer}
	if _, there := d.Blocks[p]; !there {
		return
	}
	d.change(owner, func(b *Book) { b.BlockVersion++; b.Blocked-- })
	delete(d.Blocks, p)
	d.edit.Blocks[p] = nil
}

// lists makes sure that lists of some names are there; all or none.
func (d *draft) lists(owner string, limit int, names ...string) error {
	have := d.book(owner).Lists
	var missing []string
	for _, name := range names {
		if slices.Contains(have, name) || slices.Contains(missing, name) {
			continue
		}
		if err := checkList(name); err != nil {
			return err
		}
		missing = append(missing, name)
	}
	if len(missing) == 0 {
		return nil
	}
	if len(have)+len(missing) > limit {
		return d.full(fault.ListLimit, "a user has at most %d friend lists", limit)
	}
	d.change(owner, func(b *Book) {
		b.ListVersion++
		b.Lists = append(slices.Clone(have), missing...)
	})
	return nil
}

// run reads, lets f make a draft, and writes it; again from the start if another
// change was faster. f must not keep anything of a run that is repeated. It fails
// with Conflict if others are faster every time.
func (s Service) run(ctx context.Context, users []string, refs []Ref, f func(*draft) error) (*draft, error) {
	var d *draft
	var refused error
	done, err := s.Again.Do(ctx, retry.Contended(), func(int) (bool, error) {
		snapshot, err := s.Store.ReadRelations(ctx, s.App, users, refs)
		if err != nil {
			return false, err
		}
		d = newDraft(snapshot)
		refused = f(d)
		switch {
		case refused == nil && len(d.edit.Books) > 0:
			return s.Store.WriteRelations(ctx, s.App, d.edit, s.Now().Unix())
		case d.counted && len(refs) > 0:
			return s.same(ctx, users, d.edit.Seen)
		}
		return true, nil
	})
	switch {
	case err != nil:
		return nil, err
	case !done:
		return nil, fault.New(fault.Conflict, "other calls change the same friend tables all the time, send one batch instead of many calls")
	}
	return d, refused
}

// same tells whether books are as they were. Books are read before entries, and
// where nothing is written no condition holds the two together: a count of before
// a change and an entry of behind it make a limit that never was reached.
func (s Service) same(ctx context.Context, users []string, seen map[string]Book) (bool, error) {
	now, err := s.Store.ReadRelations(ctx, s.App, users, nil)
	if err != nil {
		return false, err
	}
	for _, user := range users {
		if now.Books[user].Rev != seen[user].Rev {
			return false, nil
		}
	}
	return true, nil
}
