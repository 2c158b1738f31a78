package message

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/middleware"

	"parley/shared/app"
	"parley/shared/domain/conversations"
	"parley/shared/domain/delivery"
	"parley/shared/domain/messages"
	"parley/shared/domain/push"
	"parley/shared/store"
	"parley/shared/telemetry"
	"parley/shared/testkit"
)

func pair(t *testing.T) (*testkit.World, messages.Service) {
	t.Helper()
	w := testkit.NewWorld(t, server, testkit.Options{})
	if err := w.Seed(t.Context(), "account alice\naccount bob"); err != nil {
		t.Fatal(err)
	}
	return w, w.Tenant(t).Messages
}

func textOf(text string) messages.Content {
	return messages.Content{Elements: []messages.Element{testkit.Text(text)}}
}

// texts are the texts of a history, oldest first.
func texts(t *testing.T, s messages.Service, user, peer string) (list []string) {
	t.Helper()
	for before, more := (*messages.Key)(nil), true; more; {
		h, err := s.History(t.Context(), messages.Range{User: user, Peer: peer, Limit: 100, Before: before})
		if err != nil {
			t.Fatal(err)
		}
		var page []string
		for _, m := range h.Messages {
			page = append(page, m.Words()[:len(m.Words())-1])
		}
		list, before, more = append(page, list...), h.Next, !h.Complete
	}
	return list
}

func row(t *testing.T, w *testkit.World, user, peer string) conversations.Row {
	t.Helper()
	rows, err := w.Store.PeerRows(t.Context(), w.ID, user, []string{peer}, true)
	if err != nil {
		t.Fatal(err)
	}
	return rows[0]
}

// However many messages of a second have the same MsgSeq and MsgRandom: what is
// counted is stored, in the order in which it was sent, the list shows a message
// that is there, and a repeat has what the first call had.
func TestEqualNumbers(t *testing.T) {
	for _, seq := range []uint32{0, 7, 1<<31 - 1, 1<<32 - 1} {
		w, s := pair(t)
		var want []string
		var receipts []messages.Receipt
		send := func(n int) messages.Receipt {
			t.Helper()
			d := messages.Draft{From: "alice", To: "bob", Seq: &seq, Random: 7, Trusted: true, Content: textOf(fmt.Sprint("text ", n))}
			if n%8 == 5 {
				d.From, d.To = d.To, d.From
			}
			r, err := s.Send(t.Context(), d)
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
		if got := texts(t, s, "bob", "alice"); !slices.Equal(got, want) && seq != 1<<32-1 { // there is nothing behind that one
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

// Messages without MsgSeq stand in the order in which they were sent, those of
// both users and of the application, whatever the others of their second have.
func TestDerivedOrder(t *testing.T) {
	for _, given := range []uint32{1, 607_000_000, 1<<31 + 5, 1<<32 - 2} {
		_, s := pair(t)
		var want []string
		var repeat []func() messages.Receipt
		var receipts []messages.Receipt
		for n := range 30 {
			d := messages.Draft{From: "alice", To: "bob", Random: uint32(1000 - n*31%17), Trusted: true, Content: textOf(fmt.Sprint("text ", n))} //nolint:gosec // small
			if n%3 == 1 {
				d.From, d.To = d.To, d.From
			}
			if n == 0 {
				d.Seq = &given // a question of a client that has sequences of its own
			}
			send := func() messages.Receipt {
				r, err := s.Send(t.Context(), d)
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
		if got := texts(t, s, "bob", "alice"); !slices.Equal(got, want) && given != 1<<32-2 {
			t.Errorf("after MsgSeq %d: %q, want %q", given, got, want)
		}
	}
}

// A derived sequence rises with the microseconds of its second, also where no list
// shows the messages.
func TestDerivedRises(t *testing.T) {
	w, s := pair(t)
	var want []string
	for n := range 20 {
		d := messages.Draft{From: "alice", To: "bob", Random: uint32(100 - n), NoLast: n%2 == 0, Trusted: true, Content: textOf(fmt.Sprint("text ", n))} //nolint:gosec // small
		if n%3 == 1 {
			d.From, d.To = d.To, d.From
		}
		if n == 10 {
			if _, failed, err := s.SendBatch(t.Context(), d, []string{d.To}); err != nil || failed != nil {
				t.Fatal(failed, err)
			}
		} else if _, err := s.Send(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		want = append(want, fmt.Sprint("text ", n))
		w.Clock.Move(3 * time.Millisecond)
	}
	if got := texts(t, s, "bob", "alice"); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

var errDown = errors.New("down")

// down is a queue that takes nothing.
type down[Job any] struct{}

func (down[Job]) Send(context.Context, Job, time.Duration) error { return errDown }

// noSessions is a store that cannot read where users are connected.
func noSessions() *store.Store {
	return server.Store(func(o *dynamodb.Options) {
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
			return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("NoSessions", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
				if p, ok := in.Parameters.(*dynamodb.BatchGetItemInput); ok {
					if _, live := p.RequestItems[store.Names(server.Tables)[store.Live]]; live {
						return middleware.InitializeOutput{}, middleware.Metadata{}, errDown
					}
				}
				return next.HandleInitialize(ctx, in)
			}), middleware.Before)
		})
	})
}

// Once a message or a change of it is stored nothing fails the call; what did not
// work is counted.
func TestStoredIsSuccess(t *testing.T) {
	for name, parts := range map[string]func(*app.Parts){
		"the push queue is down":  func(p *app.Parts) { p.Push = down[push.Job]{} },
		"sessions cannot be read": func(p *app.Parts) { p.Store = noSessions() },
	} {
		t.Run(name, func(t *testing.T) {
			w := testkit.NewWorld(t, server, testkit.Options{})
			const many = 70 // three parts of a batch
			seed := fmt.Sprintf("accounts %d\naccount alice\naccount bob\nconnect bob iPhone i1\nbackground bob iPhone i1\n", many)
			for n := range many {
				seed += fmt.Sprintf("connect u%d iPhone i%d\nbackground u%d iPhone i%d\n", n+1, n, n+1, n)
			}
			if err := w.Seed(t.Context(), seed); err != nil {
				t.Fatal(err)
			}
			o, err := w.Fresh(parts).Apps.Get(t.Context(), w.ID)
			if err != nil {
				t.Fatal(err)
			}
			s := w.Fresh(parts).For(&o).Messages
			meter := &telemetry.Meter{}
			ctx := telemetry.WithMeter(t.Context(), meter)
			noted := func(what string) {
				t.Helper()
				if got := meter.Notes()[telemetry.Undelivered]; got.Count == 0 {
					t.Errorf("%s: nothing is noted", what)
				}
			}
			r, err := s.Send(ctx, messages.Draft{From: "alice", To: "bob", Random: 1, Trusted: true, Content: textOf("hi")})
			if err != nil {
				t.Fatalf("a send: %v", err)
			}
			noted("a send")
			var to []string
			for n := range many {
				to = append(to, fmt.Sprintf("u%d", n+1))
			}
			if _, failed, err := s.SendBatch(ctx, messages.Draft{From: "alice", Random: 2, Trusted: true, Content: textOf("hi")}, to); err != nil || failed != nil {
				t.Fatalf("a batch: %q, %v", failed, err)
			}
			for _, u := range to {
				if got := texts(t, w.Tenant(t).Messages, u, "alice"); len(got) != 1 {
					t.Fatalf("%s has %d messages", u, len(got))
				}
			}
			c := w.Fresh(parts).For(&o).Conversations
			if _, err := c.Read(ctx, "bob", "alice", nil, delivery.Origin{}); err != nil {
				t.Errorf("a read mark: %v", err)
			}
			if _, all, err := c.ReadAll(ctx, "u1", delivery.Origin{}); err != nil || !all {
				t.Errorf("all read: %t, %v", all, err)
			}
			if _, err := c.SetDraft(ctx, "bob", "alice", "draft", delivery.Origin{}); err != nil {
				t.Errorf("a draft: %v", err)
			}
			if _, err := c.Pin(ctx, "bob", "alice", true, delivery.Origin{}); err != nil {
				t.Errorf("a pin: %v", err)
			}
			if err := c.Clear(ctx, "u1", "alice", delivery.Origin{}); err != nil {
				t.Errorf("a clear: %v", err)
			}
			if err := c.Delete(ctx, "u1", "alice", true, delivery.Origin{}); err != nil {
				t.Errorf("a deleted conversation: %v", err)
			}
			by := messages.Actor{Trusted: true}
			if _, err := s.Edit(ctx, by, "alice", "bob", r.Key, messages.Edition{Elements: textOf("ho").Elements}); err != nil {
				t.Errorf("an edit: %v", err)
			}
			if err := s.React(ctx, by, "bob", "alice", r.Key, "+1", true); err != nil {
				t.Errorf("a reaction: %v", err)
			}
			if err := s.Recall(ctx, by, "alice", "bob", r.Key); err != nil {
				t.Errorf("a recall: %v", err)
			}
			if err := s.Hide(ctx, by, "bob", "alice", []messages.Key{r.Key}); err != nil {
				t.Errorf("a deletion: %v", err)
			}
		})
	}
}

// The read position of a time is the highest ordinal of it, whatever sequences
// the messages of that second have; what no list shows counts as any other.
func TestReadUntil(t *testing.T) {
	w, s := pair(t)
	start := w.Clock.Now().Unix()
	send := func(random uint32, seq *uint32, noLast bool) {
		t.Helper()
		if _, err := s.Send(t.Context(), messages.Draft{From: "alice", To: "bob", Seq: seq, Random: random, NoLast: noLast, Trusted: true, Content: textOf("hi")}); err != nil {
			t.Fatal(err)
		}
	}
	for n := range uint32(60) {
		seq := 1000 - n // stands before those that were sent before it
		send(n, &seq, n%7 == 0)
	}
	w.Clock.Move(time.Second)
	for n := range uint32(3) {
		send(100+n, nil, n > 0)
	}
	w.Clock.Move(time.Second)
	send(200, nil, true) // later, and no list shows it
	c := w.Tenant(t).Conversations
	for _, step := range []struct{ at, unread int64 }{{start - 1, 64}, {start, 4}, {start + 1, 1}, {start + 2, 0}} {
		if _, err := c.ReadUntil(t.Context(), "bob", "alice", step.at); err != nil {
			t.Fatal(err)
		}
		if got := row(t, w, "bob", "alice").Unread(); got != step.unread {
			t.Errorf("%d s: %d unread, want %d", step.at-start, got, step.unread)
		}
	}
}

// After a deletion the list shows the newest message that it may show, however
// many stand behind it that no list shows.
func TestLastAfterDeletion(t *testing.T) {
	for _, behind := range []int{0, 1, 3, 150} {
		w, s := pair(t)
		var keys []messages.Key
		send := func(random int, noLast bool) {
			t.Helper()
			r, err := s.Send(t.Context(), messages.Draft{From: "alice", To: "bob", Random: uint32(random), NoLast: noLast, Trusted: true, Content: textOf(fmt.Sprint("text ", random))}) //nolint:gosec // small
			if err != nil {
				t.Fatal(err)
			}
			keys = append(keys, r.Key)
			w.Clock.Move(time.Millisecond)
		}
		send(0, false)
		send(1, false)
		for n := range behind {
			send(2+n, true)
		}
		for n, want := range []*messages.Key{&keys[0], nil} {
			if err := s.Hide(t.Context(), messages.Actor{Trusted: true}, "bob", "alice", []messages.Key{keys[1-n]}); err != nil {
				t.Fatal(err)
			}
			r := row(t, w, "bob", "alice")
			if (r.LastKey == nil) != (want == nil) || (want != nil && (*r.LastKey != *want || r.Preview != "text 0")) {
				t.Errorf("%d behind it: the list shows %v %q, want %v", behind, r.LastKey, r.Preview, want)
			}
		}
	}
}

// A call whose answer was lost is repeated: it succeeds, and devices are told
// once. Later the same call is refused as what it then is.
func TestRepeatedChanges(t *testing.T) {
	w, s := pair(t)
	if err := w.Seed(t.Context(), "connect bob iPhone i1\nextensible alice bob 5"); err != nil {
		t.Fatal(err)
	}
	r, err := s.Send(t.Context(), messages.Draft{From: "alice", To: "bob", Random: 1, Issued: w.Clock.Now(), Content: textOf("hi")})
	if err != nil {
		t.Fatal(err)
	}
	by := messages.Actor{Issued: w.Clock.Now()}
	s.Extensions = true
	extended := messages.Key{Time: w.Clock.Now().Unix(), Seq: 5, Random: 5}
	pairs := func(verb messages.PairVerb, seq int64) error {
		list, err := s.ChangePairs(t.Context(), by, "alice", "alice", "bob", extended, verb, []messages.Pair{{Key: "k", Value: "v", Seq: seq}})
		for _, p := range list {
			err = errors.Join(err, p.Err)
		}
		return err
	}
	list := []messages.Key{r.Key}
	w.Effects()
	for _, c := range []struct {
		name string
		call func() error
		late bool // refused once the window is over
	}{
		{"an edit", func() error {
			_, err := s.Edit(t.Context(), by, "alice", "bob", r.Key, messages.Edition{Elements: textOf("ho").Elements})
			return err
		}, false},
		{"a reaction", func() error { return s.React(t.Context(), by, "alice", "bob", r.Key, "+1", true) }, true},
		{"a reaction taken back", func() error { return s.React(t.Context(), by, "alice", "bob", r.Key, "+1", false) }, true},
		{"a pair", func() error { return pairs(messages.SetPairs, 0) }, false},
		{"a pair deleted", func() error { return pairs(messages.DeletePairs, 1) }, false},
		{"pairs cleared", func() error { return pairs(messages.ClearPairs, 0) }, false},
		{"a recall", func() error { return s.Recall(t.Context(), by, "alice", "bob", r.Key) }, true},
		{"a deletion", func() error { return s.Hide(t.Context(), by, "bob", "alice", list) }, false},
	} {
		for try := range 3 {
			if err := c.call(); err != nil {
				t.Errorf("%s, try %d: %v", c.name, try, err)
			}
			posts := 0
			for _, line := range w.Effects() {
				if strings.HasPrefix(line, "post bob") {
					posts++
				}
			}
			if want := map[bool]int{true: 1}[try == 0]; posts != want {
				t.Errorf("%s, try %d: %d posts, want %d", c.name, try, posts, want)
			}
		}
		w.Clock.Move(messages.Window + time.Second)
		if err := c.call(); (err != nil) != c.late {
			t.Errorf("%s when the window is over: %v, want refused %t", c.name, err, c.late)
		}
		w.Clock.Move(-messages.Window - time.Second)
	}
}
