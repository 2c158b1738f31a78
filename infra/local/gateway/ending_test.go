package gateway

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"parley/infra/local/fault"
)

// A clock is moved by the test. It also counts how often the gateway has checked its
// connections.
type clock struct {
	offset atomic.Int64
	checks atomic.Int64
}

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.offset.Load())) }

func (c *clock) limits() fault.Limits {
	c.checks.Add(1)
	return fault.Limits{}
}

// forward moves the clock and waits until the gateway has checked every connection.
func (c *clock) forward(w *world, d time.Duration) {
	w.Helper()
	c.offset.Add(int64(d))
	from := c.checks.Load()
	// The check that is running may have read the clock before it was moved. Once two
	// more checks have begun, the first of them is complete and has read the new time.
	w.until("the gateway has checked its connections", func() bool { return c.checks.Load() > from+1 })
}

func TestIdleConnectionIsClosedAfterTenMinutes(t *testing.T) {
	var k clock
	w := newWorld(t, Options{Now: k.now, Limits: k.limits}, map[string]function{"$connect": ok, "$disconnect": ok})
	c, id := w.dialID()
	// Messages and posts count as activity: together they outlast the limit.
	k.forward(w, 9*time.Minute)
	w.write(c, `{"action":"p"}`)
	w.until("the message is read", func() bool { return w.gateway.Counters().Messages == 1 })
	k.forward(w, 9*time.Minute)
	if r, _ := w.connection("POST", id, "x"); r.StatusCode != 200 {
		t.Errorf("9 minutes after a message: got %d, want 200", r.StatusCode)
	}
	k.forward(w, 9*time.Minute)
	if r, _ := w.connection("GET", id, ""); r.StatusCode != 200 {
		t.Errorf("9 minutes after a post: got %d, want 200", r.StatusCode)
	}
	k.forward(w, time.Minute)
	if got := w.closed(c); got != websocket.StatusGoingAway {
		t.Errorf("got close code %d, want 1001", got)
	}
	e := w.event("$disconnect")
	if got := at(e, "requestContext", "disconnectStatusCode"); got != "1001" {
		t.Errorf("disconnectStatusCode: got %s, want 1001", got)
	}
	if got := at(e, "requestContext", "disconnectReason"); got != "Going away" {
		t.Errorf("disconnectReason: got %s, want Going away", got)
	}
}

func TestPingDoesNotCountAsActivity(t *testing.T) {
	var k clock
	w := newWorld(t, Options{Now: k.now, Limits: k.limits}, map[string]function{"$connect": ok})
	c, _ := w.dialID()
	code := make(chan websocket.StatusCode, 1)
	go func() { code <- w.closed(c) }()
	k.forward(w, 9*time.Minute)
	if err := c.Ping(w.context()); err != nil {
		t.Errorf("ping: %v", err)
	}
	k.forward(w, time.Minute)
	if got := <-code; got != websocket.StatusGoingAway {
		t.Errorf("got close code %d, want 1001", got)
	}
}

func TestConnectionIsClosedAfterTwoHours(t *testing.T) {
	var k clock
	w := newWorld(t, Options{Now: k.now, Limits: k.limits, Idle: 24 * time.Hour}, map[string]function{"$connect": ok})
	c, id := w.dialID()
	k.forward(w, 119*time.Minute)
	if r, _ := w.connection("POST", id, "x"); r.StatusCode != 200 {
		t.Errorf("after 119 minutes: got %d, want 200", r.StatusCode)
	}
	k.forward(w, time.Minute)
	if got := w.closed(c); got != websocket.StatusGoingAway {
		t.Errorf("after 120 minutes: got close code %d, want 1001", got)
	}
}

func TestBusyConnectionIsClosedAtTheEndOfItsLife(t *testing.T) {
	w := newWorld(t, Options{Life: 100 * time.Millisecond}, map[string]function{"$connect": ok, "$disconnect": ok, "$default": echo})
	c, _ := w.dialID()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go func() {
		for ctx.Err() == nil && c.Write(ctx, websocket.MessageText, []byte("busy")) == nil {
			time.Sleep(5 * time.Millisecond)
		}
	}()
	if got := w.closed(c); got != websocket.StatusGoingAway {
		t.Errorf("got close code %d, want 1001", got)
	}
	if got := at(w.event("$disconnect"), "requestContext", "disconnectStatusCode"); got != "1001" {
		t.Errorf("disconnectStatusCode: got %s, want 1001", got)
	}
}

func TestShorterLimitsHoldForOpenConnections(t *testing.T) {
	limits := make(chan fault.Limits, 1)
	limits <- fault.Limits{}
	w := newWorld(t, Options{Limits: func() fault.Limits { l := <-limits; limits <- l; return l }}, map[string]function{"$connect": ok})
	c, id := w.dialID()
	if r, _ := w.connection("GET", id, ""); r.StatusCode != 200 {
		t.Errorf("under the limits of AWS: got %d, want 200", r.StatusCode)
	}
	<-limits
	limits <- fault.Limits{Life: time.Millisecond}
	if got := w.closed(c); got != websocket.StatusGoingAway {
		t.Errorf("got close code %d, want 1001", got)
	}
}

func TestDisconnectReportsHowTheClientClosed(t *testing.T) {
	for _, test := range []struct {
		name         string
		end          func(*websocket.Conn)
		code, reason string
	}{
		{"with a status", func(c *websocket.Conn) { c.Close(websocket.StatusNormalClosure, "bye") }, "1000", "bye"},
		{"without a status", func(c *websocket.Conn) { c.Close(websocket.StatusNoStatusRcvd, "") }, "1005", "Client-side close frame status not set"},
		{"without a close frame", func(c *websocket.Conn) { c.CloseNow() }, "1006", "Connection Closed Abnormally"},
	} {
		w := newWorld(t, Options{}, map[string]function{"$connect": ok, "$disconnect": ok})
		c, id := w.dialID()
		test.end(c)
		e := w.event("$disconnect")
		if got := at(e, "requestContext", "disconnectStatusCode"); got != test.code {
			t.Errorf("%s: got code %s, want %s", test.name, got, test.code)
		}
		if got := at(e, "requestContext", "disconnectReason"); got != test.reason {
			t.Errorf("%s: got reason %q, want %q", test.name, got, test.reason)
		}
		if r, _ := w.connection("POST", id, "x"); r.StatusCode != 410 {
			t.Errorf("%s: post got %d, want 410", test.name, r.StatusCode)
		}
	}
}

func TestCloseClosesEveryConnection(t *testing.T) {
	w := newWorld(t, Options{}, map[string]function{"$connect": ok, "$disconnect": ok})
	var all []*websocket.Conn
	for range 10 {
		c, _ := w.dialID()
		all = append(all, c)
	}
	codes := make(chan websocket.StatusCode, len(all))
	for _, c := range all {
		go func() { codes <- w.closed(c) }()
	}
	if err := w.gateway.Close(w.context()); err != nil {
		t.Errorf("Close: %v", err)
	}
	for range all {
		if got := <-codes; got != websocket.StatusGoingAway {
			t.Errorf("got close code %d, want 1001", got)
		}
		w.event("$disconnect")
	}
	if status, _ := w.refused(nil); status != 503 {
		t.Errorf("a new connection: got %d, want 503", status)
	}
	if got := w.gateway.Counters().Open; got != 0 {
		t.Errorf("open: got %d, want 0", got)
	}
}

func TestCloseStopsWaitingWhenItsContextEnds(t *testing.T) {
	w := newWorld(t, Options{}, map[string]function{"$connect": ok, "$disconnect": hang})
	w.dialID()
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := w.gateway.Close(ctx); err != context.DeadlineExceeded {
		t.Errorf("got %v, want %v", err, context.DeadlineExceeded)
	}
}

func TestDisconnectIsInvokedIfTheClientLeavesDuringConnect(t *testing.T) {
	release := make(chan struct{})
	w := newWorld(t, Options{}, map[string]function{"$disconnect": ok, "$connect": func(context.Context, map[string]any) (any, error) {
		<-release
		return map[string]any{"statusCode": 200}, nil
	}})
	ctx, leave := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		_, _, err := websocket.Dial(ctx, w.url(), nil)
		done <- err
	}()
	id := at(w.event("$connect"), "requestContext", "connectionId")
	leave()
	if err := <-done; err == nil {
		t.Fatal("dial succeeded")
	}
	close(release)
	// $connect may have stored a session, and $disconnect must remove it.
	if got := at(w.event("$disconnect"), "requestContext", "connectionId"); got != id {
		t.Errorf("got %s, want %s", got, id)
	}
}

func TestLongReasonOfACloseFrameIsCut(t *testing.T) {
	b := closeFrame(ending{status: 1000, reason: strings.Repeat("ü", 100)})
	if len(b) > 2+125 || b[1] > 125 {
		t.Errorf("got %d bytes, want at most 127", len(b))
	}
}
