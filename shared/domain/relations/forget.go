package relations

import (
	"context"

	"parley/shared/domain/delivery"
)

// RemoveData removes a page of the data of a user whose account is deleted: first the
// user's friend table and the matching entries of those friends, then the entries of those who
// have the user as a friend one way, then the requests to the user and the user's own blocklist,
// then the log, and last the counters. Blocks that others put on the user stay, and so do
// requests of the user to others: AcceptRequest refuses them with AccountUnknown.
//
// Example: a call changes the user's own entries while RemoveData runs. Then the counters
// that RemoveData has read first have changed, so it does not remove them, and the next
// page removes the new entries. A one-way entry of another user does not change them: the
// second removal of the account removes it.
func (s Service) RemoveData(ctx context.Context, user string) (more bool, err error) {
	counters, err := s.CountersStrongly(ctx, user)
	if err != nil {
		return false, err
	}
	friends, _, err := s.pages.FriendsOf(ctx, s.app, user, "", peersPerUnit)
	if err != nil {
		return false, err
	}
	if len(friends) > 0 {
		_, err := s.removePage(ctx, user, true, delivery.Origin{}, peersPerUnit)
		return true, err
	}
	owners, _, err := s.pages.FriendAudience(ctx, s.app, user, "", peersPerUnit)
	if err != nil {
		return false, err
	}
	if len(owners) > 0 {
		return true, s.removeFromTables(ctx, user, owners)
	}
	requests, _, err := s.pages.RequestsTo(ctx, s.app, user, "", forgottenRequests)
	if err != nil {
		return false, err
	}
	blocks, _, err := s.pages.BlocksOf(ctx, s.app, user, "", forgottenBlocks)
	if err != nil {
		return false, err
	}
	if len(requests)+len(blocks) > 0 {
		return true, s.forgetRequestsAndBlocks(ctx, user, requests, blocks)
	}
	if more, err := s.log.RemoveFriendLog(ctx, s.app, user); more || err != nil {
		return more, err
	}
	removed, err := s.store.RemoveCounters(ctx, s.app, counters)
	return !removed && err == nil, err
}

// Requests and blocks are removed in one transaction. With the counters it has at
// most 99 items; DynamoDB takes 100.
const (
	forgottenRequests = 50
	forgottenBlocks   = 48
)

func (s Service) forgetRequestsAndBlocks(ctx context.Context, user string, requests []Request, blocks []Block) error {
	reads := readSet{users: []string{user}}
	for _, r := range requests {
		reads.refs = append(reads.refs, requestRef(user, r.From))
	}
	for _, b := range blocks {
		reads.refs = append(reads.refs, blockRef(user, b.Peer))
	}
	_, err := s.run(ctx, reads, func(u *relationPlan) error {
		for _, r := range requests {
			u.removeRequest(user, r.From)
		}
		for _, b := range blocks {
			u.removeBlock(user, b.Peer)
		}
		return nil
	})
	return err
}

// removeFromTables removes a user from the friend tables of owners.
func (s Service) removeFromTables(ctx context.Context, user string, owners []string) error {
	reads := readSet{users: owners}
	for _, owner := range owners {
		reads.refs = append(reads.refs, friendRef(owner, user))
	}
	unit, err := s.run(ctx, reads, func(u *relationPlan) error {
		for _, owner := range owners {
			u.removeFriend(owner, user)
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.notify(ctx, unit.transaction, delivery.Origin{})
	return nil
}
