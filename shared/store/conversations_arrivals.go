package store

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parley/shared/domain/direct"
	"parley/shared/domain/timeline"
	"parley/shared/retry"
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
//     came before it cannot be read any more, so `d` is the offset before it.
//   - The row has counted this offset or a later one. See countLateArrival.
func (s *Store) CountArrival(ctx context.Context, app int64, a direct.Arrival) (direct.Option, error) {
	m, key := a.Message, RowKey(app, a.To(), a.Chat)
	base, values := "SET i = :n, x = if_not_exists(kx, :x)", Item{":n": num(m.Offset), ":g": num(m.Epoch), ":x": num(a.RowExpires), ":t": num(a.NowMs)}
	switch {
	case m.HiddenFromPeer: // only the offset is counted; the row shows nothing of the message
		m.NoUnread = true
		delete(values, ":t")
	case m.NoLast:
		base += ", e = :x, ut = :t"
	default:
		base += ", e = :x, t = :t, k = :k, pv = :pv"
		values[":k"], values[":pv"] = str(MessageSK(m.Key)), str(a.Preview)
	}
	indexRow(&base, values, key, a.Indexed)
	u := update{table: Core, key: key, set: base, cond: "gi = :g AND i < :n", values: maps.Clone(values), returning: types.ReturnValueAllOld}
	if m.NoUnread {
		u.set += " ADD nq :q"
		u.cond += " AND (attribute_not_exists(nq) OR size(nq) < :most)"
		u.values[":q"], u.values[":most"] = offsetSet(m.Offset), num(maxExclusions)
	}
	var option direct.Option
	done, err := retry.Do(ctx, s.db.clock, retry.Contended(), func(int) (bool, error) {
		old, err := s.update(ctx, u)
		if err == nil {
			option = readOption(old)
			return true, nil
		}
		row, failed := failedCondition(err)
		if !failed {
			return false, err
		}
		u.set, u.values = base, maps.Clone(values)
		if m.NoUnread {
			u.values[":q"] = offsetSet(m.Offset)
		}
		switch epoch := integer(row, "gi"); {
		case epoch > m.Epoch:
			option = readOption(row)
			return true, nil
		case epoch < m.Epoch:
			u.set, u.cond = base+", gi = :g, d = :before", "attribute_not_exists(gi) OR gi < :g"
			u.values[":before"] = num(m.Offset - 1)
			if m.NoUnread {
				u.set += ", nq = :q REMOVE rt, nu, nf"
			} else {
				u.set += " REMOVE rt, nq, nu, nf"
			}
		case integer(row, "i") >= m.Offset:
			option = readOption(row)
			return true, s.countLateArrival(ctx, key, m, a.NowMs, row)
		case m.NoUnread && len(readOffsets(row)) >= maxExclusions:
			compactAndExclude(&u, row, m.Offset)
		default: // another message began the count at the same time
			u.cond = "gi = :g AND i < :n"
			if m.NoUnread {
				u.set += " ADD nq :q"
			}
		}
		return false, nil
	})
	return option, unlessDone(done, err, "arrive", key)
}

// readOption returns the receive option of a row. A number that is not an option is
// read as OptionNotify.
func readOption(item Item) direct.Option {
	switch o := direct.Option(integer(item, "fl")); o {
	case direct.OptionSilent, direct.OptionDiscard:
		return o
	default:
		return direct.OptionNotify
	}
}

// countLateArrival counts a message on a row that has counted a later one before. Two
// cases need a write.
//
// If the later message began the count, `d` says that this message is gone, and the user
// has read nothing yet (`rt` is absent), then this message is unread as well: `d` is
// lowered. Example: message 2 is counted first, so `d` is 1. Message 1 comes and sets `d`
// to 0: both are unread.
//
// If this message is excluded from unread and is not excluded yet, it is added to the
// exclusions.
func (s *Store) countLateArrival(ctx context.Context, key Key, m timeline.Message, nowMs int64, row Item) error {
	done, err := retry.Do(ctx, s.db.clock, retry.Contended(), func(int) (bool, error) {
		u := update{table: Core, key: key, values: Item{":g": num(m.Epoch), ":t": num(nowMs)}}
		switch read := integer(row, "d"); {
		case integer(row, "gi") != m.Epoch:
			return true, nil
		case read >= m.Offset && !has(row, "rt"):
			u.set, u.cond = "SET ut = :t, d = :before", "gi = :g AND d > :before AND attribute_not_exists(rt)"
			u.values[":before"] = num(m.Offset - 1)
		case m.NoUnread && read < m.Offset && integer(row, "nf") < m.Offset && !slices.Contains(readOffsets(row), m.Offset):
			u.set, u.cond = "SET ut = :t", "gi = :g AND (attribute_not_exists(d) OR d < :n)"
			u.values[":n"] = num(m.Offset)
		default:
			return true, nil
		}
		if m.NoUnread {
			u.set += " ADD nq :q"
			u.values[":q"] = offsetSet(m.Offset)
		}
		_, err := s.update(ctx, u)
		var failed bool
		if row, failed = failedCondition(err); failed {
			return false, nil
		}
		return true, err
	})
	return unlessDone(done, err, "late arrive", key)
}
