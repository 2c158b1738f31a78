package relations

import (
	"context"
	"slices"

	"parley/shared/domain/accounts"
	"parley/shared/domain/delivery"
	"parley/shared/fault"
)

// A NewFriend names a user whom another user wants as a friend, and says what the entry of
// that other user will have.
type NewFriend struct{ To, Remark, List, Source, Wording string }

// AddOptions says how friends are added.
type AddOptions struct {
	Both   bool // both users get an entry, not only from
	Force  bool // the other user is not asked; a block still refuses
	Origin delivery.Origin
}

// AddFriends makes the user from a friend of others, or asks them (docs/spec/tencent §8.1).
// It returns an error for each of them: nil if from has the friend now, and with o.Both if the
// friend also has from; RequestPending if the other user has been asked. A user who has a pending
// request to from is not asked: that request says that the user agrees. Example: Bob has asked
// Alice. Alice adds Bob with Both, and they are friends at once. AddFriends fails as a whole if
// from is not an account.
func (s Service) AddFriends(ctx context.Context, from string, requests []NewFriend, o AddOptions) ([]error, error) {
	peers := make([]string, len(requests))
	for i, r := range requests {
		peers[i] = r.To
	}
	living, err := s.livingAccounts(ctx, from, peers)
	if err != nil {
		return nil, err
	}
	reads := func(peer string) readSet {
		return readSet{users: []string{peer}, refs: []EntryRef{
			friendRef(from, peer), friendRef(peer, from),
			blockRef(from, peer), blockRef(peer, from),
			requestRef(from, peer), requestRef(peer, from),
		}}
	}
	return s.runForPeers(ctx, from, peers, o.Origin, reads, func(u *relationPlan, i int) error {
		return s.planAdd(u, living, from, requests[i], o)
	})
}

// planAdd checks the request, then the relations of the two, then whether the other
// user agrees, and then plans the friendship.
func (s Service) planAdd(u *relationPlan, living map[string]*accounts.Account, from string, r NewFriend, o AddOptions) error {
	to := living[r.To]
	if to == nil {
		return accountUnknown(r.To)
	}
	for _, err := range []error{checkRemark(r.Remark), checkSource(r.Source), checkWording(r.Wording)} {
		if err != nil {
			return err
		}
	}
	if r.List != "" {
		if err := checkList(r.List); err != nil {
			return err
		}
	}
	switch {
	case u.hasFriend(from, r.To) && (!o.Both || u.hasFriend(r.To, from)):
		if s.isRepeatedAdd(u, from, r, o.Both) {
			return nil
		}
		return fault.New(fault.AlreadyFriends, "%s is a friend already", r.To)
	case u.hasBlocked(from, r.To):
		return fault.New(fault.BlocksPeer, "%s is in the user's own blocklist", r.To)
	case u.hasBlocked(r.To, from):
		return fault.New(fault.BlockedByPeer, "the user is in the blocklist of %s", r.To)
	}
	if _, agreed := u.Requests[EntryKey{from, r.To}]; !agreed && !o.Force {
		if err := s.planConsent(u, living[from], to, r); err != nil {
			return err
		}
	}
	return s.planFriendship(u, from, r, o.Both)
}

// isRepeatedAdd reports whether a recent call with the same texts has made this
// friendship, so that the present call is a repeat of it.
func (s Service) isRepeatedAdd(u *relationPlan, from string, r NewFriend, both bool) bool {
	entry := u.Friends[EntryKey{from, r.To}]
	made := entry.AddedAt
	if both {
		made = max(made, u.Friends[EntryKey{r.To, from}].AddedAt)
	}
	return s.isRecent(made) && entry.Remark == r.Remark && entry.Source == r.Source && entry.Wording == r.Wording &&
		(r.List == "" || slices.Contains(entry.Lists, r.List))
}

// planConsent returns nil if the user to takes friends without being asked. If to
// wants to be asked, it plans a pending request and returns RequestPending. In all
// other cases it returns the error that refuses the request.
func (s Service) planConsent(u *relationPlan, from, to *accounts.Account, r NewFriend) error {
	if s.settings.RequireWording && r.Wording == "" {
		return fault.New(fault.Invalid, "a friend request of this application needs %s", fault.Wording)
	}
	if from.NoRequests {
		return fault.New(fault.RequestsForbidden, "%s may not ask others to be friends", from.ID)
	}
	allow := to.Allow
	if allow == "" {
		allow = s.settings.Allow
	}
	switch allow {
	case accounts.DenyAny:
		return fault.New(fault.RequestsDenied, "%s takes no friend requests", to.ID)
	case accounts.NeedConfirm:
		before, found := u.Requests[EntryKey{to.ID, from.ID}]
		if found && s.isRecent(before.Time/1000) && before == (Request{from.ID, r.Wording, r.Source, r.Remark, r.List, before.Time}) {
			return fault.New(fault.RequestPending, "%s is asked", to.ID) // a repeat
		}
		if !found && u.counters(to.ID).Requests >= s.settings.Limits.Requests {
			return u.refuseAtLimit(fault.RequestLimit, "%s has %d pending friend requests", to.ID, s.settings.Limits.Requests)
		}
		u.putRequest(to.ID, Request{
			From: from.ID, Wording: r.Wording, Source: r.Source, Remark: r.Remark, List: r.List, Time: s.clock.Now().UnixMilli(),
		})
		return fault.New(fault.RequestPending, "%s is asked", to.ID)
	case accounts.AllowAny:
	}
	return nil
}

// planFriendship plans those entries that do not exist yet, and removes the requests
// that the friendship answers. If the other user has asked from to be a friend, the
// other user's entry has the remark and the list of that request.
func (s Service) planFriendship(u *relationPlan, from string, r NewFriend, both bool) error {
	now := s.clock.Now().Unix()
	addsOwn := !u.hasFriend(from, r.To)
	addsTheirs := both && !u.hasFriend(r.To, from)
	if addsOwn && u.counters(from).Friends >= s.settings.Limits.Friends {
		return u.refuseAtLimit(fault.FriendLimit, "a user has at most %d friends", s.settings.Limits.Friends)
	}
	if addsTheirs && u.counters(r.To).Friends >= s.settings.Limits.Friends {
		return u.refuseAtLimit(fault.PeerFriendLimit, "%s has %d friends, no more fit", r.To, s.settings.Limits.Friends)
	}
	if addsOwn {
		entry := Friend{Peer: r.To, Remark: r.Remark, Source: r.Source, Wording: r.Wording, AddedAt: now}
		if r.Remark != "" {
			entry.RemarkedAt = now
		}
		if r.List != "" {
			if err := u.createLists(from, s.settings.Limits.Lists, r.List); err != nil {
				return err
			}
			entry.Lists = []string{r.List}
		}
		u.putFriend(from, entry)
	}
	if addsTheirs {
		entry := Friend{Peer: from, Source: r.Source, Wording: r.Wording, AddedAt: now}
		if request, found := u.Requests[EntryKey{from, r.To}]; found {
			entry = s.entryOfRequest(u, from, request)
		}
		u.putFriend(r.To, entry)
	}
	u.removeRequest(r.To, from)
	if u.hasFriend(r.To, from) { // else the other user's request is still without an answer
		u.removeRequest(from, r.To)
	}
	return nil
}

// entryOfRequest returns the entry that the asker gets when the user to grants the
// request, and plans the friend list that it names. If the asker has too many lists
// by now, the entry is in no list. The request is granted nevertheless: the user to
// can neither see nor change the lists of the asker.
func (s Service) entryOfRequest(u *relationPlan, to string, request Request) Friend {
	now := s.clock.Now().Unix()
	entry := Friend{Peer: to, Remark: request.Remark, Source: request.Source, Wording: request.Wording, AddedAt: now}
	if request.Remark != "" {
		entry.RemarkedAt = now
	}
	if request.List != "" && u.createLists(request.From, s.settings.Limits.Lists, request.List) == nil {
		entry.Lists = []string{request.List}
	}
	return entry
}
