package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parley/shared/domain/messages"
)

// A ring is eight slots in the sender's own row, newest first. A slot holds the
// identity of a send, its time and its ordinal for one window, so that a repeat
// finds what the first call was given. Each send moves all slots on by one, in
// the same write. When the last one is still in its window it first moves to an
// item of its own (Dedup), and `sp` makes every send of the next window look
// there too.

const ringSlots = 8

// claimTries bounds the repeats of a claim that others keep overtaking.
const claimTries = 20

// Claim implements messages.Store.
func (s *Store) Claim(ctx context.Context, app int64, r messages.ClaimRequest) (messages.Claim, error) {
	var hash [8]byte
	binary.BigEndian.PutUint64(hash[:], r.Hash)
	c := claim{request: r, key: PeerKey(app, r.From, r.To), hash: hash[:], app: app}
	for range claimTries {
		old, err := s.update(ctx, c.update())
		if err == nil {
			return c.won(old), nil
		}
		row, failed := refused(err)
		if !failed {
			return messages.Claim{}, err
		}
		if had, ok := c.inRing(row); ok {
			return had, nil
		}
		if had, ok, err := s.prepare(ctx, &c, row); err != nil || ok {
			return had, err
		}
	}
	return messages.Claim{}, fmt.Errorf("claim on %q: overtaken %d times", c.key, claimTries)
}

// prepare makes the next try one that holds only while the row is as it was
// seen: with the item looked up that an earlier send may have left outside the
// ring, and with the last slot kept if it is still in its window. It returns the
// claim that it finds outside.
func (s *Store) prepare(ctx context.Context, c *claim, row Item) (messages.Claim, bool, error) {
	item, err := s.get(ctx, Live, DedupKey(c.app, c.request.From, c.request.To, c.request.Hash), true)
	if err != nil {
		return messages.Claim{}, false, err
	}
	if t := integer(item, "t"); t > c.windowStart() {
		return messages.Claim{Time: t, Ordinal: integer(item, "n"), Generation: integer(item, "g")}, true, nil
	}
	c.seen, c.evict = row, false
	last := slotNames(ringSlots - 1)
	if integer(row, last.time) <= c.windowStart() {
		return messages.Claim{}, false, nil
	}
	c.evict = true
	hash := binary.BigEndian.Uint64(bytesOf(row, last.key))
	kept := DedupKey(c.app, c.request.From, c.request.To, hash).attributes()
	kept["t"], kept["n"], kept["g"] = num(integer(row, last.time)), num(integer(row, last.ordinal)), num(integer(row, "g"))
	kept["x"] = num(integer(row, last.time) + 2*int64(messages.Window.Seconds()))
	if _, err := s.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: s.name(Live), Item: kept}); err != nil {
		return messages.Claim{}, false, fmt.Errorf("spill: %w", err)
	}
	return messages.Claim{}, false, nil
}

type claim struct {
	app     int64
	request messages.ClaimRequest
	key     Key
	hash    []byte
	seen    Item // not nil: the claim holds only while the row is as seen
	evict   bool // the last slot is in its window and is kept elsewhere
}

type names struct{ key, time, ordinal string }

func slotNames(i int) names {
	d := itoa(i)
	return names{"k" + d, "t" + d, "n" + d}
}

// windowStart is the time up to which a slot no longer counts.
func (c *claim) windowStart() int64 {
	return c.request.NowMs/1000 - int64(messages.Window.Seconds())
}

func (c *claim) update() update {
	r := c.request
	var set, cond strings.Builder
	set.WriteString("SET o = if_not_exists(o, :zero) + :one, n0 = if_not_exists(o, :zero) + :one, k0 = :key, t0 = :sec, " +
		"g = if_not_exists(g, :now), x = :x")
	for i := 1; i < ringSlots; i++ {
		to, from := slotNames(i), slotNames(i-1)
		fmt.Fprintf(&set, ", %s = if_not_exists(%s, :none), %s = if_not_exists(%s, :zero), %s = if_not_exists(%s, :zero)",
			to.key, from.key, to.time, from.time, to.ordinal, from.ordinal)
	}
	values := Item{
		":zero": num(0), ":one": num(1), ":none": bin([]byte{}), ":key": bin(c.hash), ":sec": num(r.Key.Time),
		":now": num(r.NowMs), ":x": num(r.Expires), ":old": num(c.windowStart()),
	}
	if !r.NoLast {
		set.WriteString(", t = :now, k = :k, pv = :pv")
		values[":k"], values[":pv"] = str(MessageSK(r.Key)), str(r.Preview)
	}
	for i := range ringSlots {
		n := slotNames(i)
		fmt.Fprintf(&cond, "(attribute_not_exists(%s) OR %s <> :key OR %s <= :old) AND ", n.key, n.key, n.time)
	}
	if c.seen != nil {
		cond.WriteString("o = :seen")
		values[":seen"] = num(integer(c.seen, "o"))
	} else {
		cond.WriteString("(attribute_not_exists(t7) OR t7 <= :old) AND (attribute_not_exists(sp) OR sp <= :old)")
	}
	if c.evict {
		set.WriteString(", sp = :sp")
		values[":sp"] = num(r.NowMs / 1000)
	}
	return update{table: Core, key: c.key, set: set.String(), cond: cond.String(), values: values, returning: types.ReturnValueAllOld}
}

// won computes the claim from the row before the update.
func (c *claim) won(old Item) messages.Claim {
	g := integer(old, "g")
	if g == 0 {
		g = c.request.NowMs
	}
	return messages.Claim{Time: c.request.Key.Time, Ordinal: integer(old, "o") + 1, Generation: g}
}

// inRing returns the claim of the same send, if the ring still holds it.
func (c *claim) inRing(row Item) (messages.Claim, bool) {
	for i := range ringSlots {
		n := slotNames(i)
		if bytes.Equal(bytesOf(row, n.key), c.hash) && integer(row, n.time) > c.windowStart() {
			return messages.Claim{
				Time: integer(row, n.time), Ordinal: integer(row, n.ordinal), Generation: integer(row, "g"),
			}, true
		}
	}
	return messages.Claim{}, false
}
