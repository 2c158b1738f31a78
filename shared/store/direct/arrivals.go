package direct

import (
	"context"
	"slices"

	domain "parley/shared/domain/direct"
	"parley/shared/domain/timeline"
	"parley/shared/dynamo"
	"parley/shared/retry"
	"parley/shared/store/items"
	"parley/shared/store/schema"
)

// CountArrival implements direct.Store: it counts a message on the receiver's row
// (docs/data-model.md §5, step 3). Every write returns the row as it was, which costs
// nothing and has the receive option.
//
// The write that is tried first holds for most messages: the row counts the same epoch
// and a lower offset. If it fails, the failed condition has returned the row, and it
// tells which case it is:
//
//   - The row counts a later epoch. The message belongs to a count that has expired.
//     Nothing is written.
//   - The row counts no epoch or an earlier one. The message begins the count: what
//     came before it cannot be read any more, so RowRead is the offset before it.
//   - The row has counted this offset or a later one. See countLateArrival.
func (s *Store) CountArrival(ctx context.Context, app int64, a domain.Arrival) (domain.Option, error) {
	if a.Message.HiddenFromPeer { // only the offset is counted; the row shows nothing of the message
		a.Message.ExcludedFromUnread = true
	}
	m, key := a.Message, schema.RowKey(app, a.To(), a.Chat)
	first := sameEpoch(count(key, a), m)
	if m.ExcludedFromUnread {
		first.Add(schema.RowExcluded, dynamo.IntSet(m.Offset)).
			If(dynamo.Any(dynamo.Absent(schema.RowExcluded), dynamo.SizeLess(schema.RowExcluded, items.MaxExclusions)))
	}
	var late dynamo.Item
	row, _, err := s.core.UpdateOrReplan(ctx, retry.Contended(), first, func(row dynamo.Item) (*dynamo.Update, error) {
		switch epoch := row.Int(schema.RowInEpoch); {
		case epoch > m.Epoch:
			return nil, nil
		case epoch < m.Epoch:
			return beginCount(count(key, a), m), nil
		case row.Int(schema.RowInOffset) >= m.Offset:
			late = row
			return nil, nil
		case m.ExcludedFromUnread && len(row.IntSet(schema.RowExcluded)) >= items.MaxExclusions:
			return compactAndExclude(count(key, a), m, row), nil
		default: // another message began the count at the same time
			u := sameEpoch(count(key, a), m)
			if m.ExcludedFromUnread {
				u.Add(schema.RowExcluded, dynamo.IntSet(m.Offset))
			}
			return u, nil
		}
	})
	if late != nil && err == nil {
		err = s.countLateArrival(ctx, key, m, a.NowMs, late)
	}
	return option(row), err
}

// count returns an update that sets on a row what every message sets that is counted.
func count(row dynamo.Key, a domain.Arrival) *dynamo.Update {
	m, now := a.Message, dynamo.Num(a.NowMs)
	u := dynamo.NewUpdate(row).ReturnOld().Set(schema.RowInOffset, dynamo.Num(m.Offset))
	switch expires := dynamo.Num(a.RowExpires); {
	case m.HiddenFromPeer:
		u.SetFrom(schema.Expires, schema.RowDataExpires, expires)
	case m.ExcludedFromLast:
		items.SetRowExpires(u, a.RowExpires)
		u.Set(schema.RowChanged, now)
	default:
		items.SetRowExpires(u, a.RowExpires)
		u.Set(schema.RowTime, now).Set(schema.RowLastKey, dynamo.Str(schema.MessageSK(m.Chat, m.Key))).Set(schema.RowPreview, dynamo.Str(a.Preview))
	}
	items.IndexRow(u, a.Indexed)
	return u
}

// sameEpoch adds the condition that the row counts the epoch of the message, and a lower
// offset.
func sameEpoch(u *dynamo.Update, m timeline.Message) *dynamo.Update {
	return u.If(dynamo.Equals(schema.RowInEpoch, dynamo.Num(m.Epoch)), dynamo.Less(schema.RowInOffset, dynamo.Num(m.Offset)))
}

// beginCount makes an update begin a count with the message.
func beginCount(u *dynamo.Update, m timeline.Message) *dynamo.Update {
	epoch := dynamo.Num(m.Epoch)
	u.Set(schema.RowInEpoch, epoch).Set(schema.RowRead, dynamo.Num(m.Offset-1)).
		Remove(schema.RowReadTime, schema.RowExcludedOlder, schema.RowExcludedUpTo).
		If(dynamo.AbsentOr(dynamo.Less(schema.RowInEpoch, epoch)))
	if m.ExcludedFromUnread {
		return u.Set(schema.RowExcluded, dynamo.IntSet(m.Offset))
	}
	return u.Remove(schema.RowExcluded)
}

// compactAndExclude makes an update count an excluded message on a row which has no room for
// its offset.
func compactAndExclude(u *dynamo.Update, m timeline.Message, row dynamo.Item) *dynamo.Update {
	e := items.ReadExclusions(row)
	e.Add(m.Offset)
	e.Compact(row.Int(schema.RowInOffset))
	e.SetIn(u)
	return sameEpoch(u, m).If(dynamo.Unchanged(row, schema.RowExcluded, schema.RowRead))
}

// option returns the receive option of a row. A number that is not an option is
// read as OptionNotify.
func option(row dynamo.Item) domain.Option {
	switch o := domain.Option(row.Int(schema.RowOption)); o {
	case domain.OptionSilent, domain.OptionDiscard:
		return o
	default:
		return domain.OptionNotify
	}
}

// countLateArrival counts a message on a row that has counted a later one before. Two
// cases need a write.
//
// If the later message began the count, RowRead says that this message is gone, and the user
// has read nothing yet (RowReadTime is absent), then this message is unread as well: RowRead
// is lowered. Example: message 2 is counted first, so RowRead is 1. Message 1 comes and sets
// it to 0: both are unread.
//
// If this message is excluded from unread and is not excluded yet, it is added to the
// exclusions.
func (s *Store) countLateArrival(ctx context.Context, key dynamo.Key, m timeline.Message, nowMs int64, row dynamo.Item) error {
	plan := func(row dynamo.Item) (*dynamo.Update, error) {
		u := dynamo.NewUpdate(key).Set(schema.RowChanged, dynamo.Num(nowMs)).If(dynamo.Equals(schema.RowInEpoch, dynamo.Num(m.Epoch)))
		switch read := row.Int(schema.RowRead); {
		case row.Int(schema.RowInEpoch) != m.Epoch:
			return nil, nil
		case read >= m.Offset && !row.Has(schema.RowReadTime):
			before := dynamo.Num(m.Offset - 1)
			u.Set(schema.RowRead, before).If(dynamo.Greater(schema.RowRead, before), dynamo.Absent(schema.RowReadTime))
		case m.ExcludedFromUnread && read < m.Offset && row.Int(schema.RowExcludedUpTo) < m.Offset && !slices.Contains(row.IntSet(schema.RowExcluded), m.Offset):
			u.If(dynamo.AbsentOr(dynamo.Less(schema.RowRead, dynamo.Num(m.Offset))))
		default:
			return nil, nil
		}
		if m.ExcludedFromUnread {
			u.Add(schema.RowExcluded, dynamo.IntSet(m.Offset))
		}
		return u, nil
	}
	first, err := plan(row)
	if first == nil || err != nil {
		return err
	}
	_, _, err = s.core.UpdateOrReplan(ctx, retry.Contended(), first, plan)
	return err
}
