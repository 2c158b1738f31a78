package relations

import (
	"context"
	"slices"

	"parley/shared/domain/delivery"
	"parley/shared/fault"
)

// A List is a friend list with who is in it.
type List struct {
	Name  string
	Peers []string
}

// CreateLists makes friend lists and puts members into each (core spec §8.13). A
// name that exists is no fault. It returns an error for each member and the
// version of the lists.
func (s Service) CreateLists(ctx context.Context, owner string, names, members []string, origin delivery.Origin) ([]error, int64, error) {
	if _, err := s.alive(ctx, owner, nil); err != nil {
		return nil, 0, err
	}
	for _, name := range names {
		if err := checkList(name); err != nil {
			return nil, 0, err
		}
	}
	d, err := s.run(ctx, []string{owner}, nil, func(d *draft) error {
		return d.lists(owner, s.Limits.Lists, names...)
	})
	if err != nil {
		return nil, 0, err
	}
	version := d.book(owner).ListVersion
	if err := s.tell(ctx, d.edit, origin); err != nil {
		return nil, 0, err
	}
	errs, err := s.move(ctx, owner, members, origin, func(lists, now []string) []string { return with(lists, now, names...) })
	return errs, version, err
}

// AddToList puts friends into a list, and RemoveFromList takes them out of it. A
// list that is not there fails with NotFound.
func (s Service) AddToList(ctx context.Context, owner, name string, peers []string, origin delivery.Origin) ([]error, int64, error) {
	version, err := s.listed(ctx, owner, name)
	if err != nil {
		return nil, 0, err
	}
	errs, err := s.move(ctx, owner, peers, origin, func(lists, now []string) []string { return with(lists, now, name) })
	return errs, version, err
}

// RemoveFromList takes friends out of a list.
func (s Service) RemoveFromList(ctx context.Context, owner, name string, peers []string, origin delivery.Origin) ([]error, int64, error) {
	version, err := s.listed(ctx, owner, name)
	if err != nil {
		return nil, 0, err
	}
	errs, err := s.move(ctx, owner, peers, origin, func(lists, _ []string) []string { return without(lists, name) })
	return errs, version, err
}

func (s Service) listed(ctx context.Context, owner, name string) (version int64, err error) {
	book, err := s.Book(ctx, owner)
	if err == nil && !slices.Contains(book.Lists, name) {
		err = fault.New(fault.Invalid, "there is no friend list %.40q", name)
	}
	return book.ListVersion, err
}

// move changes the lists that friends are in: f makes new ones of a friend's and
// of the names that stand now. It keeps names that do not stand: those are of a
// list that is being renamed or deleted, whose call takes care of them.
func (s Service) move(ctx context.Context, owner string, peers []string, origin delivery.Origin, f func(lists, names []string) []string) ([]error, error) {
	refs := func(peer string) []Ref { return []Ref{{Kind: Friendship, Pair: mine(owner, peer)}} }
	return s.each(ctx, owner, peers, origin, none, refs, func(d *draft, i int) error {
		friend, there := d.Friends[Pair{owner, peers[i]}]
		if !there {
			return notFriend(peers[i])
		}
		lists := slices.Compact(slices.Sorted(slices.Values(f(slices.Clone(friend.Lists), d.book(owner).Lists))))
		if !slices.Equal(lists, friend.Lists) {
			friend.Lists = lists
			d.put(owner, friend)
		}
		return nil
	})
}

// DeleteLists removes friend lists; who was in them stays a friend (core spec
// §8.14). Names that are not there are no fault. The name goes first, so that
// nobody is put in meanwhile; a call that fails on the way is repeated to go on.
func (s Service) DeleteLists(ctx context.Context, owner string, names []string, origin delivery.Origin) (int64, error) {
	if _, err := s.alive(ctx, owner, nil); err != nil {
		return 0, err
	}
	d, err := s.run(ctx, []string{owner}, nil, func(d *draft) error {
		left := without(slices.Clone(d.book(owner).Lists), names...)
		if len(left) != len(d.book(owner).Lists) {
			d.change(owner, func(b *Book) { b.ListVersion++; b.Lists = left })
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	if err := s.tell(ctx, d.edit, origin); err != nil {
		return 0, err
	}
	err = s.everyMember(ctx, owner, origin, names, func(lists, now []string) []string {
		return slices.DeleteFunc(lists, func(name string) bool { return slices.Contains(names, name) && !slices.Contains(now, name) })
	})
	return d.book(owner).ListVersion, err
}

// RenameList gives a list another name. Members are moved after the name; a call
// that fails on the way is repeated to go on.
func (s Service) RenameList(ctx context.Context, owner, from, to string, origin delivery.Origin) (int64, error) {
	if err := checkList(to); err != nil {
		return 0, err
	}
	d, err := s.run(ctx, []string{owner}, nil, func(d *draft) error {
		lists := d.book(owner).Lists
		at := slices.Index(lists, from)
		switch {
		case from == to:
			return fault.New(fault.Invalid, "the list has that name")
		case at < 0 && slices.Contains(lists, to): // a repeat
			return nil
		case at < 0:
			return fault.New(fault.Invalid, "there is no friend list %.40q", from)
		case slices.Contains(lists, to):
			return fault.New(fault.Invalid, "there is a friend list %.40q already", to)
		}
		d.change(owner, func(b *Book) {
			b.ListVersion++
			b.Lists = slices.Clone(b.Lists)
			b.Lists[at] = to
		})
		return nil
	})
	if err != nil {
		return 0, err
	}
	if err := s.tell(ctx, d.edit, origin); err != nil {
		return 0, err
	}
	err = s.everyMember(ctx, owner, origin, []string{from}, func(lists, now []string) []string {
		if slices.Contains(now, from) {
			return lists // another list by now
		}
		return with(without(lists, from), now, to)
	})
	return d.book(owner).ListVersion, err
}

// everyMember changes the lists of all friends who are in one of some, whether
// those names stand or not. It reads the whole friend table.
func (s Service) everyMember(ctx context.Context, owner string, origin delivery.Origin, names []string, f func(lists, names []string) []string) error {
	for after, more := "", true; more; {
		friends, left, err := s.Store.FriendsOf(ctx, s.App, owner, after, 1000)
		if err != nil {
			return err
		}
		var peers []string
		for _, friend := range friends {
			if slices.ContainsFunc(friend.Lists, func(name string) bool { return slices.Contains(names, name) }) {
				peers = append(peers, friend.Peer)
			}
			after = friend.Peer
		}
		if _, err := s.move(ctx, owner, peers, origin, f); err != nil {
			return err
		}
		more = left && len(friends) > 0
	}
	return nil
}

// Lists returns friend lists with their members, all of them or those of some
// names, and their version (core spec §8.15). It reads the whole friend table.
func (s Service) Lists(ctx context.Context, owner string, names []string) ([]List, int64, error) {
	book, err := s.Book(ctx, owner)
	if err != nil {
		return nil, 0, err
	}
	var out []List
	at := make(map[string]int)
	for _, name := range book.Lists {
		if len(names) == 0 || slices.Contains(names, name) {
			at[name] = len(out)
			out = append(out, List{Name: name})
		}
	}
	for after, more := "", len(out) > 0; more; {
		var friends []Friend
		if friends, more, err = s.Store.FriendsOf(ctx, s.App, owner, after, 1000); err != nil {
			return nil, 0, err
		}
		for _, f := range friends {
			for _, name := range f.Lists {
				if i, wanted := at[name]; wanted {
					out[i].Peers = append(out[i].Peers, f.Peer)
				}
			}
			after = f.Peer
		}
		more = more && len(friends) > 0
	}
	return out, book.ListVersion, nil
}

// with adds the names that stand now.
func with(lists, now []string, names ...string) []string {
	for _, name := range names {
		if slices.Contains(now, name) {
			lists = append(lists, name)
		}
	}
	return lists
}

func without(lists []string, names ...string) []string {
	return slices.DeleteFunc(lists, func(name string) bool { return slices.Contains(names, name) })
}
