package e2e

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// What was sent is there after Ctrl-C and a new start: same application, same
// secret, same messages, positions and queues.
func TestStopAndStart(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	c := h.start(t)
	a := c.app()
	bob := a.device(t, "bob", "Web", "web")
	for i := range 10 {
		if err := a.call(deadline(t), "alice", "", "message.send", fields{"To_Account": "bob", "MsgSeq": i, "MsgRandom": i, "MsgBody": text(fmt.Sprint(i))}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := bob.call(deadline(t), "message.read", fields{"To_Account": "alice", "Ordinal": 4}, nil); err != nil {
		t.Fatal(err)
	}
	keys := stored(t, a, "alice", "bob")
	info, err := os.Stat(filepath.Join(h.dir, "run.json"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("run.json: got %v, %v, want it for its owner alone", info, err)
	}
	// A second one is kept from the same data, in one line, and harms nothing.
	second := h.launch(t)
	<-second.ended
	if out := strings.TrimSpace(second.out.String()); second.err == nil || !strings.Contains(out, "another local cloud uses "+h.dir) {
		t.Errorf("a second one on the same data: got %v, %s", second.err, out)
	}
	if run, err := h.described(); err != nil || run != c.described {
		t.Errorf("run.json after that: got %+v, %v, want %+v", run, err, c.described)
	}
	c.interrupt(t)
	if got := bob.end(t); got != 1001 {
		t.Errorf("the device: closed with %d, want 1001", got)
	}

	again := h.start(t)
	if again.SdkAppID != c.SdkAppID || again.Secret != c.Secret || again.Admin != c.Admin {
		t.Errorf("the application: got %+v, want that of %+v", again.described, c.described)
	}
	a = again.app()
	if got := stored(t, a, "alice", "bob"); !slices.Equal(got, keys) || len(got) != 10 {
		t.Errorf("the messages: got %v, want %v", got, keys)
	}
	bob.app = a
	if err := bob.connect(deadline(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := bob.inbox.sync(deadline(t), bob.call); err != nil {
		t.Fatal(err)
	}
	bob.inbox.whole(t, "bob", "alice", keys)
	if r := bob.inbox.row("alice"); r.ReadOrdinal != 4 || r.Unread != 6 {
		t.Errorf("bob's row: got %+v, want 4 read and 6 unread", r)
	}
	again.interrupt(t)
}

// killRounds is how often the runner is killed.
const killRounds = 3

// Every acknowledged message is there after kill -9 of the runner, at any
// moment, and a message that was sent again is there once.
func TestKillTheRunner(t *testing.T) {
	t.Parallel()
	n := seed(t)
	random := rand.New(rand.NewPCG(n, 0))
	h := newHome(t)
	c := h.start(t)
	w := &writers{acked: map[string]string{}}
	for round := range killRounds {
		before := h.processes(t)
		w.write(t, c, 5+random.IntN(60), time.Duration(random.IntN(50))*time.Millisecond)
		if run, err := h.described(); err != nil || run.PID != c.cmd.Process.Pid {
			t.Errorf("round %d: run.json after the kill: got %+v, %v", round, run, err)
		}
		// At once: the servers of the one before may still be on their way out.
		before = append(before, h.processes(t)...)
		next := h.start(t)
		if next.SdkAppID != c.SdkAppID || next.Secret != c.Secret {
			t.Errorf("round %d: got %+v, want the application of %+v", round, next.described, c.described)
		}
		c = next
		// What was not acknowledged is sent again with the same numbers.
		w.again(t, c)
		w.check(t, c, round)
		eventually(t, "the processes of the one that was killed end", func() bool {
			now := h.processes(t)
			return !slices.ContainsFunc(before, func(line string) bool { return slices.Contains(now, line) })
		})
	}
	if len(w.acked) != int(w.last.Load()) {
		t.Errorf("%d of %d messages were acknowledged in the end", len(w.acked), w.last.Load())
	}
	t.Logf("seed %d: %d messages over %d kills", n, len(w.acked), killRounds)
	c.interrupt(t)
}

// writers send messages from alice to bob as fast as they are acknowledged.
type writers struct {
	last atomic.Int64

	mu    sync.Mutex
	acked map[string]string // text: key
	open  []int64           // not acknowledged
}

func (w *writers) send(ctx context.Context, a *app, n int64) error {
	var ack sent
	words := fmt.Sprintf("message %d", n)
	err := a.call(ctx, "alice", "", "message.send", fields{"To_Account": "bob", "MsgSeq": n, "MsgRandom": n, "MsgBody": text(words)}, &ack)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		w.open = append(w.open, n)
		return err
	}
	w.acked[words] = ack.Key
	return nil
}

// write lets the writers work until there are so many acknowledgements more, and
// a moment later kills the runner.
func (w *writers) write(t *testing.T, c *child, more int, moment time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	a := c.app()
	count := func() int {
		w.mu.Lock()
		defer w.mu.Unlock()
		return len(w.acked)
	}
	want := count() + more
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for w.send(ctx, a, w.last.Add(1)) == nil {
			}
		})
	}
	eventually(t, fmt.Sprintf("%d messages are acknowledged", want), func() bool { return count() >= want })
	time.AfterFunc(moment, c.kill)
	wait.Wait()
	<-c.ended
}

// again repeats what is open.
func (w *writers) again(t *testing.T, c *child) {
	t.Helper()
	w.mu.Lock()
	open := w.open
	w.open = nil
	w.mu.Unlock()
	for _, n := range open {
		if err := w.send(deadline(t), c.app(), n); err != nil {
			t.Errorf("message %d again: %v", n, err)
		}
	}
}

// check compares what is stored with what was acknowledged.
func (w *writers) check(t *testing.T, c *child, round int) {
	t.Helper()
	a := c.app()
	keys := stored(t, a, "alice", "bob")
	missing := []string{}
	for words, key := range w.acked {
		if count(keys, key) != 1 {
			missing = append(missing, words)
		}
	}
	if len(missing) > 0 {
		t.Errorf("round %d: %d of %d acknowledged messages are not there once: %v", round, len(missing), len(w.acked), missing)
	}
	bob := newInbox("bob")
	if err := bob.pull(deadline(t), a.doorOf("bob", "check"), "alice"); err != nil {
		t.Fatal(err)
	}
	once := map[string]bool{}
	for _, m := range bob.timeline("alice") {
		if once[m.text()] {
			t.Errorf("round %d: %q is there twice", round, m.text())
		}
		once[m.text()] = true
	}
	bob.check(t)
}

// Two stacks side by side know nothing of each other.
func TestSideBySide(t *testing.T) {
	t.Parallel()
	one, two := newHome(t), newHome(t)
	first, second := one.launch(t), two.launch(t)
	for _, c := range []*child{first, second} {
		eventually(t, "run.json", func() bool {
			run, err := c.home.described()
			c.described = run
			return err == nil
		})
	}
	if first.HTTP == second.HTTP || first.WebSocket == second.WebSocket || first.Secret == second.Secret {
		t.Errorf("got %+v and %+v, want addresses and secrets of their own", first.described, second.described)
	}
	a, b := first.app(), second.app()
	here, there := a.device(t, "bob", "Web", "web"), b.device(t, "bob", "Web", "web")
	for i, x := range []*app{a, b} {
		if err := x.call(deadline(t), "alice", "", "message.send", fields{"To_Account": "bob", "MsgSeq": 1, "MsgRandom": 1, "MsgBody": text([]string{"here", "there"}[i])}, nil); err != nil {
			t.Fatal(err)
		}
	}
	for d, want := range map[*device]string{here: "here", there: "there"} {
		eventually(t, "the message "+want, func() bool { return count(d.inbox.texts("alice"), want) == 1 })
		if _, err := d.inbox.sync(deadline(t), d.call); err != nil || len(d.inbox.texts("alice")) != 1 {
			t.Errorf("got %v, %v, want %s alone", d.inbox.texts("alice"), err, want)
		}
	}
	// A signature of one is worth nothing at the other.
	var refused errCode
	stranger := &app{place: b.place, id: b.id, secret: a.secret}
	if err := stranger.call(deadline(t), "alice", "", "session.sync", fields{}, nil); !errors.As(err, &refused) || refused.code != 70009 {
		t.Errorf("a signature of the other: got %v, want 70009", err)
	}
	first.interrupt(t)
	if err := there.call(deadline(t), "session.sync", fields{}, nil); err != nil {
		t.Errorf("after the end of the first: %v", err)
	}
	if len(two.processes(t)) == 0 {
		t.Error("the processes of the second are gone")
	}
	second.interrupt(t)
}
