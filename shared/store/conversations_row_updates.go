package store

import (
	"context"
	"strings"

	"parley/shared/domain/chat"
	"parley/shared/domain/direct"
	"parley/shared/domain/timeline"
	"parley/shared/retry"
)

// LastKey implements timeline.Store.
func (s *Store) LastKey(ctx context.Context, app int64, user string, id chat.ID) (*timeline.Key, error) {
	item, err := s.get(ctx, Core, RowKey(app, user, id), true)
	if err != nil {
		return nil, err
	}
	return readKey(item, "k"), nil
}

// AdvanceRow implements direct.Store. The row's last message (`t`, `k`, `pv`) and the
// time when the row expires (`e`) only move forward, independently of each other. The
// first try assumes that both move; if it fails, the row that the condition found says
// which of the two still has to move. Example: a message of last year is imported into a
// conversation whose last message is of today and expires tomorrow. The preview stays,
// and only the expiry moves.
func (s *Store) AdvanceRow(ctx context.Context, app int64, owner string, id chat.ID, a direct.RowUpdateOfImport) error {
	key, sk, ms := RowKey(app, owner, id), MessageSK(a.Key), a.Key.Time*1000
	isNewer, expiresLater := true, a.Expires > 0
	done, err := retry.Do(ctx, s.db.clock, retry.Contended(), func(int) (bool, error) {
		u := update{table: Core, key: key, values: Item{}}
		if isNewer {
			u.set = "SET t = :t, k = :k, pv = :pv, ut = :now"
			u.cond = "(attribute_not_exists(t) OR t < :t OR (t = :t AND k < :k)) AND (attribute_not_exists(cl) OR cl < :k)"
			u.values[":t"], u.values[":k"], u.values[":pv"], u.values[":now"] = num(ms), str(sk), str(a.Preview), num(a.NowMs)
		}
		if expiresLater {
			if isNewer {
				u.set, u.cond = u.set+", e = :x, x = if_not_exists(kx, :x)", u.cond+" AND (attribute_not_exists(e) OR e < :x)"
			} else {
				u.set, u.cond = "SET e = :x, x = if_not_exists(kx, :x)", "attribute_not_exists(e) OR e < :x"
			}
			u.values[":x"] = num(a.Expires)
		}
		indexRow(&u.set, u.values, key, a.Indexed)
		_, err := s.update(ctx, u)
		row, failed := failedCondition(err)
		if !failed {
			return true, err
		}
		t, last := integer(row, "t"), text(row, "k")
		isNewer = (!has(row, "t") || t < ms || (t == ms && last < sk)) && text(row, "cl") < sk
		expiresLater = integer(row, "e") < a.Expires
		return !isNewer && !expiresLater, nil
	})
	return unlessDone(done, err, "advance", key)
}

// ReplaceKey implements direct.Store. Its condition is that the row still shows the
// message: the same key with the same preview.
func (s *Store) ReplaceKey(ctx context.Context, app int64, owner string, id chat.ID, r direct.KeyReplacement) error {
	_, err := s.update(ctx, update{
		table: Core, key: RowKey(app, owner, id), set: "SET k = :to, ut = :now", cond: "k = :from AND pv = :pv",
		values: Item{":from": str(MessageSK(r.From)), ":to": str(MessageSK(r.To)), ":pv": str(r.Preview), ":now": num(r.NowMs)},
	})
	if _, failed := failedCondition(err); failed {
		return nil
	}
	return err
}

// UpdateRow implements timeline.ChangeStore. It is one write, on the condition that the
// attributes from which it was computed are as they were read. If the condition fails,
// the row that it found is used for the next try. With SkipRead the first try is made
// without a read, and its failed condition returns the row.
func (s *Store) UpdateRow(ctx context.Context, app int64, user string, id chat.ID, m timeline.RowUpdate) error {
	key := RowKey(app, user, id)
	u := update{table: Core, key: key, set: "SET ut = :t, op = :t", cond: "attribute_exists(pk)", values: Item{":t": num(m.NowMs)}}
	if m.Last == nil && m.NoLongerUnread == nil {
		_, err := s.update(ctx, u)
		if _, failed := failedCondition(err); failed {
			return nil
		}
		return err
	}
	row := Item{}
	var err error
	if !m.SkipRead {
		row, err = s.get(ctx, Core, key, false)
		if row == nil && err == nil {
			row, err = s.get(ctx, Core, key, true) // the row may be so new that the replica does not have it yet
		}
	}
	if err != nil {
		return err
	}
	done, err := retry.Do(ctx, s.db.clock, retry.Contended(), func(int) (bool, error) {
		if row == nil {
			return true, nil
		}
		_, err := s.update(ctx, rowUpdate(u, row, m))
		var failed bool
		if row, failed = failedCondition(err); failed {
			return false, nil
		}
		return true, err
	})
	return unlessDone(done, err, "mark", key)
}

// rowUpdate returns the update of a row as it was read. It changes what the row shows
// only if the row still shows that message as the last one.
func rowUpdate(u update, row Item, m timeline.RowUpdate) update {
	u.values = Item{":t": num(m.NowMs)}
	var removes []string
	if m.Last != nil && text(row, "k") == MessageSK(m.Last.Of) {
		u.cond += " AND k = :k"
		u.values[":k"] = row["k"]
		switch {
		case m.Last.None:
			removes = append(removes, "k", "pv")
		case m.Last.Preview != nil:
			u.set += ", pv = :pv"
			u.values[":pv"] = str(*m.Last.Preview)
		default:
			removes = append(removes, "pv")
		}
		if m.Last.Key != nil {
			u.set += ", k = :last"
			u.values[":last"] = str(MessageSK(*m.Last.Key))
		}
	} else if m.Last != nil {
		u.cond += " AND (attribute_not_exists(k) OR k <> :k)"
		u.values[":k"] = str(MessageSK(m.Last.Of))
	}
	if m.NoLongerUnread != nil {
		for _, name := range []string{"d", "rt", "i", "nq", "nf", "gi"} {
			u.cond += " AND " + u.unchanged(row, name)
		}
	}
	if e, changed := exclude(row, m.NoLongerUnread); changed {
		e.addTo(&u)
	}
	if len(removes) > 0 {
		u.set += " REMOVE " + strings.Join(removes, ", ")
	}
	return u
}
