package timeline

import (
	"context"

	"parley/shared/domain/chat"
	domain "parley/shared/domain/timeline"
	"parley/shared/dynamo"
	"parley/shared/store/items"
	"parley/shared/store/schema"
)

// What happens to a message is stored in the item of the message, and expires with it.

// updateMessage returns an update of a message that still exists.
func updateMessage(app int64, id chat.ID, k domain.Key) *dynamo.Update {
	return dynamo.NewUpdate(schema.MessageKey(app, id, k)).If(dynamo.ItemExists())
}

// Recall implements timeline.ChangeStore.
func (s *Store) Recall(ctx context.Context, app int64, m domain.Message, nowMs int64) (bool, error) {
	u := updateMessage(app, m.Chat, m.Key).
		Set(schema.MessageRecalled, dynamo.Num(nowMs)).
		Remove(schema.MessageContent, schema.MessageDictionary, schema.MessageEdited).
		If(dynamo.Absent(schema.MessageRecalled))
	for _, a := range items.AllReactions(m) {
		u.Remove(a)
	}
	if m.Chat.Kind() == chat.Group {
		u.Remove(schema.MessagePush)
	}
	old, ok, err := s.msg.Update(ctx, u)
	// If the answer to the first try was lost, the second one finds what the first has written.
	return ok || old.Int(schema.MessageRecalled) == nowMs, err
}

// Edit implements timeline.ChangeStore. Its condition is the version that the message
// had when it was read. Example: two devices of ann edit version 0 at once. One edit
// makes version 1, the other one fails its condition and is given version 1.
func (s *Store) Edit(ctx context.Context, app int64, m domain.Message, nowMs int64) (*domain.Message, error) {
	body, dictionary, err := items.Pack(m.Content.Encode())
	if err != nil {
		return nil, err
	}
	old, ok, err := s.msg.Update(ctx, updateMessage(app, m.Chat, m.Key).
		Set(schema.MessageContent, body).SetOrRemove(schema.MessageDictionary, dictionary).
		Set(schema.MessageEdited, dynamo.Num(nowMs)).Set(schema.MessageVersion, dynamo.Num(m.Version+1)).
		If(dynamo.Absent(schema.MessageRecalled), dynamo.EqualsOrAbsent(schema.MessageVersion, dynamo.NumIfAny(m.Version))))
	if ok || err != nil {
		return nil, err
	}
	if old == nil { // the message has expired since it was read
		m.Recalled = true
		return &m, nil
	}
	current, _ := items.Message(ctx, old, m.From, m.Chat)
	return &current, nil
}

// Delete implements timeline.ChangeStore. The item stays, so that no message is stored under its
// number.
func (s *Store) Delete(ctx context.Context, app int64, id chat.ID, k domain.Key, nowMs int64) error {
	_, _, err := s.msg.Update(ctx, updateMessage(app, id, k).
		Set(schema.MessageDeleted, dynamo.Num(nowMs)).
		Remove(schema.MessageContent, schema.MessageDictionary, schema.MessageEdited, schema.MessagePush).
		If(dynamo.Absent(schema.MessageDeleted)))
	return err
}

// Hide implements timeline.ChangeStore.
func (s *Store) Hide(ctx context.Context, app int64, user string, id chat.ID, k domain.Key) error {
	return s.setOnce(ctx, updateMessage(app, id, k), items.MessageHidden(user, id), 1)
}

// SaveReadReceipt implements timeline.ChangeStore.
func (s *Store) SaveReadReceipt(ctx context.Context, app int64, m domain.Message, nowMs int64) error {
	return s.setOnce(ctx, updateMessage(app, m.Chat, m.Key), schema.MessageConfirmed, nowMs)
}

// setOnce sets an attribute of a message, unless the message has it already.
func (s *Store) setOnce(ctx context.Context, message *dynamo.Update, a dynamo.Attribute, value int64) error {
	_, _, err := s.msg.Update(ctx, message.Set(a, dynamo.Num(value)).If(dynamo.Absent(a)))
	return err
}

// React implements timeline.ChangeStore.
func (s *Store) React(ctx context.Context, app int64, user string, id chat.ID, k domain.Key, reaction string, add bool) (bool, error) {
	if id.Kind() == chat.Group {
		return s.reactInGroup(ctx, app, user, id, k, reaction, add)
	}
	a := items.MessageReactions(user, id)
	u := updateMessage(app, id, k).If(dynamo.Absent(schema.MessageRecalled))
	if add {
		u.Add(a, dynamo.TextSet(reaction)).
			If(dynamo.Any(dynamo.Absent(a), dynamo.Contains(a, dynamo.Str(reaction)), dynamo.SizeLess(a, domain.MaxReactions)))
	} else {
		u.Delete(a, dynamo.TextSet(reaction))
	}
	_, ok, err := s.msg.Update(ctx, u)
	return ok, err
}
