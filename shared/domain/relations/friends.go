package relations

import (
	"context"
	"slices"
	"unicode/utf8"

	"parley/shared/domain/accounts"
	"parley/shared/domain/delivery"
	"parley/shared/fault"
)

// An Ask is one user to make friends with.
type Ask struct{ To, Remark, List, Source, Wording string }

// AddOptions say how friends are made.
type AddOptions struct {
	Both   bool // both tables, not only the asker's
	Force  bool // whatever the other has chosen; blocks count all the same
	Origin delivery.Origin
}

// Add makes friends, or asks to (core spec §8.1). An item's error is nil where
// the two are friends now, and RequestPending where a request was filed. Whoever
// has a request of the user pending consents with it. It fails as a whole where
// the asker is no account.
func (s Service) Add(ctx context.Context, from string, asks []Ask, o AddOptions) ([]error, error) {
	peers := make([]string, len(asks))
	for i, a := range asks {
		peers[i] = a.To
	}
	known, err := s.alive(ctx, from, peers)
	if err != nil {
		return nil, err
	}
	refs := func(peer string) []Ref {
		return []Ref{
			{Kind: Friendship, Pair: mine(from, peer)},
			{Kind: Friendship, Pair: their(from, peer)},
			{Kind: Blocking, Pair: mine(from, peer)},
			{Kind: Blocking, Pair: their(from, peer)},
			{Kind: Asking, Pair: mine(from, peer)},
			{Kind: Asking, Pair: their(from, peer)},
		}
	}
	return s.each(ctx, from, peers, o.Origin, itself, refs, func(d *draft, i int) error {
		return s.add(d, known, from, asks[i], o)
	})
}

func (s Service) add(d *draft, known map[string]*accounts.Account, from string, a Ask, o AddOptions) error {
	peer := known[a.To]
	if peer == nil {
		return unknown(a.To)
	}
	for _, err := range []error{checkRemark(a.Remark), checkSource(a.Source), checkWording(a.Wording)} {
		if err != nil {
			return err
		}
	}
	if a.List != "" {
		if err := checkList(a.List); err != nil {
			return err
		}
	}
	switch {
	case d.friends(from, a.To) && (!o.Both || d.friends(a.To, from)):
		if s.repeats(d, from, a, o.Both) {
			return nil
		}
		return fault.New(fault.AlreadyFriends, "%s is a friend already", a.To)
	case d.blocks(from, a.To):
		return fault.New(fault.BlocksPeer, "%s is in the user's own blocklist", a.To)
	case d.blocks(a.To, from):
		return fault.New(fault.BlockedByPeer, "the user is in the blocklist of %s", a.To)
	}
	if _, asked := d.Requests[Pair{from, a.To}]; !o.Force && !asked {
		if err := s.consent(d, known[from], peer, a); err != nil {
			return err
		}
	}
	return s.befriend(d, from, a, o.Both)
}

// repeats reports whether the friendship was made lately by a call with the same
// words: this one is its repeat.
func (s Service) repeats(d *draft, from string, a Ask, both bool) bool {
	f := d.Friends[Pair{from, a.To}]
	made := f.Added
	if both {
		made = max(made, d.Friends[Pair{a.To, from}].Added)
	}
	return s.lately(made) && f.Remark == a.Remark && f.Source == a.Source && f.Wording == a.Wording &&
		(a.List == "" || slices.Contains(f.Lists, a.List))
}

// consent is nil where a user takes friends without being asked; otherwise a
// request is filed or refused.
func (s Service) consent(d *draft, from, to *accounts.Account, a Ask) error {
	if s.Wording && a.Wording == "" {
		return fault.New(fault.Invalid, "the application wants an AddWording with a friend request")
	}
	if from.NoRequests {
		return fault.New(fault.RequestsForbidden, "%s may not ask others to be friends", from.ID)
	}
	allow := to.Allow
	if allow == "" {
		allow = s.Allow
	}
	switch allow {
	case accounts.DenyAny:
		return fault.New(fault.RequestsDenied, "%s takes no friend requests", to.ID)
	case accounts.NeedConfirm:
		r, filed := d.Requests[Pair{to.ID, from.ID}]
		if filed && s.lately(r.Time/1000) && r == (Request{from.ID, a.Wording, a.Source, a.Remark, a.List, r.Time}) {
			return fault.New(fault.RequestPending, "%s is asked", to.ID) // a repeat
		}
		if !filed && d.book(to.ID).Requests >= s.Limits.Requests {
			return d.full(fault.RequestLimit, "%s has %d pending friend requests", to.ID, s.Limits.Requests)
		}
		d.ask(to.ID, Request{
			From: from.ID, Wording: a.Wording, Source: a.Source, Remark: a.Remark, List: a.List, Time: s.Now().UnixMilli(),
		})
		return fault.New(fault.RequestPending, "%s is asked", to.ID)
	}
	return nil
}

// befriend writes the entries that are missing and answers the requests that are
// granted by it. A peer who has asked has the user under the remark and in the
// list of that request.
func (s Service) befriend(d *draft, from string, a Ask, both bool) error {
	now, added := s.Now().Unix(), !d.friends(from, a.To)
	back := both && !d.friends(a.To, from)
	if added && d.book(from).Friends >= s.Limits.Friends {
		return d.full(fault.FriendLimit, "a user has at most %d friends", s.Limits.Friends)
	}
	if back && d.book(a.To).Friends >= s.Limits.Friends {
		return d.full(fault.PeerFriendLimit, "%s has %d friends, no more fit", a.To, s.Limits.Friends)
	}
	if added {
		f := Friend{Peer: a.To, Remark: a.Remark, Source: a.Source, Wording: a.Wording, Added: now}
		if a.Remark != "" {
			f.Remarked = now
		}
		if a.List != "" {
			if err := d.lists(from, s.Limits.Lists, a.List); err != nil {
				return err
			}
			f.Lists = []string{a.List}
		}
		d.put(from, f)
	}
	if back {
		f := Friend{Peer: from, Source: a.Source, Wording: a.Wording, Added: now}
		if r, asked := d.Requests[Pair{from, a.To}]; asked {
			f = s.asked(d, from, r)
		}
		d.put(a.To, f)
	}
	d.answer(a.To, from)
	if d.friends(a.To, from) { // else the peer still waits for an answer
		d.answer(from, a.To)
	}
	return nil
}

// asked is the entry that grants a request to a user. It is in no list where the
// asker has too many by now: the user could neither see nor change that.
func (s Service) asked(d *draft, user string, r Request) Friend {
	now := s.Now().Unix()
	f := Friend{Peer: user, Remark: r.Remark, Source: r.Source, Wording: r.Wording, Added: now}
	if r.Remark != "" {
		f.Remarked = now
	}
	if r.List != "" && d.lists(r.From, s.Limits.Lists, r.List) == nil {
		f.Lists = []string{r.List}
	}
	return f
}

// Import writes entries into the owner's table alone, without asking anybody;
// one that exists is replaced, but for the times that are not given (core spec
// §8.2). Blocks count all the same.
func (s Service) Import(ctx context.Context, owner string, friends []Friend, origin delivery.Origin) ([]error, error) {
	peers := make([]string, len(friends))
	for i, f := range friends {
		peers[i] = f.Peer
	}
	known, err := s.alive(ctx, owner, peers)
	if err != nil {
		return nil, err
	}
	refs := func(peer string) []Ref {
		return []Ref{
			{Kind: Friendship, Pair: mine(owner, peer)},
			{Kind: Blocking, Pair: mine(owner, peer)},
			{Kind: Blocking, Pair: their(owner, peer)},
		}
	}
	return s.each(ctx, owner, peers, origin, itself, refs, func(d *draft, i int) error {
		f := friends[i]
		if known[f.Peer] == nil {
			return unknown(f.Peer)
		}
		for _, err := range []error{checkRemark(f.Remark), checkSource(f.Source), checkWording(f.Wording), s.custom(f.Custom, false)} {
			if err != nil {
				return err
			}
		}
		switch {
		case d.blocks(owner, f.Peer):
			return fault.New(fault.BlocksPeer, "%s is in the user's own blocklist", f.Peer)
		case d.blocks(f.Peer, owner):
			return fault.New(fault.BlockedByPeer, "the user is in the blocklist of %s", f.Peer)
		case !d.friends(owner, f.Peer) && d.book(owner).Friends >= s.Limits.Friends:
			return d.full(fault.FriendLimit, "a user has at most %d friends", s.Limits.Friends)
		}
		if err := d.lists(owner, s.Limits.Lists, f.Lists...); err != nil {
			return err
		}
		now := s.Now().Unix()
		before, there := d.Friends[Pair{owner, f.Peer}]
		if f.Added == 0 {
			if f.Added = now; there {
				f.Added = before.Added
			}
		}
		if f.Remarked == 0 && f.Remark != "" {
			if f.Remarked = now; f.Remark == before.Remark {
				f.Remarked = before.Remarked
			}
		}
		f.Lists = slices.Compact(slices.Sorted(slices.Values(f.Lists)))
		f.Custom = merged(nil, f.Custom)
		d.put(owner, f)
		return nil
	})
}

// A Change is what to set on an entry of a friend table; nil leaves what is
// there.
type Change struct {
	Peer   string
	Remark *string
	Lists  *[]string      // replaces all; lists that are missing are made
	Custom map[string]any // by word; an empty text removes
}

// Update changes entries of the owner's table (core spec §8.3). One that is not
// there fails with NotFriend.
func (s Service) Update(ctx context.Context, owner string, changes []Change, byUser bool, origin delivery.Origin) ([]error, error) {
	peers := make([]string, len(changes))
	for i, c := range changes {
		peers[i] = c.Peer
	}
	known, err := s.alive(ctx, owner, nil)
	if err != nil {
		return nil, err
	}
	refs := func(peer string) []Ref { return []Ref{{Kind: Friendship, Pair: mine(owner, peer)}} }
	return s.each(ctx, known[owner].ID, peers, origin, none, refs, func(d *draft, i int) error {
		c := changes[i]
		f, there := d.Friends[Pair{owner, c.Peer}]
		if !there {
			return notFriend(c.Peer)
		}
		if err := s.custom(c.Custom, byUser); err != nil {
			return err
		}
		if c.Remark != nil {
			if err := checkRemark(*c.Remark); err != nil {
				return err
			}
			if f.Remark != *c.Remark {
				f.Remark, f.Remarked = *c.Remark, 0
				if f.Remark != "" {
					f.Remarked = s.Now().Unix()
				}
			}
		}
		if c.Lists != nil {
			if err := d.lists(owner, s.Limits.Lists, *c.Lists...); err != nil {
				return err
			}
			f.Lists = slices.Compact(slices.Sorted(slices.Values(*c.Lists)))
		}
		f.Custom = merged(f.Custom, c.Custom)
		d.put(owner, f)
		return nil
	})
}

func merged(old, set map[string]any) map[string]any {
	if len(set) == 0 {
		return old
	}
	out := make(map[string]any, len(old)+len(set))
	for word, v := range old {
		out[word] = v
	}
	for word, v := range set {
		if v == "" {
			delete(out, word)
		} else {
			out[word] = v
		}
	}
	return out
}

// custom checks custom values against the fields that the application declares.
func (s Service) custom(values map[string]any, byUser bool) error {
	for word, v := range values {
		at := slices.IndexFunc(s.Fields, func(f Field) bool { return f.Word == word })
		switch {
		case at < 0:
			return fault.New(fault.FieldUnknown, "the application declares no custom field %.20q of friends", word)
		case byUser && !s.Fields[at].UserWrites:
			return fault.New(fault.FieldFixed, "only an admin sets the custom field %q", word)
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

// Delete removes entries from the owner's table, and with both the owner from
// theirs (core spec §8.4). A peer that is no friend fails with NotFriend, but for
// one that the owner has removed lately.
func (s Service) Delete(ctx context.Context, owner string, peers []string, both bool, origin delivery.Origin) ([]error, error) {
	if _, err := s.alive(ctx, owner, nil); err != nil {
		return nil, err
	}
	return s.remove(ctx, owner, peers, both, true, origin)
}

// remove ends friendships. With noted it is known for a while that the owner did.
func (s Service) remove(ctx context.Context, owner string, peers []string, both, noted bool, origin delivery.Origin) ([]error, error) {
	users := none
	refs := func(peer string) []Ref {
		list := []Ref{{Kind: Friendship, Pair: mine(owner, peer)}}
		if both {
			list = append(list, Ref{Kind: Friendship, Pair: their(owner, peer)})
		}
		if noted && s.Repeat > 0 {
			list = append(list, Ref{Kind: Friendship, Pair: mine(owner, peer), Ended: true})
		}
		return list
	}
	if both {
		users = itself
	}
	return s.each(ctx, owner, peers, origin, users, refs, func(d *draft, i int) error {
		if !d.friends(owner, peers[i]) {
			if s.wasEnded(d, Friendship, owner, peers[i]) {
				return nil
			}
			return notFriend(peers[i])
		}
		if noted {
			s.ended(d, Friendship, owner, peers[i])
		}
		d.drop(owner, peers[i])
		if both {
			d.drop(peers[i], owner)
		}
		return nil
	})
}

// DeleteAll empties the owner's table (core spec §8.5). Where it fails on the way
// a repeat goes on.
func (s Service) DeleteAll(ctx context.Context, owner string, both bool, origin delivery.Origin) error {
	if _, err := s.alive(ctx, owner, nil); err != nil {
		return err
	}
	for {
		more, err := s.removeSome(ctx, owner, both, origin, page)
		if err != nil || !more {
			return err
		}
	}
}

// page is how many entries are removed at a time.
const page = 100

func (s Service) removeSome(ctx context.Context, owner string, both bool, origin delivery.Origin, limit int) (more bool, err error) {
	list, more, err := s.Store.FriendsOf(ctx, s.App, owner, "", limit)
	if err != nil || len(list) == 0 {
		return false, err
	}
	peers := make([]string, len(list))
	for i, f := range list {
		peers[i] = f.Peer
	}
	_, err = s.remove(ctx, owner, peers, both, false, origin) // one that is gone already is no fault
	return more, err
}
