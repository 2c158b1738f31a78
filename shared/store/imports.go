package store

import (
	"context"

	"parley/shared/domain/messages"
	"parley/shared/retry"
)

// At implements messages.Store.
func (s *Store) At(ctx context.Context, app int64, user, peer string, k messages.Key) (*messages.Message, error) {
	item, err := s.get(ctx, Msg, Key{TimelinePK(app, user, peer), MessageSK(k)}, false)
	if err != nil || item == nil {
		return nil, err
	}
	m, _ := message(ctx, item, user, peer)
	return &m, nil
}

// Advance implements messages.Store. The list moves on and the row's end moves
// out, each only forward; the first try takes it that both do, where both may.
func (s *Store) Advance(ctx context.Context, app int64, owner, peer string, a messages.Advance) error {
	key, sk, ms := PeerKey(app, owner, peer), MessageSK(a.Key), a.Key.Time*1000
	newer, longer := true, a.Expires > 0
	done, err := s.db.again.Do(ctx, retry.Contended(), func(int) (bool, error) {
		u := update{table: Core, key: key, values: Item{}}
		if newer {
			u.set = "SET t = :t, k = :k, pv = :pv, ut = :now"
			u.cond = "(attribute_not_exists(t) OR t < :t OR (t = :t AND k < :k)) AND (attribute_not_exists(cl) OR cl < :k)"
			u.values[":t"], u.values[":k"], u.values[":pv"], u.values[":now"] = num(ms), str(sk), str(a.Preview), num(a.NowMs)
		}
		if longer {
			if newer {
				u.set, u.cond = u.set+", e = :x, x = if_not_exists(kx, :x)", u.cond+" AND (attribute_not_exists(e) OR e < :x)"
			} else {
				u.set, u.cond = "SET e = :x, x = if_not_exists(kx, :x)", "attribute_not_exists(e) OR e < :x"
			}
			u.values[":x"] = num(a.Expires)
		}
		indexRow(&u.set, u.values, key, a.Indexed)
		_, err := s.update(ctx, u)
		row, failed := refused(err)
		if !failed {
			return true, err
		}
		t, last := integer(row, "t"), text(row, "k")
		newer = (!has(row, "t") || t < ms || (t == ms && last < sk)) && text(row, "cl") < sk
		longer = integer(row, "e") < a.Expires
		return !newer && !longer, nil
	})
	return overtaken(done, err, "advance", key)
}
