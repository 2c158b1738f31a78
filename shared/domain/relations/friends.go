package relations

import (
	"context"
	"maps"
	"slices"
	"unicode/utf8"

	"parley/shared/domain/delivery"
	"parley/shared/fault"
)

// ImportFriends writes entries into the owner's table alone, without asking anybody
// (docs/spec/tencent §8.2). It replaces an entry that exists. AddedAt stays if none is
// given, and RemarkedAt stays if the remark is the same. A block still refuses.
func (s Service) ImportFriends(ctx context.Context, owner string, entries []Friend, origin delivery.Origin) ([]error, error) {
	peers := make([]string, len(entries))
	for i, entry := range entries {
		peers[i] = entry.Peer
	}
	living, err := s.livingAccounts(ctx, owner, peers)
	if err != nil {
		return nil, err
	}
	reads := func(peer string) readSet {
		return readSet{users: []string{peer}, refs: []EntryRef{
			friendRef(owner, peer), blockRef(owner, peer), blockRef(peer, owner),
		}}
	}
	return s.runForPeers(ctx, owner, peers, origin, reads, func(u *relationPlan, i int) error {
		if living[peers[i]] == nil {
			return accountUnknown(peers[i])
		}
		return s.planImport(u, owner, entries[i])
	})
}

func (s Service) planImport(u *relationPlan, owner string, entry Friend) error {
	for _, err := range []error{
		checkRemark(entry.Remark), checkSource(entry.Source), checkWording(entry.Wording), s.checkCustom(entry.Custom, false),
	} {
		if err != nil {
			return err
		}
	}
	before, found := u.Friends[EntryKey{owner, entry.Peer}]
	switch {
	case u.hasBlocked(owner, entry.Peer):
		return fault.New(fault.BlocksPeer, "%s is in the user's own blocklist", entry.Peer)
	case u.hasBlocked(entry.Peer, owner):
		return fault.New(fault.BlockedByPeer, "the user is in the blocklist of %s", entry.Peer)
	case !found && u.counters(owner).Friends >= s.settings.Limits.Friends:
		return u.refuseAtLimit(fault.FriendLimit, "a user has at most %d friends", s.settings.Limits.Friends)
	}
	if err := u.createLists(owner, s.settings.Limits.Lists, entry.Lists...); err != nil {
		return err
	}
	now := s.clock.Now().Unix()
	if entry.AddedAt == 0 {
		if entry.AddedAt = now; found {
			entry.AddedAt = before.AddedAt
		}
	}
	if entry.RemarkedAt == 0 && entry.Remark != "" {
		if entry.RemarkedAt = now; entry.Remark == before.Remark {
			entry.RemarkedAt = before.RemarkedAt
		}
	}
	entry.Lists = distinct(entry.Lists)
	entry.Custom = merge(nil, entry.Custom)
	u.putFriend(owner, entry)
	return nil
}

// A Mutation says what to set on an entry of a friend table; nil leaves a field as
// it is.
type Mutation struct {
	Peer   string
	Remark *string
	Lists  *[]string      // replaces all lists of the entry; lists that do not exist are created
	Custom map[string]any // by name; an empty text removes a custom field
}

// UpdateFriends changes entries of the owner's table (docs/spec/tencent §8.3). The error of
// an entry that does not exist is NotFriend. If byUser is true, a custom field that users may
// not write is refused with FieldReadOnly.
func (s Service) UpdateFriends(ctx context.Context, owner string, mutations []Mutation, byUser bool, origin delivery.Origin) ([]error, error) {
	peers := make([]string, len(mutations))
	for i, m := range mutations {
		peers[i] = m.Peer
	}
	if err := s.RequireAccount(ctx, owner); err != nil {
		return nil, err
	}
	reads := func(peer string) readSet { return readSet{refs: []EntryRef{friendRef(owner, peer)}} }
	return s.runForPeers(ctx, owner, peers, origin, reads, func(u *relationPlan, i int) error {
		return s.planUpdate(u, owner, mutations[i], byUser)
	})
}

func (s Service) planUpdate(u *relationPlan, owner string, m Mutation, byUser bool) error {
	entry, found := u.Friends[EntryKey{owner, m.Peer}]
	if !found {
		return notFriend(m.Peer)
	}
	if err := s.checkCustom(m.Custom, byUser); err != nil {
		return err
	}
	if m.Remark != nil {
		if err := checkRemark(*m.Remark); err != nil {
			return err
		}
		if entry.Remark != *m.Remark {
			entry.Remark, entry.RemarkedAt = *m.Remark, 0
			if entry.Remark != "" {
				entry.RemarkedAt = s.clock.Now().Unix()
			}
		}
	}
	if m.Lists != nil {
		if err := u.createLists(owner, s.settings.Limits.Lists, *m.Lists...); err != nil {
			return err
		}
		entry.Lists = distinct(*m.Lists)
	}
	entry.Custom = merge(entry.Custom, m.Custom)
	u.putFriend(owner, entry)
	return nil
}

// distinct returns names in order, each of them once.
func distinct(names []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(names)))
}

// merge returns old with the fields of set; an empty text removes a field. It does
// not change old.
func merge(old, set map[string]any) map[string]any {
	if len(set) == 0 {
		return old
	}
	merged := make(map[string]any, len(old)+len(set))
	maps.Copy(merged, old)
	for word, v := range set {
		if v == "" {
			delete(merged, word)
		} else {
			merged[word] = v
		}
	}
	return merged
}

// checkCustom checks custom values against the fields that the application declares.
func (s Service) checkCustom(values map[string]any, byUser bool) error {
	for word, v := range values {
		at := slices.IndexFunc(s.settings.Fields, func(f Field) bool { return f.Name == word })
		switch {
		case at < 0:
			return fault.New(fault.FieldUnknown, "the application declares no custom field %.20q of friends", word)
		case byUser && !s.settings.Fields[at].UserWrites:
			return fault.New(fault.FieldReadOnly, "only an admin sets the custom field %q", word)
		}
		switch v := v.(type) {
		case int64:
		case string:
			if len(v) > maxCustom || !utf8.ValidString(v) {
				return fault.New(fault.TextTooLong, "a custom field has at most %d bytes of UTF-8", maxCustom)
			}
		default:
			return fault.New(fault.FieldType, "a custom field is text or a whole number")
		}
	}
	return nil
}

func notFriend(peer string) error { return fault.New(fault.NotFriend, "%s is not a friend", peer) }

// DeleteFriends removes entries from the owner's table, and with both also the owner's
// entry from the tables of the peers (docs/spec/tencent §8.4). The error of a peer
// who is not a friend is NotFriend, unless the owner has recently removed that peer.
func (s Service) DeleteFriends(ctx context.Context, owner string, peers []string, both bool, origin delivery.Origin) ([]error, error) {
	if err := s.RequireAccount(ctx, owner); err != nil {
		return nil, err
	}
	return s.remove(ctx, owner, peers, both, true, origin)
}

// remove removes entries as Delete does. With recorded, the store records that the
// owner removed them, so that a repeat of the call succeeds.
func (s Service) remove(ctx context.Context, owner string, peers []string, both, recorded bool, origin delivery.Origin) ([]error, error) {
	reads := func(peer string) readSet {
		set := readSet{refs: []EntryRef{friendRef(owner, peer)}}
		if both {
			set.users = []string{peer}
			set.refs = append(set.refs, friendRef(peer, owner))
		}
		if recorded {
			set.refs = append(set.refs, s.endRefs(FriendEntry, owner, peer)...)
		}
		return set
	}
	return s.runForPeers(ctx, owner, peers, origin, reads, func(u *relationPlan, i int) error {
		peer := peers[i]
		if !u.hasFriend(owner, peer) {
			if s.endedRecently(u, FriendEntry, owner, peer) && (!both || !u.hasFriend(peer, owner)) {
				return nil // a repeat
			}
			return notFriend(peer)
		}
		if recorded {
			s.recordEnd(u, FriendEntry, owner, peer)
		}
		u.removeFriend(owner, peer)
		if both {
			u.removeFriend(peer, owner)
		}
		return nil
	})
}

// DeleteAllFriends empties the owner's table (docs/spec/tencent §8.5). If it fails half way,
// a repeat of the call removes the rest.
func (s Service) DeleteAllFriends(ctx context.Context, owner string, both bool, origin delivery.Origin) error {
	if err := s.RequireAccount(ctx, owner); err != nil {
		return err
	}
	for {
		more, err := s.removePage(ctx, owner, both, origin, removalPage)
		if err != nil || !more {
			return err
		}
	}
}

// removalPage is how many entries are read and removed at a time.
const removalPage = 100

// removePage removes the first entries of the owner's table, and reports whether
// there are more. An entry that another call removes first is not an error.
func (s Service) removePage(ctx context.Context, owner string, both bool, origin delivery.Origin, limit int) (more bool, err error) {
	entries, more, err := s.pages.FriendsOf(ctx, s.app, owner, "", limit)
	if err != nil || len(entries) == 0 {
		return false, err
	}
	peers := make([]string, len(entries))
	for i, entry := range entries {
		peers[i] = entry.Peer
	}
	_, err = s.remove(ctx, owner, peers, both, false, origin)
	return more, err
}
