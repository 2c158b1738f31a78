package delivery_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/infra/testkit"
	"parley/shared/domain/delivery"
	"parley/shared/domain/sessions"
)

var errThrottled = errors.New("429")

// fake is the store, the poster and the queue of a Service. It records the calls, in
// order.
type fake struct {
	clock     *testkit.Clock
	sessions  map[string][]sessions.Device
	postErrs  map[string][]error // the results of the posts to a connection; the last one repeats
	closeErrs map[string][]error // the results of closing a connection; the last one repeats
	posts     []string           // the connections of each call of Post
	closed    []string
	released  []string // slots that were emptied
	cleanedUp []string // devices that were removed from Leaving
	waits     []time.Duration
	jobs      []delivery.Job
	delays    []time.Duration
	queueErr  error
}

func (f *fake) Post(_ context.Context, connections []string, _ []byte) []error {
	f.posts = append(f.posts, strings.Join(connections, " "))
	errs := make([]error, len(connections))
	for i, c := range connections {
		list := f.postErrs[c]
		if len(list) == 0 {
			continue
		}
		errs[i] = list[0]
		if len(list) > 1 {
			f.postErrs[c] = list[1:]
		}
	}
	return errs
}

func (f *fake) Close(_ context.Context, connection string) error {
	f.closed = append(f.closed, connection)
	list := f.closeErrs[connection]
	if len(list) == 0 {
		return nil
	}
	if len(list) > 1 {
		f.closeErrs[connection] = list[1:]
	}
	return list[0]
}

func (f *fake) Send(_ context.Context, job delivery.Job, delay time.Duration) error {
	f.jobs, f.delays = append(f.jobs, job), append(f.delays, delay)
	return f.queueErr
}

func (*fake) LogUndelivered(context.Context, string) {}

func (f *fake) ReleaseSlot(_ context.Context, app int64, user, slot, connection string, last sessions.LastEnd) (bool, error) {
	f.released = append(f.released, fmt.Sprintf("%d %s %s %s %s", app, user, slot, connection, last.Reason))
	return false, nil
}

func (f *fake) KickDevices(_ context.Context, app int64, user string, e sessions.KickRequest) (bool, error) {
	for _, d := range e.Devices {
		f.released = append(f.released, fmt.Sprintf("%d %s %s %s %s", app, user, d.Slot, d.Current.ID, e.Last.Reason))
	}
	return true, nil
}

func (f *fake) CleanUp(_ context.Context, _ int64, _ string, c sessions.Cleanup) error {
	for _, d := range c.Leaving {
		f.cleanedUp = append(f.cleanedUp, d.Current.ID)
	}
	return nil
}

func (f *fake) SessionsEventually(ctx context.Context, app int64, users []string) ([]sessions.Session, error) {
	return f.Sessions(ctx, app, users)
}

func (f *fake) Sessions(_ context.Context, _ int64, users []string) ([]sessions.Session, error) {
	list := make([]sessions.Session, len(users))
	for i, u := range users {
		list[i] = sessions.Session{User: u, Devices: f.sessions[u]}
	}
	return list, nil
}

// plainText encodes an event as its text.
type plainText struct{}

func (plainText) Frame(e delivery.Event) ([]byte, error) { return []byte(fmt.Sprint(e)), nil }

// Join joins the frames with a plus sign.
func (plainText) Join(frames [][]byte) [][]byte { return [][]byte{bytes.Join(frames, []byte("+"))} }

// noFrames encodes no event.
type noFrames struct{}

func (noFrames) Frame(delivery.Event) ([]byte, error) { return nil, errors.New("no frame") }

func (noFrames) Join(frames [][]byte) [][]byte { return frames }

// newFake returns a Service that runs on a fake.
func newFake() (*fake, delivery.Service) {
	f := &fake{clock: testkit.NewClock(time.UnixMilli(1_700_000_000_000)), sessions: map[string][]sessions.Device{}, postErrs: map[string][]error{}}
	f.clock.OnWait = func(_ context.Context, d time.Duration) { f.waits = append(f.waits, d) }
	return f, delivery.New(1, f, f, f, nil, plainText{}, f, f.clock)
}

// device adds a device whose connection has the given age.
func (f *fake) device(user, slot, connection, instance string, age time.Duration, previous ...string) {
	d := sessions.Device{Slot: slot, Current: sessions.Connection{
		ID: connection, Instance: instance, Platform: "Web", OpenedAt: f.clock.Now().Add(-age).UnixMilli(),
	}}
	for _, p := range previous {
		d.Previous = &sessions.Connection{ID: p, Instance: instance}
	}
	f.sessions[user] = append(f.sessions[user], d)
}

// happened is an event of a test.
type happened string

// EventName implements delivery.Event.
func (h happened) EventName() string { return string(h) }

// TestDevicesThatReceiveAnEvent: an event is posted to all live devices of the users,
// except its origin. If the origin's connection has no slot, it is closed.
func TestDevicesThatReceiveAnEvent(t *testing.T) {
	for _, c := range []struct {
		name   string
		origin delivery.Origin
		want   string
		closes string // the connection whose closing is queued
	}{
		{"all devices, if there is no origin", delivery.Origin{}, "a1 a2 b1 b0", ""},
		{"not the connection that the event came from", delivery.Origin{User: "alice", Connection: "a1"}, "a2 b1 b0", ""},
		{"not the installation that the event came from", delivery.Origin{User: "alice", Instance: "i2"}, "a1 b1 b0", ""},
		{"the connection of another user that has the origin's id", delivery.Origin{User: "bob", Connection: "a1"}, "a1 a2 b1 b0", "a1"},
		{"the installation of another user that has the origin's id", delivery.Origin{User: "bob", Instance: "i1"}, "a1 a2", ""},
		{"all devices, if a backend caused the event", delivery.Origin{User: "alice"}, "a1 a2 b1 b0", ""},
		{"a connection without a slot is closed", delivery.Origin{User: "alice", Connection: "a0"}, "a1 a2 b1 b0", "a0"},
		{"during a renewal the connection before counts as one with a slot", delivery.Origin{User: "bob", Connection: "b0"}, "a1 a2 b1 b0", ""},
		{"the connection of a user who does not receive the event is not checked", delivery.Origin{User: "carol", Connection: "c0"}, "a1 a2 b1 b0", ""},
	} {
		f, s := newFake()
		f.device("alice", "x", "a1", "i1", time.Hour)
		f.device("alice", "w", "a2", "i2", time.Hour)
		f.device("alice", "m", "dead", "i3", sessions.Life)
		f.device("bob", "x", "b1", "i1", 10*time.Second, "b0")
		if err := s.Deliver(t.Context(), []string{"alice", "bob", "nobody"}, c.origin, happened("e")); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(f.posts, "|"); got != c.want {
			t.Errorf("%s: posts to %s, want %s", c.name, got, c.want)
		}
		var closes string
		for _, job := range f.jobs {
			for _, closing := range job.Close {
				closes += closing.Connection
			}
		}
		if closes != c.closes || len(f.jobs) != len(closes)/2 || len(f.released)+len(f.waits) > 0 {
			t.Errorf("%s: closes %q, want %q; jobs %v, slots released %q, waits %v", c.name, closes, c.closes, f.jobs, f.released, f.waits)
		}
	}
	f, _ := newFake()
	s := delivery.New(1, f, f, f, nil, noFrames{}, f, f.clock)
	if err := s.Deliver(t.Context(), []string{"alice"}, delivery.Origin{}, happened("e")); err != nil || f.posts != nil {
		t.Errorf("nobody is online: %v, posts %q; want no error, and no frame encoded", err, f.posts)
	}
}

// TestFailedPosts: what follows the failure of a post (docs/data-model.md §7).
func TestFailedPosts(t *testing.T) {
	gone, refused := delivery.ErrGone, delivery.ErrRefused
	for _, c := range []struct {
		name     string
		age      time.Duration
		previous []string
		errs     map[string][]error
		posts    string
		released bool // the slot is emptied
		queued   bool
	}{
		{"a post that succeeds", time.Hour, nil, nil, "c", false, false},
		{"gone: the slot is released", time.Hour, nil, map[string][]error{"c": {gone}}, "c", true, false},
		{"gone at an age of 30 s: the slot is released", 30 * time.Second, nil, map[string][]error{"c": {gone}}, "c", true, false},
		{"gone under an age of 30 s: the connection may not be open yet", 30*time.Second - time.Millisecond, nil, map[string][]error{"c": {gone}}, "c", false, false},
		{"refused: there is no other try", time.Hour, nil, map[string][]error{"c": {refused}}, "c", false, false},
		{"throttled once: the second try succeeds", time.Hour, nil, map[string][]error{"c": {errThrottled, nil}}, "c|c", false, false},
		{"throttled twice: the third try succeeds", time.Hour, nil, map[string][]error{"c": {errThrottled, errThrottled, nil}}, "c|c|c", false, false},
		{"throttled three times: the post is queued", time.Hour, nil, map[string][]error{"c": {errThrottled}}, "c|c|c", false, true},
		{"throttled, then gone", time.Hour, nil, map[string][]error{"c": {errThrottled, gone}}, "c|c", true, false},
		{"throttled, then refused", time.Hour, nil, map[string][]error{"c": {errThrottled, refused}}, "c|c", false, false},
		{"renewal: both posts succeed", time.Second, []string{"p"}, nil, "c p", false, false},
		{"renewal: the new connection is not open yet", time.Second, []string{"p"}, map[string][]error{"c": {gone}}, "c p", false, false},
		{"renewal: the old connection is closed", time.Second, []string{"p"}, map[string][]error{"p": {gone}}, "c p", false, false},
		{"renewal: both are gone", time.Second, []string{"p"}, map[string][]error{"c": {gone}, "p": {gone}}, "c p", false, false},
		{"renewal: the new one is gone, the old one throttled once", time.Second, []string{"p"}, map[string][]error{"c": {gone}, "p": {errThrottled, nil}}, "c p|c p", false, false},
		{"renewal: the new one is gone, the old one hangs", time.Second, []string{"p"}, map[string][]error{"c": {gone}, "p": {context.DeadlineExceeded}}, "c p", false, true},
		{"renewal: the new one hangs, the old one is gone", time.Second, []string{"p"}, map[string][]error{"c": {context.DeadlineExceeded}, "p": {gone}}, "c p", false, true},
		{"renewal: the new one is throttled, the old one gone", time.Second, []string{"p"}, map[string][]error{"c": {errThrottled}, "p": {gone}}, "c p|c p|c p", false, true},
		{"renewal: the new one is throttled, the old one succeeds", time.Second, []string{"p"}, map[string][]error{"c": {errThrottled}}, "c p", false, false},
		{"30 s after a renewal the old connection receives nothing", 30 * time.Second, []string{"p"}, nil, "c", false, false},
	} {
		f, s := newFake()
		f.device("bob", "x", "c", "i", c.age, c.previous...)
		for connection, list := range c.errs {
			f.postErrs[connection] = list
		}
		if err := s.Deliver(t.Context(), []string{"bob"}, delivery.Origin{}, happened("e")); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(f.posts, "|"); got != c.posts {
			t.Errorf("%s: posts %s, want %s", c.name, got, c.posts)
		}
		if got := len(f.released) > 0; got != c.released {
			t.Errorf("%s: the slot is released: %t, want %t", c.name, got, c.released)
		}
		if got := len(f.jobs) > 0; got != c.queued {
			t.Errorf("%s: queued: %t, want %t", c.name, got, c.queued)
		}
		if got, want := len(f.waits), strings.Count(c.posts, "|"); got != want {
			t.Errorf("%s: waits %v, want %d", c.name, f.waits, want)
		}
		if c.released && !slices.Equal(f.released, []string{"1 bob x c gone"}) {
			t.Errorf("%s: released %q", c.name, f.released)
		}
	}
}

// TestOnlyFailedPostsAreRetried: a frame that was delivered is not posted again.
func TestOnlyFailedPostsAreRetried(t *testing.T) {
	f, s := newFake()
	for _, c := range []string{"ok", "busy", "gone", "refused", "late"} {
		f.device("bob", c, c, "i-"+c, time.Hour)
	}
	f.postErrs["busy"], f.postErrs["gone"], f.postErrs["refused"] = []error{errThrottled}, []error{delivery.ErrGone}, []error{delivery.ErrRefused}
	f.postErrs["late"] = []error{errThrottled, errThrottled, nil}
	if err := s.Deliver(t.Context(), []string{"bob"}, delivery.Origin{}, happened("e")); err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(f.posts, "|"), "ok busy gone refused late|busy late|busy late"; got != want {
		t.Errorf("posts %s, want %s", got, want)
	}
	if want := []time.Duration{50 * time.Millisecond, 100 * time.Millisecond}; !slices.Equal(f.waits, want) {
		t.Errorf("waits %v, want %v", f.waits, want)
	}
	if len(f.jobs) != 1 || len(f.jobs[0].Targets) != 1 || f.jobs[0].Targets[0].Connection != "busy" || string(f.jobs[0].Frame) != "e" {
		t.Errorf("jobs %+v, want one for busy", f.jobs)
	}
}

// TestQueuedFrameIsDroppedAfterFiveRetries follows a job through the queue.
func TestQueuedFrameIsDroppedAfterFiveRetries(t *testing.T) {
	f, s := newFake()
	f.device("bob", "x", "c", "i", time.Hour)
	f.postErrs["c"] = []error{errThrottled}
	if err := s.Deliver(t.Context(), []string{"bob"}, delivery.Origin{}, happened("e")); err != nil {
		t.Fatal(err)
	}
	for n := 1; len(f.jobs) == n; n++ {
		if got := f.jobs[n-1].Attempt; got != n {
			t.Fatalf("job %d has attempt %d", n, got)
		}
		if n > 10 {
			t.Fatal("a job is never dropped")
		}
		if err := s.Retry(t.Context(), f.jobs[n-1]); err != nil {
			t.Fatal(err)
		}
	}
	if want := []time.Duration{1e9, 2e9, 4e9, 8e9, 8e9}; !slices.Equal(f.delays, want) {
		t.Errorf("delays %v, want %v", f.delays, want)
	}
	f.queueErr = errors.New("no queue")
	if err := s.Retry(t.Context(), f.jobs[0]); !errors.Is(err, f.queueErr) {
		t.Errorf("the queue fails: %v, want %v", err, f.queueErr)
	}
}

// TestNowhereFails: every post and every close fails, and not as gone.
func TestNowhereFails(t *testing.T) {
	errs := delivery.NoPoster{}.Post(t.Context(), []string{"a", "b"}, nil)
	if len(errs) != 2 || errs[0] == nil || errs[1] == nil || errors.Is(errs[0], delivery.ErrGone) {
		t.Errorf("posts to nowhere answer %v", errs)
	}
	if err := (delivery.NoPoster{}).Close(t.Context(), "a"); err == nil {
		t.Error("closing nowhere succeeds")
	}
}

// hangs is a Poster whose endpoint never answers.
type hangs struct{ *fake }

func (h hangs) Post(ctx context.Context, connections []string, _ []byte) []error {
	h.posts = append(h.posts, strings.Join(connections, " "))
	errs := make([]error, len(connections))
	<-ctx.Done()
	for i := range errs {
		errs[i] = fmt.Errorf("post: %w", ctx.Err())
	}
	return errs
}

// TestEndpointThatHangs: an endpoint that does not answer is tried once, and the call has
// time left to queue the frame.
func TestEndpointThatHangs(t *testing.T) {
	f, _ := newFake()
	s := delivery.New(1, f, hangs{f}, f, nil, plainText{}, f, f.clock)
	f.device("alice", "Web", "a", "1", time.Hour)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := s.Deliver(ctx, []string{"alice"}, delivery.Origin{}, happened("event")); err != nil {
		t.Fatal(err)
	}
	if ctx.Err() != nil {
		t.Error("the posts took the whole time of the call")
	}
	if len(f.posts) != 1 || len(f.waits) != 0 || len(f.jobs) != 1 || len(f.jobs[0].Targets) != 1 {
		t.Errorf("posts %q, waits %v, jobs %+v; want one post, and a job for its target", f.posts, f.waits, f.jobs)
	}
}

// TestDeliverTogether delivers two events to 1,999 devices: to 999 in the call, and by two jobs to
// the others, each with one frame for both events.
func TestDeliverTogether(t *testing.T) {
	f, s := newFake()
	var users []string
	for i := range 1999 {
		user := fmt.Sprint("u", i)
		users = append(users, user)
		f.device(user, "x", user+"/x", "i", time.Hour)
	}
	list, err := s.SessionsEventually(t.Context(), users)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.DeliverTogether(t.Context(), list, []delivery.Event{happened("one"), happened("two")}); err != nil {
		t.Fatal(err)
	}
	if len(f.posts) != 1 || len(strings.Fields(f.posts[0])) != 999 {
		t.Errorf("got %d calls of Post, want one for 999 connections", len(f.posts))
	}
	var rest []int
	for _, j := range f.jobs {
		rest = append(rest, len(j.Targets))
		if string(j.Frame) != "one+two" || j.Attempt != 0 {
			t.Errorf("got a job with %q, attempt %d, want one+two and no attempt", j.Frame, j.Attempt)
		}
	}
	if !slices.Equal(rest, []int{500, 500}) {
		t.Errorf("got jobs for %d devices, want 500 and 500", rest)
	}
}

// TestDeliverTogetherToNobody posts and queues nothing if no device is connected.
func TestDeliverTogetherToNobody(t *testing.T) {
	f, s := newFake()
	if _, err := s.DeliverTogether(t.Context(), nil, []delivery.Event{happened("one")}); err != nil || len(f.posts)+len(f.jobs) != 0 {
		t.Errorf("got %v, %d posts and %d jobs, want none", err, len(f.posts), len(f.jobs))
	}
}
