package relations

import (
	"context"

	"parley/shared/domain/accounts"
)

// Check tells who has whom (core spec §8.6). Without both, Theirs is not looked
// at. A peer that is no account has an error.
func (s Service) Check(ctx context.Context, owner string, peers []string, both bool) ([]Relation, []error, error) {
	return s.check(ctx, Friendship, owner, peers, both)
}

func (s Service) check(ctx context.Context, kind Kind, owner string, peers []string, both bool) ([]Relation, []error, error) {
	known, err := s.alive(ctx, owner, peers)
	if err != nil {
		return nil, nil, err
	}
	var refs []Ref
	seen := make(map[string]bool, len(peers))
	for _, peer := range peers {
		if known[peer] == nil || seen[peer] || peer == owner {
			continue
		}
		seen[peer] = true
		refs = append(refs, Ref{Kind: kind, Pair: mine(owner, peer)})
		if both {
			refs = append(refs, Ref{Kind: kind, Pair: their(owner, peer)})
		}
	}
	snapshot, err := s.Store.ReadRelations(ctx, s.App, nil, refs)
	if err != nil {
		return nil, nil, err
	}
	has := func(p Pair) bool {
		_, friend := snapshot.Friends[p]
		_, block := snapshot.Blocks[p]
		return friend || block
	}
	out, errs := make([]Relation, len(peers)), make([]error, len(peers))
	for i, peer := range peers {
		switch {
		case known[peer] == nil:
			errs[i] = unknown(peer)
		case peer != owner:
			out[i] = Relation{Mine: has(mine(owner, peer)), Theirs: both && has(their(owner, peer))}
		}
	}
	return out, errs, nil
}

// Get returns the owner's entries of some peers, in their order; nil for who is
// no friend.
func (s Service) Get(ctx context.Context, owner string, peers []string) ([]*Friend, error) {
	var refs []Ref
	seen := make(map[string]bool, len(peers))
	for _, peer := range peers {
		if !seen[peer] && accounts.CheckID(peer) == nil {
			seen[peer] = true
			refs = append(refs, Ref{Kind: Friendship, Pair: mine(owner, peer)})
		}
	}
	snapshot, err := s.Store.ReadRelations(ctx, s.App, nil, refs)
	if err != nil {
		return nil, err
	}
	out := make([]*Friend, len(peers))
	for i, peer := range peers {
		if f, there := snapshot.Friends[mine(owner, peer)]; there {
			out[i] = &f
		}
	}
	return out, nil
}

// A FriendPage is a part of a friend table.
type FriendPage struct {
	Friends []Friend
	Next    string // the last peer where more follow, else empty
	Book    Book
}

// List returns a page of the owner's table, in order of peers, after one.
func (s Service) List(ctx context.Context, owner, after string, limit int) (FriendPage, error) {
	book, err := s.Book(ctx, owner) // before the rows: its version is not newer than they are
	if err != nil {
		return FriendPage{}, err
	}
	list, more, err := s.Store.FriendsOf(ctx, s.App, owner, after, limit)
	if err != nil {
		return FriendPage{}, err
	}
	p := FriendPage{Friends: list, Book: book}
	if more && len(list) > 0 {
		p.Next = list[len(list)-1].Peer
	}
	return p, nil
}

// A Delta is what changed in a friend table since a version.
type Delta struct {
	Changed []Friend
	Gone    []string
	Version int64
	Friends int  // how many there are now
	Full    bool // the log does not reach back so far: the table has to be listed
}

// maxDelta is how many versions one pull goes through; beyond it a list is
// cheaper.
const maxDelta = 200

// Changes returns what changed since a version. It costs what changed.
func (s Service) Changes(ctx context.Context, owner string, since int64) (Delta, error) {
	book, err := s.Book(ctx, owner)
	if err != nil {
		return Delta{}, err
	}
	d := Delta{Version: book.FriendVersion, Friends: book.Friends}
	if since == d.Version {
		return d, nil
	}
	if since <= 0 || since > d.Version || d.Version-since > maxDelta {
		d.Full = true
		return d, nil
	}
	peers, whole, err := s.Store.FriendChanges(ctx, s.App, owner, since, d.Version, s.Now().Unix())
	if err != nil {
		return Delta{}, err
	}
	if !whole {
		d.Full = true
		return d, nil
	}
	refs := make([]Ref, len(peers))
	for i, peer := range peers {
		refs[i] = Ref{Kind: Friendship, Pair: mine(owner, peer)}
	}
	// With the book, and so strongly: the version says that these are the newest.
	snapshot, err := s.Store.ReadRelations(ctx, s.App, []string{owner}, refs)
	if err != nil {
		return Delta{}, err
	}
	for _, peer := range peers {
		if f, there := snapshot.Friends[mine(owner, peer)]; there {
			d.Changed = append(d.Changed, f)
		} else {
			d.Gone = append(d.Gone, peer)
		}
	}
	return d, nil
}
