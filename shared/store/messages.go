package store

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/timeline"
)

// The attributes of a message: `f` side of the sender, `n` offset (0 for an imported past
// message), `g` epoch, `b` and `z` content, `fl` flags, `x` when it expires, `im` when it
// was imported. messages_mutations.go has those that are added later.

// Bits of a message's `fl`.
const (
	flagNoUnread = 1 << iota
	flagNoLast
	flagHiddenFromSender
	flagNeedReceipt
	flagExtensible
)

// PutMessage implements timeline.Store.
func (s *Store) PutMessage(ctx context.Context, app int64, m timeline.Message) (*timeline.Message, error) {
	item := messageKey(app, m.Chat, m.Key).attributes()
	item["f"], item["n"], item["g"] = num(m.Chat.Side(m.From)), num(m.Offset), num(m.Epoch)
	item["x"] = num(m.Expires)
	flags := 0
	for bit, on := range map[int]bool{
		flagNoUnread: m.NoUnread, flagNoLast: m.NoLast, flagHiddenFromSender: m.HiddenFromSender,
		flagNeedReceipt: m.NeedReceipt, flagExtensible: m.Extensible,
	} {
		if on {
			flags |= bit
		}
	}
	if flags != 0 {
		item["fl"] = num(flags)
	}
	if m.Imported != 0 {
		item["im"] = num(m.Imported)
	}
	if m.HiddenFromPeer {
		item[hiddenName(m.To(), m.Chat)] = num(1)
	}
	if err := packBody(item, m.Content); err != nil {
		return nil, err
	}
	_, err := s.db.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: s.name(Msg), Item: item, ConditionExpression: aws.String("attribute_not_exists(pk)"),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if old, exists := failedCondition(err); exists {
		stored, _ := readMessage(ctx, old, m.From, m.Chat)
		return &stored, nil
	}
	if err != nil {
		return nil, fmt.Errorf("put message: %w", err)
	}
	return nil, nil
}

// parseMessage reads a message as user sees it, and names the part of it that cannot be
// read. why is empty if everything can be read.
func parseMessage(item Item, user string, id chat.ID) (m timeline.Message, why string) {
	key, ok := ParseMessageSK(text(item, "sk"))
	if !ok {
		return timeline.Message{}, "key"
	}
	m = timeline.Message{
		Key: key, Chat: id, From: user, Offset: integer(item, "n"), Epoch: integer(item, "g"),
		Expires: integer(item, "x"), Recalled: has(item, "rv"), RecalledMs: integer(item, "rv"), Imported: integer(item, "im"), EditedMs: integer(item, "ed"), Version: integer(item, "ev"),
		ConfirmedMs: integer(item, "rr"), Hidden: has(item, hiddenName(user, id)), HiddenFromPeer: has(item, hiddenName(id.Peer(user), id)), Reactions: readReactions(item, id),
	}
	if int(integer(item, "f")) != id.Side(user) {
		m.From = id.Peer(user)
	}
	flags := integer(item, "fl")
	m.NoUnread, m.NoLast, m.HiddenFromSender = flags&flagNoUnread != 0, flags&flagNoLast != 0, flags&flagHiddenFromSender != 0
	m.NeedReceipt, m.Extensible = flags&flagNeedReceipt != 0, flags&flagExtensible != 0
	var err error
	if m.Content, err = unpackBody(item); err != nil {
		return m, "body" // without the error, which quotes the body
	}
	if len(m.Elements) == 0 && !m.Recalled {
		return m, "body"
	}
	return m, firstNonInteger(item, "f", "n", "g", "x", "fl", "ed", "ev", "rr")
}

// readMessage reads a message of a timeline as user sees it. It returns false if the key
// cannot be read. If another part cannot be read, the message is shown as recalled: it
// stays in the history, so that a client does not take it for missing and ask for it
// again and again.
func readMessage(ctx context.Context, item Item, user string, id chat.ID) (timeline.Message, bool) {
	m, why := parseMessage(item, user, id)
	if why == "" {
		return m, true
	}
	noteUnreadable(ctx, item, why)
	m.Content, m.Reactions, m.Recalled = content.Content{}, nil, true
	return m, m.Key != timeline.Key{}
}

// MessageAt implements timeline.Store.
func (s *Store) MessageAt(ctx context.Context, app int64, user string, id chat.ID, k timeline.Key) (*timeline.Message, error) {
	item, err := s.get(ctx, Msg, messageKey(app, id, k), false)
	if err != nil || item == nil {
		return nil, err
	}
	m, _ := readMessage(ctx, item, user, id)
	return &m, nil
}

// MessagesByKey implements timeline.Store.
func (s *Store) MessagesByKey(ctx context.Context, app int64, user string, id chat.ID, keys []timeline.Key, now int64, strong bool) ([]*timeline.Message, error) {
	itemKeys := make([]Key, len(keys))
	for i, k := range keys {
		itemKeys[i] = messageKey(app, id, k)
	}
	items, err := s.getAll(ctx, Msg, itemKeys, strong)
	if err != nil {
		return nil, err
	}
	list := make([]*timeline.Message, len(items))
	for i, item := range items {
		if item == nil || (has(item, "x") && integer(item, "x") <= now) {
			continue
		}
		if m, ok := readMessage(ctx, item, user, id); ok {
			list[i] = &m
		}
	}
	return list, nil
}

// Timeline implements timeline.Store. It returns an empty page only if the range ends
// there: if no item of a page can be read, it reads the next one.
func (s *Store) Timeline(ctx context.Context, app int64, q timeline.HistoryRange) (timeline.Page, error) {
	in := s.timelineQuery(app, q)
	if q.Before != nil && MessageSK(*q.Before) <= text(in.ExpressionAttributeValues, ":from") {
		return timeline.Page{Done: true}, nil // DynamoDB refuses an empty range
	}
	for {
		out, err := s.db.Query(ctx, in)
		if err != nil {
			return timeline.Page{}, fmt.Errorf("timeline: %w", err)
		}
		page := timeline.Page{Done: out.LastEvaluatedKey == nil}
		for _, item := range out.Items {
			if m, ok := readMessage(ctx, item, q.User, q.Chat); ok {
				page.Messages = append(page.Messages, m)
			}
		}
		if len(page.Messages) > 0 || page.Done {
			return page, nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// timelineQuery returns a query of the messages of a range, newest first.
func (s *Store) timelineQuery(app int64, q timeline.HistoryRange) *dynamodb.QueryInput {
	from, to := "m", "n" // all messages: 'n' is after every key that begins with 'm'
	if q.MinSec > 0 {
		from = MessageSK(timeline.Key{Time: q.MinSec})
	}
	if q.After != nil {
		from = max(from, MessageSK(*q.After)+"+") // '+' makes a key that is after this message and before the next one
	}
	if q.MaxSec > 0 {
		to = MessageSK(timeline.Key{Time: q.MaxSec, Seq: 1<<32 - 1, Random: 1<<32 - 1})
	}
	in := &dynamodb.QueryInput{
		TableName: s.name(Msg), ScanIndexForward: aws.Bool(false), Limit: aws.Int32(int32(q.Limit)),
		ConsistentRead:         aws.Bool(q.Strong),
		KeyConditionExpression: aws.String("pk = :pk AND sk BETWEEN :from AND :to"),
		ExpressionAttributeValues: Item{
			":pk": str(TimelinePK(app, q.Chat)), ":from": str(from), ":to": str(to),
		},
	}
	if q.Before != nil {
		// BETWEEN includes both ends. The start key excludes the message itself. The end is
		// moved as well, because DynamoDB Local reads everything from the end to the start
		// key.
		if before := MessageSK(*q.Before); before <= to {
			in.ExpressionAttributeValues[":to"] = str(before)
			in.ExclusiveStartKey = Key{TimelinePK(app, q.Chat), before}.attributes()
		}
	}
	return in
}

// Bounds implements timeline.Store.
func (s *Store) Bounds(ctx context.Context, app int64, user string, id chat.ID) (timeline.Bounds, error) {
	items, err := s.getAll(ctx, Core, []Key{RowKey(app, user, id), AccountKey(app, user)}, false)
	if err != nil {
		return timeline.Bounds{}, err
	}
	return timeline.Bounds{Cleared: readKey(items[0], "cl"), Born: integer(items[1], "rb")}, nil
}
