package store

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parley/shared/domain/chat"
	"parley/shared/domain/timeline"
)

// What happens to a message is stored in the item of the message, and expires with it:
// `rv` when it was recalled, `ed` and `ev` when and how often it was edited, `rr` when the
// receiver sent a receipt. For each of the two users, by the side: `h0` and `h1` whether
// the user deleted it, `r0` and `r1` the user's reactions.

func hiddenName(user string, id chat.ID) string { return "h" + itoa(id.Side(user)) }

func reactionsName(user string, id chat.ID) string { return "r" + itoa(id.Side(user)) }

func readReactions(item Item, id chat.ID) map[string][]string {
	var out map[string][]string
	first, second := id.Names()
	for _, user := range []string{first, second} {
		set, ok := item[reactionsName(user, id)].(*types.AttributeValueMemberSS)
		if !ok {
			continue
		}
		if out == nil {
			out = make(map[string][]string, 2)
		}
		out[user] = slices.Sorted(slices.Values(set.Value))
	}
	return out
}

// Recall implements timeline.ChangeStore.
func (s *Store) Recall(ctx context.Context, app int64, m timeline.Message, nowMs int64) (bool, error) {
	_, err := s.update(ctx, update{
		table: Msg, key: messageKey(app, m.Chat, m.Key),
		set: "SET rv = :t REMOVE b, z, ed, r0, r1", cond: "attribute_exists(pk) AND attribute_not_exists(rv)", values: Item{":t": num(nowMs)},
	})
	if _, failed := failedCondition(err); failed {
		return false, nil
	}
	return err == nil, err
}

// Edit implements timeline.ChangeStore. Its condition is the version that the message
// had when it was read. Example: two devices of ann edit version 0 at once. One edit
// makes version 1, the other one fails its condition and is given version 1.
func (s *Store) Edit(ctx context.Context, app int64, m timeline.Message, nowMs int64) (*timeline.Message, error) {
	content := Item{}
	if err := packBody(content, m.Content); err != nil {
		return nil, err
	}
	u := update{
		table: Msg, key: messageKey(app, m.Chat, m.Key),
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
	old, failed := failedCondition(err)
	if !failed {
		return nil, err
	}
	if old == nil { // the message has expired since it was read
		m.Recalled = true
		return &m, nil
	}
	current, _ := readMessage(ctx, old, m.From, m.Chat)
	return &current, nil
}

// Hide implements timeline.ChangeStore.
func (s *Store) Hide(ctx context.Context, app int64, user string, id chat.ID, k timeline.Key) error {
	return s.setOnce(ctx, messageKey(app, id, k), hiddenName(user, id), 1)
}

// Confirm implements timeline.ChangeStore.
func (s *Store) Confirm(ctx context.Context, app int64, m timeline.Message, nowMs int64) error {
	return s.setOnce(ctx, messageKey(app, m.Chat, m.Key), "rr", nowMs)
}

// setOnce sets an attribute of a message, unless the message has it already.
func (s *Store) setOnce(ctx context.Context, key Key, name string, value int64) error {
	_, err := s.update(ctx, update{
		table: Msg, key: key, set: "SET " + name + " = :v",
		cond: "attribute_exists(pk) AND attribute_not_exists(" + name + ")", values: Item{":v": num(value)},
	})
	if _, failed := failedCondition(err); failed {
		return nil
	}
	return err
}

// React implements timeline.ChangeStore.
func (s *Store) React(ctx context.Context, app int64, user string, id chat.ID, k timeline.Key, reaction string, add bool) (bool, error) {
	u := update{
		table: Msg, key: messageKey(app, id, k), set: "DELETE ", cond: "attribute_exists(pk) AND attribute_not_exists(rv)",
		values: Item{":r": &types.AttributeValueMemberSS{Value: []string{reaction}}},
	}
	name := reactionsName(user, id)
	if add {
		u.set = "ADD "
		u.cond += " AND (attribute_not_exists(" + name + ") OR contains(" + name + ", :one) OR size(" + name + ") < :most)"
		u.values[":one"], u.values[":most"] = str(reaction), num(timeline.MaxReactions)
	}
	u.set += name + " :r"
	_, err := s.update(ctx, u)
	if _, failed := failedCondition(err); failed {
		return false, nil
	}
	return err == nil, err
}
