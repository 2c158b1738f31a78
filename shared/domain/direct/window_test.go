package direct

import (
	"testing"

	"parley/shared/domain/idempotency"
	"parley/shared/domain/timeline"
)

const startSec = 1_700_000_000

// request returns the claim of the n-th send, made at a second.
func request(n uint64, second int64) ClaimRequest {
	return ClaimRequest{
		IdempotencyKey: n, NowMs: second * 1000, DerivedSeq: uint32(n),
		Key: timeline.Key{Time: second, Seq: uint32(n)},
	}
}

// TestRepeatWithinTheWindow: every send of the last 120 seconds is found with its claim, how many
// there are, and a send that is older is not found.
func TestRepeatWithinTheWindow(t *testing.T) {
	var w Window
	saved := map[uint64]SavedSend{}
	claims := map[uint64]Claim{}
	for n := uint64(1); n <= 150; n++ {
		p := planClaim(request(n, startSec+int64(n)), w)
		if p.repeated || p.claim.Offset != int64(n) || p.claim.Epoch != (startSec+1)*1000 {
			t.Fatalf("send %d: %+v", n, p)
		}
		for _, o := range p.pushedOut {
			saved[o.IdempotencyKey] = o
		}
		w, claims[n] = p.Next, p.claim
		if len(w.Sends) > MaxRoom {
			t.Fatalf("send %d: %d sends in the window", n, len(w.Sends))
		}
	}
	for n := uint64(1); n <= 150; n++ {
		r := request(n, startSec+150)
		p := planClaim(r, w)
		s, found := saved[n]
		switch {
		case n > 150-MaxRoom:
			if !p.repeated || p.claim != claims[n] {
				t.Errorf("send %d: %+v, want the repeat of %+v", n, p.claim, claims[n])
			}
		case p.repeated || !found || s.Time != claims[n].Time || s.Offset != claims[n].Offset || s.Epoch != claims[n].Epoch:
			t.Errorf("send %d: repeated %t, saved %+v, want it saved as %+v", n, p.repeated, s, claims[n])
		case w.Saved <= r.windowStart():
			t.Errorf("send %d: saved until %d, so nobody looks for it", n, w.Saved)
		}
	}
	if p := planClaim(request(150, startSec+150+windowSeconds), w); p.repeated {
		t.Error("a send of 120 seconds ago is still in the window")
	}
}

// TestWindowDropsOldSends: a send removes those that the window has left, without saving them.
func TestWindowDropsOldSends(t *testing.T) {
	var w Window
	for n := range uint64(MaxRoom) {
		w = planClaim(request(n, startSec), w).Next
	}
	p := planClaim(request(99, startSec+windowSeconds+overlapSeconds), w)
	if len(p.Next.Sends) != 1 || p.pushedOut != nil || p.Next.Saved != 0 || p.Next.Offset != MaxRoom+1 {
		t.Errorf("got %+v, pushed out %v", p.Next, p.pushedOut)
	}
	// An old send in front of a newer one stays: the places are the offsets.
	late := planClaim(request(7, startSec-60), Window{Offset: 1, Epoch: 1, Sends: []idempotency.PastSend{{IdempotencyKey: 6, Time: startSec}}})
	p = planClaim(request(8, startSec+100), late.Next)
	if len(p.Next.Sends) != 3 {
		t.Errorf("got %+v, want three sends", p.Next.Sends)
	}
}

// TestRepeatOfABatchAtTheEndOfTheWindow: a single send that comes between a repeat of a batch and
// its turn for a receiver does not remove the send that the repeat looks for.
func TestRepeatOfABatchAtTheEndOfTheWindow(t *testing.T) {
	batch := request(1, startSec)
	w := planClaim(batch, Window{}).Next
	w = planClaim(request(2, startSec+windowSeconds), w).Next
	batch.NowMs = (startSec + windowSeconds + 20) * 1000 // the repeat has the time of the first call
	if p := planClaim(batch, w); !p.repeated || p.claim.Offset != 1 {
		t.Errorf("repeated %t with offset %d, want the repeat of offset 1", p.repeated, p.claim.Offset)
	}
}

// TestMessageGoesAfterTheLast: what ADR 3 says of a derived sequence.
func TestMessageGoesAfterTheLast(t *testing.T) {
	for _, c := range []struct {
		name      string
		last      timeline.Key
		want      timeline.Key
		afterLast bool
	}{
		{"an earlier last message", timeline.Key{Time: startSec - 1, Seq: 9}, timeline.Key{Time: startSec, Seq: 5}, true},
		{"a last message of the same second with a higher sequence", timeline.Key{Time: startSec, Seq: 9}, timeline.Key{Time: startSec, Seq: 10}, true},
		{"a last message two seconds ahead", timeline.Key{Time: startSec + 2, Seq: 9}, timeline.Key{Time: startSec + 2, Seq: 10}, true},
		{"a last message three seconds ahead", timeline.Key{Time: startSec + 3, Seq: 9}, timeline.Key{Time: startSec, Seq: 5}, false},
		{"the highest sequence", timeline.Key{Time: startSec, Seq: 1<<32 - 1}, timeline.Key{Time: startSec, Seq: 5}, false},
	} {
		r := request(5, startSec)
		r.Derived = true
		p := planClaim(r, Window{Last: &c.last})
		if p.Request.Key != c.want || p.AfterLast != c.afterLast || p.claim.DerivedSeq != c.want.Seq || p.claim.Time != c.want.Time {
			t.Errorf("%s: got %v, after last %t, claim %+v, want %v and %t", c.name, p.Request.Key, p.AfterLast, p.claim, c.want, c.afterLast)
		}
		r.Derived = false
		if p := planClaim(r, Window{Last: &c.last}); p.Request.Key != r.Key || p.AfterLast {
			t.Errorf("%s: a chosen sequence is moved to %v", c.name, p.Request.Key)
		}
	}
}
