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

// A follow is two items with the same attributes: `t` when it began, and `m`
// where the two follow each other. The counts (FC) are `fo` following, `fr`
// followers and `mu` mutual.

// follow is the items of one direction between two users.
type follow struct{ following, follower Key }

func followOf(app int64, from, to string) follow {
	return follow{FollowingKey(app, from, to), FollowerKey(app, to, from)}
}

// putFollow writes both items; a follow that is there stops the transaction.
func (s *Store) putFollow(f follow, at int64, mutual bool) []types.TransactWriteItem {
	var list []types.TransactWriteItem
	for _, k := range []Key{f.following, f.follower} {
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

// markFollow sets or removes the mark on both items of a follow that has to be
// there.
func (s *Store) markFollow(f follow, mutual bool) []types.TransactWriteItem {
	set, values := "REMOVE m", Item(nil)
	if mutual {
		set, values = "SET m = :one", Item{":one": num(1)}
	}
	var list []types.TransactWriteItem
	for _, k := range []Key{f.following, f.follower} {
		list = append(list, types.TransactWriteItem{Update: &types.Update{
			TableName: s.name(Core), Key: k.attributes(), UpdateExpression: &set, ExpressionAttributeValues: values,
			ConditionExpression: aws.String("attribute_exists(pk)"),
		}})
	}
	return list
}

// countFollow moves one count of a user by n, and that of mutual ones with it.
// A limit above 0 bounds the count.
func (s *Store) countFollow(app int64, user, name string, n int, mutual bool, limit int) types.TransactWriteItem {
	u := &types.Update{
		TableName: s.name(Core), Key: FollowsKey(app, user).attributes(),
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

// Follow implements follows.Store. Whether the other follows back is read first
// and is a condition of the transaction: of two who follow each other at once,
// the later one finds the earlier one's follow.
func (s *Store) Follow(ctx context.Context, app int64, from, to string, at int64, limit int) (bool, error) {
	mine, theirs := followOf(app, from, to), followOf(app, to, from)
	found, err := s.getAll(ctx, Core, []Key{mine.following, theirs.following}, true)
	if err != nil {
		return false, err
	}
	if found[0] != nil {
		return true, nil
	}
	mutual := found[1] != nil
	items := append([]types.TransactWriteItem{s.countFollow(app, from, "fo", 1, mutual, limit)}, s.putFollow(mine, at, mutual)...)
	items = append(items, s.countFollow(app, to, "fr", 1, mutual, 0))
	if mutual {
		items = append(items, s.markFollow(theirs, true)...)
	} else {
		items = append(items, types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
			TableName: s.name(Core), Key: theirs.following.attributes(), ConditionExpression: aws.String("attribute_not_exists(pk)"),
		}})
	}
	err = s.db.TransactOnce(ctx, items)
	reasons := cancelled(err)
	if failedAt(reasons, 0) && !failedAt(reasons, 1) && !conflicted(err) { // a repeat at the limit is none too many
		return false, fault.New(fault.FollowLimit, "a user follows at most %d others", limit)
	}
	return followed(reasons, err)
}

// Unfollow implements follows.Store.
func (s *Store) Unfollow(ctx context.Context, app int64, from, to string) (bool, error) {
	mine := followOf(app, from, to)
	item, err := s.get(ctx, Core, mine.following, true)
	if err != nil {
		return false, err
	}
	if item == nil {
		return true, nil
	}
	mutual, same := has(item, "m"), "attribute_exists(pk) AND attribute_not_exists(m)"
	if mutual {
		same = "attribute_exists(m)"
	}
	items := []types.TransactWriteItem{
		s.countFollow(app, from, "fo", -1, mutual, 0), s.countFollow(app, to, "fr", -1, mutual, 0),
	}
	for _, k := range []Key{mine.following, mine.follower} {
		items = append(items, types.TransactWriteItem{Delete: &types.Delete{
			TableName: s.name(Core), Key: k.attributes(), ConditionExpression: &same,
		}})
	}
	if mutual {
		items = append(items, s.markFollow(followOf(app, to, from), false)...)
	}
	err = s.db.TransactOnce(ctx, items)
	return followed(cancelled(err), err)
}

// followed is false without an error where a transaction met another one.
func followed(reasons []types.CancellationReason, err error) (bool, error) {
	for _, r := range reasons {
		if code := aws.ToString(r.Code); code == "ConditionalCheckFailed" || code == "TransactionConflict" {
			return false, nil
		}
	}
	if err != nil {
		return false, fmt.Errorf("follow: %w", err)
	}
	return true, nil
}

// FollowRelations implements follows.Store. The mark tells of both directions,
// so the other one is read only where the first is not there.
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
	var open []int
	keys = nil
	for i, item := range items {
		if item == nil {
			open, keys = append(open, i), append(keys, FollowerKey(app, user, peers[i]))
			continue
		}
		list[i] = follows.Relation{Follows: true, Followed: has(item, "m")}
	}
	if items, err = s.getAll(ctx, Core, keys, false); err != nil {
		return nil, err
	}
	for n, i := range open {
		list[i].Followed = items[n] != nil
	}
	return list, nil
}

// FollowCounts implements follows.Store.
func (s *Store) FollowCounts(ctx context.Context, app int64, users []string) ([]follows.Counts, error) {
	keys := make([]Key, len(users))
	for i, u := range users {
		keys[i] = FollowsKey(app, u)
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

// mutualAtOnce is how many follows are read at once in search of mutual ones:
// many are few requests, few are cheap where most are mutual.
const mutualAtOnce = 500

// Follows implements follows.Store. Mutual ones are looked for among those that
// the user follows, who are few; a page may have to read all of them.
func (s *Store) Follows(ctx context.Context, app int64, user string, kind follows.Kind, after string, limit int) ([]follows.Follow, bool, error) {
	in := &dynamodb.QueryInput{
		TableName: s.name(Core), KeyConditionExpression: aws.String("pk = :pk AND begins_with(sk, :sk)"),
		ExpressionAttributeValues: Item{":pk": str(UserPK(app, user)), ":sk": str(prefixFollowing)},
		Limit:                     aws.Int32(int32(limit + 1)), //nolint:gosec // at most a thousand; one more tells whether there is another page
	}
	start := func(peer string) Key { return FollowingKey(app, user, peer) }
	if kind == follows.Followers {
		in.KeyConditionExpression = aws.String("pk = :pk")
		in.ExpressionAttributeValues = Item{":pk": str(FollowersPK(app, user))}
		start = func(peer string) Key { return FollowerKey(app, user, peer) }
	}
	if kind == follows.Mutual {
		in.FilterExpression = aws.String("attribute_exists(m)")
		in.Limit = aws.Int32(max(*in.Limit, mutualAtOnce))
	}
	if after != "" {
		in.ExclusiveStartKey = start(after).attributes()
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
				unreadable(ctx, item, "key")
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
	_, err := s.db.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: s.name(Core), Key: FollowsKey(app, user).attributes()})
	if err != nil {
		return fmt.Errorf("forget follows: %w", err)
	}
	return nil
}
