package groupchat

import (
	"context"
	"slices"

	"parley/shared/domain/chat"
	domain "parley/shared/domain/groupchat"
	"parley/shared/domain/groups"
	"parley/shared/dynamo"
	"parley/shared/retry"
	"parley/shared/store/items"
	"parley/shared/store/schema"
)

// Head implements groupchat.HeadStore.
func (s *Store) Head(ctx context.Context, app int64, group string) (*groups.Head, error) {
	item, err := s.core.Get(ctx, schema.GroupHeadKey(app, group), true)
	if err != nil {
		return nil, err
	}
	h := items.GroupHead(group, item)
	if h == nil || h.Destroyed {
		return nil, nil
	}
	return h, nil
}

// Count implements groupchat.HeadStore. The write that is tried first holds for most messages: the
// head has a lower number. If it fails, another message was counted first, and the head says what
// is left to note of this one: a message that lists do not show leaves the one before it as the
// last one that they show.
func (s *Store) Count(ctx context.Context, app int64, c domain.HeadUpdate) (*groups.Head, error) {
	group, _ := c.Message.Chat.Names()
	key := schema.GroupHeadKey(app, group)
	item, written, err := s.core.UpdateOrReplan(ctx, retry.Contended(), countNext(key, c), func(item dynamo.Item) (*dynamo.Update, error) {
		h := items.GroupHead(group, item)
		switch {
		case h == nil:
			return nil, nil
		case h.Number < c.Message.Offset:
			return countNext(key, c), nil
		}
		u := dynamo.NewUpdate(key).If(dynamo.ItemExists()).ReturnNew()
		setShown(u, c, h.Shown)
		if c.Message.MentionsAll() && h.MentionedAll < c.Message.Offset {
			u.Set(schema.GroupHeadMentioned, dynamo.Num(c.Message.Offset)).If(dynamo.AbsentOr(dynamo.Less(schema.GroupHeadMentioned, dynamo.Num(c.Message.Offset))))
		}
		if c.Activates && h.Inactive {
			u.Remove(schema.GroupHeadInactive)
		}
		if c.AllRead > h.AllRead {
			u.Set(schema.GroupHeadAllRead, dynamo.Num(c.AllRead))
		}
		if u.IsEmpty() {
			return nil, nil
		}
		return u, nil
	})
	if !written || err != nil {
		return nil, err
	}
	return items.GroupHead(group, item), nil
}

// countNext returns the update that makes a message the last one of its group.
func countNext(key dynamo.Key, c domain.HeadUpdate) *dynamo.Update {
	m, number := c.Message, dynamo.Num(c.Message.Offset)
	u := dynamo.NewUpdate(key).Set(schema.GroupHeadNumber, number).Set(schema.GroupHeadCounted, dynamo.Num(m.Counted)).
		Set(schema.GroupHeadLastTime, dynamo.Num(m.Time)).
		If(dynamo.ItemExists(), dynamo.AbsentOr(dynamo.Less(schema.GroupHeadNumber, number))).ReturnNew()
	setShown(u, c, 0)
	if c.Delivered {
		u.Set(schema.GroupHeadDelivered, number)
	}
	if m.MentionsAll() {
		u.Set(schema.GroupHeadMentioned, number)
	}
	if c.Rate.Second != 0 {
		u.Set(schema.GroupHeadSecond, dynamo.Num(c.Rate.Second)).Set(schema.GroupHeadInSecond, dynamo.Num(c.Rate.Sent))
	}
	if c.AllRead > 0 {
		u.Set(schema.GroupHeadAllRead, dynamo.Num(c.AllRead))
	}
	if c.Activates {
		u.Remove(schema.GroupHeadInactive)
	}
	return u
}

// setShown makes an update of a head make a message the last one that lists show, if the one with
// the number shown is before it.
func setShown(u *dynamo.Update, c domain.HeadUpdate, shown int64) {
	m := c.Message
	if c.Hidden || shown >= m.Offset {
		return
	}
	u.Set(schema.GroupHeadTime, dynamo.Num(max(c.NowMs, m.Time*1000))).Set(schema.GroupHeadShown, dynamo.Num(m.Offset)).
		Set(schema.GroupHeadRandom, dynamo.Num(m.Random)).Set(schema.GroupHeadPreview, dynamo.Str(m.Preview())).
		If(dynamo.AbsentOr(dynamo.Less(schema.GroupHeadShown, dynamo.Num(m.Offset))))
	if m.From == "" {
		u.Remove(schema.GroupHeadSender)
	} else {
		u.Set(schema.GroupHeadSender, dynamo.Str(m.From))
	}
	u.SetOrRemove(schema.GroupHeadNameCard, dynamo.StrIfAny(m.NameCard))
}

// Activate implements groupchat.HeadStore.
func (s *Store) Activate(ctx context.Context, app int64, group string) error {
	_, _, err := s.core.Update(ctx, dynamo.NewUpdate(schema.GroupKey(app, group)).Remove(schema.GroupInactive).If(items.IfGroupExists()))
	return err
}

// maxMentions is how many mentions a row has. If there are more, the oldest are forgotten.
const maxMentions = 20

// Mention implements groupchat.HeadStore.
func (s *Store) Mention(ctx context.Context, app int64, group, user string, number int64) error {
	key, n := schema.RowKey(app, user, chat.OfGroup(group)), dynamo.Num(number)
	mention := func() *dynamo.Update {
		return dynamo.NewUpdate(key).Add(schema.RowMentions, dynamo.IntSet(number)).
			If(dynamo.Exists(schema.RowRole), dynamo.AbsentOr(dynamo.Less(schema.RowReadNumber, n)))
	}
	first := mention().If(dynamo.Any(dynamo.Absent(schema.RowMentions), dynamo.SizeLess(schema.RowMentions, maxMentions)))
	_, _, err := s.core.UpdateOrReplan(ctx, retry.Contended(), first, func(row dynamo.Item) (*dynamo.Update, error) {
		list := row.IntSet(schema.RowMentions)
		switch {
		case !row.Has(schema.RowRole) || row.Int(schema.RowReadNumber) >= number || slices.Contains(list, number):
			return nil, nil
		case len(list) < maxMentions:
			return first, nil
		}
		slices.Sort(list)
		if number < list[0] {
			return nil, nil
		}
		list = append(list[1:], number)
		return dynamo.NewUpdate(key).Set(schema.RowMentions, dynamo.IntSet(list...)).
			If(dynamo.Exists(schema.RowRole), dynamo.Unchanged(row, schema.RowMentions, schema.RowReadNumber)), nil
	})
	return err
}

// Clear implements groupchat.HeadStore.
func (s *Store) Clear(ctx context.Context, app int64, seen groups.Head, number, counted, nowMs int64) error {
	if seen.Cleared >= number {
		return nil
	}
	key, n := schema.GroupHeadKey(app, seen.Group), dynamo.Num(number)
	clearTo := func(shown int64) *dynamo.Update {
		u := dynamo.NewUpdate(key).Set(schema.GroupHeadCleared, n).Set(schema.GroupHeadAllRead, dynamo.Num(counted)).
			Set(schema.GroupHeadOperation, dynamo.Num(nowMs)).
			If(dynamo.ItemExists(), dynamo.AbsentOr(dynamo.Less(schema.GroupHeadCleared, n)))
		if shown <= number {
			return u.Remove(schema.GroupHeadPreview).If(dynamo.AbsentOr(dynamo.AtMost(schema.GroupHeadShown, n)))
		}
		return u.If(dynamo.Greater(schema.GroupHeadShown, n))
	}
	_, _, err := s.core.UpdateOrReplan(ctx, retry.Contended(), clearTo(seen.Shown), func(item dynamo.Item) (*dynamo.Update, error) {
		h := items.GroupHead(seen.Group, item)
		if h == nil || h.Cleared >= number {
			return nil, nil
		}
		return clearTo(h.Shown), nil
	})
	return err
}
