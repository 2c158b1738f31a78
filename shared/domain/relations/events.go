package relations

import (
	"context"
	"slices"
	"strings"

	"parley/shared/domain/delivery"
)

// RequestReceived is delivered to the devices of the user To when another user asks to be
// a friend.
type RequestReceived struct {
	To string
	Request
}

// FriendsChanged is delivered to a user's devices. It names the peers whose entries
// of the friend table have changed or are removed.
type FriendsChanged struct {
	User    string
	Peers   []string
	Version int64
}

// RequestsChanged is delivered to a user's devices. It names the users whose
// requests are no longer pending: answered, or removed by a block or a friendship. It says up to
// which time, in ms, requests are read.
type RequestsChanged struct {
	User     string
	Answered []string
	ReadMs   int64
	Version  int64
}

// BlocksChanged is delivered to a user's devices when the blocklist changes.
type BlocksChanged struct {
	User           string
	Added, Removed []string
	Version        int64
}

// ListsChanged is delivered to a user's devices when the names of the friend lists
// change.
type ListsChanged struct {
	User    string
	Lists   []string
	Version int64
}

// notify delivers what a transaction has changed to the devices of each user whose
// counters changed, but not to the device that made the call. It reads the sessions
// of all these users at once. The transaction is written, so a failure is only logged:
// the devices see the new versions at their next sync (docs/adr/0022).
func (s Service) notify(ctx context.Context, t Transaction, origin delivery.Origin) {
	events := make(map[string][]delivery.Event)
	var users []string
	add := func(user string, event delivery.Event) {
		if _, found := events[user]; !found {
			users = append(users, user)
		}
		events[user] = append(events[user], event)
	}
	for _, user := range sortedKeys(t.Counters) {
		now, before := t.Counters[user], t.CountersRead[user]
		if peers := t.ChangedPeers[user]; len(peers) > 0 {
			add(user, FriendsChanged{User: user, Peers: peers, Version: now.FriendVersion})
		}
		if now.ListVersion != before.ListVersion {
			add(user, ListsChanged{User: user, Lists: now.Lists, Version: now.ListVersion})
		}
		if now.BlockVersion != before.BlockVersion {
			event := BlocksChanged{User: user, Version: now.BlockVersion}
			for _, key := range keysOf(t.Blocks, user) {
				if t.Blocks[key] == nil {
					event.Removed = append(event.Removed, key.Peer)
				} else {
					event.Added = append(event.Added, key.Peer)
				}
			}
			add(user, event)
		}
		if now.RequestVersion != before.RequestVersion {
			event := RequestsChanged{User: user, ReadMs: now.RequestsRead, Version: now.RequestVersion}
			for _, key := range keysOf(t.Requests, user) {
				if request := t.Requests[key]; request != nil {
					add(user, RequestReceived{To: user, Request: *request})
				} else {
					event.Answered = append(event.Answered, key.Peer)
				}
			}
			if len(event.Answered) > 0 || now.RequestsRead != before.RequestsRead {
				add(user, event)
			}
		}
	}
	if len(users) == 0 {
		return
	}
	sessions, err := s.delivery.Sessions(ctx, users)
	if err != nil {
		s.delivery.LogFailure(ctx, "sessions", err)
		return
	}
	for i, user := range users {
		for _, event := range events[user] {
			s.delivery.LogFailure(ctx, event.EventName(), s.delivery.DeliverTo(ctx, sessions[i:i+1], origin, event))
		}
	}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// keysOf returns the keys of an owner, in order of peers.
func keysOf[V any](m map[EntryKey]V, owner string) []EntryKey {
	var list []EntryKey
	for key := range m {
		if key.Owner == owner {
			list = append(list, key)
		}
	}
	slices.SortFunc(list, func(a, b EntryKey) int { return strings.Compare(a.Peer, b.Peer) })
	return list
}
