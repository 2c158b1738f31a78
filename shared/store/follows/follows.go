// Package follows stores who follows whom. It implements the Store of the domain package
// follows.
//
// A follow is stored as two items with the same attributes: one in the partition of the
// user who follows, and one in the partition of those who follow the other user. If the two
// users follow each other, both follows, four items, have FollowMutual. One transaction
// writes these items and the counts of both users.
package follows

import (
	"context"
	"fmt"

	domain "parley/shared/domain/follows"
	"parley/shared/dynamo"
	"parley/shared/fault"
	"parley/shared/store/items"
	"parley/shared/store/schema"
)

// Store reads and writes the aggregate Follows.
type Store struct{ core dynamo.Table }

var _ domain.Store = (*Store)(nil)

// New returns a Store over the table core.
func New(core dynamo.Table) *Store { return &Store{core} }

// keys are the keys of the two items of a follow.
type keys struct{ following, follower dynamo.Key }

func keysOf(app int64, from, to string) keys {
	return keys{schema.FollowingKey(app, from, to), schema.FollowerKey(app, to, from)}
}

func (k keys) both() []dynamo.Key { return []dynamo.Key{k.following, k.follower} }

// put writes both items of a follow. If the follow exists, its condition cancels the
// transaction.
func (k keys) put(at int64, mutual bool) []dynamo.Write {
	var list []dynamo.Write
	for _, key := range k.both() {
		item := dynamo.NewItem(key)
		item.Set(schema.FollowTime, dynamo.Num(at))
		if mutual {
			item.Set(schema.FollowMutual, dynamo.Num(1))
		}
		list = append(list, dynamo.Put(item, dynamo.ItemAbsent()))
	}
	return list
}

// setMutual sets or removes FollowMutual on both items of a follow. If the follow does not
// exist, its condition cancels the transaction.
func (k keys) setMutual(mutual bool) []dynamo.Write {
	var list []dynamo.Write
	for _, key := range k.both() {
		u := dynamo.NewUpdate(key).If(dynamo.ItemExists())
		if mutual {
			u.Set(schema.FollowMutual, dynamo.Num(1))
		} else {
			u.Remove(schema.FollowMutual)
		}
		list = append(list, u.Write())
	}
	return list
}

// addToCount adds n to one count of a user, and to the count of mutual follows if the
// follow is mutual. A limit above 0 bounds the count.
func addToCount(app int64, user string, count dynamo.Attribute, n int, mutual bool, limit int) dynamo.Write {
	u := dynamo.NewUpdate(schema.FollowCountsKey(app, user)).Add(count, dynamo.Num(n))
	if mutual {
		u.Add(schema.FollowCountsMutual, dynamo.Num(n))
	}
	if limit > 0 {
		u.If(dynamo.AbsentOr(dynamo.Less(count, dynamo.Num(limit))))
	}
	return u.Write()
}

// Follow implements follows.Store. It first reads whether the other user follows back,
// and the transaction has the condition that this is still so. Example: alice and bob
// follow each other at the same moment. Both calls read that the other one does not
// follow back. One transaction succeeds, the other is cancelled; its caller reads again,
// and makes both follows mutual.
func (s *Store) Follow(ctx context.Context, app int64, from, to string, at int64, limit int) (bool, error) {
	mine, theirs := keysOf(app, from, to), keysOf(app, to, from)
	found, err := s.core.GetAll(ctx, []dynamo.Key{mine.following, theirs.following}, true)
	if err != nil {
		return false, err
	}
	if found[0] != nil {
		return true, nil
	}
	mutual := found[1] != nil
	writes := append([]dynamo.Write{addToCount(app, from, schema.FollowCountsFollowing, 1, mutual, limit)}, mine.put(at, mutual)...)
	writes = append(writes, addToCount(app, to, schema.FollowCountsFollowers, 1, mutual, 0))
	if mutual {
		writes = append(writes, theirs.setMutual(true)...)
	} else {
		writes = append(writes, dynamo.Check(theirs.following, dynamo.ItemAbsent()))
	}
	err = s.core.TransactOnce(ctx, writes...)
	// A repeat of a follow that exists also fails the condition of its own item: it is
	// not past the limit.
	if r := dynamo.CancellationReasons(err); r.ConditionFailedAt(0) && !r.ConditionFailedAt(1) && !dynamo.ShouldRepeat(err) {
		return false, fault.New(fault.FollowLimit, "a user follows at most %d others", limit)
	}
	return result(err)
}

// Unfollow implements follows.Store.
func (s *Store) Unfollow(ctx context.Context, app int64, from, to string) (bool, error) {
	mine := keysOf(app, from, to)
	item, err := s.core.Get(ctx, mine.following, true)
	if err != nil {
		return false, err
	}
	if item == nil {
		return true, nil
	}
	mutual, unchanged := item.Has(schema.FollowMutual), dynamo.All(dynamo.ItemExists(), dynamo.Absent(schema.FollowMutual))
	if mutual {
		unchanged = dynamo.Exists(schema.FollowMutual)
	}
	writes := []dynamo.Write{
		addToCount(app, from, schema.FollowCountsFollowing, -1, mutual, 0), addToCount(app, to, schema.FollowCountsFollowers, -1, mutual, 0),
	}
	for _, k := range mine.both() {
		writes = append(writes, dynamo.Delete(k, unchanged))
	}
	if mutual {
		writes = append(writes, keysOf(app, to, from).setMutual(false)...)
	}
	return result(s.core.TransactOnce(ctx, writes...))
}

// result returns false without an error if another call changed the same items first.
func result(err error) (bool, error) {
	if dynamo.CancellationReasons(err).ChangedByOther() {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("follow: %w", err)
	}
	return true, nil
}

// FollowRelations implements follows.Store. If user follows a peer, FollowMutual of that item
// says whether the peer follows back. Only for the other peers a second item is read.
func (s *Store) FollowRelations(ctx context.Context, app int64, user string, peers []string) ([]domain.Relation, error) {
	keys := make([]dynamo.Key, len(peers))
	for i, p := range peers {
		keys[i] = schema.FollowingKey(app, user, p)
	}
	found, err := s.core.GetAll(ctx, keys, false)
	if err != nil {
		return nil, err
	}
	list := make([]domain.Relation, len(peers))
	var notFollowing []int // positions in peers
	keys = nil
	for i, item := range found {
		if item == nil {
			notFollowing, keys = append(notFollowing, i), append(keys, schema.FollowerKey(app, user, peers[i]))
			continue
		}
		list[i] = domain.Relation{Follows: true, Followed: item.Has(schema.FollowMutual)}
	}
	if found, err = s.core.GetAll(ctx, keys, false); err != nil {
		return nil, err
	}
	for n, i := range notFollowing {
		list[i].Followed = found[n] != nil
	}
	return list, nil
}

// FollowCounts implements follows.Store.
func (s *Store) FollowCounts(ctx context.Context, app int64, users []string) ([]domain.Counts, error) {
	keys := make([]dynamo.Key, len(users))
	for i, u := range users {
		keys[i] = schema.FollowCountsKey(app, u)
	}
	found, err := s.core.GetAll(ctx, keys, false)
	if err != nil {
		return nil, err
	}
	list := make([]domain.Counts, len(users))
	for i, item := range found {
		list[i] = domain.Counts{
			Following: item.Int(schema.FollowCountsFollowing), Followers: item.Int(schema.FollowCountsFollowers), Mutual: item.Int(schema.FollowCountsMutual),
		}
	}
	return list, nil
}

// mutualPage is how many follows one query reads to find mutual ones. A large page
// needs fewer queries if few follows are mutual; a small page reads less for nothing if
// most are.
const mutualPage = 500

// Follows implements follows.Store. Mutual follows are found among the users whom the
// user follows, because their number is limited. A page may have to read all of them.
func (s *Store) Follows(ctx context.Context, app int64, user string, kind domain.Kind, after string, limit int) ([]domain.Follow, bool, error) {
	q := dynamo.Query{
		PK: schema.FollowsPK(app, user), Range: dynamo.Prefix(schema.FollowingPrefix),
		Limit: limit + 1, // one more than asked for, to know whether another page follows
	}
	key := func(peer string) dynamo.Key { return schema.FollowingKey(app, user, peer) }
	if kind == domain.Followers {
		q.PK, q.Range = schema.FollowersPK(app, user), dynamo.Range{}
		key = func(peer string) dynamo.Key { return schema.FollowerKey(app, user, peer) }
	}
	if kind == domain.Mutual {
		q.Filter, q.Limit = dynamo.Exists(schema.FollowMutual), max(q.Limit, mutualPage)
	}
	if after != "" {
		q.StartAfter = key(after)
	}
	var list []domain.Follow
	for page, err := range s.core.Pages(ctx, &q) {
		if err != nil {
			return nil, false, err
		}
		for _, item := range page.Items {
			peer := item.SK()
			if kind != domain.Followers {
				peer, _ = schema.ParseFollowingSK(peer)
			}
			if !schema.IsID(peer) {
				items.NoteUnreadable(ctx, item, "key")
				continue
			}
			list = append(list, domain.Follow{Peer: peer, Time: item.Int(schema.FollowTime)})
		}
		if len(list) > limit {
			return list[:limit], true, nil
		}
	}
	return list, false, nil
}

// ForgetFollowCounts implements follows.Store.
func (s *Store) ForgetFollowCounts(ctx context.Context, app int64, user string) error {
	return s.core.Delete(ctx, schema.FollowCountsKey(app, user))
}
