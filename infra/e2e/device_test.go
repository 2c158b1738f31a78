package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// frame is one frame from the server: an answer, an event, several events, or an error
// of API Gateway.
type frame struct {
	raw          string
	Event        string  `json:"event"`
	Events       []frame `json:"events"`
	Hi           *struct{ Ordinal int64 }
	ID           string          `json:"id"`
	Code         *int            `json:"code"`
	Error        string          `json:"error"`
	Body         json.RawMessage `json:"body"`
	GatewayError string          `json:"message"` // an error of API Gateway
}

// device is an installation of an app. It has a connection, all frames that it received,
// and an inbox, which stays when a connection ends.
type device struct {
	app                      *app
	user, platform, instance string
	inbox                    *inbox

	mu      sync.Mutex
	conn    *websocket.Conn
	frames  []frame // from all connections
	waiting map[string]chan frame
	next    int
	ended   chan struct{} // closed when the current connection ends
	endErr  error         // why it ended; may be read after ended is closed
}

func (d *device) String() string { return d.user + "/" + d.platform + "/" + d.instance }

// newDevice makes a device that is not connected.
func (a *app) newDevice(user, platform, instance string) *device {
	return &device{
		app: a, user: user, platform: platform, instance: instance,
		inbox: newInbox(user), waiting: map[string]chan frame{},
	}
}

// device makes a device and connects it.
func (a *app) device(t *testing.T, user, platform, instance string) *device {
	t.Helper()
	d := a.newDevice(user, platform, instance)
	if err := d.connect(deadline(t)); err != nil {
		t.Fatalf("connect %s: %v", d, err)
	}
	t.Cleanup(d.cutConnection)
	return d
}

// url is the URL of a connection, without the signature.
func (d *device) url() string {
	return d.app.socket + "?" + url.Values{
		"sdkappid": {fmt.Sprint(d.app.id)}, "identifier": {d.user}, "platform": {d.platform}, "instance": {d.instance},
	}.Encode()
}

// dial opens a connection. If the server refuses it before the upgrade, the error is an
// errStatus.
func dial(ctx context.Context, address string, protocols ...string) (*websocket.Conn, error) {
	conn, response, err := websocket.Dial(ctx, address, &websocket.DialOptions{Subprotocols: protocols})
	if err != nil {
		if response != nil && response.StatusCode != http.StatusSwitchingProtocols {
			return nil, errStatus{response.StatusCode, err.Error()}
		}
		return nil, err
	}
	conn.SetReadLimit(1 << 20)
	return conn, nil
}

// connect opens a connection, and the device sends on it from now on. A connection that
// is open already stays open and its frames are still read, as in a renewal.
func (d *device) connect(ctx context.Context) error {
	conn, err := dial(ctx, d.url(), "im.v1", d.app.sign(d.user))
	if err != nil {
		return err
	}
	if got := conn.Subprotocol(); got != "im.v1" {
		return fmt.Errorf("sub-protocol %q, want im.v1", got)
	}
	d.useConn(conn)
	return nil
}

// useConn makes a connection the current one and reads its frames.
func (d *device) useConn(conn *websocket.Conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.conn, d.ended = conn, make(chan struct{})
	go d.read(conn, d.ended)
}

// read receives frames until the connection ends.
func (d *device) read(conn *websocket.Conn, ended chan struct{}) {
	for {
		kind, text, err := conn.Read(context.Background())
		if err == nil && kind != websocket.MessageText {
			err = errors.New("a binary frame from the server")
		}
		f := frame{raw: string(text)}
		if err == nil {
			err = json.Unmarshal(text, &f)
		}
		d.mu.Lock()
		if err != nil {
			if d.ended == ended {
				d.endErr = err
				for id, c := range d.waiting {
					close(c)
					delete(d.waiting, id)
				}
			}
			d.mu.Unlock()
			close(ended)
			conn.CloseNow()
			return
		}
		d.frames = append(d.frames, f)
		if f.Code != nil || f.GatewayError != "" {
			d.passAnswer(f)
		}
		// With mu held, so that a test that sees the frame finds it in the inbox too.
		d.inbox.receive(f)
		for _, e := range f.Events {
			d.inbox.receive(e)
		}
		d.mu.Unlock()
	}
}

// passAnswer passes an answer to the call that waits for it. An error of API Gateway has
// no id, so it fails all calls that wait. A test that needs to know which call failed
// must make one call at a time. The caller holds mu.
func (d *device) passAnswer(f frame) {
	for id, c := range d.waiting {
		if f.GatewayError != "" || f.ID == id {
			c <- f
			delete(d.waiting, id)
		}
	}
}

// write sends one text frame.
func (d *device) write(ctx context.Context, text string) error {
	d.mu.Lock()
	conn := d.conn
	d.mu.Unlock()
	return conn.Write(ctx, websocket.MessageText, []byte(text))
}

var errConnectionEnded = errors.New("the connection ended")

// call calls an operation over the WebSocket.
func (d *device) call(ctx context.Context, action string, in, out any) error {
	d.mu.Lock()
	d.next++
	id := fmt.Sprint(d.next)
	c := make(chan frame, 1)
	d.waiting[id] = c
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.waiting, id)
	}()
	text, err := json.Marshal(fields{"action": action, "id": id, "body": in})
	if err != nil {
		return err
	}
	if err := d.write(ctx, string(text)); err != nil {
		return err
	}
	select {
	case f, ok := <-c:
		if !ok {
			return errConnectionEnded
		}
		if f.GatewayError != "" {
			return errStatus{http.StatusInternalServerError, f.raw}
		}
		return answer{Code: *f.Code, Error: f.Error, Body: f.Body}.into(out)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// connected reports whether the current connection is open.
func (d *device) connected() bool {
	d.mu.Lock()
	ended := d.ended
	d.mu.Unlock()
	if ended == nil {
		return false
	}
	select {
	case <-ended:
		return false
	default:
		return true
	}
}

// cutConnection ends the current connection without a close frame.
func (d *device) cutConnection() {
	d.mu.Lock()
	conn, ended := d.conn, d.ended
	d.mu.Unlock()
	if conn != nil {
		conn.CloseNow()
		<-ended
	}
}

// waitForEnd waits until the current connection ends and returns the close code, or -1
// if there was no close frame.
func (d *device) waitForEnd(t *testing.T) websocket.StatusCode {
	t.Helper()
	d.mu.Lock()
	ended := d.ended
	d.mu.Unlock()
	select {
	case <-ended:
	case <-time.After(maxWait):
		t.Fatalf("%s: the connection is still open", d)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return websocket.CloseStatus(d.endErr)
}

// events returns the events with a name that the device has received so far. Several
// events may have come in one frame.
func (d *device) events(name string) []frame {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []frame
	for _, f := range d.frames {
		for _, e := range append([]frame{f}, f.Events...) {
			if e.Event == name {
				out = append(out, e)
			}
		}
	}
	return out
}

// allFrames returns the frames that the device has received so far.
func (d *device) allFrames() []frame {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]frame(nil), d.frames...)
}
