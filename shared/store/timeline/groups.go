package timeline

import (
	"context"
	"slices"

	"parley/shared/domain/chat"
	"parley/shared/domain/groups"
	domain "parley/shared/domain/timeline"
	"parley/shared/dynamo"
	"parley/shared/fault"
	"parley/shared/retry"
	"parley/shared/store/items"
	"parley/shared/store/schema"
)

// groupBounds is Bounds for a group. The application, which is the empty user, sees all that is
// not cleared. A member does not see what was sent before the join, unless the group shows it.
func (s *Store) groupBounds(ctx context.Context, app int64, user string, id chat.ID) (domain.Bounds, error) {
	group, _ := id.Names()
	keys := []dynamo.Key{schema.GroupHeadKey(app, group)}
	if user != "" {
		keys = append(keys, schema.RowKey(app, user, id))
	}
	found, err := s.core.GetAll(ctx, keys, false)
	if err != nil {
		return domain.Bounds{}, err
	}
	head := items.GroupHead(group, found[0])
	if head == nil || head.Destroyed {
		return domain.Bounds{}, fault.At(fault.GroupUnknown, fault.Group, "there is no group %.60q", group)
	}
	b := domain.Bounds{Number: head.Cleared}
	if user == "" {
		return b, nil
	}
	row := found[1]
	if groups.Role(row.Int(schema.RowRole)) < groups.Member {
		return b, fault.At(fault.MemberUnknown, fault.Group, "the user is not a member of the group")
	}
	b.Number = max(b.Number, row.Int(schema.RowHiddenNumber))
	if !head.HistoryBeforeJoin {
		b.Number = max(b.Number, row.Int(schema.RowJoinNumber))
	}
	if b.Hidden = row.IntSet(schema.RowHidden); b.Hidden != nil {
		slices.Sort(b.Hidden)
		b.HiddenMs = row.Int(schema.RowOperation)
	}
	return b, nil
}

// lastKeyOfGroup is LastKey for a group.
func (s *Store) lastKeyOfGroup(ctx context.Context, app int64, id chat.ID) (*domain.Key, error) {
	group, _ := id.Names()
	item, err := s.core.Get(ctx, schema.GroupHeadKey(app, group), true)
	if err != nil || !item.Has(schema.GroupHeadShown) {
		return nil, err
	}
	k := domain.KeyOfNumber(item.Int(schema.GroupHeadShown))
	return &k, nil
}

// reactInGroup is React for a group. The message says which reactions it has, and of each who has
// given it. The last user who takes a reaction back removes it from the first list, too.
//
// Example: alice and bob have given "+1" and both take it back. The first one finds two users, and
// removes one. The second one tries the same, finds only itself, and removes the reaction as well.
func (s *Store) reactInGroup(ctx context.Context, app int64, user string, id chat.ID, k domain.Key, reaction string, add bool) (bool, error) {
	by, one := schema.MessageReactedBy.Of(reaction), dynamo.TextSet(user)
	update := func() *dynamo.Update {
		return updateMessage(app, id, k).If(dynamo.Absent(schema.MessageRecalled), dynamo.Absent(schema.MessageDeleted))
	}
	if add {
		_, done, err := s.msg.Update(ctx, update().Add(by, one).Add(schema.MessageReactionTexts, dynamo.TextSet(reaction)).If(
			dynamo.Any(dynamo.Absent(by), dynamo.Contains(by, dynamo.Str(user)), dynamo.SizeLess(by, domain.MaxReactionUsers)),
			dynamo.Any(dynamo.Absent(schema.MessageReactionTexts), dynamo.Contains(schema.MessageReactionTexts, dynamo.Str(reaction)),
				dynamo.SizeLess(schema.MessageReactionTexts, domain.MaxReactions)),
		))
		return done, err
	}
	oneOfMany := update().Delete(by, one).If(dynamo.Contains(by, dynamo.Str(user)), dynamo.Not(dynamo.SizeLess(by, 2)))
	_, done, err := s.msg.UpdateOrReplan(ctx, retry.Contended(), oneOfMany, func(item dynamo.Item) (*dynamo.Update, error) {
		switch users := item.TextSet(by); {
		case item.Has(schema.MessageRecalled), item.Has(schema.MessageDeleted), !slices.Contains(users, user):
			return nil, nil
		case len(users) > 1:
			return oneOfMany, nil
		}
		return update().Delete(by, one).Delete(schema.MessageReactionTexts, dynamo.TextSet(reaction)).If(dynamo.Equals(by, one)), nil
	})
	return done, err
}

// hideFromMember is UpdateRow for a member of a group: it notes in the row which messages the member
// does not see.
func (s *Store) hideFromMember(ctx context.Context, app int64, user string, id chat.ID, m domain.RowUpdate) error {
	key := schema.RowKey(app, user, id)
	row, err := s.core.Get(ctx, key, false)
	if err == nil && !row.Has(schema.RowRole) {
		row, err = s.core.Get(ctx, key, true) // the user may have joined a moment ago
	}
	if err != nil || !row.Has(schema.RowRole) {
		return err
	}
	plan := func(row dynamo.Item) (*dynamo.Update, error) {
		if !row.Has(schema.RowRole) {
			return nil, nil
		}
		u := operation(key, m.NowMs).If(dynamo.Exists(schema.RowRole), unchangedSet(schema.RowHidden, row.IntSet(schema.RowHidden)))
		hidden := union(row.IntSet(schema.RowHidden), m.Hide)
		hidden = slices.DeleteFunc(hidden, func(n int64) bool { return slices.Contains(m.Forget, n) })
		if len(hidden) > domain.MaxHidden {
			return nil, domain.TooManyHidden() // another call has deleted messages at the same time
		}
		var unread []int64
		for _, message := range m.NoLongerUnread {
			unread = append(unread, message.Offset)
		}
		unread = union(row.IntSet(schema.RowHiddenUnread), unread)
		unread = slices.DeleteFunc(unread, func(n int64) bool { return n <= row.Int(schema.RowReadNumber) })
		u.Set(schema.RowHidden, dynamo.IntSet(hidden...))
		if unread = unread[max(0, len(unread)-groups.MaxExcluded):]; len(unread) > 0 {
			return u.Set(schema.RowHiddenUnread, dynamo.IntSet(unread...)), nil
		}
		return u.Remove(schema.RowHiddenUnread), nil
	}
	first, err := plan(row)
	if err != nil {
		return err
	}
	_, _, err = s.core.UpdateOrReplan(ctx, retry.Contended(), first, plan)
	return err
}

// union returns the numbers of two lists in ascending order, each once.
func union(a, b []int64) []int64 {
	list := slices.Concat(a, b)
	slices.Sort(list)
	return slices.Compact(list)
}

// updateHead is UpdateRow for a group: it notes in the head that messages change. The write is
// conditional on what it was computed from, as that of a row.
//
// A message that no longer counts as unread does not count for its sender either: the sender's
// row counts one own message less, if the sender has not read past it. That write follows the one
// that excludes the message in the head, and is made only by the call that has excluded it.
// Example: alice sent the counted messages 8 and 9 and has read up to 7. Message 9 is recalled.
// The head excludes it, and her row has 1 own message instead of 2: 2 - 1 - 1 = 0 are unread.
func (s *Store) updateHead(ctx context.Context, app int64, id chat.ID, m domain.RowUpdate) error {
	group, _ := id.Names()
	key := schema.GroupHeadKey(app, group)
	head, err := s.core.Get(ctx, key, false)
	if head == nil || err != nil {
		return err
	}
	var excluded []domain.Message
	plan := func(item dynamo.Item) (*dynamo.Update, error) {
		var u *dynamo.Update
		u, excluded = headUpdate(key, items.GroupHead(group, item), m)
		return u, nil
	}
	first, err := plan(head)
	if err != nil {
		return err
	}
	if _, _, err := s.core.UpdateOrReplan(ctx, retry.Contended(), first, plan); err != nil {
		return err
	}
	for _, m := range excluded {
		number := dynamo.Num(m.Offset)
		_, _, err := s.core.Update(ctx, dynamo.NewUpdate(schema.RowKey(app, m.From, id)).Add(schema.RowSentCounted, dynamo.Num(int64(-1))).
			If(dynamo.Exists(schema.RowRole), dynamo.AbsentOr(dynamo.Less(schema.RowReadNumber, number)), dynamo.AbsentOr(dynamo.Less(schema.RowJoinNumber, number))))
		if err != nil {
			return err
		}
	}
	return nil
}

// headUpdate returns the update of a head as it was read, and the messages that it newly excludes
// from unread. It returns nil if there is no head.
func headUpdate(key dynamo.Key, h *groups.Head, m domain.RowUpdate) (u *dynamo.Update, excluded []domain.Message) {
	if h == nil {
		return nil, nil
	}
	u = dynamo.NewUpdate(key).Set(schema.GroupHeadOperation, dynamo.Num(max(m.NowMs, h.OperationMs))).If(dynamo.ItemExists())
	if m.Last != nil {
		shown := dynamo.NumIfAny(h.Shown)
		u.If(dynamo.EqualsOrAbsent(schema.GroupHeadShown, shown))
		switch {
		case h.Shown != int64(m.Last.Of.Seq):
		case m.Last.Preview != nil:
			u.Set(schema.GroupHeadPreview, dynamo.Str(*m.Last.Preview))
		default:
			u.Remove(schema.GroupHeadPreview)
		}
	}
	if m.NoLongerUnread == nil {
		return u, nil
	}
	before := h.Excluded
	for _, message := range m.NoLongerUnread {
		after := h.WithExcluded(message.Offset)
		if !slices.Contains(h.Excluded, message.Offset) && slices.Contains(after, message.Offset) {
			excluded, h.Excluded = append(excluded, message), after
		}
	}
	u.If(unchangedSet(schema.GroupHeadExcluded, before))
	if excluded != nil {
		u.Set(schema.GroupHeadExcluded, dynamo.IntSet(h.Excluded...))
	}
	return u, excluded
}

// unchangedSet holds if a set of numbers is as it was read.
func unchangedSet(a dynamo.Attribute, read []int64) dynamo.Condition {
	if len(read) == 0 {
		return dynamo.Absent(a)
	}
	return dynamo.Equals(a, dynamo.IntSet(read...))
}
