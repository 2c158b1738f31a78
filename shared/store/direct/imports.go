package direct

import (
	"context"

	"parley/shared/domain/chat"
	domain "parley/shared/domain/direct"
	"parley/shared/dynamo"
	"parley/shared/retry"
	"parley/shared/store/items"
	"parley/shared/store/schema"
)

// AdvanceRow implements direct.Store. The row's last message (RowTime, RowLastKey, RowPreview)
// and the time when the row expires only move forward, independently of each other. The
// first try assumes that both move; if it fails, the row that the condition found says
// which of the two still has to move. Example: a message of last year is imported into a
// conversation whose last message is of today and expires tomorrow. The preview stays,
// and only the expiry moves.
func (s *Store) AdvanceRow(ctx context.Context, app int64, owner string, id chat.ID, a domain.RowUpdateOfImport) error {
	key, sk, ms := schema.RowKey(app, owner, id), schema.MessageSK(id, a.Key), a.Key.Time*1000
	advance := func(isNewer, expiresLater bool) *dynamo.Update {
		u := dynamo.NewUpdate(key)
		if isNewer {
			at, last := dynamo.Num(ms), dynamo.Str(sk)
			u.Set(schema.RowTime, at).Set(schema.RowLastKey, last).Set(schema.RowPreview, dynamo.Str(a.Preview)).
				Set(schema.RowChanged, dynamo.Num(a.NowMs)).
				If(dynamo.Any(dynamo.Absent(schema.RowTime), dynamo.Less(schema.RowTime, at),
					dynamo.All(dynamo.Equals(schema.RowTime, at), dynamo.Less(schema.RowLastKey, last)))).
				If(dynamo.AbsentOr(dynamo.Less(schema.RowHiddenUpTo, last)))
		}
		if expiresLater {
			items.SetRowExpires(u, a.Expires)
			u.If(dynamo.AbsentOr(dynamo.Less(schema.RowMessageExpires, dynamo.Num(a.Expires))))
		}
		items.IndexRow(u, a.Indexed)
		return u
	}
	_, _, err := s.core.UpdateOrReplan(ctx, retry.Contended(), advance(true, a.Expires > 0), func(row dynamo.Item) (*dynamo.Update, error) {
		t, last := row.Int(schema.RowTime), row.Text(schema.RowLastKey)
		isNewer := (!row.Has(schema.RowTime) || t < ms || (t == ms && last < sk)) && row.Text(schema.RowHiddenUpTo) < sk
		expiresLater := row.Int(schema.RowMessageExpires) < a.Expires
		if !isNewer && !expiresLater {
			return nil, nil
		}
		return advance(isNewer, expiresLater), nil
	})
	return err
}

// ReplaceKey implements direct.Store. Its condition is that the row still shows the
// message: the same key with the same preview.
func (s *Store) ReplaceKey(ctx context.Context, app int64, owner string, id chat.ID, r domain.KeyReplacement) error {
	_, _, err := s.core.Update(ctx, dynamo.NewUpdate(schema.RowKey(app, owner, id)).
		Set(schema.RowLastKey, dynamo.Str(schema.MessageSK(id, r.To))).Set(schema.RowChanged, dynamo.Num(r.NowMs)).
		If(dynamo.Equals(schema.RowLastKey, dynamo.Str(schema.MessageSK(id, r.From))), dynamo.Equals(schema.RowPreview, dynamo.Str(r.Preview))))
	return err
}
