package store

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parley/shared/domain/follows"
	"parley/shared/fault"
)

// A follow is stored as two items with the same attributes: one in the partition of the
// user who follows, and one in the partition of those who follow the other user. `t` is
// when the follow began. `m` is there if the two users follow each other: then both
// follows, four items, have it. The counts of a user (FC) are `fo` following, `fr`
// followers and `mu` mutual.

// followKeys are the keys of the two items of a follow.
type followKeys struct{ following, follower Key }

func newFollowKeys(app int64, from, to string) followKeys {
	return followKeys{FollowingKey(app, from, to), FollowerKey(app, to, from)}
}

// putFollow writes both items of a follow. If the follow exists, its condition cancels
// the transaction.
func (s *Store) putFollow(keys followKeys, at int64, mutual bool) []types.TransactWriteItem {
	var list []types.TransactWriteItem
	for _, k := range []Key{keys.following, keys.follower} {
		item := k.attributes()
		item["t"] = num(at)
		if mutual {
			item["m"] = num(1)
		}
		list = append(list, types.TransactWriteItem{Put: &types.Put{
			TableName: s.name(Core), Item: item, ConditionExpression: aws.String("attribute_not_exists(pk)"),
		}})
	}
	return list
}

// setMutual sets or removes `m` on both items of a follow. If the follow does not
// exist, its condition cancels the transaction.
func (s *Store) setMutual(keys followKeys, mutual bool) []types.TransactWriteItem {
	set, values := "REMOVE m", Item(nil)
	if mutual {
		set, values = "SET m = :one", Item{":one": num(1)}
	}
	var list []types.TransactWriteItem
	for _, k := range []Key{keys.following, keys.follower} {
		list = append(list, types.TransactWriteItem{Update: &types.Update{
			TableName: s.name(Core), Key: k.attributes(), UpdateExpression: &set, ExpressionAttributeValues: values,
			ConditionExpression: aws.String("attribute_exists(pk)"),
		}})
	}
	return list
}

// addToCount adds n to one count of a user, and to the count of mutual follows if the
// follow is mutual. A limit above 0 bounds the count.
func (s *Store) addToCount(app int64, user, name string, n int, mutual bool, limit int) types.TransactWriteItem {
	u := &types.Update{
		TableName: s.name(Core), Key: FollowCountsKey(app, user).attributes(),
		UpdateExpression: aws.String("ADD " + name + " :n"), ExpressionAttributeValues: Item{":n": num(n)},
	}
	if mutual {
		u.UpdateExpression = aws.String(*u.UpdateExpression + ", mu :n")
	}
	if limit > 0 {
		u.ConditionExpression = aws.String("attribute_not_exists(" + name + ") OR " + name + " < :limit")
		u.ExpressionAttributeValues[":limit"] = num(limit)
	}
	return types.TransactWriteItem{Update: u}
}

// Follow implements follows.Store. It first reads whether the other user follows back,
// and the transaction has the condition that this is still so. Example: alice and bob
// follow each other at the same moment. Both calls read that the other one does not
// follow back. One transaction succeeds, the other is cancelled; its caller reads again,
// and makes both follows mutual.
func (s *Store) Follow(ctx context.Context, app int64, from, to string, at int64, limit int) (bool, error) {
	mine, theirs := newFollowKeys(app, from, to), newFollowKeys(app, to, from)
	found, err := s.getAll(ctx, Core, []Key{mine.following, theirs.following}, true)
	if err != nil {
		return false, err
	}
	if found[0] != nil {
		return true, nil
	}
	mutual := found[1] != nil
	items := append([]types.TransactWriteItem{s.addToCount(app, from, "fo", 1, mutual, limit)}, s.putFollow(mine, at, mutual)...)
	items = append(items, s.addToCount(app, to, "fr", 1, mutual, 0))
	if mutual {
		items = append(items, s.setMutual(theirs, true)...)
	} else {
		items = append(items, types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
			TableName: s.name(Core), Key: theirs.following.attributes(), ConditionExpression: aws.String("attribute_not_exists(pk)"),
		}})
	}
	err = s.db.TransactOnce(ctx, items)
	reasons := cancellationReasons(err)
	// A repeat of a follow that exists also fails the condition of its own item: it is
	// not past the limit.
	if conditionFailedAt(reasons, 0) && !conditionFailedAt(reasons, 1) && !conflicted(err) {
		return false, fault.New(fault.FollowLimit, "a user follows at most %d others", limit)
	}
	return followResult(reasons, err)
}

// Unfollow implements follows.Store.
func (s *Store) Unfollow(ctx context.Context, app int64, from, to string) (bool, error) {
	mine := newFollowKeys(app, from, to)
	item, err := s.get(ctx, Core, mine.following, true)
	if err != nil {
		return false, err
	}
	if item == nil {
		return true, nil
	}
	mutual, unchanged := has(item, "m"), "attribute_exists(pk) AND attribute_not_exists(m)"
	if mutual {
		unchanged = "attribute_exists(m)"
	}
	items := []types.TransactWriteItem{
		s.addToCount(app, from, "fo", -1, mutual, 0), s.addToCount(app, to, "fr", -1, mutual, 0),
	}
	for _, k := range []Key{mine.following, mine.follower} {
		items = append(items, types.TransactWriteItem{Delete: &types.Delete{
			TableName: s.name(Core), Key: k.attributes(), ConditionExpression: &unchanged,
		}})
	}
	if mutual {
		items = append(items, s.setMutual(newFollowKeys(app, to, from), false)...)
	}
	err = s.db.TransactOnce(ctx, items)
	return followResult(cancellationReasons(err), err)
}

// followResult returns false without an error if another call changed the same items
// first.
func followResult(reasons []types.CancellationReason, err error) (bool, error) {
	if otherCallWasFirst(reasons) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("follow: %w", err)
	}
	return true, nil
}

// FollowRelations implements follows.Store. If user follows a peer, `m` of that item
// says whether the peer follows back. Only for the other peers a second item is read.
func (s *Store) FollowRelations(ctx context.Context, app int64, user string, peers []string) ([]follows.Relation, error) {
	keys := make([]Key, len(peers))
	for i, p := range peers {
		keys[i] = FollowingKey(app, user, p)
	}
	items, err := s.getAll(ctx, Core, keys, false)
	if err != nil {
		return nil, err
	}
	list := make([]follows.Relation, len(peers))
	var notFollowing []int // positions in peers
	keys = nil
	for i, item := range items {
		if item == nil {
			notFollowing, keys = append(notFollowing, i), append(keys, FollowerKey(app, user, peers[i]))
			continue
		}
		list[i] = follows.Relation{Follows: true, Followed: has(item, "m")}
	}
	if items, err = s.getAll(ctx, Core, keys, false); err != nil {
		return nil, err
	}
	for n, i := range notFollowing {
		list[i].Followed = items[n] != nil
	}
	return list, nil
}

// FollowCounts implements follows.Store.
func (s *Store) FollowCounts(ctx context.Context, app int64, users []string) ([]follows.Counts, error) {
	keys := make([]Key, len(users))
	for i, u := range users {
		keys[i] = FollowCountsKey(app, u)
	}
	items, err := s.getAll(ctx, Core, keys, false)
	if err != nil {
		return nil, err
	}
	list := make([]follows.Counts, len(users))
	for i, item := range items {
		list[i] = follows.Counts{Following: integer(item, "fo"), Followers: integer(item, "fr"), Mutual: integer(item, "mu")}
	}
	return list, nil
}

// mutualPage is how many follows one query reads to find mutual ones. A large page
// needs fewer queries if few follows are mutual; a small page reads less for nothing if
// most are.
const mutualPage = 500

// Follows implements follows.Store. Mutual follows are found among the users whom the
// user follows, because their number is limited. A page may have to read all of them.
func (s *Store) Follows(ctx context.Context, app int64, user string, kind follows.Kind, after string, limit int) ([]follows.Follow, bool, error) {
	in := &dynamodb.QueryInput{
		TableName: s.name(Core), KeyConditionExpression: aws.String("pk = :pk AND begins_with(sk, :sk)"),
		ExpressionAttributeValues: Item{":pk": str(UserPK(app, user)), ":sk": str(prefixFollowing)},
		Limit:                     aws.Int32(int32(limit + 1)), // at most a thousand, and one more to know whether another page follows
	}
	startKey := func(peer string) Key { return FollowingKey(app, user, peer) }
	if kind == follows.Followers {
		in.KeyConditionExpression = aws.String("pk = :pk")
		in.ExpressionAttributeValues = Item{":pk": str(FollowersPK(app, user))}
		startKey = func(peer string) Key { return FollowerKey(app, user, peer) }
	}
	if kind == follows.Mutual {
		in.FilterExpression = aws.String("attribute_exists(m)")
		in.Limit = aws.Int32(max(*in.Limit, mutualPage))
	}
	if after != "" {
		in.ExclusiveStartKey = startKey(after).attributes()
	}
	var list []follows.Follow
	for {
		out, err := s.db.Query(ctx, in)
		if err != nil {
			return nil, false, fmt.Errorf("query follows: %w", err)
		}
		for _, item := range out.Items {
			peer := text(item, "sk")
			if kind != follows.Followers {
				peer, _ = ParseFollowingSK(peer)
			}
			if !isID(peer) {
				noteUnreadable(ctx, item, "key")
				continue
			}
			list = append(list, follows.Follow{Peer: peer, Time: integer(item, "t")})
		}
		switch {
		case len(list) > limit:
			return list[:limit], true, nil
		case out.LastEvaluatedKey == nil:
			return list, false, nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// ForgetFollowCounts implements follows.Store.
func (s *Store) ForgetFollowCounts(ctx context.Context, app int64, user string) error {
	_, err := s.db.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: s.name(Core), Key: FollowCountsKey(app, user).attributes()})
	if err != nil {
		return fmt.Errorf("forget follows: %w", err)
	}
	return nil
}
