package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"parley/shared/domain/direct"
	"parley/shared/domain/timeline"
	"parley/shared/fault"
	"parley/shared/retry"
)

// The idempotency window of a row has eight slots, in the row of the sender, the newest
// send first (docs/adr/0010). Slot j has the idempotency key of a send (`kj`), its time
// (`tj`, seconds) and its sequence (`nj`). A repeat within timeline.IdempotencyWindow
// finds the slot and is given the same time, sequence and offset as the first call. The
// offset is not stored: each send takes one offset and one slot, so slot j has the offset
// of the row less j.
//
// A send moves all slots on by one and takes slot 0, in one write. Example: the row has
// offset 41 and slot 0 is the send A. The send B makes the offset 42, takes slot 0, and A
// moves to slot 1: its offset is 42 - 1 = 41.
//
// The slot that falls out must not be within the window. If it is, it is first saved as
// an item of its own (DedupKey), and `sp`, the time of the last save, makes each send of
// the next window look for such an item. `sv` is an offset: all slots up to it that are
// within the window have been saved.

const windowSlots = 8

// claimPolicy says how a claim is tried again after another send has changed the row.
// Most of these claims succeed at the second or third try, which do not wait.
func claimPolicy() retry.Policy {
	return retry.Policy{Tries: 20, ImmediateRetries: 2, First: 50 * time.Millisecond, Most: 50 * time.Millisecond}
}

// Claim implements direct.Store.
func (s *Store) Claim(ctx context.Context, app int64, r direct.ClaimRequest) (direct.Claim, error) {
	var key [8]byte
	binary.BigEndian.PutUint64(key[:], r.IdempotencyKey)
	c := claim{request: r, rowKey: RowKey(app, r.From, r.Chat), idempotencyKey: key[:], app: app, afterLast: r.Derived}
	var result direct.Claim
	done, err := retry.Do(ctx, s.db.clock, claimPolicy(), func(try int) (bool, error) {
		old, err := s.update(ctx, c.update())
		if err == nil {
			result = c.succeeded(old)
			return true, nil
		}
		row, failed := failedCondition(err)
		if !failed {
			return false, err
		}
		var found bool
		if result, found = c.findInRow(row); found {
			return true, nil
		}
		if c.moveAfterLast(row) && c.seen == nil && c.hasRoom(row) {
			return false, nil
		}
		result, found, err = s.prepareNextTry(ctx, &c, row, try > 0)
		return found, err
	})
	if err == nil && !done {
		err = fault.New(fault.Throttled, "the sender sends too much at once to this receiver, try again later")
	}
	return result, err
}

// prepareNextTry makes the next try one that holds only if the row is still as it was
// read. It looks for the send among the saved items, and returns that claim if it finds
// it. Else it saves the last slot if that is within the window.
//
// If another send has changed the row before (again), it saves all slots instead. Then
// the next try holds even if up to seven other sends come first: what they push out is
// saved, and all sends since the row was read are still in the row, so a repeat among
// them is found there.
func (s *Store) prepareNextTry(ctx context.Context, c *claim, row Item, again bool) (direct.Claim, bool, error) {
	item, err := s.get(ctx, Live, DedupKey(c.app, c.request.From, c.request.Chat, c.request.IdempotencyKey), true)
	if err != nil {
		return direct.Claim{}, false, err
	}
	if t := integer(item, "t"); t > c.windowStart() {
		return direct.Claim{Time: t, DerivedSeq: sequence(item, "s"), Offset: integer(item, "n"), Epoch: integer(item, "g")}, true, nil
	}
	c.seen, c.othersMayComeFirst, c.pushesOut = row, again, false
	var save []int
	for i := range windowSlots {
		if (i < windowSlots-1 && !again) || integer(row, slotAttributes(i).time) <= c.windowStart() {
			continue
		}
		c.pushesOut = true
		if !again || offsetOfSlot(row, i) > integer(row, "sv") {
			save = append(save, i)
		}
	}
	return direct.Claim{}, false, s.saveSlots(ctx, c, row, save)
}

// saveSlots writes slots of a row as items of their own.
func (s *Store) saveSlots(ctx context.Context, c *claim, row Item, slots []int) error {
	var writes errgroup.Group
	for _, i := range slots {
		slot := slotAttributes(i)
		key := binary.BigEndian.Uint64(bytesOf(row, slot.idempotencyKey))
		item := DedupKey(c.app, c.request.From, c.request.Chat, key).attributes()
		item["t"], item["n"], item["g"] = num(integer(row, slot.time)), num(offsetOfSlot(row, i)), num(integer(row, "g"))
		item["s"] = num(integer(row, slot.sequence))
		item["x"] = num(integer(row, slot.time) + 2*int64(timeline.IdempotencyWindow.Seconds()))
		writes.Go(func() error {
			_, err := s.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: s.name(Live), Item: item})
			return err
		})
	}
	if err := writes.Wait(); err != nil {
		return fmt.Errorf("spill: %w", err)
	}
	return nil
}

// claim is a send's claim of an offset and a slot, from one try to the next.
type claim struct {
	app            int64
	request        direct.ClaimRequest
	rowKey         Key
	idempotencyKey []byte
	// seen is the row on which the next try is based; nil: it is made without one.
	seen Item
	// othersMayComeFirst: up to seven other sends may come between seen and this try.
	othersMayComeFirst bool
	// pushesOut: this try may push a slot out that is within the window. It is saved.
	pushesOut bool
	// afterLast: the message has to be after the last message that the row shows.
	afterLast bool
}

// slotNames are the names of the attributes of a slot.
type slotNames struct{ idempotencyKey, time, sequence string }

func slotAttributes(i int) slotNames {
	d := itoa(i)
	return slotNames{"k" + d, "t" + d, "n" + d}
}

// offsetOfSlot returns the offset of the send in a slot.
func offsetOfSlot(row Item, i int) int64 { return integer(row, "o") - int64(i) }

func sequence(item Item, name string) uint32 { return uint32(integer(item, name)) } // a sequence was written

// hasRoom reports whether the last slot may fall out of a row without being saved, and no
// slot has been saved within the window.
func (c *claim) hasRoom(row Item) bool {
	return integer(row, slotAttributes(windowSlots-1).time) <= c.windowStart() && integer(row, "sp") <= c.windowStart()
}

// maxAheadSeconds is how far the last message may be ahead of the time of a message that
// is moved after it.
const maxAheadSeconds = 2

// moveAfterLast changes the key of a message with a derived sequence so that it is after
// the last message that the row shows, from either user (docs/adr/0003). It reports
// whether that was necessary. If the last message is more than maxAheadSeconds ahead, the
// key stays as it is, and the claim no longer asks for this order.
//
// Example: bob asks at second 100 with sequence 4,000,000,000, and a bot answers in the
// same second. Its derived sequence is less, so the answer is moved to sequence
// 4,000,000,001.
func (c *claim) moveAfterLast(row Item) bool {
	k, last := &c.request.Key, readKey(row, "k")
	if !c.afterLast || last == nil || last.Before(*k) {
		return false
	}
	if last.Time > k.Time+maxAheadSeconds || last.Seq == 1<<32-1 {
		c.afterLast = false
	} else {
		k.Time, k.Seq = last.Time, last.Seq+1
	}
	return true
}

// windowStart returns the time, in seconds, up to which slots are outside of the window.
// A slot of the claim's own time is always within it: a batch decides once, for all of
// its receivers, that it is a repeat.
func (c *claim) windowStart() int64 {
	return min(c.request.NowMs/1000-int64(timeline.IdempotencyWindow.Seconds()), c.request.Key.Time-1)
}

// update returns the write of this try. It holds only if no slot within the window has
// the idempotency key, and
//
//   - without seen: the last slot is outside of the window, and nothing was saved;
//   - with seen: the row has the offset that was seen, or, if others may come first, up
//     to seven more.
func (c *claim) update() update {
	r := c.request
	var set, cond strings.Builder
	set.WriteString("SET o = if_not_exists(o, :zero) + :one, n0 = :seq, k0 = :key, t0 = :sec, " +
		"g = if_not_exists(g, :g), e = :x, x = if_not_exists(kx, :x)")
	for i := 1; i < windowSlots; i++ {
		to, from := slotAttributes(i), slotAttributes(i-1)
		fmt.Fprintf(&set, ", %s = if_not_exists(%s, :none), %s = if_not_exists(%s, :zero), %s = if_not_exists(%s, :zero)",
			to.idempotencyKey, from.idempotencyKey, to.time, from.time, to.sequence, from.sequence)
	}
	values := Item{
		":zero": num(0), ":one": num(1), ":none": bin([]byte{}), ":key": bin(c.idempotencyKey), ":sec": num(r.Key.Time),
		":now": num(r.NowMs), ":x": num(r.Expires), ":old": num(c.windowStart()), ":seq": num(c.sequence()), ":g": num(c.epoch()),
	}
	if c.afterLast {
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
	indexRow(&index, values, c.rowKey, r.Indexed)
	set.WriteString(index)
	for i := range windowSlots {
		slot := slotAttributes(i)
		fmt.Fprintf(&cond, "(attribute_not_exists(%s) OR %s <> :key OR %s <= :old) AND ", slot.idempotencyKey, slot.idempotencyKey, slot.time)
	}
	switch seen := integer(c.seen, "o"); {
	case c.othersMayComeFirst:
		set.WriteString(", sv = :seen")
		cond.WriteString("o BETWEEN :seen AND :most")
		values[":seen"], values[":most"] = num(seen), num(seen+windowSlots-1)
	case c.seen != nil:
		cond.WriteString("o = :seen")
		values[":seen"] = num(seen)
	default:
		cond.WriteString("(attribute_not_exists(t7) OR t7 <= :old) AND (attribute_not_exists(sp) OR sp <= :old)")
	}
	if c.pushesOut {
		set.WriteString(", sp = :sp")
		// Not before the time of the slot that was saved, even if this call's clock is late.
		last := slotAttributes(windowSlots - 1)
		values[":sp"] = num(max(r.NowMs/1000, integer(c.seen, last.time), integer(c.seen, "sp")))
	}
	return update{table: Core, key: c.rowKey, set: set.String(), cond: cond.String(), values: values, returning: types.ReturnValueAllOld}
}

// succeeded returns the claim of a send whose update held, from the row before it.
func (c *claim) succeeded(old Item) direct.Claim {
	epoch := integer(old, "g")
	if epoch == 0 {
		epoch = c.epoch()
	}
	return direct.Claim{Time: c.request.Key.Time, DerivedSeq: c.sequence(), Offset: integer(old, "o") + 1, Epoch: epoch}
}

// epoch returns the epoch of a count that begins with this claim. It is later than the
// epochs of an earlier account with the id of one of the two users.
func (c *claim) epoch() int64 { return max(c.request.NowMs, c.request.MinEpochSec*1000) }

// sequence returns the derived sequence of the send. If the sender has chosen another
// one, the derived sequence is used only if the chosen key is taken.
func (c *claim) sequence() uint32 {
	if c.request.Derived {
		return c.request.Key.Seq
	}
	return c.request.DerivedSeq
}

// findInRow returns the claim of the same send, if a slot within the window has it.
func (c *claim) findInRow(row Item) (direct.Claim, bool) {
	for i := range windowSlots {
		slot := slotAttributes(i)
		if bytes.Equal(bytesOf(row, slot.idempotencyKey), c.idempotencyKey) && integer(row, slot.time) > c.windowStart() {
			return direct.Claim{
				Time: integer(row, slot.time), DerivedSeq: sequence(row, slot.sequence), Offset: offsetOfSlot(row, i), Epoch: integer(row, "g"),
			}, true
		}
	}
	return direct.Claim{}, false
}

// ClaimBatch implements direct.Store. A batch has one item of its own (BatchKey) with
// the time of its first call, so that a repeat has the same time for all receivers.
func (s *Store) ClaimBatch(ctx context.Context, app int64, from string, idempotencyKey uint64, nowUs int64) (int64, error) {
	window, now := int64(timeline.IdempotencyWindow.Seconds()), nowUs/1_000_000
	item := BatchKey(app, from, idempotencyKey).attributes()
	item["t"], item["u"], item["x"] = num(now), num(nowUs%1_000_000), num(now+2*window)
	_, err := s.db.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: s.name(Live), Item: item, ConditionExpression: aws.String("attribute_not_exists(pk) OR t <= :old"),
		ExpressionAttributeValues:           Item{":old": num(now - window)},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if old, failed := failedCondition(err); failed {
		return integer(old, "t")*1_000_000 + integer(old, "u"), nil
	}
	if err != nil {
		return 0, fmt.Errorf("claim batch: %w", err)
	}
	return nowUs, nil
}
