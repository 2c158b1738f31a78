package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parley/shared/domain/delivery"
	"parley/shared/domain/relations"
)

// changeKept is how long the log of changes of a friend table reaches back, in
// seconds.
const changeKept = 30 * 24 * 3600

// endedKept is how long it is known that an owner ended an entry, in seconds:
// longer than a call that asks for it again is taken for a repeat.
const endedKept = 10 * 60

func bookItem(app int64, b relations.Book) Item {
	item := ListsKey(app, b.User).attributes()
	for name, n := range map[string]int64{
		"rv": b.Rev, "fc": int64(b.Friends), "bc": int64(b.Blocked), "rc": int64(b.Requests),
		"v": b.FriendVersion, "lv": b.ListVersion, "bv": b.BlockVersion, "qv": b.RequestVersion, "qr": b.RequestsRead, "qu": int64(b.Unread),
	} {
		if n != 0 {
			item[name] = num(n)
		}
	}
	if len(b.Lists) > 0 {
		item["l"] = texts(b.Lists)
	}
	return item
}

func readBook(user string, item Item) relations.Book {
	return relations.Book{
		User: user, Rev: integer(item, "rv"), Friends: int(integer(item, "fc")), Blocked: int(integer(item, "bc")),
		Requests: int(integer(item, "rc")), FriendVersion: integer(item, "v"), ListVersion: integer(item, "lv"),
		BlockVersion: integer(item, "bv"), RequestVersion: integer(item, "qv"), RequestsRead: integer(item, "qr"), Unread: int(integer(item, "qu")),
		Lists: readTexts(item, "l"),
	}
}

func friendItem(app int64, owner string, f relations.Friend) Item {
	item := FriendKey(app, owner, f.Peer).attributes()
	item["v"], item["at"] = num(f.Version), num(f.Added)
	for name, text := range map[string]string{"r": f.Remark, "s": f.Source, "w": f.Wording} {
		if text != "" {
			item[name] = str(text)
		}
	}
	if f.Remarked > 0 {
		item["rt"] = num(f.Remarked)
	}
	if len(f.Lists) > 0 {
		item["l"] = texts(f.Lists)
	}
	if len(f.Custom) > 0 {
		custom := Item{}
		for word, v := range f.Custom {
			switch v := v.(type) {
			case int64:
				custom[word] = num(v)
			case string:
				custom[word] = str(v)
			}
		}
		item["c"] = &types.AttributeValueMemberM{Value: custom}
	}
	return item
}

func readFriend(item Item) (relations.Friend, bool) {
	peer, ok := ParseFriendSK(text(item, "sk"))
	f := relations.Friend{
		Peer: peer, Remark: text(item, "r"), Lists: readTexts(item, "l"), Source: text(item, "s"), Wording: text(item, "w"),
		Added: integer(item, "at"), Remarked: integer(item, "rt"), Version: integer(item, "v"),
	}
	if m, there := item["c"].(*types.AttributeValueMemberM); there {
		f.Custom = make(map[string]any, len(m.Value))
		for word, v := range m.Value {
			switch v.(type) {
			case *types.AttributeValueMemberN:
				f.Custom[word] = integer(m.Value, word)
			case *types.AttributeValueMemberS:
				f.Custom[word] = text(m.Value, word)
			}
		}
	}
	return f, ok
}

func requestItem(app int64, owner string, r relations.Request) Item {
	item := RequestKey(app, owner, r.From).attributes()
	item["t"] = num(r.Time)
	for name, text := range map[string]string{"w": r.Wording, "s": r.Source, "r": r.Remark, "l": r.List} {
		if text != "" {
			item[name] = str(text)
		}
	}
	return item
}

func readRequest(item Item) (relations.Request, bool) {
	from, ok := ParseRequestSK(text(item, "sk"))
	return relations.Request{
		From: from, Wording: text(item, "w"), Source: text(item, "s"), Remark: text(item, "r"), List: text(item, "l"),
		Time: integer(item, "t"),
	}, ok
}

func blockItem(app int64, owner string, b relations.Block) Item {
	item := BlockKey(app, owner, b.Peer).attributes()
	item["t"] = num(b.Time)
	return item
}

func readBlock(item Item) (relations.Block, bool) {
	peer, ok := ParseBlockSK(text(item, "sk"))
	return relations.Block{Peer: peer, Time: integer(item, "t")}, ok
}

func texts(list []string) types.AttributeValue {
	values := make([]types.AttributeValue, len(list))
	for i, v := range list {
		values[i] = str(v)
	}
	return &types.AttributeValueMemberL{Value: values}
}

func readTexts(item Item, name string) []string {
	l, ok := item[name].(*types.AttributeValueMemberL)
	if !ok {
		return nil
	}
	list := make([]string, 0, len(l.Value))
	for _, v := range l.Value {
		if s, ok := v.(*types.AttributeValueMemberS); ok {
			list = append(list, s.Value)
		}
	}
	return list
}

func refKey(app int64, r relations.Ref) Key {
	if r.Ended {
		return EndedKey(app, r.Kind, r.Owner, r.Peer)
	}
	switch r.Kind {
	case relations.Asking:
		return RequestKey(app, r.Owner, r.Peer)
	case relations.Blocking:
		return BlockKey(app, r.Owner, r.Peer)
	default:
		return FriendKey(app, r.Owner, r.Peer)
	}
}

// ReadRelations implements relations.Store. Books are read before entries: an
// entry that is newer than its book then fails the write's condition. In one
// batch the entry could be the older of the two, and nothing would tell.
func (s *Store) ReadRelations(ctx context.Context, app int64, users []string, refs []relations.Ref) (relations.Snapshot, error) {
	books, keys := make([]Key, len(users)), make([]Key, len(refs))
	for i, user := range users {
		books[i] = ListsKey(app, user)
	}
	for i, r := range refs {
		keys[i] = refKey(app, r)
	}
	out := relations.Snapshot{
		Books: make(map[string]relations.Book), Friends: make(map[relations.Pair]relations.Friend),
		Requests: make(map[relations.Pair]relations.Request), Blocks: make(map[relations.Pair]relations.Block),
		Ended: make(map[relations.Ref]int64),
	}
	items, err := s.getAll(ctx, Core, books, true)
	if err != nil {
		return out, err
	}
	for i, user := range users {
		out.Books[user] = readBook(user, items[i])
	}
	if items, err = s.getAll(ctx, Core, keys, len(users) > 0); err != nil {
		return out, err
	}
	for i, r := range refs {
		item := items[i]
		if item == nil {
			continue
		}
		switch {
		case r.Ended:
			out.Ended[r] = integer(item, "t")
		case r.Kind == relations.Friendship:
			out.Friends[r.Pair], _ = readFriend(item)
		case r.Kind == relations.Asking:
			out.Requests[r.Pair], _ = readRequest(item)
		case r.Kind == relations.Blocking:
			out.Blocks[r.Pair], _ = readBlock(item)
		}
	}
	return out, nil
}

// Book implements relations.Store.
func (s *Store) Book(ctx context.Context, app int64, user string) (relations.Book, error) {
	item, err := s.get(ctx, Core, ListsKey(app, user), false)
	return readBook(user, item), err
}

// WriteRelations implements relations.Store. Books that were only seen are
// conditions of the transaction.
func (s *Store) WriteRelations(ctx context.Context, app int64, e relations.Edit, now int64) (bool, error) {
	var items []types.TransactWriteItem
	for user, seen := range e.Seen {
		same := aws.String("rv = :rv")
		values := Item{":rv": num(seen.Rev)}
		if seen.Rev == 0 {
			same, values = aws.String("attribute_not_exists(rv)"), nil
		}
		if b, changed := e.Books[user]; changed {
			items = append(items, types.TransactWriteItem{Put: &types.Put{
				TableName: s.name(Core), Item: bookItem(app, b), ConditionExpression: same, ExpressionAttributeValues: values,
			}})
		} else {
			items = append(items, types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
				TableName: s.name(Core), Key: ListsKey(app, user).attributes(), ConditionExpression: same, ExpressionAttributeValues: values,
			}})
		}
	}
	put := func(item Item) {
		items = append(items, types.TransactWriteItem{Put: &types.Put{TableName: s.name(Core), Item: item}})
	}
	drop := func(k Key) {
		items = append(items, types.TransactWriteItem{Delete: &types.Delete{TableName: s.name(Core), Key: k.attributes()}})
	}
	for p, f := range e.Friends {
		if f == nil {
			drop(FriendKey(app, p.Owner, p.Peer))
		} else {
			put(friendItem(app, p.Owner, *f))
		}
	}
	for p, held := range e.Held {
		if held {
			put(HolderKey(app, p.Peer, p.Owner).attributes())
		} else {
			drop(HolderKey(app, p.Peer, p.Owner))
		}
	}
	for r, at := range e.Ended {
		item := refKey(app, r).attributes()
		item["t"], item["x"] = num(at), num(at+endedKept)
		put(item)
	}
	for p, r := range e.Requests {
		if r == nil {
			drop(RequestKey(app, p.Owner, p.Peer))
		} else {
			put(requestItem(app, p.Owner, *r))
		}
	}
	for p, b := range e.Blocks {
		if b == nil {
			drop(BlockKey(app, p.Owner, p.Peer))
		} else {
			put(blockItem(app, p.Owner, *b))
		}
	}
	for user, peers := range e.Log {
		item := ChangeKey(app, user, e.Books[user].FriendVersion).attributes()
		item["p"], item["x"] = texts(peers), num(now+changeKept)
		put(item)
	}
	err := s.db.TransactOnce(ctx, items)
	if reasons := cancelled(err); reasons != nil {
		for _, r := range reasons {
			// Another call changes the same items, or has.
			if code := aws.ToString(r.Code); code == "ConditionalCheckFailed" || code == "TransactionConflict" {
				return false, nil
			}
		}
	}
	if err != nil {
		return false, fmt.Errorf("write relations: %w", err)
	}
	return true, nil
}

// page reads items of a partition with a prefix, after a sort key.
func (s *Store) page(ctx context.Context, pk, prefix, after string, limit int, strong bool) (items []Item, more bool, err error) {
	in := &dynamodb.QueryInput{
		TableName: s.name(Core), ConsistentRead: &strong,
		KeyConditionExpression:    aws.String("pk = :pk AND begins_with(sk, :sk)"),
		ExpressionAttributeValues: Item{":pk": str(pk), ":sk": str(prefix)},
		Limit:                     aws.Int32(int32(limit)), //nolint:gosec // pages are small
	}
	if after != "" {
		in.ExclusiveStartKey = Key{pk, prefix + after}.attributes()
	}
	for {
		out, err := s.db.Query(ctx, in)
		if err != nil {
			return nil, false, fmt.Errorf("query %q: %w", prefix, err)
		}
		for _, item := range out.Items {
			if _, ok := cutID(text(item, "sk"), prefix); !ok {
				unreadable(ctx, item, "key")
				continue
			}
			items = append(items, item)
		}
		if len(items) > limit { // what could not be read made room for more than a page
			return items[:limit], true, nil
		}
		if out.LastEvaluatedKey == nil {
			return items, false, nil
		}
		if len(items) == limit {
			return items, true, nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// FriendsOf implements relations.Store.
func (s *Store) FriendsOf(ctx context.Context, app int64, owner, after string, limit int) ([]relations.Friend, bool, error) {
	items, more, err := s.page(ctx, UserPK(app, owner), prefixFriend, after, limit, true)
	return readable(ctx, items, readFriend), more, err
}

// RequestsTo implements relations.Store.
func (s *Store) RequestsTo(ctx context.Context, app int64, owner, after string, limit int) ([]relations.Request, bool, error) {
	items, more, err := s.page(ctx, UserPK(app, owner), prefixRequest, after, limit, true)
	return readable(ctx, items, readRequest), more, err
}

// BlocksOf implements relations.Store.
func (s *Store) BlocksOf(ctx context.Context, app int64, owner, after string, limit int) ([]relations.Block, bool, error) {
	items, more, err := s.page(ctx, UserPK(app, owner), prefixBlock, after, limit, true)
	return readable(ctx, items, readBlock), more, err
}

// HoldersOf implements relations.Store.
func (s *Store) HoldersOf(ctx context.Context, app int64, user, after string, limit int) ([]string, bool, error) {
	items, more, err := s.page(ctx, UserPK(app, user), prefixHolder, after, limit, false)
	return readable(ctx, items, func(item Item) (string, bool) { return ParseHolderSK(text(item, "sk")) }), more, err
}

// Crowd implements delivery.Crowds. Friends are who has the user in the friend
// table, not who stands in the user's own: of a one-way friendship, the one who
// has the other shows the other's name. Watchers are read strongly: who has subscribed is told what comes after.
func (s *Store) Crowd(ctx context.Context, app int64, user string, crowd delivery.Crowd, after string, limit int) ([]string, bool, error) {
	if crowd == delivery.Watchers {
		return s.watches(ctx, WatchersPK(app, user), after, limit)
	}
	if crowd != delivery.Friends {
		return nil, false, fmt.Errorf("there is no crowd %q", crowd)
	}
	return s.HoldersOf(ctx, app, user, after, limit)
}

// FriendChanges implements relations.Store. An entry of the log never changes, so
// that a replica that is behind only misses the last ones, which shows.
func (s *Store) FriendChanges(ctx context.Context, app int64, owner string, since, upTo, now int64) ([]string, bool, error) {
	after, _ := strings.CutPrefix(ChangeKey(app, owner, since).SK, prefixChange)
	items, _, err := s.page(ctx, UserPK(app, owner), prefixChange, after, int(upTo-since), false)
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

// ForgetChanges implements relations.Store. What the owner ended lately goes by
// itself.
func (s *Store) ForgetChanges(ctx context.Context, app int64, owner string) (bool, error) {
	items, more, err := s.page(ctx, UserPK(app, owner), prefixChange, "", writesAtOnce, false)
	if err != nil || len(items) == 0 {
		return false, err
	}
	return more, s.deleteAll(ctx, Core, items)
}

// ForgetBook implements relations.Store.
func (s *Store) ForgetBook(ctx context.Context, app int64, b relations.Book) (bool, error) {
	_, err := s.db.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: s.name(Core), Key: ListsKey(app, b.User).attributes(),
		ConditionExpression:       aws.String("attribute_not_exists(rv) OR rv = :rv"),
		ExpressionAttributeValues: Item{":rv": num(b.Rev)},
	})
	var changed *types.ConditionalCheckFailedException
	if errors.As(err, &changed) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("forget relations: %w", err)
	}
	return true, nil
}
