package direct

import (
	"context"
	"time"

	"parley/shared/domain/chat"
	domain "parley/shared/domain/direct"
	"parley/shared/domain/timeline"
	"parley/shared/dynamo"
	"parley/shared/store/items"
	"parley/shared/store/schema"
)

// windowSeconds is the length of the idempotency window.
const windowSeconds = int64(timeline.IdempotencyWindow / time.Second)

// Windows implements direct.ClaimStore.
func (s *Store) Windows(ctx context.Context, app int64, user string, ids []chat.ID) ([]domain.Window, error) {
	keys := make([]dynamo.Key, len(ids))
	for i, id := range ids {
		keys[i] = schema.RowKey(app, user, id)
	}
	rows, err := s.core.GetAll(ctx, keys, false)
	windows := make([]domain.Window, len(ids))
	for i, row := range rows {
		windows[i] = items.Window(row)
	}
	return windows, err
}

// WriteClaim implements direct.ClaimStore. Offset and epoch are the version of the window: each
// claim raises the offset by one, and a row that begins anew has another epoch.
func (s *Store) WriteClaim(ctx context.Context, app int64, w domain.ClaimWrite) (bool, domain.Window, error) {
	r := w.Request
	u := dynamo.NewUpdate(schema.RowKey(app, r.From, r.Chat)).
		Set(schema.RowOutOffset, dynamo.Num(w.Next.Offset)).Set(schema.RowOutEpoch, dynamo.Num(w.Next.Epoch)).
		Set(schema.RowWindow, items.WindowSends(w.Next.Sends)).
		If(dynamo.EqualsOrAbsent(schema.RowOutOffset, dynamo.NumIfAny(w.Seen.Offset)), dynamo.EqualsOrAbsent(schema.RowOutEpoch, dynamo.NumIfAny(w.Seen.Epoch)))
	if w.Next.Saved != w.Seen.Saved {
		u.Set(schema.RowSaved, dynamo.Num(w.Next.Saved))
	}
	items.SetRowExpires(u, r.Expires)
	last, now := dynamo.Str(schema.MessageSK(r.Chat, r.Key)), dynamo.Num(r.NowMs)
	if w.AfterLast {
		u.If(dynamo.AbsentOr(dynamo.Less(schema.RowLastKey, last)))
	}
	if r.ExcludedFromLast {
		u.Set(schema.RowChanged, now)
	} else {
		u.Set(schema.RowTime, now).Set(schema.RowLastKey, last).Set(schema.RowPreview, dynamo.Str(r.Preview))
	}
	items.IndexRow(u, r.Indexed)
	row, written, err := s.core.Update(ctx, u)
	if written || err != nil {
		return written, w.Next, err
	}
	return false, items.Window(row), nil
}

// SavedSend implements direct.ClaimStore.
func (s *Store) SavedSend(ctx context.Context, app int64, user string, id chat.ID, idempotencyKey uint64) (*domain.SavedSend, error) {
	item, err := s.live.Get(ctx, schema.IdempotencyKey(app, user, id, idempotencyKey), true)
	if item == nil || err != nil {
		return nil, err
	}
	return &domain.SavedSend{
		PastSend: items.SavedSend(idempotencyKey, item), Offset: item.Int(schema.IdempotencyOffset), Epoch: item.Int(schema.IdempotencyEpoch),
	}, nil
}

// SaveSend implements direct.ClaimStore.
func (s *Store) SaveSend(ctx context.Context, app int64, user string, id chat.ID, saved domain.SavedSend) error {
	item := items.SavedSendItem(app, user, id, saved.PastSend, saved.Time+2*windowSeconds)
	item.Set(schema.IdempotencyOffset, dynamo.Num(saved.Offset))
	item.Set(schema.IdempotencyEpoch, dynamo.Num(saved.Epoch))
	return s.live.Put(ctx, item)
}

// ClaimBatch implements direct.ClaimStore. A batch has one item of its own (schema.BatchKey) with
// the time of its first call, so that a repeat has the same time for all receivers.
func (s *Store) ClaimBatch(ctx context.Context, app int64, from string, idempotencyKey uint64, nowUs int64) (int64, error) {
	now := nowUs / 1_000_000
	item := dynamo.NewItem(schema.BatchKey(app, from, idempotencyKey))
	item.Set(schema.IdempotencyTime, dynamo.Num(now))
	item.Set(schema.IdempotencyMicros, dynamo.Num(nowUs%1_000_000))
	item.Set(schema.Expires, dynamo.Num(now+2*windowSeconds))
	ended := dynamo.Any(dynamo.ItemAbsent(), dynamo.AtMost(schema.IdempotencyTime, dynamo.Num(now-windowSeconds)))
	old, claimed, err := s.live.PutIf(ctx, item, ended)
	if claimed || err != nil {
		return nowUs, err
	}
	return old.Int(schema.IdempotencyTime)*1_000_000 + old.Int(schema.IdempotencyMicros), nil
}
