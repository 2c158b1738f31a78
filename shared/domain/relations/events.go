package relations

import (
	"context"
	"slices"

	"parley/shared/domain/delivery"
)

// Requested tells a user that somebody asks to be a friend.
type Requested struct {
	To string
	Request
}

// FriendsChanged tells a user's devices which entries of the friend table are
// another or gone.
type FriendsChanged struct {
	User    string
	Peers   []string
	Version int64
}

// RequestsChanged tells a user's devices which requests are answered, and up to
// when requests are read.
type RequestsChanged struct {
	User     string
	Answered []string
	ReadMs   int64
	Version  int64
}

// BlocksChanged tells a user's devices of changes of the blocklist.
type BlocksChanged struct {
	User           string
	Added, Removed []string
	Version        int64
}

// ListsChanged tells a user's devices that the names of friend lists are others.
type ListsChanged struct {
	User    string
	Lists   []string
	Version int64
}

// tell brings what an edit changed to the devices of everyone concerned, but not
// to the one it came from. Sessions of all are read at once.
func (s Service) tell(ctx context.Context, e Edit, origin delivery.Origin) error {
	events := make(map[string][]delivery.Event)
	var users []string
	add := func(user string, event delivery.Event) {
		if _, known := events[user]; !known {
			users = append(users, user)
		}
		events[user] = append(events[user], event)
	}
	for _, user := range sorted(e.Books) {
		b, seen := e.Books[user], e.Seen[user]
		if peers := e.Log[user]; len(peers) > 0 {
			add(user, FriendsChanged{User: user, Peers: peers, Version: b.FriendVersion})
		}
		if b.ListVersion != seen.ListVersion {
			add(user, ListsChanged{User: user, Lists: b.Lists, Version: b.ListVersion})
		}
		if b.BlockVersion != seen.BlockVersion {
			c := BlocksChanged{User: user, Version: b.BlockVersion}
			for _, p := range pairsOf(e.Blocks, user) {
				if e.Blocks[p] == nil {
					c.Removed = append(c.Removed, p.Peer)
				} else {
					c.Added = append(c.Added, p.Peer)
				}
			}
			add(user, c)
		}
		if b.RequestVersion != seen.RequestVersion {
			c := RequestsChanged{User: user, ReadMs: b.RequestsRead, Version: b.RequestVersion}
			for _, p := range pairsOf(e.Requests, user) {
				if r := e.Requests[p]; r != nil {
					add(user, Requested{To: user, Request: *r})
				} else {
					c.Answered = append(c.Answered, p.Peer)
				}
			}
			if len(c.Answered) > 0 || b.RequestsRead != seen.RequestsRead {
				add(user, c)
			}
		}
	}
	if len(users) == 0 {
		return nil
	}
	list, err := s.Out.Store.Sessions(ctx, s.App, users)
	if err != nil {
		return err
	}
	for i, user := range users {
		for _, event := range events[user] {
			if err := s.Out.SendTo(ctx, list[i:i+1], origin, event); err != nil {
				return err
			}
		}
	}
	return nil
}

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func pairsOf[V any](m map[Pair]V, owner string) []Pair {
	var list []Pair
	for p := range m {
		if p.Owner == owner {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(a, b Pair) int {
		if a.Peer < b.Peer {
			return -1
		}
		return 1
	})
	return list
}
