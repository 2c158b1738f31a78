package store

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parley/shared/domain/messages"
	"parley/shared/retry"
)

// Arrive implements messages.Store (docs/data-model.md §5, step 3). That every
// write returns the row costs nothing.
func (s *Store) Arrive(ctx context.Context, app int64, a messages.Arrival) (messages.Option, error) {
	m, key := a.Message, PeerKey(app, a.To, a.From)
	base, values := "SET i = :n, x = if_not_exists(kx, :x)", Item{":n": num(m.Ordinal), ":g": num(m.Generation), ":x": num(a.RowExpires), ":t": num(a.NowMs)}
	switch {
	case m.PeerHid: // the receiver's row shows nothing of it
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
		u.values[":q"], u.values[":most"] = ordinals(m.Ordinal), num(maxQuiet)
	}
	var option messages.Option
	done, err := s.db.again.Do(ctx, retry.Contended(), func(int) (bool, error) {
		old, err := s.update(ctx, u)
		if err == nil {
			option = readOption(old)
			return true, nil
		}
		old, failed := refused(err)
		if !failed {
			return false, err
		}
		u.set, u.values = base, maps.Clone(values)
		if m.NoUnread {
			u.values[":q"] = ordinals(m.Ordinal)
		}
		switch generation := integer(old, "gi"); {
		case generation > m.Generation:
			option = readOption(old) // a count that began later: this message belongs to an expired one
			return true, nil
		case generation < m.Generation:
			// The first message of a count: what came before is no longer there to read.
			u.set, u.cond = base+", gi = :g, d = :before", "attribute_not_exists(gi) OR gi < :g"
			u.values[":before"] = num(m.Ordinal - 1)
			if m.NoUnread {
				u.set += ", nq = :q REMOVE rt, nu, nf"
			} else {
				u.set += " REMOVE rt, nq, nu, nf"
			}
		case integer(old, "i") >= m.Ordinal:
			option = readOption(old)
			return true, s.arriveLate(ctx, key, m, a.NowMs, old)
		case m.NoUnread && len(ordinalsOf(old, "nq")) >= maxQuiet:
			arriveQuiet(&u, old, m.Ordinal)
		default: // another message began the count at the same time
			u.cond = "gi = :g AND i < :n"
			if m.NoUnread {
				u.set += " ADD nq :q"
			}
		}
		return false, nil
	})
	return option, overtaken(done, err, "arrive", key)
}

// readOption is the receive option of a row; a number that is none says nothing.
func readOption(item Item) messages.Option {
	switch o := messages.Option(integer(item, "fl")); o {
	case messages.OptionSilent, messages.OptionDiscard:
		return o
	}
	return messages.OptionNotify
}

// arriveLate is an arrival that a later message has overtaken. Where that one
// began the count, this one is unread too, as long as nothing was read; and it
// does not count if it is quiet.
func (s *Store) arriveLate(ctx context.Context, key Key, m messages.Message, nowMs int64, old Item) error {
	done, err := s.db.again.Do(ctx, retry.Contended(), func(int) (bool, error) {
		u := update{table: Core, key: key, values: Item{":g": num(m.Generation), ":t": num(nowMs)}}
		switch read := integer(old, "d"); {
		case integer(old, "gi") != m.Generation:
			return true, nil
		case read >= m.Ordinal && !has(old, "rt"):
			u.set, u.cond = "SET ut = :t, d = :before", "gi = :g AND d > :before AND attribute_not_exists(rt)"
			u.values[":before"] = num(m.Ordinal - 1)
		case m.NoUnread && read < m.Ordinal && integer(old, "nf") < m.Ordinal && !slices.Contains(ordinalsOf(old, "nq"), m.Ordinal):
			u.set, u.cond = "SET ut = :t", "gi = :g AND (attribute_not_exists(d) OR d < :n)"
			u.values[":n"] = num(m.Ordinal)
		default:
			return true, nil
		}
		if m.NoUnread {
			u.set += " ADD nq :q"
			u.values[":q"] = ordinals(m.Ordinal)
		}
		_, err := s.update(ctx, u)
		var failed bool
		if old, failed = refused(err); failed {
			return false, nil
		}
		return true, err
	})
	return overtaken(done, err, "late arrive", key)
}
