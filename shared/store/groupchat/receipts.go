package groupchat

import (
	"context"

	"parley/shared/domain/chat"
	"parley/shared/domain/timeline"
	"parley/shared/dynamo"
	"parley/shared/store/schema"
)

// SaveReceipt implements groupchat.ReceiptStore. A receipt expires with its message.
func (s *Store) SaveReceipt(ctx context.Context, app int64, m timeline.Message, user string, nowMs int64) (bool, error) {
	item := dynamo.NewItem(schema.ReceiptKey(app, m.Chat, m.Key, user))
	item.SetInt(schema.ReceiptTime, nowMs)
	item.SetInt(schema.Expires, m.Expires)
	_, saved, err := s.msg.PutIf(ctx, item, dynamo.ItemAbsent())
	return saved, err
}

// CountReceipts implements groupchat.ReceiptStore.
func (s *Store) CountReceipts(ctx context.Context, app int64, id chat.ID, k timeline.Key) (int, error) {
	first, n := schema.ReceiptKey(app, id, k, ""), 0
	for page, err := range s.msg.Pages(ctx, &dynamo.Query{PK: first.PK, Range: dynamo.Prefix(first.SK), CountOnly: true}) {
		if err != nil {
			return 0, err
		}
		n += page.Count
	}
	return n, nil
}

// Receipts implements groupchat.ReceiptStore. The limit 0 is none: last limits the answer then.
func (s *Store) Receipts(ctx context.Context, app int64, id chat.ID, k timeline.Key, after, last string, limit int) ([]string, bool, error) {
	first := schema.ReceiptKey(app, id, k, "")
	q := dynamo.Query{PK: first.PK, Range: dynamo.Prefix(first.SK)}
	if last != "" {
		q.Range = dynamo.FromTo(dynamo.Str(first.SK), dynamo.Str(first.SK+last))
	}
	if after != "" {
		q.StartAfter = schema.ReceiptKey(app, id, k, after)
	}
	if limit > 0 {
		q.Limit = limit + 1
	}
	var users []string
	for page, err := range s.msg.Pages(ctx, &q) {
		if err != nil {
			return nil, false, err
		}
		for _, item := range page.Items {
			if _, user, ok := schema.ParseReceiptSK(id, item.SK()); ok {
				users = append(users, user)
			}
		}
		if limit > 0 && len(users) > limit {
			return users[:limit], true, nil
		}
	}
	return users, false, nil
}
