package message

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/infra/testkit"
	"parley/shared/app"
	"parley/shared/domain/apps"
	"parley/shared/domain/chat"
	"parley/shared/domain/delivery"
	"parley/shared/domain/direct"
	"parley/shared/domain/push"
	"parley/shared/domain/timeline"
	"parley/shared/dynamo"
	"parley/shared/dynamo/calls"
	"parley/shared/store"
	"parley/shared/store/schema"
	"parley/shared/telemetry"
)

var errDown = errors.New("down")

// brokenQueue is a queue that accepts no job.
type brokenQueue[Job any] struct{}

func (brokenQueue[Job]) Send(context.Context, Job, time.Duration) error { return errDown }

// storeWithoutSessions returns a store that fails to read the sessions of users.
func storeWithoutSessions() *store.Store {
	return server.Store(func(ctx context.Context, in any, next dynamo.Call) (any, error) {
		if p, ok := in.(*calls.BatchGetItemInput); ok {
			if _, live := p.RequestItems[schema.TableNames(server.Tables)[schema.Live]]; live {
				return nil, errDown
			}
		}
		return next(ctx, in)
	})
}

// TestStoredIsSuccess shows that a call succeeds once the message, or the change of it, is
// stored, whatever fails afterwards. What failed is noted in the call's log line
// (docs/adr/0022).
func TestStoredIsSuccess(t *testing.T) {
	for name, parts := range map[string]func(*app.Parts){
		"the push queue is down":  func(p *app.Parts) { p.Push = brokenQueue[push.Job]{} },
		"sessions cannot be read": func(p *app.Parts) { p.Store = storeWithoutSessions() },
	} {
		t.Run(name, func(t *testing.T) {
			w := testkit.NewWorld(t, server, testkit.Options{})
			const many = 70 // a batch sends them in three parts
			seed := fmt.Sprintf("accounts %d\naccount alice\naccount bob\nconnect bob iPhone i1\nbackground bob iPhone i1\n", many)
			for n := range many {
				seed += fmt.Sprintf("connect u%d iPhone i%d\nbackground u%d iPhone i%d\n", n+1, n, n+1, n)
			}
			if err := w.Seed(t.Context(), seed); err != nil {
				t.Fatal(err)
			}
			o, err := w.NewApp(parts).Apps.Get(t.Context(), w.ID)
			if err != nil {
				t.Fatal(err)
			}
			tenant := w.NewApp(parts).For(&o)
			s, stored := tenant.Direct, tenant.Timeline
			meter := &telemetry.Meter{}
			ctx := telemetry.WithMeter(t.Context(), meter)
			noted := func(what string) {
				t.Helper()
				if got := meter.Notes()[telemetry.Undelivered]; got.Count == 0 {
					t.Errorf("%s: the failure is not noted", what)
				}
			}
			r, err := s.Send(ctx, direct.SendRequest{From: "alice", To: "bob", Random: 1, Trusted: true, Content: textOf("hi")})
			if err != nil {
				t.Fatalf("a send: %v", err)
			}
			noted("a send")
			var to []string
			for n := range many {
				to = append(to, fmt.Sprintf("u%d", n+1))
			}
			if _, failed, err := s.SendBatch(ctx, direct.SendRequest{From: "alice", Random: 2, Trusted: true, Content: textOf("hi")}, to); err != nil || failed != nil {
				t.Fatalf("a batch: %q, %v", failed, err)
			}
			for _, u := range to {
				if got := texts(t, w.Tenant(t).Timeline, u, "alice"); len(got) != 1 {
					t.Fatalf("%s has %d messages", u, len(got))
				}
			}
			c := w.NewApp(parts).For(&o).Inbox
			if _, err := c.MarkRead(ctx, "bob", chat.Between("bob", "alice"), nil, delivery.Origin{}); err != nil {
				t.Errorf("a read cursor: %v", err)
			}
			if _, all, err := c.MarkAllRead(ctx, "u1", delivery.Origin{}); err != nil || !all {
				t.Errorf("all read: %t, %v", all, err)
			}
			if _, err := c.SetDraft(ctx, "bob", chat.Between("bob", "alice"), "draft", delivery.Origin{}); err != nil {
				t.Errorf("a draft: %v", err)
			}
			relations := w.NewApp(parts).For(&o).Relations
			if errs, err := relations.Block(ctx, "bob", []string{"u1"}, delivery.Origin{}); err != nil || errs[0] != nil {
				t.Errorf("a block: %v, %v", errs, err)
			}
			if _, err := c.Pin(ctx, "bob", chat.Between("bob", "alice"), true, delivery.Origin{}); err != nil {
				t.Errorf("a pin: %v", err)
			}
			if err := c.ClearHistory(ctx, "u1", chat.Between("u1", "alice"), delivery.Origin{}); err != nil {
				t.Errorf("a clear: %v", err)
			}
			if err := c.DeleteConversation(ctx, "u1", chat.Between("u1", "alice"), true, delivery.Origin{}); err != nil {
				t.Errorf("a deleted conversation: %v", err)
			}
			by := timeline.Actor{Trusted: true}
			if _, err := stored.Edit(ctx, by, "alice", chat.Between("alice", "bob"), r.Key, timeline.EditRequest{Elements: textOf("ho").Elements}); err != nil {
				t.Errorf("an edit: %v", err)
			}
			if err := stored.React(ctx, by, "bob", chat.Between("bob", "alice"), r.Key, "+1", true); err != nil {
				t.Errorf("a reaction: %v", err)
			}
			if err := stored.Recall(ctx, by, "alice", chat.Between("alice", "bob"), r.Key); err != nil {
				t.Errorf("a recall: %v", err)
			}
			if err := stored.DeleteForUser(ctx, by, "bob", chat.Between("bob", "alice"), []timeline.Key{r.Key}); err != nil {
				t.Errorf("a deletion: %v", err)
			}
		})
	}
}

// TestRepeatedChangesNotifyOnce shows that a repeat of a call whose answer was lost
// succeeds, and that devices are notified once. After the idempotency window the same
// call is refused if it then asks for what cannot be done (docs/adr/0022).
func TestRepeatedChangesNotifyOnce(t *testing.T) {
	w, s := aliceAndBob(t)
	if err := w.Seed(t.Context(), "connect bob iPhone i1\nmessage-extensible alice bob 5"); err != nil {
		t.Fatal(err)
	}
	r, err := s.Send(t.Context(), direct.SendRequest{From: "alice", To: "bob", Random: 1, Issued: w.Clock.Now(), Content: textOf("hi")})
	if err != nil {
		t.Fatal(err)
	}
	by := timeline.Actor{Issued: w.Clock.Now()}
	stored := w.TenantWith(t, func(set *apps.Settings) { set.Edition = apps.Premium }, nil).Timeline
	extended := timeline.Key{Time: w.Clock.Now().Unix(), Seq: 5, Random: 5}
	extend := func(verb timeline.ExtensionVerb, seq int64) error {
		list, err := stored.ChangeExtensions(t.Context(), by, "alice", "alice", chat.Between("alice", "bob"), extended, verb, []timeline.Extension{{Key: "k", Value: "v", Seq: seq}})
		for _, result := range list {
			err = errors.Join(err, result.Err)
		}
		return err
	}
	list := []timeline.Key{r.Key}
	w.Effects()
	for _, c := range []struct {
		name string
		call func() error
		late bool // refused after the idempotency window
	}{
		{"an edit", func() error {
			_, err := stored.Edit(t.Context(), by, "alice", chat.Between("alice", "bob"), r.Key, timeline.EditRequest{Elements: textOf("ho").Elements})
			return err
		}, false},
		{"a reaction", func() error {
			return stored.React(t.Context(), by, "alice", chat.Between("alice", "bob"), r.Key, "+1", true)
		}, true},
		{"a removed reaction", func() error {
			return stored.React(t.Context(), by, "alice", chat.Between("alice", "bob"), r.Key, "+1", false)
		}, true},
		{"an extension", func() error { return extend(timeline.SetExtensions, 0) }, false},
		{"a deleted extension", func() error { return extend(timeline.DeleteExtensions, 1) }, false},
		{"cleared extensions", func() error { return extend(timeline.ClearExtensions, 0) }, false},
		{"a recall", func() error { return stored.Recall(t.Context(), by, "alice", chat.Between("alice", "bob"), r.Key) }, true},
		{"a deletion", func() error {
			return stored.DeleteForUser(t.Context(), by, "bob", chat.Between("bob", "alice"), list)
		}, false},
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
		w.Clock.Move(timeline.IdempotencyWindow + time.Second)
		if err := c.call(); (err != nil) != c.late {
			t.Errorf("%s after the window: %v, want refused %t", c.name, err, c.late)
		}
		w.Clock.Move(-timeline.IdempotencyWindow - time.Second)
	}
}
