package relations

import (
	"context"

	"parley/shared/domain/accounts"
)

// Check returns for each peer who of the two has the other as a friend
// (docs/spec/tencent §8.6). Without both, it does not read Theirs. The error of a
// peer who is not an account is AccountUnknown.
func (s Service) Check(ctx context.Context, owner string, peers []string, both bool) ([]Sides, []error, error) {
	return s.check(ctx, Friendship, owner, peers, both)
}

func (s Service) check(ctx context.Context, kind Kind, owner string, peers []string, both bool) ([]Sides, []error, error) {
	living, err := s.livingAccounts(ctx, owner, peers)
	if err != nil {
		return nil, nil, err
	}
	var refs []Ref
	for _, peer := range accounts.Distinct(peers) {
		if living[peer] == nil || peer == owner {
			continue
		}
		refs = append(refs, Ref{Kind: kind, Key: Key{owner, peer}})
		if both {
			refs = append(refs, Ref{Kind: kind, Key: Key{peer, owner}})
		}
	}
	snapshot, err := s.Store.ReadRelations(ctx, s.App, nil, refs)
	if err != nil {
		return nil, nil, err
	}
	exists := func(key Key) bool {
		_, friend := snapshot.Friends[key]
		_, block := snapshot.Blocks[key]
		return friend || block
	}
	relations, errs := make([]Sides, len(peers)), make([]error, len(peers))
	for i, peer := range peers {
		switch {
		case living[peer] == nil:
			errs[i] = accountUnknown(peer)
		case peer != owner:
			relations[i] = Sides{OwnerHasPeer: exists(Key{owner, peer}), PeerHasOwner: both && exists(Key{peer, owner})}
		}
	}
	return relations, errs, nil
}

// Get returns the owner's entries of peers, in the order of peers; nil for a peer
// who is not a friend.
func (s Service) Get(ctx context.Context, owner string, peers []string) ([]*Friend, error) {
	var refs []Ref
	for _, peer := range accounts.Distinct(peers) {
		refs = append(refs, friendRef(owner, peer))
	}
	snapshot, err := s.Store.ReadRelations(ctx, s.App, nil, refs)
	if err != nil {
		return nil, err
	}
	entries := make([]*Friend, len(peers))
	for i, peer := range peers {
		if entry, found := snapshot.Friends[Key{owner, peer}]; found {
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

// Friends returns a page of the owner's table, in order of peers. The page begins
// behind the peer after.
//
// The counters are read before the entries, so the entries are never older than
// FriendVersion. Example: the counters have version 7, and Bob is added with version
// 8 before the entries are read. The client gets Bob with version 7, and gets him
// again when it asks for the changes since version 7. In the other order the client
// could get version 8 without Bob, and would never ask for him.
func (s Service) Friends(ctx context.Context, owner, after string, limit int) (FriendPage, error) {
	counters, err := s.CountersStrongly(ctx, owner)
	if err != nil {
		return FriendPage{}, err
	}
	friends, more, err := s.Pages.FriendsOf(ctx, s.App, owner, after, limit)
	if err != nil {
		return FriendPage{}, err
	}
	page := FriendPage{Friends: friends, Counters: counters}
	if more && len(friends) > 0 {
		page.Next = friends[len(friends)-1].Peer
	}
	return page, nil
}

// A Delta says what has changed in a friend table since a version.
type Delta struct {
	Changed         []Friend
	Gone            []string
	Version         int64
	Friends         int  // how many friends there are now
	ReadFriendTable bool // the log does not have all versions: the client must list the table
}

// maxDelta is the most versions that Changes goes through. For more of them a list
// of the table is cheaper.
const maxDelta = 200

// Changes returns what has changed in the owner's table since a version. Its cost
// grows with the number of changes, not with the size of the table.
func (s Service) Changes(ctx context.Context, owner string, since int64) (Delta, error) {
	counters, err := s.CountersStrongly(ctx, owner)
	if err != nil {
		return Delta{}, err
	}
	delta := Delta{Version: counters.FriendVersion, Friends: counters.Friends}
	if since == delta.Version {
		return delta, nil
	}
	if since <= 0 || since > delta.Version || delta.Version-since > maxDelta {
		delta.ReadFriendTable = true
		return delta, nil
	}
	peers, whole, err := s.Log.FriendChanges(ctx, s.App, owner, since, delta.Version, s.Now().Unix())
	if err != nil {
		return Delta{}, err
	}
	if !whole {
		delta.ReadFriendTable = true
		return delta, nil
	}
	refs := make([]Ref, len(peers))
	for i, peer := range peers {
		refs[i] = friendRef(owner, peer)
	}
	// The owner is named only to make the reads of the entries strong: the entries
	// must not be older than delta.Version.
	snapshot, err := s.Store.ReadRelations(ctx, s.App, []string{owner}, refs)
	if err != nil {
		return Delta{}, err
	}
	for _, peer := range peers {
		if entry, found := snapshot.Friends[Key{owner, peer}]; found {
			delta.Changed = append(delta.Changed, entry)
		} else {
			delta.Gone = append(delta.Gone, peer)
		}
	}
	return delta, nil
}
