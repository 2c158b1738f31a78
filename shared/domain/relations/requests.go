package relations

import (
	"context"

	"parley/shared/domain/accounts"
	"parley/shared/domain/delivery"
	"parley/shared/fault"
)

// Accept answers a request: the asker has the owner as a friend, and with both
// the owner has the asker under remark. It fails with RequestUnknown where there
// is no such request, and none was granted lately.
func (s Service) Accept(ctx context.Context, owner, from string, both bool, remark string, origin delivery.Origin) error {
	if err := checkRemark(remark); err != nil {
		return err
	}
	if err := checkAsker(owner, from); err != nil {
		return err
	}
	known, err := s.alive(ctx, owner, []string{from})
	if err != nil {
		return err
	}
	refs := []Ref{
		{Kind: Asking, Pair: mine(owner, from)},
		{Kind: Asking, Pair: their(owner, from)},
		{Kind: Friendship, Pair: mine(owner, from)},
		{Kind: Friendship, Pair: their(owner, from)},
	}
	var refused error
	d, err := s.run(ctx, []string{owner, from}, refs, func(d *draft) error {
		refused = nil
		r, there := d.Requests[Pair{owner, from}]
		if !there {
			if f, granted := d.Friends[Pair{from, owner}]; granted && s.lately(f.Added) && (!both || d.friends(owner, from)) {
				return nil // a repeat
			}
			return noRequest(from)
		}
		if known[from] == nil { // the asker is gone, and so is the request
			refused = unknown(from)
			d.answer(owner, from)
			return nil
		}
		if !d.friends(from, owner) {
			if d.book(from).Friends >= s.Limits.Friends {
				return d.full(fault.PeerFriendLimit, "%s has %d friends, no more fit", from, s.Limits.Friends)
			}
			d.put(from, s.asked(d, owner, r))
		}
		d.answer(owner, from)
		if both && !d.friends(owner, from) {
			return s.befriend(d, owner, Ask{To: from, Remark: remark, Source: r.Source, Wording: r.Wording}, false)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := s.tell(ctx, d.edit, origin); err != nil {
		return err
	}
	return refused
}

func noRequest(from string) error {
	return fault.New(fault.RequestUnknown, "there is no pending request of %.40q", from)
}

// checkAsker refuses who cannot have asked.
func checkAsker(owner, from string) error {
	if owner == from || accounts.CheckID(from) != nil {
		return noRequest(from)
	}
	return nil
}

// Reject answers a request with no. It fails with RequestUnknown where there is
// no such request, and none was rejected lately.
func (s Service) Reject(ctx context.Context, owner, from string, origin delivery.Origin) error {
	if err := checkAsker(owner, from); err != nil {
		return err
	}
	refs := []Ref{{Kind: Asking, Pair: mine(owner, from)}}
	if s.Repeat > 0 {
		refs = append(refs, Ref{Kind: Asking, Pair: mine(owner, from), Ended: true})
	}
	d, err := s.run(ctx, []string{owner}, refs, func(d *draft) error {
		if _, there := d.Requests[Pair{owner, from}]; !there {
			if s.wasEnded(d, Asking, owner, from) {
				return nil
			}
			return noRequest(from)
		}
		s.ended(d, Asking, owner, from)
		d.answer(owner, from)
		return nil
	})
	if err != nil {
		return err
	}
	return s.tell(ctx, d.edit, origin)
}

// A RequestPage is a part of the pending requests to a user.
type RequestPage struct {
	Requests []Request
	Next     string // the last asker where more follow, else empty
	Book     Book
}

// Requests returns a page of the pending requests to a user, in order of askers.
func (s Service) Requests(ctx context.Context, owner, after string, limit int) (RequestPage, error) {
	book, err := s.Book(ctx, owner)
	if err != nil {
		return RequestPage{}, err
	}
	list, more, err := s.Store.RequestsTo(ctx, s.App, owner, after, limit)
	if err != nil {
		return RequestPage{}, err
	}
	p := RequestPage{Requests: list, Book: book}
	if more && len(list) > 0 {
		p.Next = list[len(list)-1].From
	}
	return p, nil
}

// ReadRequests marks all requests so far as read.
func (s Service) ReadRequests(ctx context.Context, owner string, origin delivery.Origin) error {
	now := s.Now().UnixMilli()
	d, err := s.run(ctx, []string{owner}, nil, func(d *draft) error {
		if now > d.book(owner).RequestsRead {
			d.change(owner, func(b *Book) { b.RequestVersion++; b.RequestsRead, b.Unread = now, 0 })
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.tell(ctx, d.edit, origin)
}
