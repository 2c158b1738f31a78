package timeline

import (
	"context"

	"parley/shared/domain/chat"
	domain "parley/shared/domain/timeline"
	"parley/shared/dynamo"
	"parley/shared/retry"
	"parley/shared/store/items"
	"parley/shared/store/schema"
)

// UpdateRow implements timeline.ChangeStore. It is one write, on the condition that the
// attributes from which it was computed are as they were read. If the condition fails,
// the row that it found is used for the next try. With SkipRead the first try is made
// without a read, and its failed condition returns the row.
func (s *Store) UpdateRow(ctx context.Context, app int64, user string, id chat.ID, m domain.RowUpdate) error {
	switch {
	case id.Kind() == chat.Group && user != "":
		return s.hideFromMember(ctx, app, user, id, m)
	case id.Kind() == chat.Group:
		return s.updateHead(ctx, app, id, m)
	}
	key := schema.RowKey(app, user, id)
	if m.Last == nil && m.NoLongerUnread == nil {
		_, _, err := s.core.Update(ctx, operation(key, m.NowMs))
		return err
	}
	row := dynamo.Item{}
	var err error
	if !m.SkipRead {
		row, err = s.core.Get(ctx, key, false)
		if row == nil && err == nil {
			row, err = s.core.Get(ctx, key, true) // the row may be so new that the replica does not have it yet
		}
	}
	if row == nil || err != nil {
		return err
	}
	_, _, err = s.core.UpdateOrReplan(ctx, retry.Contended(), rowUpdate(key, id, row, m), func(row dynamo.Item) (*dynamo.Update, error) {
		if row == nil {
			return nil, nil
		}
		return rowUpdate(key, id, row, m), nil
	})
	return err
}

// operation returns an update that notes an operation on a message in a row.
func operation(row dynamo.Key, nowMs int64) *dynamo.Update {
	now := dynamo.Num(nowMs)
	return dynamo.NewUpdate(row).Set(schema.RowChanged, now).Set(schema.RowOperation, now).If(dynamo.ItemExists())
}

// rowUpdate returns the update of a row as it was read. It changes what the row shows
// only if the row still shows that message as the last one.
func rowUpdate(key dynamo.Key, id chat.ID, row dynamo.Item, m domain.RowUpdate) *dynamo.Update {
	u := operation(key, m.NowMs)
	if m.Last != nil && row.Text(schema.RowLastKey) == schema.MessageSK(id, m.Last.Of) {
		u.If(dynamo.Unchanged(row, schema.RowLastKey))
		switch {
		case m.Last.None:
			u.Remove(schema.RowLastKey, schema.RowPreview)
		case m.Last.Preview != nil:
			u.Set(schema.RowPreview, dynamo.Str(*m.Last.Preview))
		default:
			u.Remove(schema.RowPreview)
		}
		if m.Last.Key != nil {
			u.Set(schema.RowLastKey, dynamo.Str(schema.MessageSK(id, *m.Last.Key)))
		}
	} else if m.Last != nil {
		u.If(dynamo.AbsentOr(dynamo.Differs(schema.RowLastKey, dynamo.Str(schema.MessageSK(id, m.Last.Of)))))
	}
	if m.NoLongerUnread != nil {
		u.If(dynamo.Unchanged(row, schema.RowRead, schema.RowReadTime, schema.RowInOffset, schema.RowExcluded, schema.RowExcludedUpTo, schema.RowInEpoch))
	}
	if e, changed := exclude(row, m.NoLongerUnread); changed {
		e.SetIn(u)
	}
	return u
}

// exclude adds messages to the exclusions of a row. A message that the user has read,
// that is of another epoch, or that is excluded already changes nothing.
func exclude(row dynamo.Item, list []domain.Message) (e items.Exclusions, changed bool) {
	e = items.ReadExclusions(row)
	for _, m := range list {
		if m.Offset > row.Int(schema.RowRead) && m.Epoch == row.Int(schema.RowInEpoch) && e.Add(m.Offset) {
			changed = true
		}
	}
	e.Compact(row.Int(schema.RowInOffset))
	return e, changed
}
