package relations

import (
	"context"

	"parley/shared/domain/delivery"
)

// Forget removes a page of what is kept of a user whose account is gone: the
// friendships on both sides, then requests to the user, blocks, the log and the
// book. A request of the user to another is refused when it is answered; where
// another has the user one way, the entry stays until its owner removes it.
func (s Service) Forget(ctx context.Context, user string) (more bool, err error) {
	book, err := s.Book(ctx, user) // first: it goes only if nothing came meanwhile
	if err != nil {
		return false, err
	}
	friends, _, err := s.Store.FriendsOf(ctx, s.App, user, "", writes)
	if err != nil {
		return false, err
	}
	if len(friends) > 0 {
		_, err := s.removeSome(ctx, user, true, delivery.Origin{}, writes)
		return true, err
	}
	requests, _, err := s.Store.RequestsTo(ctx, s.App, user, "", page/2)
	if err != nil {
		return false, err
	}
	blocks, _, err := s.Store.BlocksOf(ctx, s.App, user, "", page/2-2)
	if err != nil {
		return false, err
	}
	if len(requests)+len(blocks) > 0 {
		var refs []Ref
		for _, r := range requests {
			refs = append(refs, Ref{Asking, Pair{user, r.From}})
		}
		for _, b := range blocks {
			refs = append(refs, Ref{Blocking, Pair{user, b.Peer}})
		}
		_, err := s.run(ctx, []string{user}, refs, func(d *draft) error {
			for _, r := range requests {
				d.answer(user, r.From)
			}
			for _, b := range blocks {
				d.unblock(user, b.Peer)
			}
			return nil
		})
		return true, err
	}
	if more, err := s.Store.ForgetChanges(ctx, s.App, user); more || err != nil {
		return more, err
	}
	gone, err := s.Store.ForgetBook(ctx, s.App, book)
	return !gone && err == nil, err
}
