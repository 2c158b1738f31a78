package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// counters is what /_local/stats says about the local API Gateway.
type counters struct {
	Gateway struct{ Open, Connections, Posts, Slow int }
}

func (p endpoints) counters(t *testing.T) counters {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, p.http+"/_local/stats", nil)
	if err != nil {
		t.Fatal(err)
	}
	status, text, err := send(request)
	var c counters
	if err != nil || status != http.StatusOK || json.Unmarshal(text, &c) != nil {
		t.Fatalf("stats: got %d %s, %v", status, text, err)
	}
	return c
}

// TestIdleSockets opens 2,000 idle WebSockets. They need little memory, receive messages,
// and leave no sessions when they close.
func TestIdleSockets(t *testing.T) {
	t.Parallel()
	const (
		sockets, platforms = 2000, 5
		budget             = 24 << 10 // bytes of memory of the local cloud for each
	)
	c := newStateDir(t).start(t, "-memory")
	users := make([]string, sockets/platforms)
	for i := range users {
		users[i] = fmt.Sprintf("user%03d", i)
	}
	a := newApp(t, c.app().endpoints, fields{"LoginPolicy": "multi", "Edition": "premium"}, append(users, "sender")...)
	names := []string{"Android", "iPhone", "iPad", "Windows", "Web"} // no platform excludes another one
	open := make([]*rawSocket, sockets)
	// The memory for the first sockets is not measured: they start the functions.
	const warm = 100
	connect := func(from, to int) {
		copy(open[from:to], a.openMany(t, to-from, func(i int) *device {
			i += from
			return a.newDevice(users[i/platforms], names[i%platforms], "idle")
		}))
	}
	connect(0, warm)
	before := residentKB(t, c.PID)
	connect(warm, sockets)
	if t.Failed() {
		return
	}
	if got := a.counters(t).Gateway; got.Open != sockets {
		t.Errorf("%d connections are open, want %d", got.Open, sockets)
	}
	each := (residentKB(t, c.PID) - before) * 1024 / (sockets - warm)
	t.Logf("%d idle sockets: %d bytes of memory each", sockets, each)
	if each > budget {
		t.Errorf("an idle socket costs %d bytes, more than %d", each, budget)
	}
	for i := range 20 {
		n := i * sockets / 20
		words := fmt.Sprintf("hello %d", n)
		if err := a.call(deadline(t), "sender", "", "message.send", fields{"To_Account": users[n/platforms], "MsgSeq": n, "MsgRandom": n, "MsgBody": text(words)}, nil); err != nil {
			t.Fatal(err)
		}
		open[n].extendDeadline(t)
		op, text, err := open[n].readFrame()
		if err != nil || op != opText || !strings.Contains(string(text), `"message.new"`) || !strings.Contains(string(text), words) {
			t.Errorf("socket %d: got %d %s, %v, want %q", n, op, text, err, words)
		}
	}
	if got := a.counters(t).Gateway; got.Open != sockets || got.Posts != 20*platforms || got.Slow != 0 {
		t.Errorf("got %+v, want %d open and %d posts", got, sockets, 20*platforms)
	}
	for i, r := range open {
		if i%2 == 0 {
			r.extendDeadline(t)
			r.writeBytes(t, maskedFrame(final|opClose, []byte{0x03, 0xE8}))
		} else {
			r.Close()
		}
	}
	eventually(t, "all are closed", func() bool { return a.counters(t).Gateway.Open == 0 })
	// Their slots are empty too: a message is posted to no connection.
	if err := a.call(deadline(t), "sender", "", "message.send", fields{"To_Account": users[0], "MsgRandom": 5, "MsgBody": text("nobody?")}, nil); err != nil {
		t.Error(err)
	}
	if got := a.counters(t).Gateway; got.Posts != 20*platforms {
		t.Errorf("%d posts after the end of all connections, want no more", got.Posts-20*platforms)
	}
	c.interrupt(t)
}
