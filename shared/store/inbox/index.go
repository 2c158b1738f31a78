package inbox

import (
	"context"
	"errors"
	"math"
	"slices"
	"strconv"

	"golang.org/x/sync/errgroup"

	"parley/shared/domain/chat"
	domain "parley/shared/domain/inbox"
	"parley/shared/dynamo"
	"parley/shared/store/items"
	"parley/shared/store/schema"
)

// The rows of an account with more than 500 rows are in three indexes of the table
// (docs/adr/0026). AccountIndexed says that a call which makes a row has to put it there.
// HeadIndexed says that all rows of the account are in the indexes, so that calls may read
// them. HeadIndexing is when a worker last worked on the account.
//
// DynamoDB updates an index by itself, a moment after the table. An index is only asked
// which rows there are. What a row says is always read from the table, except for the
// data in RowsWithData.

// IndexEntries implements inbox.IndexStore.
func (s *Store) IndexEntries(
	ctx context.Context, app int64, user string, order domain.IndexOrder, from, to int64, limit int,
) ([]domain.IndexEntry, bool, error) {
	list, err := s.entries(ctx, app, user, order, from, to, limit+1)
	if err != nil || len(list) <= limit {
		return list, false, err
	}
	if last := list[limit-1].AtMs; last == list[limit].AtMs {
		// The page ends between entries of the same time. DynamoDB returns such entries in
		// no certain order, so all of them are read and belong to this page.
		same, err := s.entries(ctx, app, user, order, last, last, math.MaxInt32)
		if err != nil {
			return nil, false, err
		}
		first := slices.IndexFunc(list, func(e domain.IndexEntry) bool { return e.AtMs == last })
		return append(list[:first], same...), true, nil
	}
	return list[:limit], true, nil
}

// entries reads up to limit entries of an index, newest first, or a few more: it does
// not cut the last page that DynamoDB returns.
func (s *Store) entries(ctx context.Context, app int64, user string, order domain.IndexOrder, from, to int64, limit int) ([]domain.IndexEntry, error) {
	index := dynamo.Index{Name: schema.IndexNewest, PK: schema.IndexedBy, SK: schema.RowTime}
	if order == domain.ByChange {
		index.Name, index.SK = schema.IndexChanged, schema.RowChanged
	}
	q := dynamo.Query{
		PK: schema.RowsPK(app, user), Range: dynamo.FromTo(dynamo.Num(from), dynamo.Num(to)), Index: index, Limit: limit, Descending: true,
	}
	var list []domain.IndexEntry
	for page, err := range s.core.Pages(ctx, &q) {
		if err != nil {
			return nil, err
		}
		for _, item := range page.Items {
			if id, ok := schema.ParseRowSK(user, item.SK()); ok {
				list = append(list, domain.IndexEntry{Chat: id, AtMs: item.Int(index.SK)})
			}
		}
		if len(list) >= limit {
			break
		}
	}
	return list, nil
}

// RowsWithData implements inbox.IndexStore.
func (s *Store) RowsWithData(ctx context.Context, app int64, user string) ([]domain.Row, error) {
	q := dynamo.Query{PK: schema.RowsPK(app, user), Index: dynamo.Index{Name: schema.IndexWithData, PK: schema.IndexedBy}}
	var rows []domain.Row
	for page, err := range s.core.Pages(ctx, &q) {
		if err != nil {
			return nil, err
		}
		for _, item := range page.Items {
			if id, ok := schema.ParseRowSK(user, item.SK()); ok {
				rows = append(rows, domain.Row{User: user, Chat: id, Data: data(item)})
			}
		}
	}
	return rows, nil
}

// BeginIndexing implements inbox.IndexStore. It marks the account first, so that
// rows that are made from now on are in the indexes, and then writes the time to the head.
func (s *Store) BeginIndexing(ctx context.Context, app int64, user string, nowMs, idleMs int64) (bool, error) {
	_, alive, err := s.core.Update(ctx, dynamo.NewUpdate(schema.AccountKey(app, user)).Set(schema.AccountIndexed, dynamo.Num(1)).If(items.IfAlive()))
	if !alive || err != nil {
		return false, err
	}
	_, ok, err := s.core.Update(ctx, dynamo.NewUpdate(schema.HeadKey(app, user)).Set(schema.HeadIndexing, dynamo.Num(nowMs)).
		If(dynamo.Absent(schema.HeadIndexed), dynamo.AbsentOr(dynamo.AtMost(schema.HeadIndexing, dynamo.Num(idleMs)))))
	return ok, err
}

// ExtendIndexing implements inbox.IndexStore. It changes nothing if the account is deleted.
func (s *Store) ExtendIndexing(ctx context.Context, app int64, user string, nowMs int64, done bool) error {
	u := dynamo.NewUpdate(schema.HeadKey(app, user)).Set(schema.HeadIndexing, dynamo.Num(nowMs)).If(dynamo.Exists(schema.HeadIndexing))
	if done {
		u.Set(schema.HeadIndexed, dynamo.Num(1))
	}
	_, _, err := s.core.Update(ctx, u)
	return err
}

// parallelIndexWrites is how many rows are written at once.
const parallelIndexWrites = 32

// IndexRows implements inbox.IndexStore.
func (s *Store) IndexRows(ctx context.Context, app int64, user string, after chat.ID, limit int) (last chat.ID, more bool, err error) {
	q := rowQuery(app, user, after)
	q.Strong, q.Limit = true, limit
	page, err := s.core.Query(ctx, q)
	if err != nil {
		return chat.ID{}, false, err
	}
	writes, ctx := errgroup.WithContext(ctx)
	writes.SetLimit(parallelIndexWrites)
	for _, item := range page.Items {
		if !item.Has(schema.RowIndexed) {
			writes.Go(func() error { return s.addToIndex(ctx, item) })
		}
	}
	if err := writes.Wait(); err != nil {
		return chat.ID{}, false, err
	}
	if !page.More() {
		return chat.ID{}, false, nil
	}
	last, ok := schema.ParseRowSK(user, page.LastKey().SK)
	if !ok {
		return chat.ID{}, false, errors.New("rows to index: the last key is no row's: " + strconv.Quote(page.LastKey().SK))
	}
	return last, true, nil
}

// addToIndex puts a row, as it was read, into the indexes. If a read cursor of the row
// is newer than RowChanged, which an older version of the program did not set, that is set as
// well, because the index of changes is in its order. A row that was removed stays removed.
func (s *Store) addToIndex(ctx context.Context, row dynamo.Item) error {
	add := func() *dynamo.Update {
		u := dynamo.NewUpdate(row.Key()).If(dynamo.ItemExists())
		items.IndexRow(u, true)
		return u
	}
	if read := max(row.Int(schema.RowReadTime), row.Int(schema.RowPeerReadTime)); read > row.Int(schema.RowChanged) {
		at := dynamo.Num(read)
		_, ok, err := s.core.Update(ctx, add().Set(schema.RowChanged, at).If(dynamo.AbsentOr(dynamo.Less(schema.RowChanged, at))))
		if ok || err != nil {
			return err
		}
	}
	_, _, err := s.core.Update(ctx, add())
	return err
}
