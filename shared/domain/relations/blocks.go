package relations

import (
	"context"

	"parley/shared/domain/delivery"
	"parley/shared/fault"
)

// Block puts peers into the owner's blocklist (core spec §8.9). It ends the
// friendship on both sides and removes requests both ways, all in one write.
func (s Service) Block(ctx context.Context, owner string, peers []string, origin delivery.Origin) ([]error, error) {
	known, err := s.alive(ctx, owner, peers)
	if err != nil {
		return nil, err
	}
	refs := func(peer string) []Ref {
		return []Ref{
			{Kind: Blocking, Pair: mine(owner, peer)},
			{Kind: Friendship, Pair: mine(owner, peer)},
			{Kind: Friendship, Pair: their(owner, peer)},
			{Kind: Asking, Pair: mine(owner, peer)},
			{Kind: Asking, Pair: their(owner, peer)},
		}
	}
	return s.each(ctx, owner, peers, origin, itself, refs, func(d *draft, i int) error {
		peer := peers[i]
		switch {
		case known[peer] == nil:
			return unknown(peer)
		case d.blocks(owner, peer) && s.lately(d.Blocks[Pair{owner, peer}].Time):
			return nil // a repeat
		case d.blocks(owner, peer):
			return fault.New(fault.AlreadyBlocked, "%s is in the blocklist already", peer)
		case d.book(owner).Blocked >= s.Limits.Blocked:
			return d.full(fault.BlockLimit, "a user blocks at most %d others", s.Limits.Blocked)
		}
		d.block(owner, Block{Peer: peer, Time: s.Now().Unix()})
		d.drop(owner, peer)
		d.drop(peer, owner)
		d.answer(owner, peer)
		d.answer(peer, owner)
		return nil
	})
}

// Unblock takes peers off the owner's blocklist; a friendship does not come back
// (core spec §8.10). One that is not there fails with NotBlocked, but for one that
// the owner has unblocked lately.
func (s Service) Unblock(ctx context.Context, owner string, peers []string, origin delivery.Origin) ([]error, error) {
	if _, err := s.alive(ctx, owner, nil); err != nil {
		return nil, err
	}
	refs := func(peer string) []Ref {
		list := []Ref{{Kind: Blocking, Pair: mine(owner, peer)}}
		if s.Repeat > 0 {
			list = append(list, Ref{Kind: Blocking, Pair: mine(owner, peer), Ended: true})
		}
		return list
	}
	return s.each(ctx, owner, peers, origin, none, refs, func(d *draft, i int) error {
		if !d.blocks(owner, peers[i]) {
			if s.wasEnded(d, Blocking, owner, peers[i]) {
				return nil
			}
			return fault.New(fault.NotBlocked, "%s is not in the blocklist", peers[i])
		}
		s.ended(d, Blocking, owner, peers[i])
		d.unblock(owner, peers[i])
		return nil
	})
}

// A BlockPage is a part of a blocklist.
type BlockPage struct {
	Blocks []Block
	Next   string // the last peer where more follow, else empty
	Book   Book
}

// Blocks returns a page of the owner's blocklist, in order of peers.
func (s Service) Blocks(ctx context.Context, owner, after string, limit int) (BlockPage, error) {
	book, err := s.Book(ctx, owner)
	if err != nil {
		return BlockPage{}, err
	}
	list, more, err := s.Store.BlocksOf(ctx, s.App, owner, after, limit)
	if err != nil {
		return BlockPage{}, err
	}
	p := BlockPage{Blocks: list, Book: book}
	if more && len(list) > 0 {
		p.Next = list[len(list)-1].Peer
	}
	return p, nil
}

// CheckBlocks tells who blocks whom (core spec §8.12). Without both, Theirs is
// not looked at. A peer that is no account has an error.
func (s Service) CheckBlocks(ctx context.Context, owner string, peers []string, both bool) ([]Relation, []error, error) {
	return s.check(ctx, Blocking, owner, peers, both)
}
