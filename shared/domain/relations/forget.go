package relations

import (
	"context"

	"parley/shared/domain/delivery"
)

// Forget removes a page of what is kept of a user whose account is gone: the
// friendships on both sides, also those of others who have the user one way, then
// requests to the user, blocks, the log and the book. A request of the user to
// another is refused when it is answered.
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
	holders, _, err := s.Store.HoldersOf(ctx, s.App, user, "", writes)
	if err != nil {
		return false, err
	}
	if len(holders) > 0 {
		return true, s.letGo(ctx, user, holders)
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
			refs = append(refs, Ref{Kind: Asking, Pair: Pair{user, r.From}})
		}
		for _, b := range blocks {
			refs = append(refs, Ref{Kind: Blocking, Pair: Pair{user, b.Peer}})
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

// letGo takes a user out of the friend tables of others.
func (s Service) letGo(ctx context.Context, user string, owners []string) error {
	var refs []Ref
	for _, owner := range owners {
		refs = append(refs, Ref{Kind: Friendship, Pair: Pair{owner, user}})
	}
	d, err := s.run(ctx, owners, refs, func(d *draft) error {
		for _, owner := range owners {
			d.drop(owner, user)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.tell(ctx, d.edit, delivery.Origin{})
}
