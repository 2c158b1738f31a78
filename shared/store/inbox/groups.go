package inbox

import (
	"context"
	"slices"

	"parley/shared/domain/chat"
	"parley/shared/domain/groups"
	domain "parley/shared/domain/inbox"
	"parley/shared/domain/timeline"
	"parley/shared/dynamo"
	"parley/shared/store/items"
	"parley/shared/store/schema"
)

// The rows of groups. A row of a group changes when its user joins, sends, reads or puts something
// on it, and not with the messages of others: what these change is in the head of the group.

// member reads what a row of a group has besides what every row has.
func member(item dynamo.Item) *domain.MemberRow {
	return &domain.MemberRow{
		Role: groups.Role(item.Int(schema.RowRole)), Joined: item.Int(schema.RowJoined), MutedUntil: item.Int(schema.RowMutedUntil),
		JoinNumber: item.Int(schema.RowJoinNumber), ReadNumber: item.Int(schema.RowReadNumber), ReadCounted: item.Int(schema.RowReadCounted),
		SentCounted: item.Int(schema.RowSentCounted), SentAtRead: item.Int(schema.RowSentAtRead),
		Option: groups.ReceiveOption(item.Int(schema.RowGroupOption)), HiddenNumber: item.Int(schema.RowHiddenNumber), ListedAfter: item.Int(schema.RowListedAfter), Mentions: item.IntSet(schema.RowMentions),
		Hidden: item.IntSet(schema.RowHidden), HiddenUnread: item.IntSet(schema.RowHiddenUnread),
	}
}

// groupRow reads a row of a group.
func groupRow(user string, id chat.ID, item dynamo.Item) domain.Row {
	return domain.Row{
		User: user, Chat: id, ReadMs: item.Int(schema.RowReadTime), ChangedMs: item.Int(schema.RowChanged),
		OperationLogMs: item.Int(schema.RowOperation),
		Expires:        expires(item), DraftMs: item.Int(schema.RowDraftTime), Data: data(item), Member: member(item),
	}
}

// GroupHeads implements inbox.GroupStore.
func (s *Store) GroupHeads(ctx context.Context, app int64, ids []string, strong bool) ([]*groups.Head, error) {
	keys := make([]dynamo.Key, len(ids))
	for i, id := range ids {
		keys[i] = schema.GroupHeadKey(app, id)
	}
	found, err := s.core.GetAll(ctx, keys, strong)
	if err != nil {
		return nil, err
	}
	heads := make([]*groups.Head, len(found))
	for i, item := range found {
		heads[i] = items.GroupHead(ids[i], item)
	}
	return heads, nil
}

// GroupRows implements inbox.GroupStore.
func (s *Store) GroupRows(ctx context.Context, app int64, user string, strong bool) (rows []domain.Row, err error) {
	q := dynamo.Query{PK: schema.RowsPK(app, user), Range: dynamo.Prefix(schema.GroupRowPrefix), Strong: strong}
	for page, err := range s.core.Pages(ctx, &q) {
		if err != nil {
			return nil, err
		}
		rows = items.AppendReadable(ctx, rows, page.Items, func(item dynamo.Item) (domain.Row, bool) {
			r := row(user, item)
			return r, !r.Chat.IsZero()
		})
	}
	return rows, nil
}

// MoveGroupCursor implements inbox.GroupStore. The cursor only moves forward, as that of a
// direct conversation.
func (s *Store) MoveGroupCursor(ctx context.Context, app int64, user, group string, number, counted, nowMs int64) (*domain.Row, bool, error) {
	id := chat.OfGroup(group)
	key, to := schema.RowKey(app, user, id), dynamo.Num(number)
	item, moved, err := s.core.Update(ctx, readNow(key, nowMs).Set(schema.RowReadNumber, to).Set(schema.RowReadCounted, dynamo.Num(counted)).
		SetFrom(schema.RowSentAtRead, schema.RowSentCounted, dynamo.Num(0)).
		If(dynamo.Exists(schema.RowRole), dynamo.AbsentOr(dynamo.Less(schema.RowReadNumber, to))))
	if err != nil || !item.Has(schema.RowRole) {
		return nil, false, err
	}
	if read := slices.DeleteFunc(item.IntSet(schema.RowMentions), func(n int64) bool { return n > number }); moved && len(read) > 0 {
		// Best effort: a mention up to the read cursor is not shown.
		_, _, _ = s.core.Update(ctx, dynamo.NewUpdate(key).Delete(schema.RowMentions, dynamo.IntSet(read...)).If(dynamo.Exists(schema.RowRole)))
	}
	r := groupRow(user, id, item)
	return &r, moved, nil
}

// CountedUpTo implements inbox.GroupStore.
func (s *Store) CountedUpTo(ctx context.Context, app int64, group string, number int64) (int64, bool, error) {
	item, err := s.msg.Get(ctx, schema.MessageKey(app, chat.OfGroup(group), timeline.Key{Seq: uint32(number)}), false)
	if err != nil || item == nil {
		return 0, false, err
	}
	return item.Int(schema.MessageCounted), true, nil
}

// hideInGroup makes an update hide a group from its user's list, or its history, up to the last
// message that the user's call has seen. All of it is read then.
func hideInGroup(u *dynamo.Update, m domain.Mutation, nowMs int64) {
	last := dynamo.Num(m.SeenRow.InOffset)
	if m.Hide || m.ClearLast {
		u.Set(schema.RowReadNumber, last).Set(schema.RowReadCounted, dynamo.Num(m.SeenRow.Member.Head.Counted)).Set(schema.RowReadTime, dynamo.Num(nowMs)).
			SetFrom(schema.RowSentAtRead, schema.RowSentCounted, dynamo.Num(0)).Remove(schema.RowMentions)
	}
	if m.Hide {
		u.Set(schema.RowListedAfter, last)
	}
	if m.HiddenUpTo != nil {
		u.Set(schema.RowHiddenNumber, dynamo.Num(int64(m.HiddenUpTo.Seq)))
	}
}
