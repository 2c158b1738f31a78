package relations

import (
	"context"

	"parley/shared/domain/accounts"
)

// CheckFriends returns for each peer who of the two has the other as a friend
// (docs/spec/tencent §8.6). If both is false, PeerToOwner is always false. The
// reads are not strong. The error of a peer who is not an account is AccountUnknown; the call
// fails with it if the owner is none.
func (s Service) CheckFriends(ctx context.Context, owner string, peers []string, both bool) ([]Directions, []error, error) {
	return s.check(ctx, FriendEntry, owner, peers, both)
}

func (s Service) check(ctx context.Context, kind EntryKind, owner string, peers []string, both bool) ([]Directions, []error, error) {
	living, err := s.livingAccounts(ctx, owner, peers)
	if err != nil {
		return nil, nil, err
	}
	var refs []EntryRef
	for _, peer := range accounts.Distinct(peers) {
		if living[peer] == nil || peer == owner {
			continue
		}
		refs = append(refs, EntryRef{Kind: kind, EntryKey: EntryKey{owner, peer}})
		if both {
			refs = append(refs, EntryRef{Kind: kind, EntryKey: EntryKey{peer, owner}})
		}
	}
	snapshot, err := s.store.ReadRelations(ctx, s.app, nil, refs)
	if err != nil {
		return nil, nil, err
	}
	exists := func(key EntryKey) bool {
		_, friend := snapshot.Friends[key]
		_, block := snapshot.Blocks[key]
		return friend || block
	}
	relations, errs := make([]Directions, len(peers)), make([]error, len(peers))
	for i, peer := range peers {
		switch {
		case living[peer] == nil:
			errs[i] = accountUnknown(peer)
		case peer != owner:
			relations[i] = Directions{OwnerToPeer: exists(EntryKey{owner, peer}), PeerToOwner: both && exists(EntryKey{peer, owner})}
		}
	}
	return relations, errs, nil
}

// GetFriends returns the owner's entries of peers, in the order of peers; nil for a peer
// who is not a friend.
func (s Service) GetFriends(ctx context.Context, owner string, peers []string) ([]*Friend, error) {
	var refs []EntryRef
	for _, peer := range accounts.Distinct(peers) {
		refs = append(refs, friendRef(owner, peer))
	}
	snapshot, err := s.store.ReadRelations(ctx, s.app, nil, refs)
	if err != nil {
		return nil, err
	}
	entries := make([]*Friend, len(peers))
	for i, peer := range peers {
		if entry, found := snapshot.Friends[EntryKey{owner, peer}]; found {
			entries[i] = &entry
		}
	}
	return entries, nil
}

// A FriendPage is a page of a friend table.
type FriendPage struct {
	Friends  []Friend
	Next     string // the last peer of the page if there are more, else empty
	Counters Counters
}

// ListFriends returns a page of the owner's table, in order of peers. The page begins
// behind the peer after.
func (s Service) ListFriends(ctx context.Context, owner, after string, limit int) (FriendPage, error) {
	var p FriendPage
	var err error
	p.Friends, p.Next, p.Counters, err = readPage(ctx, s, owner, after, limit, s.pages.FriendsOf, func(f Friend) string { return f.Peer })
	return p, err
}

// readPage reads the counters of a user and a page of the user's entries, those behind the key
// after. next is the key of the last one if there are more, else empty.
//
// The counters are read before the entries, so the entries are never older than the
// versions. Example: the counters have version 7, and Bob is added with version
// 8 before the entries are read. The client gets Bob with version 7, and gets him
// again when it asks for the changes since version 7. In the other order the client
// could get version 8 without Bob, and would never ask for him.
func readPage[T any](
	ctx context.Context, s Service, owner, after string, limit int,
	read func(ctx context.Context, app int64, owner, after string, limit int) ([]T, bool, error), key func(T) string,
) (list []T, next string, counters Counters, err error) {
	if counters, err = s.CountersStrongly(ctx, owner); err != nil {
		return nil, "", Counters{}, err
	}
	list, more, err := read(ctx, s.app, owner, after, limit)
	if err != nil {
		return nil, "", Counters{}, err
	}
	if more && len(list) > 0 {
		next = key(list[len(list)-1])
	}
	return list, next, counters, nil
}

// FriendChanges says what has changed in a friend table since a version.
type FriendChanges struct {
	Changed     []Friend // entries as they are now
	Gone        []string // peers without an entry now
	Version     int64    // of the table; 0 if MustListAll is true
	Friends     int      // how many friends there are now
	MustListAll bool     // the log does not have all versions: the client must list the table
}

// maxDelta is the most versions that ReadFriendChanges goes through. For more of them a list
// of the table is cheaper.
const maxDelta = 200

// ReadFriendChanges returns what has changed in the owner's table since a version. Its cost
// grows with the number of changes, not with the size of the table.
func (s Service) ReadFriendChanges(ctx context.Context, owner string, since int64) (FriendChanges, error) {
	counters, err := s.CountersStrongly(ctx, owner)
	if err != nil {
		return FriendChanges{}, err
	}
	delta := FriendChanges{Version: counters.FriendVersion, Friends: counters.Friends}
	if since == delta.Version {
		return delta, nil
	}
	if since <= 0 || since > delta.Version || delta.Version-since > maxDelta {
		delta.MustListAll = true
		return delta, nil
	}
	peers, whole, err := s.log.FriendChanges(ctx, s.app, owner, since, delta.Version, s.clock.Now().Unix())
	if err != nil {
		return FriendChanges{}, err
	}
	if !whole {
		delta.MustListAll = true
		return delta, nil
	}
	refs := make([]EntryRef, len(peers))
	for i, peer := range peers {
		refs[i] = friendRef(owner, peer)
	}
	// The owner is named only to make the reads of the entries strong: the entries
	// must not be older than delta.Version.
	snapshot, err := s.store.ReadRelations(ctx, s.app, []string{owner}, refs)
	if err != nil {
		return FriendChanges{}, err
	}
	for _, peer := range peers {
		if entry, found := snapshot.Friends[EntryKey{owner, peer}]; found {
			delta.Changed = append(delta.Changed, entry)
		} else {
			delta.Gone = append(delta.Gone, peer)
		}
	}
	return delta, nil
}
