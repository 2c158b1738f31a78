package message

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"parley/shared/domain/chat"
	"parley/shared/domain/direct"
	"parley/shared/domain/timeline"
)

// TestEqualNumbers sends 40 messages with the same MsgSeq and MsgRandom within one second.
// Each is stored and counted, the history has them in the order in which they were sent,
// the list shows the last one, and a repeat is answered like the first call
// (docs/adr/0003).
func TestEqualNumbers(t *testing.T) {
	for _, seq := range []uint32{0, 7, 1<<31 - 1, 1<<32 - 1} {
		w, s := aliceAndBob(t)
		var want []string
		var receipts []direct.SendResult
		send := func(n int) direct.SendResult {
			t.Helper()
			request := direct.SendRequest{From: "alice", To: "bob", Seq: &seq, Random: 7, Trusted: true, Content: textOf(fmt.Sprint("text ", n))}
			if n%8 == 5 {
				request.From, request.To = request.To, request.From
			}
			r, err := s.Send(t.Context(), request)
			if err != nil {
				t.Fatalf("message %d: %v", n, err)
			}
			return r
		}
		const many = 40
		for n := range many {
			receipts = append(receipts, send(n))
			want = append(want, fmt.Sprint("text ", n))
		}
		for _, n := range []int{0, 1, 2, 3, 30, many - 1} {
			if r := send(n); r != receipts[n] {
				t.Errorf("MsgSeq %d: a repeat of message %d has %+v, the first call %+v", seq, n, r, receipts[n])
			}
		}
		if got := texts(t, w.Tenant(t).Timeline, "bob", "alice"); !slices.Equal(got, want) && seq != 1<<32-1 { // no larger MsgSeq exists, so the order cannot be kept
			t.Errorf("MsgSeq %d: %q, want %q", seq, got, want)
		} else if len(got) != many {
			t.Errorf("MsgSeq %d: %d messages, want %d", seq, len(got), many)
		}
		for user, unread := range map[string]int64{"alice": 5, "bob": 35} {
			peer := map[string]string{"alice": "bob", "bob": "alice"}[user]
			r := row(t, w, user, peer)
			if r.Unread() != unread || r.LastKey == nil || *r.LastKey != receipts[many-1].Key {
				t.Errorf("MsgSeq %d: the list of %s has %d unread and shows %v, want %d and %v", seq, user, r.Unread(), r.LastKey, unread, receipts[many-1].Key)
			}
		}
	}
}

// TestDerivedSeqKeepsOrder shows that messages without MsgSeq are in the order in which
// they were sent, whoever sent them, and whatever MsgSeq another message of the same
// second has.
func TestDerivedSeqKeepsOrder(t *testing.T) {
	for _, given := range []uint32{1, 607_000_000, 1<<31 + 5, 1<<32 - 2} {
		w, s := aliceAndBob(t)
		var want []string
		var repeat []func() direct.SendResult
		var receipts []direct.SendResult
		for n := range 30 {
			request := direct.SendRequest{From: "alice", To: "bob", Random: uint32(1000 - n*31%17), Trusted: true, Content: textOf(fmt.Sprint("text ", n))}
			if n%3 == 1 {
				request.From, request.To = request.To, request.From
			}
			if n == 0 {
				request.Seq = &given // the first message comes from a client that chooses its own MsgSeq
			}
			send := func() direct.SendResult {
				r, err := s.Send(t.Context(), request)
				if err != nil {
					t.Fatal(err)
				}
				return r
			}
			receipts, repeat = append(receipts, send()), append(repeat, send)
			want = append(want, fmt.Sprint("text ", n))
		}
		for n := range repeat {
			if r := repeat[n](); r != receipts[n] {
				t.Errorf("a repeat of message %d has %+v, the first call %+v", n, r, receipts[n])
			}
		}
		if got := texts(t, w.Tenant(t).Timeline, "bob", "alice"); !slices.Equal(got, want) && given != 1<<32-2 {
			t.Errorf("after MsgSeq %d: %q, want %q", given, got, want)
		}
	}
}

// TestDerivedSeqRisesWithinSecond shows that a derived MsgSeq rises with the microseconds
// of its second, also for messages that no list shows.
func TestDerivedSeqRisesWithinSecond(t *testing.T) {
	w, s := aliceAndBob(t)
	var want []string
	for n := range 20 {
		request := direct.SendRequest{From: "alice", To: "bob", Random: uint32(100 - n), ExcludedFromLast: n%2 == 0, Trusted: true, Content: textOf(fmt.Sprint("text ", n))}
		if n%3 == 1 {
			request.From, request.To = request.To, request.From
		}
		if n == 10 {
			if _, failed, err := s.SendBatch(t.Context(), request, []string{request.To}); err != nil || failed != nil {
				t.Fatal(failed, err)
			}
		} else if _, err := s.Send(t.Context(), request); err != nil {
			t.Fatal(err)
		}
		want = append(want, fmt.Sprint("text ", n))
		w.Clock.Move(3 * time.Millisecond)
	}
	if got := texts(t, w.Tenant(t).Timeline, "bob", "alice"); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestReadUntil shows that reading up to a second moves the read cursor to the highest
// offset of that second, whatever MsgSeq its messages have. Messages that no list shows
// count as well.
func TestReadUntil(t *testing.T) {
	w, s := aliceAndBob(t)
	start := w.Clock.Now().Unix()
	send := func(random uint32, seq *uint32, noLast bool) {
		t.Helper()
		if _, err := s.Send(t.Context(), direct.SendRequest{From: "alice", To: "bob", Seq: seq, Random: random, ExcludedFromLast: noLast, Trusted: true, Content: textOf("hi")}); err != nil {
			t.Fatal(err)
		}
	}
	for n := range uint32(60) {
		seq := 1000 - n // falling: the history has it before the messages that were sent earlier
		send(n, &seq, n%7 == 0)
	}
	w.Clock.Move(time.Second)
	for n := range uint32(3) {
		send(100+n, nil, n > 0)
	}
	w.Clock.Move(time.Second)
	send(200, nil, true) // sent later, and no list shows it
	c := w.Tenant(t).Inbox
	for _, step := range []struct{ at, unread int64 }{{start - 1, 64}, {start, 4}, {start + 1, 1}, {start + 2, 0}} {
		if _, err := c.MarkReadUntil(t.Context(), "bob", chat.Between("bob", "alice"), step.at); err != nil {
			t.Fatal(err)
		}
		if got := row(t, w, "bob", "alice").Unread(); got != step.unread {
			t.Errorf("%d s: %d unread, want %d", step.at-start, got, step.unread)
		}
	}
}

// TestLastMessageAfterDeletion shows that after a deletion the list shows the newest
// message that it may show, however many newer messages there are that no list shows.
func TestLastMessageAfterDeletion(t *testing.T) {
	for _, newer := range []int{0, 1, 3, 150} {
		w, s := aliceAndBob(t)
		var keys []timeline.Key
		send := func(random int, noLast bool) {
			t.Helper()
			r, err := s.Send(t.Context(), direct.SendRequest{From: "alice", To: "bob", Random: uint32(random), ExcludedFromLast: noLast, Trusted: true, Content: textOf(fmt.Sprint("text ", random))})
			if err != nil {
				t.Fatal(err)
			}
			keys = append(keys, r.Key)
			w.Clock.Move(time.Millisecond)
		}
		send(0, false)
		send(1, false)
		for n := range newer {
			send(2+n, true)
		}
		for n, want := range []*timeline.Key{&keys[0], nil} {
			if err := w.Tenant(t).Timeline.DeleteForUser(t.Context(), timeline.Actor{Trusted: true}, "bob", chat.Between("bob", "alice"), []timeline.Key{keys[1-n]}); err != nil {
				t.Fatal(err)
			}
			r := row(t, w, "bob", "alice")
			if (r.LastKey == nil) != (want == nil) || (want != nil && (*r.LastKey != *want || r.Preview != "text 0")) {
				t.Errorf("%d newer messages: the list shows %v %q, want %v", newer, r.LastKey, r.Preview, want)
			}
		}
	}
}
