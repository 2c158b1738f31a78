package direct

import (
	"context"
	"time"

	"parley/shared/domain/chat"
	"parley/shared/domain/idempotency"
	"parley/shared/domain/timeline"
	"parley/shared/fault"
	"parley/shared/retry"
	"parley/shared/timeouts"
)

// A Window has room for MinRoom to MaxRoom sends, as the size of its row allows: a row stays below
// 1 KB, so that its write costs 1 W.
const (
	MinRoom = 8
	MaxRoom = 32
)

const (
	// windowSeconds is the length of the idempotency window.
	windowSeconds = int64(timeline.IdempotencyWindow / time.Second)
	// overlapSeconds is how much longer a send is remembered. A repeat of a batch that begins at
	// the end of the window looks for its sends until the call ends. Example: a batch of 12:00:00
	// is repeated at 12:01:59. A single send at 12:02:00 must not remove the sends of the batch,
	// which the repeat reaches at 12:02:10.
	overlapSeconds = int64(timeouts.Overlap / time.Second)
)

// A Window is what the sender's row of a conversation knows of the sender's last sends. A repeat
// within timeline.IdempotencyWindow finds its first call in it. Example: the row has offset 41,
// and Sends begins with the sends A and B. A has the offset 41 and B 40. The new send C gets the
// offset 42 and is the first of the new Window; A has the offset 42 - 1 = 41 as before.
//
// A send that does not fit any more, because the sender has sent more messages within the
// window than there is room for, is saved beside the row before it leaves the Window (docs/adr/0010).
type Window struct {
	Offset, Epoch int64                  // of the last send; 0 if the user has sent nothing
	Last          *timeline.Key          // the last message that the row shows, of either user; nil: none
	Sends         []idempotency.PastSend // newest first
	Room          int                    // how many sends the row has room for; 0: MaxRoom
	Saved         int64                  // the newest time of the sends that were saved beside the row, Unix seconds
}

// A SavedSend is a send that has left its Window.
type SavedSend struct {
	idempotency.PastSend
	Offset, Epoch int64
}

// A ClaimWrite replaces a Window by the next one. It is written only if the row still has the
// Offset and the Epoch of Seen and, if AfterLast is true, if the row shows no last message at or
// behind Request.Key.
type ClaimWrite struct {
	Request    ClaimRequest // with the key that the message gets
	Seen, Next Window
	AfterLast  bool
}

// A claimPlan is what a claim is going to do.
type claimPlan struct {
	ClaimWrite
	claim     Claim
	repeated  bool // the send is in the window already: there is nothing to write
	pushedOut []SavedSend
}

// windowStart returns the time, in seconds, up to which sends are outside of the window. A send
// of the claim's own time is always within it: a batch decides once, for all of its receivers,
// that it is a repeat.
func (r ClaimRequest) windowStart() int64 {
	return min(r.NowMs/1000-windowSeconds, r.Key.Time-1)
}

// planClaim plans a claim on the window that was read.
func planClaim(r ClaimRequest, seen Window) claimPlan {
	start := r.windowStart()
	if i := idempotency.Find(seen.Sends, r.IdempotencyKey, start); i >= 0 {
		s := seen.Sends[i]
		return claimPlan{repeated: true, claim: Claim{Time: s.Time, DerivedSeq: s.Seq, Offset: seen.Offset - int64(i), Epoch: seen.Epoch}}
	}
	p := claimPlan{ClaimWrite: ClaimWrite{Request: r, Seen: seen, AfterLast: r.Derived}}
	p.moveAfterLast()
	r = p.Request
	seq := r.DerivedSeq
	if r.Derived {
		seq = r.Key.Seq
	}
	next := Window{Offset: seen.Offset + 1, Epoch: seen.Epoch, Last: seen.Last, Saved: seen.Saved}
	if next.Epoch == 0 {
		// It is later than the epochs of an earlier account with the id of one of the two users.
		next.Epoch = max(r.NowMs, r.MinEpochSec*1000)
	}
	room := seen.Room
	if room == 0 {
		room = MaxRoom
	}
	kept, pushedOut := idempotency.Push(seen.Sends, idempotency.PastSend{IdempotencyKey: r.IdempotencyKey, Time: r.Key.Time, Seq: seq}, start-overlapSeconds, room)
	next.Sends = kept
	for i, s := range pushedOut {
		p.pushedOut = append(p.pushedOut, SavedSend{s, next.Offset - int64(room+i), next.Epoch})
		// Not before the time of this call, even if the clock of the other one was late.
		next.Saved = max(next.Saved, s.Time, r.NowMs/1000)
	}
	p.Next, p.claim = next, Claim{Time: r.Key.Time, DerivedSeq: seq, Offset: next.Offset, Epoch: next.Epoch}
	return p
}

// maxAheadSeconds is how far the last message may be ahead of the time of a message that
// is moved after it.
const maxAheadSeconds = 2

// moveAfterLast changes the key of a message with a derived sequence so that it is after the last
// message that the row shows, from either user (docs/adr/0003). If the last message is more than
// maxAheadSeconds ahead, the key stays as it is, and the claim does not ask for this order.
//
// Example: bob asks at second 100 with sequence 4,000,000,000, and a bot answers in the
// same second. Its derived sequence is less, so the answer is moved to sequence
// 4,000,000,001.
func (p *claimPlan) moveAfterLast() {
	k, last := &p.Request.Key, p.Seen.Last
	if !p.AfterLast || last == nil || last.Before(*k) {
		return
	}
	if last.Time > k.Time+maxAheadSeconds || last.Seq == 1<<32-1 {
		p.AfterLast = false
	} else {
		k.Time, k.Seq = last.Time, last.Seq+1
	}
}

// Claim gives a send the next offset of the sender's row, or that of its first call. seen is the
// Window as it was read, which may be a moment old: if the row has another one by now, nothing is
// written, and the next try begins with the Window that the row has.
func (s Service) Claim(ctx context.Context, r ClaimRequest, seen Window) (claim Claim, err error) {
	var absentFrom *Window // of which it is known that no saved send before it is this one
	policy := idempotency.ClaimPolicy()
	done, err := retry.Do(ctx, s.clock, policy, func(try int) (done bool, err error) {
		if try > policy.ImmediateRetries {
			// During a wait, other sends have changed the row again. A read costs less than a
			// write that fails.
			if seen, err = s.newerWindow(ctx, r, seen); err != nil {
				return false, err
			}
		}
		p := planClaim(r, seen)
		if p.repeated {
			claim = p.claim
			return true, nil
		}
		if seen.Saved > r.windowStart()-overlapSeconds && !seen.hasAllSince(absentFrom) {
			saved, err := s.claims.SavedSend(ctx, s.app, r.From, r.Chat, r.IdempotencyKey)
			if err != nil {
				return false, err
			}
			if saved != nil && saved.Time > r.windowStart() {
				claim = Claim{Time: saved.Time, DerivedSeq: saved.Seq, Offset: saved.Offset, Epoch: saved.Epoch}
				return true, nil
			}
			absentFrom = new(seen)
		}
		// Usually there is one at most. There are more if the row has become larger, for example by
		// a label, so that there is room for fewer.
		save := make([]func(context.Context) error, len(p.pushedOut))
		for i, o := range p.pushedOut {
			save[i] = func(ctx context.Context) error { return s.claims.SaveSend(ctx, s.app, r.From, r.Chat, o) }
		}
		if err := s.parallel.Run(ctx, save...); err != nil {
			return false, err
		}
		claim = p.claim
		done, seen, err = s.claims.WriteClaim(ctx, s.app, p.ClaimWrite)
		return done, err
	})
	if err == nil && !done {
		err = fault.New(fault.Throttled, "the sender sends too much at once to this receiver, try again later")
	}
	return claim, err
}

// newerWindow reads the Window of a row. It returns seen if what it read is older.
func (s Service) newerWindow(ctx context.Context, r ClaimRequest, seen Window) (Window, error) {
	list, err := s.claims.Windows(ctx, s.app, r.From, []chat.ID{r.Chat})
	if err != nil {
		return seen, err
	}
	now := list[0]
	if now.Epoch < seen.Epoch || now.Epoch == seen.Epoch && now.Offset < seen.Offset {
		return seen, nil
	}
	return now, nil
}

// hasAllSince reports whether a Window still has every send that was made since an earlier one: none
// of them has been saved beside the row. Example: the earlier one has offset 41, and this one
// has offset 60 and 32 sends, those of the offsets 29 to 60.
func (w Window) hasAllSince(earlier *Window) bool {
	return earlier != nil && w.Epoch == earlier.Epoch && w.Offset-earlier.Offset <= int64(len(w.Sends))
}
