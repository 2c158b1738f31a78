package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parley/shared/domain/messages"
	"parley/shared/retry"
)

// What becomes of a message stands in its own item, and goes with it: `rv` when
// it was recalled, `ed` and `ev` when and how often it was edited, `rr` when its
// receipt came, and for each side of the pair (0 or 1) whether that user deleted
// it, `h0` and `h1`, and his reactions, `r0` and `r1`.

func hiddenName(user, peer string) string { return "h" + itoa(side(user, peer)) }

func reactionsName(user, peer string) string { return "r" + itoa(side(user, peer)) }

func readReactions(item Item, user, peer string) map[string][]string {
	var out map[string][]string
	for _, pair := range [][2]string{{user, peer}, {peer, user}} {
		set, ok := item[reactionsName(pair[0], pair[1])].(*types.AttributeValueMemberSS)
		if !ok {
			continue
		}
		if out == nil {
			out = make(map[string][]string, 2)
		}
		out[pair[0]] = slices.Sorted(slices.Values(set.Value))
	}
	return out
}

func messageKey(app int64, a, b string, k messages.Key) Key {
	return Key{TimelinePK(app, a, b), MessageSK(k)}
}

// Find implements messages.ChangeStore.
func (s *Store) Find(ctx context.Context, app int64, user, peer string, keys []messages.Key, now int64, strong bool) ([]*messages.Message, error) {
	places := make([]Key, len(keys))
	for i, k := range keys {
		places[i] = messageKey(app, user, peer, k)
	}
	items, err := s.getAll(ctx, Msg, places, strong)
	if err != nil {
		return nil, err
	}
	list := make([]*messages.Message, len(items))
	for i, item := range items {
		if item == nil || (has(item, "x") && integer(item, "x") <= now) {
			continue
		}
		if m, ok := message(ctx, item, user, peer); ok {
			list[i] = &m
		}
	}
	return list, nil
}

// LastKey implements messages.ChangeStore.
func (s *Store) LastKey(ctx context.Context, app int64, user, peer string) (*messages.Key, error) {
	item, err := s.get(ctx, Core, PeerKey(app, user, peer), true)
	if err != nil {
		return nil, err
	}
	return readKey(item, "k"), nil
}

// Log implements messages.ChangeStore.
func (s *Store) Log(ctx context.Context, app int64, a, b string, entries []messages.LogEntry) error {
	items := make([]Item, len(entries))
	for i, e := range entries {
		items[i] = LogKey(app, a, b, e).attributes()
		items[i]["x"] = num(e.Expires)
		if e.By != "" {
			items[i]["u"], items[i]["r"] = num(side(e.By, other(e.By, a, b))), str(e.Reaction)
		}
	}
	return s.putAll(ctx, Msg, items)
}

// LogSince implements messages.ChangeStore. What concerns the other user alone
// is read over.
func (s *Store) LogSince(ctx context.Context, app int64, user, peer string, q messages.LogRange) (messages.LogPage, error) {
	in := &dynamodb.QueryInput{
		TableName: s.name(Msg), ConsistentRead: aws.Bool(true), Limit: aws.Int32(int32(q.Limit + 1)), //nolint:gosec // small
		KeyConditionExpression: aws.String("pk = :pk AND sk BETWEEN :from AND :to"),
		ExpressionAttributeValues: Item{
			":pk": str(TimelinePK(app, user, peer)), ":from": str(logFrom(messages.LogPosition{AtMs: max(q.SinceMs, 0)})), ":to": str("p"),
		},
	}
	if q.After != nil {
		in.ExpressionAttributeValues[":from"] = str(logFrom(*q.After) + "~") // after every side of it
	}
	var page messages.LogPage
	foreign := 1 - side(user, peer)
	for {
		out, err := s.db.Query(ctx, in)
		if err != nil {
			return messages.LogPage{}, fmt.Errorf("operation log: %w", err)
		}
		for _, item := range out.Items {
			at, concerns, ok := ParseLogSK(text(item, "sk"))
			if !ok {
				unreadable(ctx, item, "key")
			}
			if !ok || concerns == foreign {
				continue
			}
			if len(page.Entries) == q.Limit {
				last := page.Entries[q.Limit-1]
				page.Next = &messages.LogPosition{AtMs: last.AtMs, Key: last.Key}
				return page, nil
			}
			e := messages.LogEntry{AtMs: at.AtMs, Key: at.Key, Expires: integer(item, "x"), Reaction: text(item, "r")}
			if e.Reaction != "" {
				e.By = user
				if int(integer(item, "u")) != side(user, peer) {
					e.By = peer
				}
			}
			page.Entries = append(page.Entries, e)
		}
		if out.LastEvaluatedKey == nil {
			return page, nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// Mark implements messages.ChangeStore: one write, which holds only while what it
// was computed from is as it was seen.
func (s *Store) Mark(ctx context.Context, app int64, user, peer string, m messages.Mark) error {
	key := PeerKey(app, user, peer)
	u := update{table: Core, key: key, set: "SET ut = :t, op = :t", cond: "attribute_exists(pk)", values: Item{":t": num(m.NowMs)}}
	if m.Last == nil && m.Uncounted == nil {
		_, err := s.update(ctx, u)
		if _, failed := refused(err); failed {
			return nil
		}
		return err
	}
	row := Item{}
	var err error
	if !m.Blind {
		row, err = s.get(ctx, Core, key, false)
		if row == nil && err == nil {
			row, err = s.get(ctx, Core, key, true) // it may be so new that a replica lacks it
		}
	}
	if err != nil {
		return err
	}
	done, err := s.db.again.Do(ctx, retry.Contended(), func(int) (bool, error) {
		if row == nil {
			return true, nil
		}
		_, err := s.update(ctx, marking(u, row, m))
		var failed bool
		if row, failed = refused(err); failed {
			return false, nil
		}
		return true, err
	})
	return overtaken(done, err, "mark", key)
}

// marking is a mark on a row as it was seen.
func marking(u update, row Item, m messages.Mark) update {
	u.values = Item{":t": num(m.NowMs)}
	var remove []string
	if m.Last != nil && text(row, "k") == MessageSK(m.Last.Of) {
		u.cond += " AND k = :k"
		u.values[":k"] = row["k"]
		switch {
		case m.Last.None:
			remove = append(remove, "k", "pv")
		case m.Last.Preview != nil:
			u.set += ", pv = :pv"
			u.values[":pv"] = str(*m.Last.Preview)
		default:
			remove = append(remove, "pv")
		}
		if m.Last.Key != nil {
			u.set += ", k = :last"
			u.values[":last"] = str(MessageSK(*m.Last.Key))
		}
	} else if m.Last != nil {
		u.cond += " AND (attribute_not_exists(k) OR k <> :k)"
		u.values[":k"] = str(MessageSK(m.Last.Of))
	}
	if m.Uncounted != nil {
		for _, name := range []string{"d", "rt", "i", "nq", "nf", "gi"} {
			u.cond += " AND " + u.same(row, name)
		}
	}
	if q, changed := uncount(row, m.Uncounted); changed {
		q.set(&u)
	}
	if len(remove) > 0 {
		u.set += " REMOVE " + strings.Join(remove, ", ")
	}
	return u
}

// same is a condition that an attribute is as it was seen.
func (u update) same(row Item, name string) string {
	if v, there := row[name]; there {
		u.values[":was_"+name] = v
		return name + " = :was_" + name
	}
	return "attribute_not_exists(" + name + ")"
}

// Recall implements messages.ChangeStore.
func (s *Store) Recall(ctx context.Context, app int64, m messages.Message, nowMs int64) (bool, error) {
	_, err := s.update(ctx, update{
		table: Msg, key: messageKey(app, m.From, m.To, m.Key),
		set: "SET rv = :t REMOVE b, z, ed, r0, r1", cond: "attribute_exists(pk) AND attribute_not_exists(rv)", values: Item{":t": num(nowMs)},
	})
	if _, failed := refused(err); failed {
		return false, nil
	}
	return err == nil, err
}

// Edit implements messages.ChangeStore.
func (s *Store) Edit(ctx context.Context, app int64, m messages.Message, nowMs int64) (*messages.Message, error) {
	content := Item{}
	if err := packBody(content, m.Content); err != nil {
		return nil, err
	}
	u := update{
		table: Msg, key: messageKey(app, m.From, m.To, m.Key),
		set:    "SET b = :b, ed = :t, ev = :next REMOVE z",
		values: Item{":b": content["b"], ":t": num(nowMs), ":next": num(m.Version + 1), ":ev": num(m.Version)},
		cond:   "attribute_exists(pk) AND attribute_not_exists(rv) AND ev = :ev",
	}
	if m.Version == 0 {
		u.cond = "attribute_exists(pk) AND attribute_not_exists(rv) AND attribute_not_exists(ev)"
		delete(u.values, ":ev")
	}
	if z, packed := content["z"]; packed {
		u.set = "SET b = :b, ed = :t, ev = :next, z = :z"
		u.values[":z"] = z
	}
	_, err := s.update(ctx, u)
	old, failed := refused(err)
	if !failed {
		return nil, err
	}
	if old == nil { // expired in between
		m.Recalled = true
		return &m, nil
	}
	now, _ := message(ctx, old, m.From, m.To)
	return &now, nil
}

// Hide implements messages.ChangeStore.
func (s *Store) Hide(ctx context.Context, app int64, user, peer string, k messages.Key) error {
	return s.setOnMessage(ctx, messageKey(app, user, peer, k), hiddenName(user, peer), 1)
}

// Confirm implements messages.ChangeStore.
func (s *Store) Confirm(ctx context.Context, app int64, m messages.Message, nowMs int64) error {
	return s.setOnMessage(ctx, messageKey(app, m.From, m.To, m.Key), "rr", nowMs)
}

// setOnMessage sets an attribute that, once there, stays.
func (s *Store) setOnMessage(ctx context.Context, key Key, name string, value int64) error {
	_, err := s.update(ctx, update{
		table: Msg, key: key, set: "SET " + name + " = :v",
		cond: "attribute_exists(pk) AND attribute_not_exists(" + name + ")", values: Item{":v": num(value)},
	})
	if _, failed := refused(err); failed {
		return nil
	}
	return err
}

// React implements messages.ChangeStore.
func (s *Store) React(ctx context.Context, app int64, user, peer string, k messages.Key, reaction string, add bool) (bool, error) {
	u := update{
		table: Msg, key: messageKey(app, user, peer, k), set: "DELETE ", cond: "attribute_exists(pk) AND attribute_not_exists(rv)",
		values: Item{":r": &types.AttributeValueMemberSS{Value: []string{reaction}}},
	}
	name := reactionsName(user, peer)
	if add {
		u.set = "ADD "
		u.cond += " AND (attribute_not_exists(" + name + ") OR contains(" + name + ", :one) OR size(" + name + ") < :most)"
		u.values[":one"], u.values[":most"] = str(reaction), num(messages.MaxReactions)
	}
	u.set += name + " :r"
	_, err := s.update(ctx, u)
	if _, failed := refused(err); failed {
		return false, nil
	}
	return err == nil, err
}

// putAll writes items that nothing else writes.
func (s *Store) putAll(ctx context.Context, t Table, items []Item) error {
	if len(items) == 1 {
		if _, err := s.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: s.name(t), Item: items[0]}); err != nil {
			return fmt.Errorf("put into %s: %w", t, err)
		}
		return nil
	}
	requests := make([]types.WriteRequest, len(items))
	for i, item := range items {
		requests[i].PutRequest = &types.PutRequest{Item: item}
	}
	return s.writeAll(ctx, t, requests)
}
