// Package client is the dialect of the client protocol im.v1 (docs/client-protocol.md): the
// same operations over WebSocket and over HTTP.
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
	"parley/shared/dialect/usersig"
	v4 "parley/shared/dialect/v4"
	"parley/shared/fault"
	"parley/shared/op"
	"parley/shared/plainjson"
)

// maxFrameID is the maximum length of the id of a frame, in bytes.
const maxFrameID = 64

// Action returns the operation of one action, with an HTTP and a WebSocket trigger.
func Action[In, Out any](name string, numbers v4.Numbers, run func(context.Context, *op.Call, In) (Out, error), options ...op.Option) op.Operation {
	return op.New(op.Operation{
		Name:     "client." + name,
		Triggers: []op.Trigger{{HTTP: "POST /client/" + name}, {Socket: name}},
		Func:     run,
		Protocol: protocol{numbers, &usersig.Parser{}},
		Run: func(ctx context.Context, c *op.Call) (any, error) {
			var in In
			if err := v4.Decode(c.Request.Body, &in); err != nil {
				return nil, err
			}
			return run(ctx, c, in)
		},
	}, append([]op.Option{op.ChecksSignatures(), op.ReadsCallerAccount()}, options...)...)
}

// Unknown makes the operation that refuses frames and HTTP calls of an unknown action.
func Unknown() op.Operation {
	return op.New(op.Operation{
		Name:     "client.session.default",
		Triggers: []op.Trigger{{Socket: "$default"}, {HTTP: "ANY /client/{proxy+}"}},
		Func:     Unknown,
		Protocol: unknown{protocol{numbers: v4.Gateway()}},
		Run:      refuse,
	}, op.Timeout(3*time.Second))
}

// refuse returns the error for a frame or an HTTP call of an unknown action.
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

// readFrame reads a frame. If it refuses the frame, it still returns the id, if the id can
// be read, so that the client knows which call failed. Example: the frame
// {"action":"message.send","id":"7","body":{"a":1,"a":2}} has a name twice. It is refused
// with id 7.
func readFrame(text []byte) (f frame, err error) {
	if err = plainjson.Unmarshal(text, &f); err != nil {
		err = fault.New(fault.Malformed, "the frame is not a JSON object with action, id and body: %s", err)
		f = frame{}
		_ = json.Unmarshal(text, &f) // reads what can be read
		f.Body = nil
	}
	if len(f.ID) > maxFrameID {
		f.ID, err = "", fault.New(fault.Malformed, "id is over %d bytes", maxFrameID)
	}
	return f, err
}

type protocol struct {
	numbers v4.Numbers
	tokens  *usersig.Parser
}

// Decode implements op.Protocol for both triggers.
func (protocol) Decode(c *op.Call, event []byte) (err error) {
	if c.Request, err = op.ReadEvent(event); err != nil || c.Request.Connection == "" {
		return err
	}
	f, err := readFrame(c.Request.Body)
	c.Request.ID, c.Request.Body = f.ID, f.Body // the answer has the id of the frame, not that of API Gateway
	if err != nil {
		return err
	}
	if len(f.Body) == 0 || string(f.Body) == "null" {
		c.Request.Body = []byte("{}")
	}
	return nil
}

// Identify implements op.Protocol. The caller of a frame was checked when the connection
// was opened. An HTTP call has a signature.
func (p protocol) Identify(ctx context.Context, c *op.Call) error {
	if c.Request.Connection != "" {
		return identifyByContext(ctx, c)
	}
	app, user, signature, err := parseAuthorization(c.Request.Header["authorization"])
	if err != nil {
		return err
	}
	found, issued, err := dialect.Identify(ctx, c.App.Directory, p.tokens, app, user, signature, c.App.Now())
	if found != nil {
		c.SetApp(found)
	}
	if err != nil {
		return err
	}
	c.Caller = op.Caller{Account: user, Issued: issued, Instance: c.Request.Header["parley-instance"]}
	return nil
}

// parseAuthorization reads the header "UserSig <sdkappid> <identifier> <usersig>". The
// identifier may have spaces.
func parseAuthorization(header string) (app, user, signature string, err error) {
	rest, ok := strings.CutPrefix(header, "UserSig ")
	first, last := strings.IndexByte(rest, ' '), strings.LastIndexByte(rest, ' ')
	if !ok || first < 0 || last <= first {
		return "", "", "", fault.New(fault.CallerMissing, "the header Authorization is not of the form: UserSig <sdkappid> <identifier> <usersig>")
	}
	return rest[:first], rest[first+1 : last], rest[last+1:], nil
}

// identifyByContext takes the caller from the context that the authorizer returned when
// the connection was opened.
func identifyByContext(ctx context.Context, c *op.Call) error {
	value := func(name string) string {
		switch v := c.Request.Context[name].(type) {
		case string:
			return v
		case float64:
			return strconv.FormatFloat(v, 'f', -1, 64)
		}
		return ""
	}
	id, err := strconv.ParseInt(value("app"), 10, 64)
	if err != nil || value("user") == "" {
		return fmt.Errorf("the event of route %s has no authorizer context", c.Request.Route)
	}
	issued, err := strconv.ParseInt(value("issued"), 10, 64)
	if err != nil {
		return fmt.Errorf("authorizer context: issued: %w", err)
	}
	c.AppID = id
	c.Caller = op.Caller{
		Account: value("user"), Issued: time.Unix(issued, 0), Platform: value("platform"), Instance: value("instance"),
	}
	found, err := c.App.Directory.Find(ctx, id)
	if err != nil {
		return err
	}
	c.SetApp(found)
	return nil
}

type answer struct {
	ID    string `json:"id,omitempty"`
	Code  int    `json:"code"`
	Error string `json:"error,omitempty"`
	Body  any    `json:"body,omitempty"`
}

// Encode implements op.Protocol: over WebSocket a frame, over HTTP a body and a status.
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
		marshal = json.Marshal // a refusal has no content of messages
	}
	body, err2 := marshal(a)
	if err2 != nil {
		return nil, err2
	}
	return c.Answer(status(err), map[string]string{"Content-Type": "application/json"}, body)
}

// status returns the HTTP status of an answer.
func status(err error) int {
	if err == nil || v4.AsFieldError(err) != nil {
		return http.StatusOK
	}
	code := fault.Of(err).Code
	switch code.Class() {
	case fault.ClassOurs:
		return http.StatusInternalServerError
	case fault.ClassIdentity, fault.ClassNotServed:
		return http.StatusUnauthorized
	case fault.ClassCaller, fault.ClassConflict, fault.ClassQuota:
	}
	if code == fault.Throttled {
		return http.StatusTooManyRequests
	}
	return http.StatusOK
}

// Number implements op.Protocol.
func (p protocol) Number(_ *op.Call, err error) int {
	n, _ := p.numbers.Of(err)
	return n
}

// unknown is the Protocol of an unknown action. It does not check the caller.
type unknown struct{ protocol }

// Decode implements op.Protocol. A malformed frame does not fail here, so that refuse
// answers it.
func (u unknown) Decode(c *op.Call, event []byte) (err error) {
	if c.Request, err = op.ReadEvent(event); err != nil || c.Request.Connection == "" {
		return err
	}
	f, _ := readFrame(c.Request.Body) // refuse reads the frame again and returns the error
	c.Request.Event, c.Request.ID = c.Request.Body, f.ID
	return nil
}

// Identify implements op.Protocol. It does nothing.
func (unknown) Identify(context.Context, *op.Call) error { return nil }
