package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"parley/shared/domain/messages"
	"parley/shared/fault"
	"parley/shared/retry"
)

// A ring is eight slots in the sender's own row, newest first. A slot holds the
// identity of a send, its time and its sequence for one window, so that a repeat
// finds what the first call was given; its ordinal is that of the row less the
// slot's number, as each send takes one ordinal and one slot. Each send moves all slots on by one, in
// the same write. When the last one is still in its window it first moves to an
// item of its own (Dedup), and `sp` makes every send of the next window look
// there too. `sv` is an ordinal up to which all that is in its window is there.

const ringSlots = 8

// claims is how a claim is tried again that others have overtaken. Most overtaken
// claims hold at the second or third try, which do not wait.
func claims() retry.Policy {
	return retry.Policy{Tries: 20, Free: 2, First: 50 * time.Millisecond, Most: 50 * time.Millisecond}
}

// Claim implements messages.Store.
func (s *Store) Claim(ctx context.Context, app int64, r messages.ClaimRequest) (messages.Claim, error) {
	var hash [8]byte
	binary.BigEndian.PutUint64(hash[:], r.Hash)
	c := claim{request: r, key: PeerKey(app, r.From, r.To), hash: hash[:], app: app, behind: r.Derived}
	var had messages.Claim
	done, err := s.db.again.Do(ctx, claims(), func(try int) (bool, error) {
		old, err := s.update(ctx, c.update())
		if err == nil {
			had = c.won(old)
			return true, nil
		}
		row, failed := refused(err)
		if !failed {
			return false, err
		}
		var ok bool
		if had, ok = c.inRing(row); ok {
			return true, nil
		}
		if c.follow(row) && c.seen == nil && c.room(row) {
			return false, nil
		}
		had, ok, err = s.prepare(ctx, &c, row, try > 0)
		return ok, err
	})
	if err == nil && !done {
		err = fault.New(fault.Throttled, "the sender sends too much at once to this receiver, try again later")
	}
	return had, err
}

// prepare makes the next try one that holds only while the row is as it was
// seen: with the item looked up that an earlier send may have left outside the
// ring, and with the last slot kept if it is still in its window. It returns the
// claim that it finds outside.
//
// A send that was overtaken keeps all slots instead. Then its try holds as long
// as no more than seven others come first: what they push out is kept, and the
// ring still has all that came after the row was seen, so a twin is found there.
func (s *Store) prepare(ctx context.Context, c *claim, row Item, overtaken bool) (messages.Claim, bool, error) {
	item, err := s.get(ctx, Live, DedupKey(c.app, c.request.From, c.request.To, c.request.Hash), true)
	if err != nil {
		return messages.Claim{}, false, err
	}
	if t := integer(item, "t"); t > c.windowStart() {
		return messages.Claim{Time: t, Seq: sequence(item, "s"), Ordinal: integer(item, "n"), Generation: integer(item, "g")}, true, nil
	}
	c.seen, c.wide, c.evict = row, overtaken, false
	var keep []int
	for i := range ringSlots {
		if (i < ringSlots-1 && !overtaken) || integer(row, slotNames(i).time) <= c.windowStart() {
			continue
		}
		c.evict = true
		if !overtaken || ordinalIn(row, i) > integer(row, "sv") {
			keep = append(keep, i)
		}
	}
	return messages.Claim{}, false, s.keep(ctx, c, row, keep)
}

// keep writes slots of a row to items of their own.
func (s *Store) keep(ctx context.Context, c *claim, row Item, slots []int) error {
	var wait errgroup.Group
	for _, i := range slots {
		n := slotNames(i)
		hash := binary.BigEndian.Uint64(bytesOf(row, n.key))
		item := DedupKey(c.app, c.request.From, c.request.To, hash).attributes()
		item["t"], item["n"], item["g"] = num(integer(row, n.time)), num(ordinalIn(row, i)), num(integer(row, "g"))
		item["s"] = num(integer(row, n.sequence))
		item["x"] = num(integer(row, n.time) + 2*int64(messages.Window.Seconds()))
		wait.Go(func() error {
			_, err := s.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: s.name(Live), Item: item})
			return err
		})
	}
	if err := wait.Wait(); err != nil {
		return fmt.Errorf("spill: %w", err)
	}
	return nil
}

type claim struct {
	app     int64
	request messages.ClaimRequest
	key     Key
	hash    []byte
	seen    Item // not nil: the claim holds only while the row is as seen
	wide    bool // up to seven others may come first
	evict   bool // what is in its window and may be pushed out is kept elsewhere
	behind  bool // it goes behind the last message that the row shows
}

type names struct{ key, time, sequence string }

// ordinalIn is the ordinal of the send in a slot.
func ordinalIn(row Item, slot int) int64 { return integer(row, "o") - int64(slot) }

func sequence(item Item, name string) uint32 { return uint32(integer(item, name)) } //nolint:gosec // one is written

// room reports whether a claim needs nothing outside the ring of a row.
func (c *claim) room(row Item) bool {
	return integer(row, slotNames(ringSlots-1).time) <= c.windowStart() && integer(row, "sp") <= c.windowStart()
}

// mostAhead is how far a message may stand ahead of the clock, in seconds, for one with
// a derived sequence to follow it.
const mostAhead = 2

// follow puts a message with a derived sequence behind the last one that the row
// shows, of either user, and reports whether it did not stand there. It goes where
// it is if that one is far ahead.
func (c *claim) follow(row Item) bool {
	k, last := &c.request.Key, readKey(row, "k")
	if !c.behind || last == nil || last.Before(*k) {
		return false
	}
	if last.Time > k.Time+mostAhead || last.Seq == 1<<32-1 {
		c.behind = false
	} else {
		k.Time, k.Seq = last.Time, last.Seq+1
	}
	return true
}

func slotNames(i int) names {
	d := itoa(i)
	return names{"k" + d, "t" + d, "n" + d}
}

// windowStart is the time up to which a slot no longer counts. A slot of the
// claim's own time always does: a batch decides once, for all of its receivers,
// that it is a repeat.
func (c *claim) windowStart() int64 {
	return min(c.request.NowMs/1000-int64(messages.Window.Seconds()), c.request.Key.Time-1)
}

func (c *claim) update() update {
	r := c.request
	var set, cond strings.Builder
	set.WriteString("SET o = if_not_exists(o, :zero) + :one, n0 = :seq, k0 = :key, t0 = :sec, " +
		"g = if_not_exists(g, :g), e = :x, x = if_not_exists(kx, :x)")
	for i := 1; i < ringSlots; i++ {
		to, from := slotNames(i), slotNames(i-1)
		fmt.Fprintf(&set, ", %s = if_not_exists(%s, :none), %s = if_not_exists(%s, :zero), %s = if_not_exists(%s, :zero)",
			to.key, from.key, to.time, from.time, to.sequence, from.sequence)
	}
	values := Item{
		":zero": num(0), ":one": num(1), ":none": bin([]byte{}), ":key": bin(c.hash), ":sec": num(r.Key.Time),
		":now": num(r.NowMs), ":x": num(r.Expires), ":old": num(c.windowStart()), ":seq": num(c.sequence()), ":g": num(c.generation()),
	}
	if c.behind {
		cond.WriteString("(attribute_not_exists(k) OR k < :k) AND ")
		values[":k"] = str(MessageSK(r.Key))
	}
	if r.NoLast {
		set.WriteString(", ut = :now")
	} else {
		set.WriteString(", t = :now, k = :k, pv = :pv")
		values[":k"], values[":pv"] = str(MessageSK(r.Key)), str(r.Preview)
	}
	var index string
	indexRow(&index, values, c.key, r.Indexed)
	set.WriteString(index)
	for i := range ringSlots {
		n := slotNames(i)
		fmt.Fprintf(&cond, "(attribute_not_exists(%s) OR %s <> :key OR %s <= :old) AND ", n.key, n.key, n.time)
	}
	switch seen := integer(c.seen, "o"); {
	case c.wide:
		set.WriteString(", sv = :seen")
		cond.WriteString("o BETWEEN :seen AND :most")
		values[":seen"], values[":most"] = num(seen), num(seen+ringSlots-1)
	case c.seen != nil:
		cond.WriteString("o = :seen")
		values[":seen"] = num(seen)
	default:
		cond.WriteString("(attribute_not_exists(t7) OR t7 <= :old) AND (attribute_not_exists(sp) OR sp <= :old)")
	}
	if c.evict {
		set.WriteString(", sp = :sp")
		// Not before the time of what was kept, however late this call is.
		last := slotNames(ringSlots - 1)
		values[":sp"] = num(max(r.NowMs/1000, integer(c.seen, last.time), integer(c.seen, "sp")))
	}
	return update{table: Core, key: c.key, set: set.String(), cond: cond.String(), values: values, returning: types.ReturnValueAllOld}
}

// won computes the claim from the row before the update.
func (c *claim) won(old Item) messages.Claim {
	g := integer(old, "g")
	if g == 0 {
		g = c.generation()
	}
	return messages.Claim{Time: c.request.Key.Time, Seq: c.sequence(), Ordinal: integer(old, "o") + 1, Generation: g}
}

// generation is that of a count that the claim begins. It is later than any of
// another one who had the id of one of the two.
func (c *claim) generation() int64 { return max(c.request.NowMs, c.request.Born*1000) }

// sequence is the derived sequence of the send: where its sender has chosen
// another, it serves if that is taken.
func (c *claim) sequence() uint32 {
	if c.request.Derived {
		return c.request.Key.Seq
	}
	return c.request.Spare
}

// inRing returns the claim of the same send, if the ring still holds it.
func (c *claim) inRing(row Item) (messages.Claim, bool) {
	for i := range ringSlots {
		n := slotNames(i)
		if bytes.Equal(bytesOf(row, n.key), c.hash) && integer(row, n.time) > c.windowStart() {
			return messages.Claim{
				Time: integer(row, n.time), Seq: sequence(row, n.sequence), Ordinal: ordinalIn(row, i), Generation: integer(row, "g"),
			}, true
		}
	}
	return messages.Claim{}, false
}
