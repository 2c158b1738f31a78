// Package delivery reads to whom an event of a user is broadcast. It implements the
// AudienceStore of the domain package delivery over the stores of three aggregates.
package delivery

import (
	"context"
	"fmt"

	domain "parley/shared/domain/delivery"
)

// FriendStore reads who has a user in the friend table.
type FriendStore interface {
	FriendAudience(ctx context.Context, app int64, user, after string, limit int) (owners []string, more bool, err error)
}

// WatcherStore reads who subscribed to the presence of a user.
type WatcherStore interface {
	Watchers(ctx context.Context, app int64, user, after string, limit int) (watchers []string, more bool, err error)
}

// MemberStore reads the members of groups.
type MemberStore interface {
	Audience(ctx context.Context, app int64, group, after string, limit int) (users []string, more bool, err error)
}

// Store reads the aggregates Relations, Watches and Members.
type Store struct {
	friends  FriendStore
	watchers WatcherStore
	members  MemberStore
}

var _ domain.AudienceStore = (*Store)(nil)

// New returns a Store.
func New(friends FriendStore, watchers WatcherStore, members MemberStore) *Store {
	return &Store{friends, watchers, members}
}

// Audience implements delivery.AudienceStore. The friends of a user are those who have
// the user in their friend table. Example: alice has bob as a friend, and bob does not
// have alice. Alice's devices show bob's nick, so she is in the audience of bob, and bob
// is not in hers.
func (s *Store) Audience(ctx context.Context, app int64, user string, audience domain.Audience, after string, limit int) ([]string, bool, error) {
	switch audience {
	case domain.Watchers:
		return s.watchers.Watchers(ctx, app, user, after, limit)
	case domain.Friends:
		return s.friends.FriendAudience(ctx, app, user, after, limit)
	case domain.Members:
		return s.members.Audience(ctx, app, user, after, limit)
	}
	return nil, false, fmt.Errorf("there is no audience %q", audience)
}
