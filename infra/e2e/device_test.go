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

// frame is one frame of the server: an answer, an event, several events, or an
// error of the gateway itself.
type frame struct {
	raw    string
	Event  string  `json:"event"`
	Events []frame `json:"events"`
	Hi     *struct{ Ordinal int64 }
	ID     string          `json:"id"`
	Code   *int            `json:"code"`
	Error  string          `json:"error"`
	Body   json.RawMessage `json:"body"`
	Gate   string          `json:"message"` // what the gateway says
}

// device is an installation of an app: a connection, all frames it was sent, and
// an inbox that outlives connections.
type device struct {
	app                      *app
	user, platform, instance string
	inbox                    *inbox

	mu      sync.Mutex
	conn    *websocket.Conn
	frames  []frame // of all connections
	waiting map[string]chan frame
	next    int
	ended   chan struct{} // of the present connection
	why     error         // of its end, guarded by ended
}

func (d *device) String() string { return d.user + "/" + d.platform + "/" + d.instance }

// newDevice makes an installation that is not connected.
func (a *app) newDevice(user, platform, instance string) *device {
	return &device{
		app: a, user: user, platform: platform, instance: instance,
		inbox: newInbox(user), waiting: map[string]chan frame{},
	}
}

// device makes an installation and connects it.
func (a *app) device(t *testing.T, user, platform, instance string) *device {
	t.Helper()
	d := a.newDevice(user, platform, instance)
	if err := d.connect(deadline(t)); err != nil {
		t.Fatalf("connect %s: %v", d, err)
	}
	t.Cleanup(d.drop)
	return d
}

// url is the address of a connection without its signature.
func (d *device) url() string {
	return d.app.socket + "?" + url.Values{
		"sdkappid": {fmt.Sprint(d.app.id)}, "identifier": {d.user}, "platform": {d.platform}, "instance": {d.instance},
	}.Encode()
}

// dial opens a connection; a refusal before the upgrade is an errStatus.
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

// connect opens a connection. One that is open stays so, as in a renewal, and
// its frames are still read; it is no longer the one that the device sends on.
func (d *device) connect(ctx context.Context) error {
	conn, err := dial(ctx, d.url(), "im.v1", d.app.sign(d.user))
	if err != nil {
		return err
	}
	if got := conn.Subprotocol(); got != "im.v1" {
		return fmt.Errorf("sub-protocol %q, want im.v1", got)
	}
	d.take(conn)
	return nil
}

func (d *device) take(conn *websocket.Conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.conn, d.ended = conn, make(chan struct{})
	go d.read(conn, d.ended)
}

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
				d.why = err
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
		if f.Code != nil || f.Gate != "" {
			d.answered(f)
		}
		// With mu held: whoever sees the frame finds it in the inbox, too.
		d.inbox.take(f)
		for _, e := range f.Events {
			d.inbox.take(e)
		}
		d.mu.Unlock()
	}
}

// answered is called with mu held. An error of the gateway has no id: it fails
// every call under way, which is why a call that counts is made alone.
func (d *device) answered(f frame) {
	for id, c := range d.waiting {
		if f.Gate != "" || f.ID == id {
			c <- f
			delete(d.waiting, id)
		}
	}
}

// write sends one text frame as it is.
func (d *device) write(ctx context.Context, text string) error {
	d.mu.Lock()
	conn := d.conn
	d.mu.Unlock()
	return conn.Write(ctx, websocket.MessageText, []byte(text))
}

var errEnded = errors.New("the connection ended")

// call is the WebSocket door of the client protocol.
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
			return errEnded
		}
		if f.Gate != "" {
			return errStatus{http.StatusInternalServerError, f.raw}
		}
		return answer{Code: *f.Code, Error: f.Error, Body: f.Body}.into(out)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// connected tells whether the present connection is open.
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

// drop cuts the present connection without a word.
func (d *device) drop() {
	d.mu.Lock()
	conn, ended := d.conn, d.ended
	d.mu.Unlock()
	if conn != nil {
		conn.CloseNow()
		<-ended
	}
}

// end waits for the end of the present connection and returns its close code, -1
// for one without a close frame.
func (d *device) end(t *testing.T) websocket.StatusCode {
	t.Helper()
	d.mu.Lock()
	ended := d.ended
	d.mu.Unlock()
	select {
	case <-ended:
	case <-time.After(patience):
		t.Fatalf("%s: the connection is still open", d)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return websocket.CloseStatus(d.why)
}

// events returns the events of a name so far, those of shared frames, too.
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

// all returns every frame so far.
func (d *device) all() []frame {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]frame(nil), d.frames...)
}
