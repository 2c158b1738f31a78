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

// TestRestartKeepsData stops the local cloud with Ctrl-C and starts it again. It has the
// same application, secret, messages and read cursors.
func TestRestartKeepsData(t *testing.T) {
	t.Parallel()
	h := newStateDir(t)
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
	keys := storedKeys(t, a, "alice", "bob")
	info, err := os.Stat(filepath.Join(h.dir, "run.json"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("run.json: got %v, %v, want that only its owner can read it", info, err)
	}
	// A second local cloud on the same data ends with one line and changes nothing.
	second := h.launch(t)
	<-second.ended
	if out := strings.TrimSpace(second.out.String()); second.err == nil || !strings.Contains(out, "another local cloud uses "+h.dir) {
		t.Errorf("a second local cloud on the same data: got %v, %s", second.err, out)
	}
	if run, err := h.readRunInfo(); err != nil || run != c.runInfo {
		t.Errorf("run.json after that: got %+v, %v, want %+v", run, err, c.runInfo)
	}
	c.interrupt(t)
	if got := bob.waitForEnd(t); got != 1001 {
		t.Errorf("the device: closed with %d, want 1001", got)
	}

	restarted := h.start(t)
	if restarted.SdkAppID != c.SdkAppID || restarted.Secret != c.Secret || restarted.Admin != c.Admin {
		t.Errorf("the application: got %+v, want that of %+v", restarted.runInfo, c.runInfo)
	}
	a = restarted.app()
	if got := storedKeys(t, a, "alice", "bob"); !slices.Equal(got, keys) || len(got) != 10 {
		t.Errorf("the messages: got %v, want %v", got, keys)
	}
	bob.app = a
	if err := bob.connect(deadline(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := bob.inbox.sync(deadline(t), bob.call); err != nil {
		t.Fatal(err)
	}
	bob.inbox.checkComplete(t, "bob", "alice", keys)
	if r := bob.inbox.row("alice"); r.ReadOrdinal != 4 || r.Unread != 6 {
		t.Errorf("bob's row: got %+v, want 4 read and 6 unread", r)
	}
	restarted.interrupt(t)
}

// killRounds is how often the local cloud is killed.
const killRounds = 3

// TestKillKeepsAcknowledgedMessages kills the process of the local cloud with SIGKILL
// while messages are sent. After a restart every acknowledged message is stored, and a
// message that was sent twice is stored once.
func TestKillKeepsAcknowledgedMessages(t *testing.T) {
	t.Parallel()
	n := seed(t)
	random := rand.New(rand.NewPCG(n, 0))
	h := newStateDir(t)
	c := h.start(t)
	w := &writers{acked: map[string]string{}}
	for round := range killRounds {
		before := h.processes(t)
		w.write(t, c, 5+random.IntN(60), time.Duration(random.IntN(50))*time.Millisecond)
		if run, err := h.readRunInfo(); err != nil || run.PID != c.cmd.Process.Pid {
			t.Errorf("round %d: run.json after the kill: got %+v, %v", round, run, err)
		}
		// Start at once: servers of the killed process may still be ending.
		before = append(before, h.processes(t)...)
		next := h.start(t)
		if next.SdkAppID != c.SdkAppID || next.Secret != c.Secret {
			t.Errorf("round %d: got %+v, want the application of %+v", round, next.runInfo, c.runInfo)
		}
		c = next
		// What was not acknowledged is sent again with the same MsgSeq and MsgRandom.
		w.repeat(t, c)
		w.check(t, c, round)
		eventually(t, "the processes of the killed local cloud end", func() bool {
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

// writers send messages from alice to bob, each one after the one before was
// acknowledged.
type writers struct {
	last atomic.Int64 // the number of the last message

	mu    sync.Mutex
	acked map[string]string // keys by text
	open  []int64           // the numbers of messages that were not acknowledged
}

// send sends message n.
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

// write lets the writers send until more messages are acknowledged, waits for a moment
// and kills the local cloud.
func (w *writers) write(t *testing.T, c *child, more int, moment time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), maxWait)
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

// repeat sends again what was not acknowledged.
func (w *writers) repeat(t *testing.T, c *child) {
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

// check compares what is stored with what was acknowledged: each message is stored once.
func (w *writers) check(t *testing.T, c *child, round int) {
	t.Helper()
	a := c.app()
	keys := storedKeys(t, a, "alice", "bob")
	missing := []string{}
	for words, key := range w.acked {
		if count(keys, key) != 1 {
			missing = append(missing, words)
		}
	}
	if len(missing) > 0 {
		t.Errorf("round %d: %d of %d acknowledged messages are not stored exactly once: %v", round, len(missing), len(w.acked), missing)
	}
	bob := newInbox("bob")
	if err := bob.pull(deadline(t), a.overHTTPAs("bob", "check"), "alice"); err != nil {
		t.Fatal(err)
	}
	once := map[string]bool{}
	for _, m := range bob.timeline("alice") {
		if once[m.text()] {
			t.Errorf("round %d: %q is stored twice", round, m.text())
		}
		once[m.text()] = true
	}
	bob.checkConsistent(t)
}

// TestTwoStacksAreIndependent runs two local clouds side by side.
func TestTwoStacksAreIndependent(t *testing.T) {
	t.Parallel()
	one, two := newStateDir(t), newStateDir(t)
	first, second := one.launch(t), two.launch(t)
	for _, c := range []*child{first, second} {
		eventually(t, "run.json", func() bool {
			run, err := c.stateDir.readRunInfo()
			c.runInfo = run
			return err == nil
		})
	}
	if first.HTTP == second.HTTP || first.WebSocket == second.WebSocket || first.Secret == second.Secret {
		t.Errorf("got %+v and %+v, want addresses and secrets of their own", first.runInfo, second.runInfo)
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
			t.Errorf("got %v, %v, want only %s", d.inbox.texts("alice"), err, want)
		}
	}
	// A signature that is valid for one is not valid for the other.
	var refused errCode
	stranger := &app{endpoints: b.endpoints, id: b.id, secret: a.secret}
	if err := stranger.call(deadline(t), "alice", "", "session.sync", fields{}, nil); !errors.As(err, &refused) || refused.code != 70009 {
		t.Errorf("a signature of the other: got %v, want 70009", err)
	}
	first.interrupt(t)
	if err := there.call(deadline(t), "session.sync", fields{}, nil); err != nil {
		t.Errorf("after the end of the first: %v", err)
	}
	if len(two.processes(t)) == 0 {
		t.Error("the processes of the second have ended")
	}
	second.interrupt(t)
}
