package relations

import (
	"context"

	"parley/shared/domain/delivery"
	"parley/shared/fault"
)

// Block puts peers into the owner's blocklist (docs/spec/tencent §8.9). The same
// transaction ends the friendship on both sides and removes the requests of both
// users.
func (s Service) Block(ctx context.Context, owner string, peers []string, origin delivery.Origin) ([]error, error) {
	living, err := s.livingAccounts(ctx, owner, peers)
	if err != nil {
		return nil, err
	}
	reads := func(peer string) readSet {
		return readSet{users: []string{peer}, refs: []EntryRef{
			blockRef(owner, peer),
			friendRef(owner, peer), friendRef(peer, owner),
			requestRef(owner, peer), requestRef(peer, owner),
		}}
	}
	return s.runForPeers(ctx, owner, peers, origin, reads, func(u *relationPlan, i int) error {
		peer := peers[i]
		switch {
		case living[peer] == nil:
			return accountUnknown(peer)
		case u.hasBlocked(owner, peer) && s.isRecent(u.Blocks[EntryKey{owner, peer}].Time):
			return nil // a repeat
		case u.hasBlocked(owner, peer):
			return fault.New(fault.AlreadyBlocked, "%s is in the blocklist already", peer)
		case u.counters(owner).Blocked >= s.settings.Limits.Blocked:
			return u.refuseAtLimit(fault.BlockLimit, "a user blocks at most %d others", s.settings.Limits.Blocked)
		}
		u.putBlock(owner, Block{Peer: peer, Time: s.clock.Now().Unix()})
		u.removeFriend(owner, peer)
		u.removeFriend(peer, owner)
		u.removeRequest(owner, peer)
		u.removeRequest(peer, owner)
		return nil
	})
}

// Unblock removes peers from the owner's blocklist. It does not restore a friendship
// (docs/spec/tencent §8.10). The error of a peer who is not blocked is NotBlocked,
// unless the owner has recently unblocked that peer.
func (s Service) Unblock(ctx context.Context, owner string, peers []string, origin delivery.Origin) ([]error, error) {
	if err := s.RequireAccount(ctx, owner); err != nil {
		return nil, err
	}
	reads := func(peer string) readSet {
		return readSet{refs: append([]EntryRef{blockRef(owner, peer)}, s.endRefs(BlockEntry, owner, peer)...)}
	}
	return s.runForPeers(ctx, owner, peers, origin, reads, func(u *relationPlan, i int) error {
		peer := peers[i]
		if !u.hasBlocked(owner, peer) {
			if s.endedRecently(u, BlockEntry, owner, peer) {
				return nil // a repeat
			}
			return fault.New(fault.NotBlocked, "%s is not in the blocklist", peer)
		}
		s.recordEnd(u, BlockEntry, owner, peer)
		u.removeBlock(owner, peer)
		return nil
	})
}

// A BlockPage is a page of a blocklist.
type BlockPage struct {
	Blocks   []Block
	Next     string // the last peer of the page if there are more, else empty
	Counters Counters
}

// ListBlocks returns a page of the owner's blocklist, in order of peers. The page begins
// behind the peer after.
func (s Service) ListBlocks(ctx context.Context, owner, after string, limit int) (BlockPage, error) {
	var p BlockPage
	var err error
	p.Blocks, p.Next, p.Counters, err = readPage(ctx, s, owner, after, limit, s.pages.BlocksOf, func(b Block) string { return b.Peer })
	return p, err
}

// CheckBlocks returns for each peer who of the two blocks the other
// (docs/spec/tencent §8.12). If both is false, PeerToOwner is always false. The
// reads are not strong. The error of a peer who is not an account is AccountUnknown; the call
// fails with it if the owner is none.
func (s Service) CheckBlocks(ctx context.Context, owner string, peers []string, both bool) ([]Directions, []error, error) {
	return s.check(ctx, BlockEntry, owner, peers, both)
}
