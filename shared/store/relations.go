package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parley/shared/domain/delivery"
	"parley/shared/domain/relations"
)

// changeLogSeconds is how long the changes of a friend table are stored, in seconds.
// A device that was away for longer reads the whole table.
const changeLogSeconds = 30 * 24 * 3600

// endedSeconds is how long it is stored that an owner ended an entry, in seconds. It
// is longer than relations.Service.RepeatWindow, the time in which a second call for the same
// is taken for a repeat.
const endedSeconds = 10 * 60

// refKey returns the key of the item that a Ref names.
func refKey(app int64, r relations.Ref) Key {
	if r.Ended {
		return EndedKey(app, r.Kind, r.Owner, r.Peer)
	}
	switch r.Kind {
	case relations.FriendRequest:
		return RequestKey(app, r.Owner, r.Peer)
	case relations.Blocking:
		return BlockKey(app, r.Owner, r.Peer)
	default:
		return FriendKey(app, r.Owner, r.Peer)
	}
}

// ReadRelations implements relations.Store. It reads the counters before the entries.
// If another call changes an entry in between, the counters that were read are the
// older ones, and the write that is planned from both fails its condition. Example:
// the counters have revision 5 and 3 friends, another call removes carol (revision 6),
// and the entry of carol is not found: a write on the condition of revision 5 fails. If
// both were read in one batch, the entry could be the older of the two: carol is found,
// the revision is 6, and the write would succeed. If no counters are asked for, the
// entries are read with eventual consistency.
func (s *Store) ReadRelations(ctx context.Context, app int64, users []string, refs []relations.Ref) (relations.Snapshot, error) {
	counterKeys, entryKeys := make([]Key, len(users)), make([]Key, len(refs))
	for i, user := range users {
		counterKeys[i] = RelationCountersKey(app, user)
	}
	for i, r := range refs {
		entryKeys[i] = refKey(app, r)
	}
	out := relations.Snapshot{
		Counters: make(map[string]relations.Counters), Friends: make(map[relations.Key]relations.Friend),
		Requests: make(map[relations.Key]relations.Request), Blocks: make(map[relations.Key]relations.Block),
		EndedAt: make(map[relations.Ref]int64),
	}
	items, err := s.getAll(ctx, Core, counterKeys, true)
	if err != nil {
		return out, err
	}
	for i, user := range users {
		out.Counters[user] = readCounters(user, items[i])
	}
	if items, err = s.getAll(ctx, Core, entryKeys, len(users) > 0); err != nil {
		return out, err
	}
	for i, r := range refs {
		item := items[i]
		if item == nil {
			continue
		}
		switch {
		case r.Ended:
			out.EndedAt[r] = integer(item, "t")
		case r.Kind == relations.Friendship:
			out.Friends[r.Key], _ = readFriend(item)
		case r.Kind == relations.FriendRequest:
			out.Requests[r.Key], _ = readRequest(item)
		case r.Kind == relations.Blocking:
			out.Blocks[r.Key], _ = readBlock(item)
		}
	}
	return out, nil
}

// CountersEventually implements relations.Store.
func (s *Store) CountersEventually(ctx context.Context, app int64, user string) (relations.Counters, error) {
	item, err := s.get(ctx, Core, RelationCountersKey(app, user), false)
	return readCounters(user, item), err
}

// WriteRelations implements relations.Store. The transaction has a condition on the
// revision of all counters that were read. Counters that do not change are only
// checked.
func (s *Store) WriteRelations(ctx context.Context, app int64, e relations.Transaction, now int64) (bool, error) {
	var items []types.TransactWriteItem
	for user, seen := range e.CountersRead {
		unchanged := aws.String("rv = :rv")
		values := Item{":rv": num(seen.Rev)}
		if seen.Rev == 0 {
			unchanged, values = aws.String("attribute_not_exists(rv)"), nil
		}
		if c, changed := e.Counters[user]; changed {
			items = append(items, types.TransactWriteItem{Put: &types.Put{
				TableName: s.name(Core), Item: countersItem(app, c), ConditionExpression: unchanged, ExpressionAttributeValues: values,
			}})
		} else {
			items = append(items, types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
				TableName: s.name(Core), Key: RelationCountersKey(app, user).attributes(), ConditionExpression: unchanged, ExpressionAttributeValues: values,
			}})
		}
	}
	put := func(item Item) {
		items = append(items, types.TransactWriteItem{Put: &types.Put{TableName: s.name(Core), Item: item}})
	}
	remove := func(k Key) {
		items = append(items, types.TransactWriteItem{Delete: &types.Delete{TableName: s.name(Core), Key: k.attributes()}})
	}
	for k, f := range e.Friends {
		if f == nil {
			remove(FriendKey(app, k.Owner, k.Peer))
		} else {
			put(friendItem(app, k.Owner, *f))
		}
	}
	for k, exists := range e.FriendAudience {
		if exists {
			put(FriendOfKey(app, k.Peer, k.Owner).attributes())
		} else {
			remove(FriendOfKey(app, k.Peer, k.Owner))
		}
	}
	for r, at := range e.Ended {
		item := refKey(app, r).attributes()
		item["t"], item["x"] = num(at), num(at+endedSeconds)
		put(item)
	}
	for k, r := range e.Requests {
		if r == nil {
			remove(RequestKey(app, k.Owner, k.Peer))
		} else {
			put(requestItem(app, k.Owner, *r))
		}
	}
	for k, b := range e.Blocks {
		if b == nil {
			remove(BlockKey(app, k.Owner, k.Peer))
		} else {
			put(blockItem(app, k.Owner, *b))
		}
	}
	for user, peers := range e.ChangedPeers {
		item := FriendChangeKey(app, user, e.Counters[user].FriendVersion).attributes()
		item["p"], item["x"] = texts(peers), num(now+changeLogSeconds)
		put(item)
	}
	err := s.db.TransactOnce(ctx, items)
	if otherCallWasFirst(cancellationReasons(err)) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("write relations: %w", err)
	}
	return true, nil
}

// FriendsOf implements relations.PageStore.
func (s *Store) FriendsOf(ctx context.Context, app int64, owner, after string, limit int) ([]relations.Friend, bool, error) {
	items, more, err := s.queryPage(ctx, UserPK(app, owner), prefixFriend, after, limit, true)
	return readItems(ctx, items, readFriend), more, err
}

// RequestsTo implements relations.PageStore.
func (s *Store) RequestsTo(ctx context.Context, app int64, owner, after string, limit int) ([]relations.Request, bool, error) {
	items, more, err := s.queryPage(ctx, UserPK(app, owner), prefixRequest, after, limit, true)
	return readItems(ctx, items, readRequest), more, err
}

// BlocksOf implements relations.PageStore.
func (s *Store) BlocksOf(ctx context.Context, app int64, owner, after string, limit int) ([]relations.Block, bool, error) {
	items, more, err := s.queryPage(ctx, UserPK(app, owner), prefixBlock, after, limit, true)
	return readItems(ctx, items, readBlock), more, err
}

// FriendAudience implements relations.PageStore.
func (s *Store) FriendAudience(ctx context.Context, app int64, user, after string, limit int) ([]string, bool, error) {
	items, more, err := s.queryPage(ctx, UserPK(app, user), prefixFriendOf, after, limit, false)
	return readItems(ctx, items, func(item Item) (string, bool) { return ParseFriendOfSK(text(item, "sk")) }), more, err
}

// Audience implements delivery.AudienceStore. The friends of a user are those who have
// the user in their friend table. Example: alice has bob as a friend, and bob does not
// have alice. Alice's devices show bob's nick, so she is in the audience of bob, and bob
// is not in hers. Watchers are read strongly: each event after a subscription is
// delivered to the subscriber.
func (s *Store) Audience(ctx context.Context, app int64, user string, audience delivery.Audience, after string, limit int) ([]string, bool, error) {
	if audience == delivery.Watchers {
		return s.subscriptions(ctx, WatchersPK(app, user), after, limit)
	}
	if audience != delivery.Friends {
		return nil, false, fmt.Errorf("there is no audience %q", audience)
	}
	return s.FriendAudience(ctx, app, user, after, limit)
}

// FriendChanges implements relations.LogStore. It reads with eventual consistency: an
// entry of the log never changes, so a replica that is behind can only miss the last
// entries, and the missing version is noticed. Example: the caller asks for the
// versions 3 to 5, and the replica has 3 and 4. The result is false, and the caller
// reads the whole table.
func (s *Store) FriendChanges(ctx context.Context, app int64, owner string, since, upTo, now int64) ([]string, bool, error) {
	after, _ := strings.CutPrefix(FriendChangeKey(app, owner, since).SK, prefixFriendChange)
	items, _, err := s.queryPage(ctx, UserPK(app, owner), prefixFriendChange, after, int(upTo-since), false)
	if err != nil {
		return nil, false, err
	}
	var peers []string
	next := since + 1
	for _, item := range items {
		version, ok := ParseChangeSK(text(item, "sk"))
		if !ok || version != next || integer(item, "x") <= now {
			return nil, false, nil
		}
		next++
		peers = append(peers, readTexts(item, "p")...)
	}
	if next <= upTo {
		return nil, false, nil
	}
	slices.Sort(peers)
	return slices.Compact(peers), true, nil
}

// ForgetChanges implements relations.LogStore. The items that say what the owner ended
// (EndedKey) are not removed: they expire after ten minutes.
func (s *Store) ForgetChanges(ctx context.Context, app int64, owner string) (bool, error) {
	items, more, err := s.queryPage(ctx, UserPK(app, owner), prefixFriendChange, "", maxBatchWrites, false)
	if err != nil || len(items) == 0 {
		return false, err
	}
	return more, s.deleteAll(ctx, Core, items)
}

// ForgetCounters implements relations.Store.
func (s *Store) ForgetCounters(ctx context.Context, app int64, c relations.Counters) (bool, error) {
	_, err := s.db.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: s.name(Core), Key: RelationCountersKey(app, c.User).attributes(),
		ConditionExpression:       aws.String("attribute_not_exists(rv) OR rv = :rv"),
		ExpressionAttributeValues: Item{":rv": num(c.Rev)},
	})
	if _, changed := failedCondition(err); changed {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("forget relations: %w", err)
	}
	return true, nil
}
