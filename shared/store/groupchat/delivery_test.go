package groupchat_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/infra/testkit"
	"parley/shared/app"
	"parley/shared/domain/content"
	"parley/shared/domain/delivery"
	"parley/shared/domain/groupchat"
	"parley/shared/domain/groups"
	"parley/shared/store/schema"
)

// newLargeFixture makes the group "g" with 103 members and connects one device of bob.
func newLargeFixture(t *testing.T) fixture {
	t.Helper()
	f := newFixture(t, groups.Public)
	f.seed("accounts 100", "member g u1..u100", "connect bob iPhone i1")
	f.Broadcasts.Take()
	f.Posts.Take()
	return f
}

// jobs returns how many deliveries of the group were queued, and forgets them.
func (f fixture) jobs() int { return len(f.Broadcasts.Take()) }

// run does one job, in a function that has just started.
func (f fixture) run(parts func(*app.Parts)) error {
	return f.NewApp(parts).GroupDelivery(f.ID).Run(f.t.Context(), "g")
}

// received returns the numbers of the messages that bob's device received since the last call, for
// each frame.
func (f fixture) received() (frames [][]int64) {
	f.t.Helper()
	for _, p := range f.Posts.Take() {
		type event struct {
			Body struct{ MsgSeq int64 }
		}
		var frame struct {
			event
			Events []event
		}
		if err := json.Unmarshal([]byte(p.Frame), &frame); err != nil {
			f.t.Fatal(err)
		}
		if len(frame.Events) == 0 {
			frame.Events = []event{frame.event}
		}
		var numbers []int64
		for _, e := range frame.Events {
			numbers = append(numbers, e.Body.MsgSeq)
		}
		frames = append(frames, numbers)
	}
	return frames
}

// TestDeliveryOfALargeGroup sends three messages before a worker runs: each send queues a job, the
// first job delivers all three in one frame, and the others find nothing to do.
func TestDeliveryOfALargeGroup(t *testing.T) {
	f := newLargeFixture(t)
	for random := range uint32(3) {
		f.send(f.request("ann", random+1))
	}
	if n := f.jobs(); n != 3 {
		t.Errorf("%d jobs, want one for each send", n)
	}
	if got := f.received(); len(got) != 0 {
		t.Errorf("the sends have posted %v", got)
	}
	for range 3 {
		if err := f.run(nil); err != nil {
			t.Fatal(err)
		}
	}
	if got := f.received(); !slices.EqualFunc(got, [][]int64{{1, 2, 3}}, slices.Equal) {
		t.Errorf("bob received %v, want one frame with 1, 2 and 3", got)
	}
	if h := f.head(); h.Delivered != 3 || h.DeliveryMs != 0 {
		t.Errorf("the head says that %d is delivered, until %d, want 3 and nobody", h.Delivered, h.DeliveryMs)
	}
}

// TestOneCallHasTheDelivery lets a call have the delivery: a send queues no job then, another call
// does nothing, and the call that has it is told of the message before it ends. After its time
// another call takes the delivery.
func TestOneCallHasTheDelivery(t *testing.T) {
	f := newLargeFixture(t)
	now := f.Clock.Now().UnixMilli()
	head, err := f.Store.GroupChat.BeginDelivery(t.Context(), f.ID, "g", now, now+8000)
	if err != nil || head == nil {
		t.Fatalf("the first call: %v, %v", head, err)
	}
	f.send(f.request("ann", 1))
	if n := f.jobs(); n != 0 {
		t.Errorf("a send queues %d jobs while a call has the delivery", n)
	}
	if err := f.run(nil); err != nil || len(f.received()) != 0 {
		t.Errorf("another call: %v, and it delivered", err)
	}
	left, err := f.Store.GroupChat.EndDelivery(t.Context(), f.ID, "g", 0, false)
	if err != nil || left == nil || left.Number != 1 {
		t.Fatalf("the end is told of %+v, %v, want message 1", left, err)
	}
	f.Clock.Move(8001 * time.Millisecond) // the call has died
	f.send(f.request("ann", 2))
	if n := f.jobs(); n != 1 {
		t.Errorf("a send after the time of the call queues %d jobs, want 1", n)
	}
	if err := f.run(nil); err != nil {
		t.Fatal(err)
	}
	if got := f.received(); !slices.EqualFunc(got, [][]int64{{1, 2}}, slices.Equal) {
		t.Errorf("bob received %v, want 1 and 2", got)
	}
}

// TestPushesInALargeGroup: the call that delivers the messages of a large group pushes them, as the
// send does in a smaller one: by the option of each member, to devices in the background, in the
// words of the sender.
func TestPushesInALargeGroup(t *testing.T) {
	f := newLargeFixture(t)
	f.seed("connect cid iPhone i1", "connect u1 iPhone i1", "connect u2 iPhone i1", "connect ann iPhone i1")
	f.seed("background bob iPhone i1", "background cid iPhone i1", "background u2 iPhone i1", "background ann iPhone i1")
	f.setOption("cid", groups.SilentButMentioned)
	f.setOption("u2", groups.Discard)
	first, second, third := f.request("ann", 1), f.request("ann", 2), f.request("ann", 3)
	first.Push = &content.Push{Title: "T", Ext: "e", NoBadge: true, Apple: &content.ApplePush{Sound: "bell"}}
	second.Mentions = []string{"cid", "u2"}
	third.Push = &content.Push{Disabled: true}
	for _, r := range []groupchat.SendRequest{first, second, third} {
		f.send(r)
	}
	if jobs := f.PushJobs.Take(); len(jobs) != 0 {
		t.Errorf("the sends have queued %d pushes", len(jobs))
	}
	if err := f.run(nil); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, q := range f.PushJobs.Take() {
		text, err := json.Marshal(q.Job)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(text))
	}
	bob, cid := `{"u":"bob","f":"iPhone","i":"i1"}`, `{"u":"cid","f":"iPhone","i":"i1"}`
	for i, want := range []string{
		`"key":"1","group":"g","title":"T","text":"Ann: text 1","ext":"e","badge":false,"apple":{"sound":"bell"},"devices":[` + bob + `]}`,
		`"key":"2","group":"g","title":"Ann","text":"Ann: text 2","badge":true,"devices":[` + bob + `,` + cid + `]}`,
	} {
		if len(got) != 2 || !strings.HasSuffix(got[i], want) {
			t.Errorf("got the pushes %q, want %s", got, want)
		}
	}
	if _, err := f.tenant.GroupChat.Recall(t.Context(), "g", []int64{1}); err != nil {
		t.Fatal(err)
	}
	for _, m := range f.history("bob") {
		if (m.Push != nil) != (m.Offset == 3) {
			t.Errorf("message %d has the push %+v; only message 3 should have one, since 1 is recalled", m.Offset, m.Push)
		}
	}
}

// slowPosts lets each post take a time.
type slowPosts struct {
	*testkit.PostRecorder
	clock *testkit.Clock
	takes time.Duration
	then  func()
}

func (p slowPosts) Post(ctx context.Context, connections []string, frame []byte) []error {
	p.clock.Move(p.takes)
	if p.then != nil {
		p.then()
	}
	return p.PostRecorder.Post(ctx, connections, frame)
}

// TestMessagesDuringADelivery sends a message during each of the first three posts. The call that has
// the delivery delivers them; after two seconds it leaves the rest to a new job.
func TestMessagesDuringADelivery(t *testing.T) {
	f := newLargeFixture(t)
	f.send(f.request("ann", 1))
	f.jobs()
	random := uint32(1)
	slow := func(p *app.Parts) {
		p.Poster = slowPosts{f.Posts, f.Clock, time.Second, func() {
			if random++; random <= 4 {
				f.send(f.request("ann", random))
			}
		}}
	}
	if err := f.run(slow); err != nil {
		t.Fatal(err)
	}
	if got := f.received(); !slices.EqualFunc(got, [][]int64{{1}, {2}}, slices.Equal) {
		t.Errorf("bob received %v, want 1 and then 2", got)
	}
	if n := f.jobs(); n != 1 {
		t.Fatalf("%d jobs are left, want the one of the call itself", n)
	}
	if err := f.run(nil); err != nil {
		t.Fatal(err)
	}
	if got := f.received(); !slices.EqualFunc(got, [][]int64{{3}}, slices.Equal) {
		t.Errorf("bob received %v, want 3", got)
	}
}

// TestDeliveryThatFails fails if a message has no frame. The delivery is given back at once, so
// that the repeat of the job, or the next message, delivers everything.
func TestDeliveryThatFails(t *testing.T) {
	f := newLargeFixture(t)
	f.send(f.request("ann", 1))
	f.jobs()
	failing := errors.New("no answer")
	err := f.NewApp(func(p *app.Parts) { p.Encoder = noEncoder{failing} }).GroupDelivery(f.ID).Run(t.Context(), "g")
	if !errors.Is(err, failing) {
		t.Fatalf("got %v, want the failure", err)
	}
	f.send(f.request("ann", 2))
	if n := f.jobs(); n != 1 {
		t.Errorf("the next send queues %d jobs, want 1", n)
	}
	if err := f.run(nil); err != nil {
		t.Fatal(err)
	}
	if got := f.received(); !slices.EqualFunc(got, [][]int64{{1, 2}}, slices.Equal) {
		t.Errorf("bob received %v, want 1 and 2", got)
	}
}

// TestSizesOfAGroup sends in a group that grows over 100 members and shrinks again: no message is
// delivered twice, and none is left out.
func TestSizesOfAGroup(t *testing.T) {
	f := newFixture(t, groups.Public)
	f.seed("connect bob iPhone i1", "accounts 100")
	f.send(f.request("ann", 1))
	f.seed("member g u1..u100")
	f.send(f.request("ann", 2))
	if n := f.jobs(); n != 1 {
		t.Fatalf("%d jobs, want one for message 2", n)
	}
	if err := f.run(nil); err != nil {
		t.Fatal(err)
	}
	f.seed("group-leave g u1 u2 u3")
	f.send(f.request("ann", 3))
	if n := f.jobs(); n != 0 {
		t.Errorf("message 3 queues %d jobs in a group of 100", n)
	}
	f.seed("member g u1")
	f.send(f.request("ann", 4))
	if err := f.run(nil); err != nil {
		t.Fatal(err)
	}
	var got []int64
	for _, numbers := range f.received() {
		got = append(got, numbers...)
	}
	if !slices.Equal(got, []int64{1, 2, 3, 4}) {
		t.Errorf("bob received %v, want 1, 2, 3, 4", got)
	}
}

// TestAStaleCountOfMembers sends in a group of 103 members whose head says that it has 3: the message
// is delivered by a broadcast of its own, and not again by the next delivery.
func TestAStaleCountOfMembers(t *testing.T) {
	f := newLargeFixture(t)
	f.set(schema.GroupHeadKey(f.ID, "g"), schema.GroupHeadMembers, 3)
	f.send(f.request("ann", 1))
	jobs := f.Broadcasts.Take()
	if len(jobs) != 1 || len(jobs[0].Job.Frame) == 0 {
		t.Fatalf("got the jobs %+v, want one with the frame of the message", jobs)
	}
	if err := f.run(nil); err != nil || len(f.received()) != 0 {
		t.Errorf("a delivery: %v, and it delivered the message again", err)
	}
}

// TestSendsAndDeliveriesAtOnce lets eight users send at once while three workers do the jobs, of
// which some die in the middle. Bob's device receives every message, and far fewer frames than
// messages.
func TestSendsAndDeliveriesAtOnce(t *testing.T) {
	f := newLargeFixture(t)
	const senders, each = 8, 6
	var sending, working sync.WaitGroup
	done := make(chan struct{})
	for worker := range 3 {
		working.Go(func() {
			for i := 0; ; i++ {
				ended := false
				select {
				case <-done:
					ended = true
				default:
				}
				jobs := f.Broadcasts.Take()
				for range jobs {
					var parts func(*app.Parts)
					if worker == 0 && i%3 == 0 {
						parts = func(p *app.Parts) { p.Encoder = noEncoder{errors.New("died")} }
					}
					if f.run(parts) != nil {
						_ = f.run(nil) // SQS repeats the job
					}
				}
				if ended && len(jobs) == 0 {
					return
				}
			}
		})
	}
	for sender := range senders {
		sending.Go(func() {
			for i := range each {
				user := fmt.Sprint("u", sender+1)
				if _, err := f.tenant.GroupChat.Send(t.Context(), f.request(user, uint32(sender*each+i+1))); err != nil {
					t.Errorf("send: %v", err)
				}
				f.Clock.Move(50 * time.Millisecond) // the group takes 40 messages a second
			}
		})
	}
	sending.Wait()
	close(done)
	working.Wait()
	for range f.jobs() {
		if err := f.run(nil); err != nil {
			t.Fatal(err)
		}
	}
	h := f.head()
	seen := make(map[int64]bool)
	frames := f.received()
	for _, numbers := range frames {
		for _, n := range numbers {
			seen[n] = true
		}
	}
	if h.Number < senders*each/2 || h.Delivered != h.Number || len(seen) != int(h.Number) {
		t.Errorf("of %d messages %d are delivered and bob has %d", h.Number, h.Delivered, len(seen))
	}
}

// noEncoder fails for every event.
type noEncoder struct{ err error }

func (e noEncoder) Frame(delivery.Event) ([]byte, error) { return nil, e.err }

func (noEncoder) Join(frames [][]byte) [][]byte { return frames }
