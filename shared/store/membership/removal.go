package membership

import (
	"context"

	"parley/shared/dynamo"
	"parley/shared/store/items"
	"parley/shared/store/schema"
)

// RowsOfGroups implements membership.Store.
func (s *Store) RowsOfGroups(ctx context.Context, app int64, user string, limit int) ([]string, error) {
	page, err := s.core.Query(ctx, dynamo.Query{
		PK: schema.RowsPK(app, user), Range: dynamo.Prefix(schema.GroupRowPrefix), Limit: limit, Strong: true, KeysOnly: true,
	})
	if err != nil {
		return nil, err
	}
	return items.Readable(ctx, page.Items, func(item dynamo.Item) (string, bool) {
		id, ok := schema.ParseRowSK(user, item.SK())
		group, _ := id.Names()
		return group, ok
	}), nil
}

// RemoveMute implements membership.Store. The row is removed first: if the call dies, the mute is
// still in the list, and a repeat finds it.
func (s *Store) RemoveMute(ctx context.Context, app int64, group, user string) error {
	if _, err := s.core.DeleteIf(ctx, rowKey(app, user, group), dynamo.Absent(schema.RowRole)); err != nil {
		return err
	}
	return s.core.Delete(ctx, schema.MuteKey(app, group, user))
}

// RemoveRest implements membership.Store.
func (s *Store) RemoveRest(ctx context.Context, app int64, group string) (more bool, err error) {
	for _, pk := range []string{schema.MembersPK(app, group), schema.GroupRequestsPK(app, group), schema.GroupAttributesPK(app, group)} {
		page, err := s.core.Query(ctx, dynamo.Query{PK: pk, Limit: dynamo.MaxBatchWrites, Strong: true, KeysOnly: true})
		if err != nil {
			return false, err
		}
		if err := s.core.DeleteAll(ctx, page.Items); err != nil {
			return false, err
		}
		if page.More() {
			return true, nil
		}
	}
	return false, nil
}
