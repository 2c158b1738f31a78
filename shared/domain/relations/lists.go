package relations

import (
	"context"
	"slices"

	"parley/shared/domain/delivery"
	"parley/shared/fault"
)

// A List is a friend list and its members.
type List struct {
	Name  string
	Peers []string
}

// The names of a user's friend lists are in the counters, and each entry of the
// friend table names the lists that it is in. A call that renames or deletes a list
// changes the name first, and then the entries, in several units of work. So for a
// moment an entry can name a list that does not exist. No call puts a friend into
// such a list. Example: Alice deletes the list "work", and another device of hers adds
// Bob to it. If the name is removed first, Bob is not put into "work". If Bob is added
// first, the deletion finds him in "work" and takes him out.

// CreateLists creates friend lists and puts members into each of them
// (docs/spec/tencent §8.13). A name that exists is not an error. It returns an error
// for each member, and the version of the lists.
func (s Service) CreateLists(ctx context.Context, owner string, names, members []string, origin delivery.Origin) ([]error, int64, error) {
	if err := s.RequireAccount(ctx, owner); err != nil {
		return nil, 0, err
	}
	for _, name := range names {
		if err := checkList(name); err != nil {
			return nil, 0, err
		}
	}
	version, err := s.runForLists(ctx, owner, origin, func(u *relationPlan) error {
		return u.createLists(owner, s.settings.Limits.Lists, names...)
	})
	if err != nil {
		return nil, 0, err
	}
	errs, err := s.changeMembers(ctx, owner, members, origin, func(lists, existing []string) []string {
		return withLists(lists, existing, names...)
	})
	return errs, version, err
}

// AddToList puts friends into a list. If the list does not exist it fails with
// Invalid.
func (s Service) AddToList(ctx context.Context, owner, name string, peers []string, origin delivery.Origin) ([]error, int64, error) {
	version, err := s.checkListExists(ctx, owner, name)
	if err != nil {
		return nil, 0, err
	}
	errs, err := s.changeMembers(ctx, owner, peers, origin, func(lists, existing []string) []string {
		return withLists(lists, existing, name)
	})
	return errs, version, err
}

// RemoveFromList takes friends out of a list. If the list does not exist it fails
// with Invalid.
func (s Service) RemoveFromList(ctx context.Context, owner, name string, peers []string, origin delivery.Origin) ([]error, int64, error) {
	version, err := s.checkListExists(ctx, owner, name)
	if err != nil {
		return nil, 0, err
	}
	errs, err := s.changeMembers(ctx, owner, peers, origin, func(lists, _ []string) []string {
		return withoutLists(lists, name)
	})
	return errs, version, err
}

// checkListExists returns the version of the owner's lists, and an error if the list
// does not exist.
func (s Service) checkListExists(ctx context.Context, owner, name string) (version int64, err error) {
	counters, err := s.CountersStrongly(ctx, owner)
	if err == nil && !slices.Contains(counters.Lists, name) {
		err = fault.New(fault.Invalid, "there is no friend list %.40q", name)
	}
	return counters.ListVersion, err
}

// DeleteLists deletes friend lists; their members stay friends
// (docs/spec/tencent §8.14). A name that does not exist is not an error. If the call fails half way, a
// repeat of it completes the deletion.
func (s Service) DeleteLists(ctx context.Context, owner string, names []string, origin delivery.Origin) (int64, error) {
	if err := s.RequireAccount(ctx, owner); err != nil {
		return 0, err
	}
	version, err := s.runForLists(ctx, owner, origin, func(u *relationPlan) error {
		existing := u.counters(owner).Lists
		left := withoutLists(slices.Clone(existing), names...)
		if len(left) != len(existing) {
			u.changeCounters(owner, func(c *Counters) { c.ListVersion++; c.Lists = left })
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	err = s.changeAllMembers(ctx, owner, origin, names, func(lists, existing []string) []string {
		// Another call may have created a list of the same name by now.
		return slices.DeleteFunc(lists, func(name string) bool { return slices.Contains(names, name) && !slices.Contains(existing, name) })
	})
	return version, err
}

// RenameList gives a list another name, and then gives its members the new name. If
// the call fails half way, a repeat of it completes the change.
func (s Service) RenameList(ctx context.Context, owner, from, to string, origin delivery.Origin) (int64, error) {
	if err := checkList(to); err != nil {
		return 0, err
	}
	version, err := s.runForLists(ctx, owner, origin, func(u *relationPlan) error {
		lists := u.counters(owner).Lists
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
		u.changeCounters(owner, func(c *Counters) {
			c.ListVersion++
			c.Lists = slices.Clone(c.Lists)
			c.Lists[at] = to
		})
		return nil
	})
	if err != nil {
		return 0, err
	}
	err = s.changeAllMembers(ctx, owner, origin, []string{from}, func(lists, existing []string) []string {
		if slices.Contains(existing, from) {
			return lists // another call has created a list of the old name
		}
		return withLists(withoutLists(lists, from), existing, to)
	})
	return version, err
}

// runForLists changes the names of the owner's lists in one unit of work, notifies
// the owner's devices, and returns the version of the lists.
func (s Service) runForLists(ctx context.Context, owner string, origin delivery.Origin, plan func(u *relationPlan) error) (version int64, err error) {
	unit, err := s.run(ctx, readSet{users: []string{owner}}, plan)
	if err != nil {
		return 0, err
	}
	s.notify(ctx, unit.transaction, origin)
	return unit.counters(owner).ListVersion, nil
}

// changeMembers changes which lists friends are in. change is given the lists of a
// friend and the names of all existing lists, and returns the new lists of the
// friend. It keeps a list that does not exist: the call that is renaming or deleting
// that list changes it.
func (s Service) changeMembers(
	ctx context.Context, owner string, peers []string, origin delivery.Origin, change func(lists, existing []string) []string,
) ([]error, error) {
	reads := func(peer string) readSet { return readSet{refs: []EntryRef{friendRef(owner, peer)}} }
	return s.runForPeers(ctx, owner, peers, origin, reads, func(u *relationPlan, i int) error {
		entry, found := u.Friends[EntryKey{owner, peers[i]}]
		if !found {
			return notFriend(peers[i])
		}
		lists := distinct(change(slices.Clone(entry.Lists), u.counters(owner).Lists))
		if !slices.Equal(lists, entry.Lists) {
			entry.Lists = lists
			u.putFriend(owner, entry)
		}
		return nil
	})
}

// changeAllMembers changes the lists of all friends who are in one of the named
// lists, also if these lists do not exist. It reads the whole friend table.
func (s Service) changeAllMembers(
	ctx context.Context, owner string, origin delivery.Origin, names []string, change func(lists, existing []string) []string,
) error {
	for after, more := "", true; more; {
		friends, hasNext, err := s.pages.FriendsOf(ctx, s.app, owner, after, memberPage)
		if err != nil {
			return err
		}
		var members []string
		for _, friend := range friends {
			if slices.ContainsFunc(friend.Lists, func(name string) bool { return slices.Contains(names, name) }) {
				members = append(members, friend.Peer)
			}
			after = friend.Peer
		}
		if _, err := s.changeMembers(ctx, owner, members, origin, change); err != nil {
			return err
		}
		more = hasNext && len(friends) > 0
	}
	return nil
}

// memberPage is how many entries are read at a time in search of members.
const memberPage = 1000

// GetLists returns friend lists with their members, and the version of the lists
// (docs/spec/tencent §8.15). Without names it returns all lists. It reads the whole
// friend table.
func (s Service) GetLists(ctx context.Context, owner string, names []string) ([]List, int64, error) {
	counters, err := s.CountersStrongly(ctx, owner)
	if err != nil {
		return nil, 0, err
	}
	var lists []List
	at := make(map[string]int) // index in lists, by name
	for _, name := range counters.Lists {
		if len(names) == 0 || slices.Contains(names, name) {
			at[name] = len(lists)
			lists = append(lists, List{Name: name})
		}
	}
	for after, more := "", len(lists) > 0; more; {
		var friends []Friend
		if friends, more, err = s.pages.FriendsOf(ctx, s.app, owner, after, memberPage); err != nil {
			return nil, 0, err
		}
		for _, friend := range friends {
			for _, name := range friend.Lists {
				if i, wanted := at[name]; wanted {
					lists[i].Peers = append(lists[i].Peers, friend.Peer)
				}
			}
			after = friend.Peer
		}
		more = more && len(friends) > 0
	}
	return lists, counters.ListVersion, nil
}

// withLists returns lists and those of names that exist.
func withLists(lists, existing []string, names ...string) []string {
	for _, name := range names {
		if slices.Contains(existing, name) {
			lists = append(lists, name)
		}
	}
	return lists
}

func withoutLists(lists []string, names ...string) []string {
	return slices.DeleteFunc(lists, func(name string) bool { return slices.Contains(names, name) })
}
