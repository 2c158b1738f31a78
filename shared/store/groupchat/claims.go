package groupchat

import (
	"context"
	"time"

	"parley/shared/domain/chat"
	domain "parley/shared/domain/groupchat"
	"parley/shared/domain/idempotency"
	"parley/shared/domain/timeline"
	"parley/shared/dynamo"
	"parley/shared/store/items"
	"parley/shared/store/schema"
)

// keptSeconds is how long a send is stored beside a row: longer than a repeat of it may come.
const keptSeconds = 2 * int64(domain.Window/time.Second)

// WriteClaim implements groupchat.SenderStore. The number of the user's sends is the version of the
// window: each claim raises it by one.
func (s *Store) WriteClaim(ctx context.Context, app int64, w domain.ClaimWrite) (bool, domain.MemberRow, error) {
	u := dynamo.NewUpdate(schema.RowKey(app, w.User, chat.OfGroup(w.Group))).
		Set(schema.RowWindow, items.GroupWindowSends(w.Sends)).Set(schema.RowOutOffset, dynamo.Num(w.Seen.Sent+1)).
		Set(schema.RowLastSent, dynamo.Num(w.Now)).
		If(dynamo.Exists(schema.RowRole), dynamo.EqualsOrAbsent(schema.RowOutOffset, dynamo.NumIfAny(w.Seen.Sent)))
	if w.Counts {
		u.Add(schema.RowSentCounted, dynamo.Num(int64(1)))
	}
	if w.Saved != w.Seen.Saved {
		u.Set(schema.RowSaved, dynamo.Num(w.Saved))
	}
	row, written, err := s.core.Update(ctx, u)
	if err != nil {
		return false, w.Seen, err
	}
	if written {
		now := w.Seen
		now.Sends, now.Sent, now.Saved = w.Sends, w.Seen.Sent+1, w.Saved
		return true, now, nil
	}
	return false, memberRow(row), nil
}

// SavedSend implements groupchat.SenderStore.
func (s *Store) SavedSend(ctx context.Context, app int64, user string, id chat.ID, key uint64) (*idempotency.PastSend, error) {
	item, err := s.live.Get(ctx, schema.IdempotencyKey(app, user, id, key), true)
	if item == nil || err != nil {
		return nil, err
	}
	saved := items.SavedSend(key, item)
	return &saved, nil
}

// SaveSend implements groupchat.SenderStore.
func (s *Store) SaveSend(ctx context.Context, app int64, user string, id chat.ID, saved idempotency.PastSend) error {
	return s.live.Put(ctx, items.SavedSendItem(app, user, id, saved, saved.Time+keptSeconds))
}

// ClaimBeside implements groupchat.SenderStore.
func (s *Store) ClaimBeside(
	ctx context.Context, app int64, user string, id chat.ID, claim idempotency.PastSend, after int64, replaced *idempotency.PastSend,
) (*idempotency.PastSend, error) {
	free := dynamo.Any(dynamo.ItemAbsent(), dynamo.AtMost(schema.IdempotencyTime, dynamo.Num(after)))
	if replaced != nil {
		free = dynamo.Any(free, dynamo.All(
			dynamo.Equals(schema.IdempotencyTime, dynamo.Num(replaced.Time)), dynamo.Equals(schema.IdempotencySeq, dynamo.Num(replaced.Seq)),
		))
	}
	old, claimed, err := s.live.PutIf(ctx, items.SavedSendItem(app, user, id, claim, claim.Time+keptSeconds), free)
	if claimed || err != nil {
		return nil, err
	}
	existing := items.SavedSend(claim.IdempotencyKey, old)
	return &existing, nil
}

// FindSend implements groupchat.SenderStore.
func (s *Store) FindSend(ctx context.Context, app int64, id chat.ID, user string, random uint32, after int64) (*timeline.Message, error) {
	key := timeline.KeyOfNumber(after)
	q, _ := items.TimelineQuery(app, timeline.HistoryRange{Chat: id, After: &key, Strong: true})
	q.Descending = false
	q.Filter = dynamo.All(dynamo.Equals(schema.MessageSender, dynamo.Str(user)), dynamo.Equals(schema.MessageRandom, dynamo.Num(random)))
	for page, err := range s.msg.Pages(ctx, &q) {
		if err != nil {
			return nil, err
		}
		for _, item := range page.Items {
			if m, ok := items.Message(ctx, item, user, id); ok {
				return &m, nil
			}
		}
	}
	return nil, nil
}
