// Package client speaks the client protocol im.v1 (docs/client-protocol.md): the
// same operations over a WebSocket and over HTTP.
package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"parley/shared/dialect"
	v4 "parley/shared/dialect/v4"
	"parley/shared/fault"
	"parley/shared/op"
	"parley/shared/plainjson"
)

// maxID bounds a frame's id in bytes.
const maxID = 64

// Action makes the operation of one action, with its two doors.
func Action[In, Out any](name string, numbers v4.Numbers, run func(context.Context, *op.Call, In) (Out, error), options ...op.Option) op.Operation {
	return op.New(op.Operation{
		Name:     "client." + name,
		Doors:    []op.Door{{HTTP: "POST /client/" + name}, {Socket: name}},
		Func:     op.FuncName(run),
		Protocol: protocol{numbers: numbers},
		Run: func(ctx context.Context, c *op.Call) (any, error) {
			var in In
			if err := v4.Decode(c.Request.Body, &in); err != nil {
				return nil, err
			}
			return run(ctx, c, in)
		},
	}, append([]op.Option{op.Opens(), op.Admits()}, options...)...)
}

// Unknown makes the operation that answers frames and calls of no known action.
func Unknown() op.Operation {
	return op.New(op.Operation{
		Name:     "client.session.default",
		Doors:    []op.Door{{Socket: "$default"}, {HTTP: "ANY /client/{proxy+}"}},
		Func:     "client.Unknown",
		Protocol: unknown{protocol{numbers: v4.Gateway()}},
		Run:      refuse,
	}, op.Takes(128, 3*time.Second))
}

func refuse(_ context.Context, c *op.Call) (any, error) {
	if c.Request.Connection == "" {
		return nil, fault.New(fault.UnknownOperation, "there is no POST %.100q", c.Request.Path)
	}
	f, err := readFrame(c.Request.Event)
	if err != nil {
		return nil, err
	}
	if f.Action == "" {
		return nil, fault.New(fault.Malformed, "the frame has no action")
	}
	return nil, fault.New(fault.UnknownOperation, "there is no action %.100q", f.Action)
}

type frame struct {
	Action string          `json:"action"`
	ID     string          `json:"id"`
	Body   json.RawMessage `json:"body"`
}

// readFrame reads a frame. One that is refused still has its id, if that can be
// read, so that its call fails at once: a frame whose body has a name twice.
func readFrame(text []byte) (f frame, err error) {
	if err = plainjson.Unmarshal(text, &f); err != nil {
		err = fault.New(fault.Malformed, "the frame is not a JSON object with action, id and body: %s", err)
		f = frame{}
		_ = json.Unmarshal(text, &f) // as much of it as there is
		f.Body = nil
	}
	if len(f.ID) > maxID {
		f.ID, err = "", fault.New(fault.Malformed, "id is over %d bytes", maxID)
	}
	return f, err
}

type protocol struct{ numbers v4.Numbers }

// Decode implements op.Protocol for both doors.
func (protocol) Decode(c *op.Call, event []byte) (err error) {
	if !op.IsSocket(event) {
		c.Request, err = op.ReadHTTP(event)
		return err
	}
	if c.Request, err = op.ReadSocket(event); err != nil {
		return err
	}
	f, err := readFrame(c.Request.Body)
	c.Request.ID, c.Request.Body = f.ID, f.Body // the answer carries the frame's own id or none
	if err != nil {
		return err
	}
	if len(f.Body) == 0 || string(f.Body) == "null" {
		c.Request.Body = []byte("{}")
	}
	return nil
}

// Identify implements op.Protocol. A frame's caller was made certain when its
// connection was opened; an HTTP call brings a signature.
func (protocol) Identify(ctx context.Context, c *op.Call) error {
	if c.Request.Connection != "" {
		return byContext(ctx, c)
	}
	app, user, signature, err := authorization(c.Request.Header["authorization"])
	if err != nil {
		return err
	}
	open, issued, err := dialect.Identify(ctx, c.App.Directory, app, user, signature, c.App.Now())
	if open != nil {
		c.Serve(open)
	}
	if err != nil {
		return err
	}
	c.Caller = op.Caller{Account: user, Issued: issued, Instance: c.Request.Header["parley-instance"]}
	return nil
}

// authorization reads "UserSig <sdkappid> <identifier> <usersig>". An identifier
// may have spaces.
func authorization(header string) (app, user, signature string, err error) {
	rest, ok := strings.CutPrefix(header, "UserSig ")
	first, last := strings.IndexByte(rest, ' '), strings.LastIndexByte(rest, ' ')
	if !ok || first < 0 || last <= first {
		return "", "", "", fault.New(fault.CallerMissing, "the header Authorization is not of the form: UserSig <sdkappid> <identifier> <usersig>")
	}
	return rest[:first], rest[first+1 : last], rest[last+1:], nil
}

// byContext takes the caller from what the authorizer said.
func byContext(ctx context.Context, c *op.Call) error {
	said := func(name string) string {
		switch v := c.Request.Context[name].(type) {
		case string:
			return v
		case float64:
			return strconv.FormatFloat(v, 'f', -1, 64)
		}
		return ""
	}
	id, err := strconv.ParseInt(said("app"), 10, 64)
	if err != nil || said("user") == "" {
		return fmt.Errorf("the event of route %s has no authorizer context", c.Request.Route)
	}
	issued, err := strconv.ParseInt(said("issued"), 10, 64)
	if err != nil {
		return fmt.Errorf("authorizer context: issued: %w", err)
	}
	c.ID = id
	c.Caller = op.Caller{
		Account: said("user"), Issued: time.Unix(issued, 0), Platform: said("platform"), Instance: said("instance"),
	}
	open, err := c.App.Directory.Find(ctx, id)
	if err != nil {
		return err
	}
	c.Serve(open)
	return nil
}

type answer struct {
	ID    string `json:"id,omitempty"`
	Code  int    `json:"code"`
	Error string `json:"error,omitempty"`
	Body  any    `json:"body,omitempty"`
}

// Encode implements op.Protocol: a frame over the WebSocket, a body with a
// status over HTTP.
func (p protocol) Encode(c *op.Call, out any, err error) ([]byte, error) {
	a := answer{Body: out}
	if err != nil {
		a.Body = nil
		a.Code, a.Error = p.numbers.Of(err)
	}
	if c.Request.Connection != "" {
		a.ID = c.Request.ID
	}
	marshal := plainjson.Marshal
	if err != nil {
		marshal = json.Marshal // nothing of a message is in it
	}
	body, err2 := marshal(a)
	if err2 != nil {
		return nil, err2
	}
	return op.Answer(status(err), map[string]string{"Content-Type": "application/json"}, body)
}

// status is the HTTP status of an outcome.
func status(err error) int {
	if err == nil || v4.AsFieldError(err) != nil {
		return http.StatusOK
	}
	switch code := fault.Of(err).Code; {
	case code.Ours():
		return http.StatusInternalServerError
	case code == fault.Throttled:
		return http.StatusTooManyRequests
	case code >= fault.AppMissing && code <= fault.SignatureEarly && code != fault.AppLimit && code != fault.NotAdmin:
		return http.StatusUnauthorized
	}
	return http.StatusOK
}

// Number implements op.Protocol.
func (p protocol) Number(_ *op.Call, err error) int {
	n, _ := p.numbers.Of(err)
	return n
}

// unknown is the protocol of what no action takes: nobody is asked for.
type unknown struct{ protocol }

// Decode implements op.Protocol. A frame that cannot be read is answered, too.
func (u unknown) Decode(c *op.Call, event []byte) (err error) {
	if !op.IsSocket(event) {
		c.Request, err = op.ReadHTTP(event)
		return err
	}
	if c.Request, err = op.ReadSocket(event); err != nil {
		return err
	}
	f, _ := readFrame(c.Request.Body) // refuse says what is wrong
	c.Request.Event, c.Request.ID = c.Request.Body, f.ID
	return nil
}

// Identify implements op.Protocol.
func (unknown) Identify(context.Context, *op.Call) error { return nil }
