package relations

import (
	"context"

	"parley/shared/domain/accounts"
	"parley/shared/domain/delivery"
	"parley/shared/fault"
)

// AcceptRequest grants the request of the user from: that user gets the owner as a friend.
// With both, the owner also gets that user as a friend, with a remark. It fails with
// RequestUnknown if there is no such request, unless a recent call granted it.
func (s Service) AcceptRequest(ctx context.Context, owner, from string, both bool, remark string, origin delivery.Origin) error {
	if err := checkRemark(remark); err != nil {
		return err
	}
	if err := checkAsker(owner, from); err != nil {
		return err
	}
	living, err := s.livingAccounts(ctx, owner, []string{from})
	if err != nil {
		return err
	}
	reads := readSet{users: []string{owner, from}, refs: []EntryRef{
		requestRef(owner, from), requestRef(from, owner),
		friendRef(owner, from), friendRef(from, owner),
	}}
	var askerUnknown error
	unit, err := s.run(ctx, reads, func(u *relationPlan) error {
		askerUnknown = nil
		request, found := u.Requests[EntryKey{owner, from}]
		if !found {
			if s.isRepeatedAccept(u, owner, from, both) {
				return nil
			}
			return noRequest(from)
		}
		if living[from] == nil { // the request is removed, and then the call fails
			askerUnknown = accountUnknown(from)
			u.removeRequest(owner, from)
			return nil
		}
		return s.planAccept(u, owner, request, both, remark)
	})
	if err != nil {
		return err
	}
	s.notify(ctx, unit.transaction, origin)
	return askerUnknown
}

// isRepeatedAccept reports whether a recent call has granted the request, so that
// the present call is a repeat of it.
func (s Service) isRepeatedAccept(u *relationPlan, owner, from string, both bool) bool {
	entry, found := u.Friends[EntryKey{from, owner}]
	return found && s.isRecent(entry.AddedAt) && (!both || u.hasFriend(owner, from))
}

func (s Service) planAccept(u *relationPlan, owner string, request Request, both bool, remark string) error {
	from := request.From
	if !u.hasFriend(from, owner) {
		if u.counters(from).Friends >= s.settings.Limits.Friends {
			return u.refuseAtLimit(fault.PeerFriendLimit, "%s has %d friends, no more fit", from, s.settings.Limits.Friends)
		}
		u.putFriend(from, s.entryOfRequest(u, owner, request))
	}
	u.removeRequest(owner, from)
	if both && !u.hasFriend(owner, from) {
		own := NewFriend{To: from, Remark: remark, Source: request.Source, Wording: request.Wording}
		return s.planFriendship(u, owner, own, false)
	}
	return nil
}

func noRequest(from string) error {
	return fault.New(fault.RequestUnknown, "there is no pending request of %.40q", from)
}

// checkAsker refuses an id whose user cannot have asked the owner.
func checkAsker(owner, from string) error {
	if owner == from || accounts.CheckID(from) != nil {
		return noRequest(from)
	}
	return nil
}

// RejectRequest refuses the request of the user from. It fails with RequestUnknown if there
// is no such request, unless the owner has recently rejected it.
func (s Service) RejectRequest(ctx context.Context, owner, from string, origin delivery.Origin) error {
	if err := checkAsker(owner, from); err != nil {
		return err
	}
	reads := readSet{
		users: []string{owner},
		refs:  append([]EntryRef{requestRef(owner, from)}, s.endRefs(RequestEntry, owner, from)...),
	}
	unit, err := s.run(ctx, reads, func(u *relationPlan) error {
		if _, found := u.Requests[EntryKey{owner, from}]; !found {
			if s.endedRecently(u, RequestEntry, owner, from) {
				return nil // a repeat
			}
			return noRequest(from)
		}
		s.recordEnd(u, RequestEntry, owner, from)
		u.removeRequest(owner, from)
		return nil
	})
	if err != nil {
		return err
	}
	s.notify(ctx, unit.transaction, origin)
	return nil
}

// A RequestPage is a page of the pending requests to a user.
type RequestPage struct {
	Requests []Request
	Next     string // the last asker of the page if there are more, else empty
	Counters Counters
}

// ListRequests returns a page of the pending requests to a user, in order of the users
// who asked. The page begins behind the user after.
func (s Service) ListRequests(ctx context.Context, owner, after string, limit int) (RequestPage, error) {
	var p RequestPage
	var err error
	p.Requests, p.Next, p.Counters, err = readPage(ctx, s, owner, after, limit, s.pages.RequestsTo, func(r Request) string { return r.From })
	return p, err
}

// MarkRequestsRead sets the owner's pending requests as read up to now.
func (s Service) MarkRequestsRead(ctx context.Context, owner string, origin delivery.Origin) error {
	unit, err := s.run(ctx, readSet{users: []string{owner}}, func(u *relationPlan) error {
		// The time is taken after the counters were read, so that it is not before a request
		// that they count. Example: a request arrives while the call is tried again.
		if now := s.clock.Now().UnixMilli(); now > u.counters(owner).RequestsRead {
			u.changeCounters(owner, func(c *Counters) { c.RequestVersion++; c.RequestsRead, c.Unread = now, 0 })
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.notify(ctx, unit.transaction, origin)
	return nil
}
