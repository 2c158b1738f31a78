package relations

import (
	"context"
	"maps"
	"slices"

	"parley/shared/fault"
	"parley/shared/unitofwork"
)

// An EntryKind is a kind of entry.
type EntryKind byte

// The kinds of entries.
const (
	FriendEntry  EntryKind = 'F'
	RequestEntry EntryKind = 'R' // the owner is the user who was asked
	BlockEntry   EntryKind = 'B'
)

// An EntryRef names one entry to read.
type EntryRef struct {
	Kind EntryKind
	EntryKey
	// If Ended is true, the read returns the time at which the owner ended the entry, and
	// not the entry. The store knows that time for some minutes.
	Removed bool
}

func friendRef(owner, peer string) EntryRef {
	return EntryRef{Kind: FriendEntry, EntryKey: EntryKey{owner, peer}}
}
func requestRef(owner, from string) EntryRef {
	return EntryRef{Kind: RequestEntry, EntryKey: EntryKey{owner, from}}
}
func blockRef(owner, peer string) EntryRef {
	return EntryRef{Kind: BlockEntry, EntryKey: EntryKey{owner, peer}}
}
func endRef(k EntryKind, owner, p string) EntryRef {
	return EntryRef{Kind: k, EntryKey: EntryKey{owner, p}, Removed: true}
}

// A readSet names what a unit of work reads. Each entry belongs to one of the
// users: a change of the entry also changes the counters of its owner, so a
// condition on the counters covers the entries.
type readSet struct {
	users []string   // users whose counters are read
	refs  []EntryRef // entries that are read
}

// A Snapshot holds the counters of the users, and the entries of the refs. An entry that
// does not exist is left out.
type Snapshot struct {
	Counters  map[string]Counters
	Friends   map[EntryKey]Friend
	Requests  map[EntryKey]Request
	Blocks    map[EntryKey]Block
	RemovedAt map[EntryRef]int64 // Unix seconds
}

// A Transaction is written as a whole or not at all.
type Transaction struct {
	// CountersRead holds the counters of all users of the read set, as they were read. The
	// transaction is written only if none of them has changed.
	CountersRead map[string]Counters
	// Counters holds the new counters of those users whose counters change.
	Counters map[string]Counters
	// Friends, Requests and Blocks hold the entries to write; nil removes an entry.
	Friends  map[EntryKey]*Friend
	Requests map[EntryKey]*Request
	Blocks   map[EntryKey]*Block
	// FriendAudience holds the friendships that begin (true) or end (false). With each of
	// them the store writes or removes a row at the peer, which says that the owner
	// has the peer as a friend (docs/adr/0025).
	FriendAudience map[EntryKey]bool
	// Ended holds the entries that their owner ends by this call, and when (Unix
	// seconds).
	Removed map[EntryRef]int64
	// ChangedPeers holds, by user, the peers whose entries change with the new FriendVersion.
	ChangedPeers map[string][]string
}

// A relationPlan is what a unit of work is going to do to the relations of some users. A rule of this
// package looks at the Snapshot and calls the methods below. Each method changes the Snapshot
// in memory, so that the rest of the rule sees the change, and adds the change to the
// transaction.
type relationPlan struct {
	Snapshot     // what was read, with the planned changes
	transaction  Transaction
	limitReached bool // the plan found a counter at its limit
}

func newPlan(s Snapshot) *relationPlan {
	return &relationPlan{Snapshot: s, transaction: Transaction{
		CountersRead: maps.Clone(s.Counters), Counters: make(map[string]Counters),
		Friends: make(map[EntryKey]*Friend), Requests: make(map[EntryKey]*Request), Blocks: make(map[EntryKey]*Block),
		ChangedPeers: make(map[string][]string), FriendAudience: make(map[EntryKey]bool), Removed: make(map[EntryRef]int64),
	}}
}

// run reads the read set, makes a plan of it, and writes the plan if the counters of all
// users of the read set still have the Rev that was read (see unitofwork.Unit). It fails with
// Conflict if other calls change the same counters during every try.
func (s Service) run(ctx context.Context, reads readSet, rule func(u *relationPlan) error) (*relationPlan, error) {
	unit := unitofwork.New(
		func(ctx context.Context, _ bool) (Snapshot, error) {
			return s.store.ReadRelations(ctx, s.app, reads.users, reads.refs)
		},
		func(read Snapshot) (*relationPlan, error) { u := newPlan(read); return u, rule(u) },
		func(ctx context.Context, u *relationPlan) (bool, error) {
			return s.store.WriteRelations(ctx, s.app, u.transaction, s.clock.Now().Unix())
		},
	).Confirm(func(ctx context.Context, _ bool, _ Snapshot, u *relationPlan) (bool, error) {
		if u == nil || !u.limitReached || len(reads.refs) == 0 {
			return true, nil
		}
		return s.countersUnchanged(ctx, reads.users, u.transaction.CountersRead)
	})
	return unit.Run(ctx, s.clock, fault.New(fault.Conflict, "other calls change the same friend tables all the time, send one batch instead of many calls"))
}

// countersUnchanged reports whether the counters of users are still those that were
// read. Counters are read before entries. If a limit is reached and nothing is
// written, no condition shows that another call came between the two reads.
//
// Example: Alice has 3 friends, the limit is 3, and Bob is one of the friends. A
// call adds Bob. It reads the counters: 3 friends. Then another call removes Bob.
// The first call reads the entries and does not find Bob. It would be refused with
// FriendLimit, although Alice has 2 friends now. So it starts again.
func (s Service) countersUnchanged(ctx context.Context, users []string, seen map[string]Counters) (bool, error) {
	now, err := s.store.ReadRelations(ctx, s.app, users, nil)
	if err != nil {
		return false, err
	}
	for _, user := range users {
		if now.Counters[user].Rev != seen[user].Rev {
			return false, nil
		}
	}
	return true, nil
}

// Empty implements unitofwork.Plan: each change of an entry also changes the counters of its
// owner.
func (u *relationPlan) Empty() bool { return len(u.transaction.Counters) == 0 }

// counters returns the counters of a user, with the planned changes.
func (u *relationPlan) counters(user string) Counters { return u.Counters[user] }

func (u *relationPlan) hasFriend(owner, peer string) bool {
	_, found := u.Friends[EntryKey{owner, peer}]
	return found
}

func (u *relationPlan) hasBlocked(owner, peer string) bool {
	_, found := u.Blocks[EntryKey{owner, peer}]
	return found
}

// refuseAtLimit returns an error that refuses something because a counter is at its
// limit.
func (u *relationPlan) refuseAtLimit(code fault.Code, format string, args ...any) error {
	u.limitReached = true
	return fault.New(code, format, args...)
}

// changeCounters plans a change of a user's counters. Rev grows by one in a unit of
// work, also if the counters are changed several times.
func (u *relationPlan) changeCounters(user string, change func(*Counters)) {
	c := u.Counters[user]
	c.User = user
	if _, changed := u.transaction.Counters[user]; !changed {
		c.Rev++
	}
	change(&c)
	u.Counters[user], u.transaction.Counters[user] = c, c
}

// logFriendChange plans that an entry of the owner's friend table changes.
// FriendVersion grows by one in a unit of work. Example: a call adds Bob and Carol
// to Alice's table of version 7. Both entries have version 8 afterwards, and the log
// says of version 8: Bob, Carol.
func (u *relationPlan) logFriendChange(owner, peer string) {
	if _, logged := u.transaction.ChangedPeers[owner]; !logged {
		u.changeCounters(owner, func(c *Counters) { c.FriendVersion++ })
	}
	if !slices.Contains(u.transaction.ChangedPeers[owner], peer) {
		u.transaction.ChangedPeers[owner] = append(u.transaction.ChangedPeers[owner], peer)
	}
}

// putFriend plans to write an entry of the owner's friend table. If the stored entry
// is equal, nothing is planned, so a repeat makes no version and notifies nobody.
func (u *relationPlan) putFriend(owner string, entry Friend) {
	key := EntryKey{owner, entry.Peer}
	before, found := u.Friends[key]
	if found && equalFriends(before, entry) {
		return
	}
	if !found {
		u.changeCounters(owner, func(c *Counters) { c.Friends++ })
		u.transaction.FriendAudience[key] = true
	}
	u.logFriendChange(owner, entry.Peer)
	entry.Version = u.counters(owner).FriendVersion
	u.Friends[key], u.transaction.Friends[key] = entry, &entry
}

// removeFriend plans to remove an entry of the owner's friend table, if it exists.
func (u *relationPlan) removeFriend(owner, peer string) {
	key := EntryKey{owner, peer}
	if _, found := u.Friends[key]; !found {
		return
	}
	u.changeCounters(owner, func(c *Counters) { c.Friends-- })
	u.logFriendChange(owner, peer)
	delete(u.Friends, key)
	u.transaction.Friends[key], u.transaction.FriendAudience[key] = nil, false
}

// equalFriends reports whether two entries of a peer differ in nothing but their
// versions.
func equalFriends(a, b Friend) bool {
	return a.Remark == b.Remark && a.Source == b.Source && a.Wording == b.Wording && a.AddedAt == b.AddedAt && a.RemarkedAt == b.RemarkedAt &&
		slices.Equal(a.Lists, b.Lists) && maps.Equal(a.Custom, b.Custom)
}

// putRequest plans to write a request to the owner. It replaces an earlier request
// of the same user.
func (u *relationPlan) putRequest(owner string, request Request) {
	key := EntryKey{owner, request.From}
	before, found := u.Requests[key]
	u.changeCounters(owner, func(c *Counters) {
		c.RequestVersion++
		c.Unread += c.countUnread(request)
		if found {
			c.Unread = max(0, c.Unread-c.countUnread(before))
		} else {
			c.Requests++
		}
	})
	u.Requests[key], u.transaction.Requests[key] = request, &request
}

// removeRequest plans to remove a request to the owner, if it exists.
func (u *relationPlan) removeRequest(owner, from string) {
	key := EntryKey{owner, from}
	request, found := u.Requests[key]
	if !found {
		return
	}
	u.changeCounters(owner, func(c *Counters) {
		c.RequestVersion++
		c.Requests--
		// Two Lambda instances may have different clocks, so a request that has been
		// read can be newer than RequestsRead. Example: a clock that is ahead files a
		// request at 12:00:05. The owner reads it at 12:00:03 of another clock, and
		// Unread is 0. The request counts as unread here, and Unread must stay 0.
		c.Unread = max(0, c.Unread-c.countUnread(request))
	})
	delete(u.Requests, key)
	u.transaction.Requests[key] = nil
}

// putBlock plans to write an entry of the owner's blocklist that does not exist yet.
func (u *relationPlan) putBlock(owner string, entry Block) {
	u.changeCounters(owner, func(c *Counters) { c.BlockVersion++; c.Blocked++ })
	key := EntryKey{owner, entry.Peer}
	u.Blocks[key], u.transaction.Blocks[key] = entry, &entry
}

// removeBlock plans to remove an entry of the owner's blocklist, if it exists.
func (u *relationPlan) removeBlock(owner, peer string) {
	key := EntryKey{owner, peer}
	if _, found := u.Blocks[key]; !found {
		return
	}
	u.changeCounters(owner, func(c *Counters) { c.BlockVersion++; c.Blocked-- })
	delete(u.Blocks, key)
	u.transaction.Blocks[key] = nil
}

// createLists plans to create those of the named friend lists that do not exist. If
// one of them is refused, none is created.
func (u *relationPlan) createLists(owner string, limit int, names ...string) error {
	existing := u.counters(owner).Lists
	var missing []string
	for _, name := range names {
		if slices.Contains(existing, name) || slices.Contains(missing, name) {
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
	if len(existing)+len(missing) > limit {
		return u.refuseAtLimit(fault.ListLimit, "a user has at most %d friend lists", limit)
	}
	u.changeCounters(owner, func(c *Counters) {
		c.ListVersion++
		c.Lists = append(slices.Clone(existing), missing...)
	})
	return nil
}
