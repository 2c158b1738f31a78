package store

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parley/shared/domain/messages"
)

// Bits of a message's `fl`.
const (
	flagNoUnread = 1 << iota
	flagNoLast
	flagAside
	flagNeedReceipt
	flagExtensible
)

// side is 0 when from is the lesser of the pair, else 1.
func side(from, to string) int {
	if from < to {
		return 0
	}
	return 1
}

// stops is doubtful of what would stop a send: accounts that are not there, which
// come first, a block that is, and friends that are not.
func stops(accounts int) func(i int, item Item) bool {
	return func(i int, item Item) bool {
		switch {
		case i < accounts:
			return dead(item)
		case i == accounts:
			return item != nil
		default:
			return item == nil
		}
	}
}

// Parties implements messages.Store: three items in one request, five where
// friendship counts.
func (s *Store) Parties(ctx context.Context, app int64, from, to string, friends bool) (messages.Parties, error) {
	keys := []Key{AccountKey(app, from), AccountKey(app, to), BlockKey(app, to, from)}
	if friends {
		keys = append(keys, FriendKey(app, to, from), FriendKey(app, from, to))
	}
	items, err := s.confirmed(ctx, Core, keys, stops(2))
	if err != nil {
		return messages.Parties{}, err
	}
	p := messages.Parties{From: readAccount(from, items[0]), To: readAccount(to, items[1]), Blocked: items[2] != nil}
	if friends {
		p.ReceiverHas, p.SenderHas = items[3] != nil, items[4] != nil
	}
	return p, nil
}

// Writer implements messages.Store.
func (s *Store) Writer(ctx context.Context, app int64, from, to string, friends bool) (messages.Parties, error) {
	keys := []Key{AccountKey(app, from), BlockKey(app, to, from)}
	if friends {
		keys = append(keys, FriendKey(app, to, from), FriendKey(app, from, to))
	}
	items, err := s.confirmed(ctx, Core, keys, stops(1))
	if err != nil {
		return messages.Parties{}, err
	}
	p := messages.Parties{From: readAccount(from, items[0]), Blocked: items[1] != nil}
	if friends {
		p.ReceiverHas, p.SenderHas = items[2] != nil, items[3] != nil
	}
	return p, nil
}

// PutMessage implements messages.Store.
func (s *Store) PutMessage(ctx context.Context, app int64, m messages.Message) (*messages.Message, error) {
	item := Key{TimelinePK(app, m.From, m.To), MessageSK(m.Key)}.attributes()
	item["f"], item["n"], item["g"] = num(side(m.From, m.To)), num(m.Ordinal), num(m.Generation)
	item["x"] = num(m.Expires)
	flags := 0
	for bit, on := range map[int]bool{
		flagNoUnread: m.NoUnread, flagNoLast: m.NoLast, flagAside: m.Aside,
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
	if m.PeerHid {
		item[hiddenName(m.To, m.From)] = num(1)
	}
	if err := packBody(item, m.Content); err != nil {
		return nil, err
	}
	_, err := s.db.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: s.name(Msg), Item: item, ConditionExpression: aws.String("attribute_not_exists(pk)"),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if old, there := refused(err); there {
		stands, _ := message(ctx, old, m.From, m.To)
		return &stands, nil
	}
	if err != nil {
		return nil, fmt.Errorf("put message: %w", err)
	}
	return nil, nil
}

// readMessage reads a message, and says what of it cannot be read.
func readMessage(item Item, user, peer string) (m messages.Message, why string) {
	key, ok := ParseMessageSK(text(item, "sk"))
	if !ok {
		return messages.Message{}, "key"
	}
	m = messages.Message{
		Key: key, From: user, To: peer, Ordinal: integer(item, "n"), Generation: integer(item, "g"),
		Expires: integer(item, "x"), Recalled: has(item, "rv"), RecalledMs: integer(item, "rv"), Imported: integer(item, "im"), EditedMs: integer(item, "ed"), Version: integer(item, "ev"),
		ConfirmedMs: integer(item, "rr"), Hidden: has(item, hiddenName(user, peer)), PeerHid: has(item, hiddenName(peer, user)), Reactions: readReactions(item, user, peer),
	}
	if int(integer(item, "f")) != side(user, peer) {
		m.From, m.To = peer, user
	}
	flags := integer(item, "fl")
	m.NoUnread, m.NoLast, m.Aside = flags&flagNoUnread != 0, flags&flagNoLast != 0, flags&flagAside != 0
	m.NeedReceipt, m.Extensible = flags&flagNeedReceipt != 0, flags&flagExtensible != 0
	var err error
	if m.Content, err = unpackBody(item); err != nil {
		return m, "body" // not the error, which quotes it
	}
	if len(m.Elements) == 0 && !m.Recalled {
		return m, "body"
	}
	return m, numeric(item, "f", "n", "g", "x", "fl", "ed", "ev", "rr")
}

// Timeline implements messages.Store.
func (s *Store) Timeline(ctx context.Context, app int64, q messages.Range) (messages.TimelinePage, error) {
	in := s.timelineQuery(app, q)
	if q.Before != nil && MessageSK(*q.Before) <= text(in.ExpressionAttributeValues, ":from") {
		return messages.TimelinePage{Done: true}, nil // an empty range, which the service refuses
	}
	for {
		out, err := s.db.Query(ctx, in)
		if err != nil {
			return messages.TimelinePage{}, fmt.Errorf("timeline: %w", err)
		}
		page := messages.TimelinePage{Done: out.LastEvaluatedKey == nil}
		for _, item := range out.Items {
			if m, ok := message(ctx, item, q.User, q.Peer); ok {
				page.Messages = append(page.Messages, m)
			}
		}
		if len(page.Messages) > 0 || page.Done {
			return page, nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey // nothing of the page can be read
	}
}

// ClaimBatch implements messages.Store.
func (s *Store) ClaimBatch(ctx context.Context, app int64, from string, hash uint64, nowUs int64) (int64, error) {
	window, now := int64(messages.Window.Seconds()), nowUs/1_000_000
	item := BatchKey(app, from, hash).attributes()
	item["t"], item["u"], item["x"] = num(now), num(nowUs%1_000_000), num(now+2*window)
	_, err := s.db.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: s.name(Live), Item: item, ConditionExpression: aws.String("attribute_not_exists(pk) OR t <= :old"),
		ExpressionAttributeValues:           Item{":old": num(now - window)},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if old, failed := refused(err); failed {
		return integer(old, "t")*1_000_000 + integer(old, "u"), nil
	}
	if err != nil {
		return 0, fmt.Errorf("claim batch: %w", err)
	}
	return nowUs, nil
}

// Rename implements messages.Store.
func (s *Store) Rename(ctx context.Context, app int64, owner, peer string, r messages.Rename) error {
	_, err := s.update(ctx, update{
		table: Core, key: PeerKey(app, owner, peer), set: "SET k = :to, ut = :now", cond: "k = :from AND pv = :pv",
		values: Item{":from": str(MessageSK(r.From)), ":to": str(MessageSK(r.To)), ":pv": str(r.Preview), ":now": num(r.NowMs)},
	})
	if _, failed := refused(err); failed {
		return nil
	}
	return err
}
