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

// A ring is eight slots in the sender's own row. A slot holds the identity of a
// send, its time and its ordinal for one window, so that a repeat finds what the
// first call was given. When all eight are taken, the oldest moves to an item of
// its own (Dedup) before its slot is used again, and `sp` makes every send of
// the next window look there too.

const ringSlots = 8

// claimTries bounds the repeats of a claim that others keep overtaking.
const claimTries = 20

// Claim implements messages.Store.
func (s *Store) Claim(ctx context.Context, app int64, r messages.ClaimRequest) (messages.Claim, error) {
	var hash [8]byte
	binary.BigEndian.PutUint64(hash[:], r.Hash)
	c := claim{request: r, key: PeerKey(app, r.From, r.To), hash: hash[:], app: app, slot: int(r.Hash % ringSlots)}
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

// prepare chooses the slot for the next try. It returns the claim that an
// earlier call left outside the ring, if there is one.
func (s *Store) prepare(ctx context.Context, c *claim, row Item) (messages.Claim, bool, error) {
	if integer(row, "sp") > c.windowStart() || c.oldest(row) >= 0 {
		item, err := s.get(ctx, Live, DedupKey(c.app, c.request.From, c.request.To, c.request.Hash), true)
		if err != nil {
			return messages.Claim{}, false, err
		}
		if t := integer(item, "t"); t > c.windowStart() {
			return messages.Claim{Time: t, Ordinal: integer(item, "n"), Generation: integer(item, "g")}, true, nil
		}
		// Nothing there; the row must stay as it was seen until the claim.
		c.seen, c.evict = row, false
	} else {
		c.seen, c.evict = nil, false
	}
	if slot := c.free(row); slot >= 0 {
		c.slot = slot
		return messages.Claim{}, false, nil
	}
	c.slot, c.evict = c.oldest(row), true
	return messages.Claim{}, false, s.spill(ctx, c, row)
}

// spill keeps what the slot about to be used again holds.
func (s *Store) spill(ctx context.Context, c *claim, row Item) error {
	name := slotNames(c.slot)
	hash := binary.BigEndian.Uint64(bytesOf(row, name.key))
	item := DedupKey(c.app, c.request.From, c.request.To, hash).attributes()
	item["t"], item["n"], item["g"] = num(integer(row, name.time)), num(integer(row, name.ordinal)), num(integer(row, "g"))
	item["x"] = num(integer(row, name.time) + 2*int64(messages.Window.Seconds()))
	if _, err := s.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: s.name(Live), Item: item}); err != nil {
		return fmt.Errorf("spill: %w", err)
	}
	return nil
}

type claim struct {
	app     int64
	request messages.ClaimRequest
	key     Key
	hash    []byte
	slot    int
	seen    Item // not nil: the claim holds only while the row is as seen
	evict   bool // the slot is taken and its content is kept elsewhere
}

type names struct{ key, time, ordinal string }

func slotNames(i int) names {
	d := itoa(i)
	return names{"k" + d, "t" + d, "n" + d}
}

// windowStart is the time up to which a slot is free again.
func (c *claim) windowStart() int64 {
	return c.request.NowMs/1000 - int64(messages.Window.Seconds())
}

func (c *claim) update() update {
	r, slot := c.request, slotNames(c.slot)
	set := fmt.Sprintf("SET o = if_not_exists(o, :zero) + :one, %s = if_not_exists(o, :zero) + :one, %s = :key, %s = :sec, "+
		"g = if_not_exists(g, :now), x = :x", slot.ordinal, slot.key, slot.time)
	values := Item{
		":zero": num(0), ":one": num(1), ":key": bin(c.hash), ":sec": num(r.Key.Time), ":now": num(r.NowMs),
		":x": num(r.Expires), ":old": num(c.windowStart()),
	}
	if !r.NoLast {
		set += ", t = :now, k = :k, pv = :pv"
		values[":k"], values[":pv"] = str(MessageSK(r.Key)), str(r.Preview)
	}
	var cond strings.Builder
	for i := range ringSlots {
		n := slotNames(i)
		fmt.Fprintf(&cond, "(attribute_not_exists(%s) OR %s <> :key OR %s <= :old) AND ", n.key, n.key, n.time)
	}
	switch {
	case c.seen != nil:
		cond.WriteString("o = :seen")
		values[":seen"] = num(integer(c.seen, "o"))
	default:
		fmt.Fprintf(&cond, "(attribute_not_exists(%s) OR %s <= :old) AND (attribute_not_exists(sp) OR sp <= :old)", slot.time, slot.time)
	}
	if c.evict {
		set += ", sp = :sp"
		values[":sp"] = num(r.NowMs / 1000)
	}
	return update{table: Core, key: c.key, set: set, cond: cond.String(), values: values, returning: types.ReturnValueAllOld}
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

// free returns a slot that holds nothing any more, the preferred one first, or
// -1.
func (c *claim) free(row Item) int {
	for i := range ringSlots {
		slot := (c.slot + i) % ringSlots
		if integer(row, slotNames(slot).time) <= c.windowStart() {
			return slot
		}
	}
	return -1
}

// oldest returns the slot with the oldest content when all are taken, else -1.
func (c *claim) oldest(row Item) int {
	if c.free(row) >= 0 {
		return -1
	}
	oldest := 0
	for i := range ringSlots {
		if integer(row, slotNames(i).time) < integer(row, slotNames(oldest).time) {
			oldest = i
		}
	}
	return oldest
}
