package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/shared/domain/delivery"
	"parley/shared/domain/sessions"
	"parley/shared/retry"
)

var errBusy = errors.New("429")

// world records what happens to posts, in order.
type world struct {
	now      time.Time
	sessions map[string][]sessions.Device
	faults   map[string][]error // the answers to the posts to a connection; the last stays
	rounds   []string           // the connections of each post
	closed   []string
	left     []string
	forgot   []string           // devices that were closed
	open     map[string][]error // the answers to closing a connection; the last stays
	waits    []time.Duration
	jobs     []delivery.Job
	delays   []time.Duration
	queueErr error
}

func (w *world) Post(_ context.Context, connections []string, _ []byte) []error {
	w.rounds = append(w.rounds, strings.Join(connections, " "))
	errs := make([]error, len(connections))
	for i, c := range connections {
		list := w.faults[c]
		if len(list) == 0 {
			continue
		}
		errs[i] = list[0]
		if len(list) > 1 {
			w.faults[c] = list[1:]
		}
	}
	return errs
}

func (w *world) Close(_ context.Context, connection string) error {
	w.closed = append(w.closed, connection)
	list := w.open[connection]
	if len(list) == 0 {
		return nil
	}
	if len(list) > 1 {
		w.open[connection] = list[1:]
	}
	return list[0]
}

func (w *world) Send(_ context.Context, job delivery.Job, delay time.Duration) error {
	w.jobs, w.delays = append(w.jobs, job), append(w.delays, delay)
	return w.queueErr
}

func (w *world) LeaveSlot(_ context.Context, app int64, user, slot, connection string, last sessions.Last) (bool, error) {
	w.left = append(w.left, fmt.Sprintf("%d %s %s %s %s", app, user, slot, connection, last.Reason))
	return false, nil
}

func (w *world) Expel(_ context.Context, app int64, user string, e sessions.Expulsion) (bool, error) {
	for _, d := range e.Devices {
		w.left = append(w.left, fmt.Sprintf("%d %s %s %s %s", app, user, d.Slot, d.Now.Connection, e.Last.Reason))
	}
	return true, nil
}

func (w *world) Tidy(_ context.Context, _ int64, _ string, t sessions.Tidying) error {
	for _, d := range t.Leaving {
		w.forgot = append(w.forgot, d.Now.Connection)
	}
	return nil
}

func (w *world) Sessions(_ context.Context, _ int64, users []string) ([]sessions.Session, error) {
	list := make([]sessions.Session, len(users))
	for i, u := range users {
		list[i] = sessions.Session{User: u, Devices: w.sessions[u]}
	}
	return list, nil
}

func newWorld() (*world, delivery.Service) {
	w := &world{now: time.UnixMilli(1_700_000_000_000), sessions: map[string][]sessions.Device{}, faults: map[string][]error{}}
	return w, delivery.Service{
		App: 1, Store: w, Poster: w, Queue: w, Now: func() time.Time { return w.now },
		Again: retry.Retrier{Wait: func(_ context.Context, d time.Duration) { w.waits = append(w.waits, d) }},
		Frame: func(e delivery.Event) ([]byte, error) { return []byte(fmt.Sprint(e)), nil },
	}
}

// device adds a connection of an age.
func (w *world) device(user, slot, connection, instance string, age time.Duration, previous ...string) {
	d := sessions.Device{Slot: slot, Now: sessions.Link{
		Connection: connection, Instance: instance, Platform: "Web", Since: w.now.Add(-age).UnixMilli(),
	}}
	for _, p := range previous {
		d.Previous = &sessions.Link{Connection: p, Instance: instance}
	}
	w.sessions[user] = append(w.sessions[user], d)
}

func TestTargets(t *testing.T) {
	for _, c := range []struct {
		name   string
		origin delivery.Origin
		want   string
		closes string // the connection that has no slot
	}{
		{"everyone", delivery.Origin{}, "a1 a2 b1 b0", ""},
		{"not the connection it came from", delivery.Origin{User: "alice", Connection: "a1"}, "a2 b1 b0", ""},
		{"not the installation it came from", delivery.Origin{User: "alice", Instance: "i2"}, "a1 b1 b0", ""},
		{"another user's connection of that name", delivery.Origin{User: "bob", Connection: "a1"}, "a1 a2 b1 b0", "a1"},
		{"another user's installation of that name", delivery.Origin{User: "bob", Instance: "i1"}, "a1 a2", ""},
		{"a server", delivery.Origin{User: "alice"}, "a1 a2 b1 b0", ""},
		{"a connection without a slot is closed", delivery.Origin{User: "alice", Connection: "a0"}, "a1 a2 b1 b0", "a0"},
		{"the connection before a renewal has a slot", delivery.Origin{User: "bob", Connection: "b0"}, "a1 a2 b1 b0", ""},
		{"a connection of a user who is not told", delivery.Origin{User: "carol", Connection: "c0"}, "a1 a2 b1 b0", ""},
	} {
		w, s := newWorld()
		w.device("alice", "x", "a1", "i1", time.Hour)
		w.device("alice", "w", "a2", "i2", time.Hour)
		w.device("alice", "m", "dead", "i3", sessions.Life)
		w.device("bob", "x", "b1", "i1", 10*time.Second, "b0")
		if err := s.Send(t.Context(), []string{"alice", "bob", "nobody"}, c.origin, "e"); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(w.rounds, "|"); got != c.want {
			t.Errorf("%s: posts to %s, want %s", c.name, got, c.want)
		}
		var closes string
		for _, job := range w.jobs {
			for _, closing := range job.Close {
				closes += closing.Link
			}
		}
		if closes != c.closes || len(w.jobs) != len(closes)/2 || len(w.left)+len(w.waits) > 0 {
			t.Errorf("%s: closes %q, want %q; jobs %v, slots left %q, waits %v", c.name, closes, c.closes, w.jobs, w.left, w.waits)
		}
	}
	w, s := newWorld()
	s.Frame = func(delivery.Event) ([]byte, error) { return nil, errors.New("no frame") }
	if err := s.Send(t.Context(), []string{"alice"}, delivery.Origin{}, "e"); err != nil || w.rounds != nil {
		t.Errorf("nobody is online: %v, posts %q; want nothing, and no frame made", err, w.rounds)
	}
}

// TestRetries: what a post's failure leads to (docs/data-model.md §7).
func TestRetries(t *testing.T) {
	gone, refused := delivery.ErrGone, delivery.ErrRefused
	for _, c := range []struct {
		name     string
		age      time.Duration
		previous []string
		faults   map[string][]error
		rounds   string
		left     bool
		queued   bool
	}{
		{"well", time.Hour, nil, nil, "c", false, false},
		{"gone", time.Hour, nil, map[string][]error{"c": {gone}}, "c", true, false},
		{"gone at 30 s", 30 * time.Second, nil, map[string][]error{"c": {gone}}, "c", true, false},
		{"gone, not open yet", 30*time.Second - time.Millisecond, nil, map[string][]error{"c": {gone}}, "c", false, false},
		{"refused", time.Hour, nil, map[string][]error{"c": {refused}}, "c", false, false},
		{"busy once", time.Hour, nil, map[string][]error{"c": {errBusy, nil}}, "c|c", false, false},
		{"busy twice", time.Hour, nil, map[string][]error{"c": {errBusy, errBusy, nil}}, "c|c|c", false, false},
		{"busy", time.Hour, nil, map[string][]error{"c": {errBusy}}, "c|c|c", false, true},
		{"busy, then gone", time.Hour, nil, map[string][]error{"c": {errBusy, gone}}, "c|c", true, false},
		{"busy, then refused", time.Hour, nil, map[string][]error{"c": {errBusy, refused}}, "c|c", false, false},
		{"both well", time.Second, []string{"p"}, nil, "c p", false, false},
		{"the new one is not open yet", time.Second, []string{"p"}, map[string][]error{"c": {gone}}, "c p", false, false},
		{"the old one is closed", time.Second, []string{"p"}, map[string][]error{"p": {gone}}, "c p", false, false},
		{"both gone", time.Second, []string{"p"}, map[string][]error{"c": {gone}, "p": {gone}}, "c p", false, false},
		{"gone and busy", time.Second, []string{"p"}, map[string][]error{"c": {gone}, "p": {errBusy, nil}}, "c p|c p", false, false},
		{"gone and hanging", time.Second, []string{"p"}, map[string][]error{"c": {gone}, "p": {context.DeadlineExceeded}}, "c p", false, true},
		{"hanging and gone", time.Second, []string{"p"}, map[string][]error{"c": {context.DeadlineExceeded}, "p": {gone}}, "c p", false, true},
		{"busy and gone", time.Second, []string{"p"}, map[string][]error{"c": {errBusy}, "p": {gone}}, "c p|c p|c p", false, true},
		{"busy and well", time.Second, []string{"p"}, map[string][]error{"c": {errBusy}}, "c p", false, false},
		{"no longer a renewal", 30 * time.Second, []string{"p"}, nil, "c", false, false},
	} {
		w, s := newWorld()
		w.device("bob", "x", "c", "i", c.age, c.previous...)
		for connection, list := range c.faults {
			w.faults[connection] = list
		}
		if err := s.Send(t.Context(), []string{"bob"}, delivery.Origin{}, "e"); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(w.rounds, "|"); got != c.rounds {
			t.Errorf("%s: posts %s, want %s", c.name, got, c.rounds)
		}
		if got := len(w.left) > 0; got != c.left {
			t.Errorf("%s: the slot is left: %t, want %t", c.name, got, c.left)
		}
		if got := len(w.jobs) > 0; got != c.queued {
			t.Errorf("%s: queued: %t, want %t", c.name, got, c.queued)
		}
		if got, want := len(w.waits), strings.Count(c.rounds, "|"); got != want {
			t.Errorf("%s: waits %v, want %d", c.name, w.waits, want)
		}
		if c.left && !slices.Equal(w.left, []string{"1 bob x c gone"}) {
			t.Errorf("%s: left %q", c.name, w.left)
		}
	}
}

// TestOnlyTheFailedAgain: what was brought is never posted again.
func TestOnlyTheFailedAgain(t *testing.T) {
	w, s := newWorld()
	for _, c := range []string{"well", "busy", "gone", "refused", "late"} {
		w.device("bob", c, c, "i-"+c, time.Hour)
	}
	w.faults["busy"], w.faults["gone"], w.faults["refused"] = []error{errBusy}, []error{delivery.ErrGone}, []error{delivery.ErrRefused}
	w.faults["late"] = []error{errBusy, errBusy, nil}
	if err := s.Send(t.Context(), []string{"bob"}, delivery.Origin{}, "e"); err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(w.rounds, "|"), "well busy gone refused late|busy late|busy late"; got != want {
		t.Errorf("posts %s, want %s", got, want)
	}
	if want := []time.Duration{50 * time.Millisecond, 100 * time.Millisecond}; !slices.Equal(w.waits, want) {
		t.Errorf("waits %v, want %v", w.waits, want)
	}
	if len(w.jobs) != 1 || len(w.jobs[0].Targets) != 1 || w.jobs[0].Targets[0].Link != "busy" || string(w.jobs[0].Frame) != "e" {
		t.Errorf("jobs %+v, want one for busy", w.jobs)
	}
}

// TestRounds follows a job through the queue until it is given up.
func TestRounds(t *testing.T) {
	w, s := newWorld()
	w.device("bob", "x", "c", "i", time.Hour)
	w.faults["c"] = []error{errBusy}
	if err := s.Send(t.Context(), []string{"bob"}, delivery.Origin{}, "e"); err != nil {
		t.Fatal(err)
	}
	for n := 1; len(w.jobs) == n; n++ {
		if got := w.jobs[n-1].Attempt; got != n {
			t.Fatalf("job %d has attempt %d", n, got)
		}
		if n > 10 {
			t.Fatal("a job is never given up")
		}
		if err := s.Retry(t.Context(), w.jobs[n-1]); err != nil {
			t.Fatal(err)
		}
	}
	if want := []time.Duration{1e9, 2e9, 4e9, 8e9, 8e9}; !slices.Equal(w.delays, want) {
		t.Errorf("delays %v, want %v", w.delays, want)
	}
	w.queueErr = errors.New("no queue")
	if err := s.Retry(t.Context(), w.jobs[0]); !errors.Is(err, w.queueErr) {
		t.Errorf("the queue fails: %v, want %v", err, w.queueErr)
	}
}

func TestNowhere(t *testing.T) {
	errs := delivery.Nowhere{}.Post(t.Context(), []string{"a", "b"}, nil)
	if len(errs) != 2 || errs[0] == nil || errs[1] == nil || errors.Is(errs[0], delivery.ErrGone) {
		t.Errorf("posts to nowhere answer %v", errs)
	}
	if err := (delivery.Nowhere{}).Close(t.Context(), "a"); err == nil {
		t.Error("closing nowhere succeeds")
	}
}

// hangs is a Poster whose endpoint never answers.
type hangs struct{ *world }

func (h hangs) Post(ctx context.Context, connections []string, _ []byte) []error {
	h.rounds = append(h.rounds, strings.Join(connections, " "))
	errs := make([]error, len(connections))
	<-ctx.Done()
	for i := range errs {
		errs[i] = fmt.Errorf("post: %w", ctx.Err())
	}
	return errs
}

// An endpoint that hangs is tried once, and leaves time to queue what failed.
func TestHanging(t *testing.T) {
	w, s := newWorld()
	s.Poster = hangs{w}
	w.device("alice", "Web", "a", "1", time.Hour)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := s.Send(ctx, []string{"alice"}, delivery.Origin{}, "event"); err != nil {
		t.Fatal(err)
	}
	if ctx.Err() != nil {
		t.Error("the posts took the whole time of the call")
	}
	if len(w.rounds) != 1 || len(w.waits) != 0 || len(w.jobs) != 1 || len(w.jobs[0].Targets) != 1 {
		t.Errorf("rounds %q, waits %v, jobs %+v; want one round, and a job for its target", w.rounds, w.waits, w.jobs)
	}
}
