package testkit

import (
	"context"
	"errors"
	"strconv"

	"parley/shared/domain/delivery"
	"parley/shared/domain/relations"
	"parley/shared/dynamo"
	"parley/shared/fault"
	"parley/shared/store/schema"
)

func relationVerbs() []verb {
	return []verb{
		{"friends", "friends USER FRIEND...", "Make the user a friend of each, on both sides.", addFriends(true)},
		{"friends-one-way", "friends-one-way USER FRIEND...", "Put each into the user's friend table, and the user into nobody's.", addFriends(false)},
		{"friend-of", "friend-of USER N", "Put the user into the friend tables of u1 ... uN, and nobody into the user's.", func(ctx context.Context, l seedLine) error {
			return l.forUsers(1, func(owner string) error {
				_, err := l.tenant.Relations.AddFriends(ctx, owner, []relations.NewFriend{{To: l.arg(0)}}, relations.AddOptions{Force: true})
				return err
			})
		}},
		{"unfriend", "unfriend USER FRIEND", "Remove each from the other's friend table.", func(ctx context.Context, l seedLine) error {
			return allErrors(l.tenant.Relations.DeleteFriends(ctx, l.arg(0), l.args[1:], true, delivery.Origin{}))
		}},
		{"friend-request", "friend-request FROM TO [WORDING...]", "Ask a user to become a friend.", friendRequest},
		{"friend-list", "friend-list USER NAME [FRIEND...]", "Make a list of the user's friends.", func(ctx context.Context, l seedLine) error {
			errs, _, err := l.tenant.Relations.CreateLists(ctx, l.arg(0), l.args[1:2], l.args[2:], delivery.Origin{})
			return allErrors(errs, err)
		}},
		{"allow-friends", "allow-friends USER any|confirm|deny", "Set what happens to friend requests to the user.", func(ctx context.Context, l seedLine) error {
			return l.setAccount(ctx, dynamo.Item{"al": stringValue(l.arg(1))})
		}},
		{"forbid-requests", "forbid-requests USER", "Forbid the user to send friend requests.", func(ctx context.Context, l seedLine) error {
			return l.setAccount(ctx, dynamo.Item{"nr": stringValue("yes")})
		}},
		{"block", "block USER PEER...", "Put peers on the user's blocklist.", func(ctx context.Context, l seedLine) error {
			_, err := l.tenant.Relations.Block(ctx, l.arg(0), l.args[1:], delivery.Origin{})
			return err
		}},
		{"follow", "follow FROM TO", "Make one user follow another.", func(ctx context.Context, l seedLine) error {
			return l.follow(ctx, l.arg(0), l.arg(1))
		}},
		{"follows", "follows USER N", "Make the user follow u1 ... uN.", func(ctx context.Context, l seedLine) error {
			return l.forUsers(1, func(peer string) error { return l.follow(ctx, l.arg(0), peer) })
		}},
		{"followers", "followers USER N", "Make u1 ... uN follow the user.", func(ctx context.Context, l seedLine) error {
			return l.forUsers(1, func(peer string) error { return l.follow(ctx, peer, l.arg(0)) })
		}},
		{"following-count", "following-count USER N", "Set the count of users whom the user follows, without entries for them.", func(ctx context.Context, l seedLine) error {
			n, err := strconv.ParseInt(l.arg(1), 10, 64)
			if err != nil {
				return err
			}
			return l.w.SetAttributes(ctx, schema.Core, schema.FollowCountsKey(l.w.ID, l.arg(0)), dynamo.Item{"fo": Number(n)})
		}},
	}
}

func addFriends(both bool) func(context.Context, seedLine) error {
	return func(ctx context.Context, l seedLine) error {
		requests := make([]relations.NewFriend, len(l.args)-1)
		for i, friend := range l.args[1:] {
			requests[i].To = friend
		}
		return allErrors(l.tenant.Relations.AddFriends(ctx, l.arg(0), requests, relations.AddOptions{Both: both, Force: true}))
	}
}

func friendRequest(ctx context.Context, l seedLine) error {
	request := relations.NewFriend{To: l.arg(1), Wording: l.text(2)}
	errs, err := l.tenant.Relations.AddFriends(ctx, l.arg(0), []relations.NewFriend{request}, relations.AddOptions{Both: true})
	if len(errs) == 1 && fault.Is(errs[0], fault.RequestPending) {
		errs = nil
	}
	return allErrors(errs, err)
}

func (l seedLine) follow(ctx context.Context, from, to string) error {
	return allErrors(l.tenant.Follows.Follow(ctx, from, []string{to}))
}

// allErrors joins the errors of a batch and of its items.
func allErrors(errs []error, err error) error { return errors.Join(append(errs, err)...) }
