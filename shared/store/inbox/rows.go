// Package inbox stores users' lists of conversations. It implements the RowStore, HeadStore,
// ReadCursorStore and IndexStore of the domain package inbox.
//
// One transaction writes rows of a user, their drafts and the head of the list, if the change
// of a row changes what the head counts.
package inbox

import (
	"context"

	"parley/shared/domain/chat"
	domain "parley/shared/domain/inbox"
	"parley/shared/domain/timeline"
	"parley/shared/dynamo"
	"parley/shared/store/items"
	"parley/shared/store/schema"
)

// Store reads and writes the aggregate Conversations. It reads Messages and GroupHeads, and writes the mark
// of an indexed user in Accounts.
type Store struct{ core, msg dynamo.Table }

var (
	_ domain.RowStore        = (*Store)(nil)
	_ domain.HeadStore       = (*Store)(nil)
	_ domain.ReadCursorStore = (*Store)(nil)
	_ domain.IndexStore      = (*Store)(nil)
	_ domain.GroupStore      = (*Store)(nil)
)

// New returns a Store over the tables core and msg.
func New(core, msg dynamo.Table) *Store { return &Store{core, msg} }

// row reads a row of a user. RowRead is the read cursor if the user has read something. Else
// it is the offset up to which messages were gone when the row began.
func row(user string, item dynamo.Item) domain.Row {
	id, _ := schema.ParseRowSK(user, item.SK())
	if id.Kind() == chat.Group {
		return groupRow(user, id, item)
	}
	read, goneBefore := item.Int(schema.RowRead), int64(0)
	if !item.Has(schema.RowReadTime) {
		read, goneBefore = 0, read
	}
	return domain.Row{
		User: user, Chat: id, TimeMs: item.Int(schema.RowTime), LastKey: items.MessageKey(item, schema.RowLastKey, id), Preview: item.Text(schema.RowPreview),
		LastHasNoContent: item.Has(schema.RowLastKey) && !item.Has(schema.RowPreview), OperationLogMs: item.Int(schema.RowOperation),
		OutOffset: item.Int(schema.RowOutOffset), OutEpoch: item.Int(schema.RowOutEpoch),
		InOffset: item.Int(schema.RowInOffset), InEpoch: item.Int(schema.RowInEpoch),
		ReadOffset: read, ExpiredOffset: goneBefore, ReadMs: item.Int(schema.RowReadTime), ChangedMs: item.Int(schema.RowChanged),
		PeerReadOffset: item.Int(schema.RowPeerRead), PeerReadMs: item.Int(schema.RowPeerReadTime),
		UnreadExcluded: items.ExclusionsAfter(item, read+goneBefore), HiddenUpTo: items.MessageKey(item, schema.RowHiddenUpTo, id),
		Expires: expires(item), DraftMs: item.Int(schema.RowDraftTime), Data: data(item),
	}
}

// expires returns when the messages of a row expire, 0 if the row never had any: data
// or a draft has made it. The row itself expires later if it has data.
func expires(item dynamo.Item) int64 {
	switch {
	case item.Has(schema.RowMessageExpires):
		return item.Int(schema.RowMessageExpires)
	case item.Has(schema.RowDataExpires):
		return 0
	}
	return item.Int(schema.Expires)
}

// RowsAfter implements inbox.RowStore.
func (s *Store) RowsAfter(
	ctx context.Context, app int64, user string, after chat.ID, limit int, strong bool,
) (rows []domain.Row, more bool, err error) {
	q := rowQuery(app, user, after)
	q.Limit, q.Strong = limit, strong
	for page, err := range s.core.Pages(ctx, &q) {
		if err != nil {
			return nil, false, err
		}
		rows = items.AppendReadable(ctx, rows, page.Items, func(item dynamo.Item) (domain.Row, bool) {
			r := row(user, item)
			return r, !r.Chat.IsZero()
		})
		if len(rows) >= limit {
			return rows, page.More(), nil
		}
		q.Limit = limit - len(rows)
	}
	return rows, false, nil
}

// rowQuery returns a query of a user's rows in the order of their conversations, after one.
func rowQuery(app int64, user string, after chat.ID) dynamo.Query {
	q := dynamo.Query{PK: schema.RowsPK(app, user), Range: dynamo.Prefix(schema.RowPrefix)}
	if !after.IsZero() {
		q.StartAfter = schema.RowKey(app, user, after)
	}
	return q
}

// RowsOf implements inbox.RowStore.
func (s *Store) RowsOf(ctx context.Context, app int64, user string, ids []chat.ID, strong bool) ([]domain.Row, error) {
	keys := make([]dynamo.Key, len(ids))
	for i, id := range ids {
		keys[i] = schema.RowKey(app, user, id)
	}
	found, err := s.core.GetAll(ctx, keys, strong)
	if err != nil {
		return nil, err
	}
	rows := make([]domain.Row, len(found))
	for i, item := range found {
		if item != nil {
			rows[i] = row(user, item)
		}
	}
	return rows, nil
}

// LastCounted implements inbox.RowStore. A message that the row has not counted
// yet must not be hidden: it will be counted and delivered. Example: ann deletes the
// conversation when bob's message 3 is stored and ann's row has counted 2. Everything up
// to message 2 is hidden.
func (s *Store) LastCounted(ctx context.Context, app int64, user string, r domain.Row) (*timeline.Key, error) {
	q, _ := items.TimelineQuery(app, timeline.HistoryRange{User: user, Chat: r.Chat, Limit: 10, Strong: true})
	for page, err := range s.msg.Pages(ctx, &q) {
		if err != nil {
			return nil, err
		}
		for _, item := range page.Items {
			epoch, counted := r.InEpoch, r.InOffset
			if int(item.Int(schema.MessageFrom)) == r.Chat.Side(user) {
				epoch, counted = r.OutEpoch, r.OutOffset
			}
			if g := item.Int(schema.MessageEpoch); g < epoch || (g == epoch && item.Int(schema.MessageOffset) <= counted) {
				if key, ok := schema.ParseMessageSK(r.Chat, item.SK()); ok {
					return &key, nil
				}
				items.NoteUnreadable(ctx, item, "key")
			}
		}
	}
	return nil, nil
}

// RemoveConversations implements inbox.RowStore.
func (s *Store) RemoveConversations(ctx context.Context, app int64, user string) (more bool, err error) {
	page, err := s.core.Query(ctx, dynamo.Query{
		PK: schema.RowsPK(app, user), Range: dynamo.Prefix(schema.ConversationPrefix), Limit: dynamo.MaxBatchWrites, Strong: true, KeysOnly: true,
	})
	if err != nil {
		return false, err
	}
	return page.More(), s.core.DeleteAll(ctx, page.Items)
}

// Drafts implements inbox.RowStore.
func (s *Store) Drafts(ctx context.Context, app int64, user string, ids []chat.ID) ([]string, error) {
	keys := make([]dynamo.Key, len(ids))
	for i, id := range ids {
		keys[i] = schema.DraftKey(app, user, id)
	}
	found, err := s.core.GetAll(ctx, keys, false)
	if err != nil {
		return nil, err
	}
	list := make([]string, len(found))
	for i, item := range found {
		list[i] = item.Text(schema.DraftText)
	}
	return list, nil
}
