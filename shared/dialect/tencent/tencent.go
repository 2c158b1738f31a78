// Package tencent is the dialect of the v4 server REST API (docs/spec/tencent §1). A call
// is POST /v4/{service}/{command} with the caller in the query. The HTTP status is always
// 200, and the outcome is in the body.
package tencent

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"time"

	"parley/shared/dialect"
	"parley/shared/dialect/usersig"
	v4 "parley/shared/dialect/v4"
	"parley/shared/fault"
	"parley/shared/op"
	"parley/shared/plainjson"
)

const (
	// wrongMethod is the error number for a request that is not a POST. The vendor
	// documents no number of its own for it. 60002 is "HTTP request or URL not
	// parseable" (docs/spec/tencent §12.1).
	wrongMethod = 60002
	// unknownTimeout is the timeout of the operation that answers unknown commands.
	unknownTimeout = 3 * time.Second
)

// A Service is one of the vendor's services: a set of commands with the same error
// numbers.
type Service struct {
	Path  string // the service in the path of a command: "openim"
	Group string // the group in the names of its operations: "message"
	Codes v4.Numbers
	// Display: the envelope of an answer has the field ErrorDisplay, which is always
	// empty (docs/spec/tencent §1.2).
	Display bool
	// AllowsUsers: not only admins but also users may call the service. Each command decides
	// what a user may do.
	AllowsUsers bool
}

// Command returns the operation of one command. The caller must be an admin of the
// application; if the service has AllowsUsers, the caller may also be a user.
func Command[In, Out any](s Service, name string, run func(context.Context, *op.Call, In) (Out, error), options ...op.Option) op.Operation {
	return op.New(op.Operation{
		Name:     "tencent." + s.Group + "." + name,
		Triggers: []op.Trigger{{HTTP: "POST /v4/" + s.Path + "/" + name}},
		Func:     run,
		Protocol: protocol{numbers: s.Codes, display: s.Display, members: s.AllowsUsers, tokens: &usersig.Parser{}},
		Run: func(ctx context.Context, c *op.Call) (any, error) {
			var in In
			if err := v4.Decode(c.Request.Body, &in); err != nil {
				return nil, err
			}
			return run(ctx, c, in)
		},
	}, append([]op.Option{op.ChecksSignatures(), op.ReadsCallerAccount()}, options...)...)
}

// Named gives an operation another last word than its command has. The name of a Lambda function has
// 64 characters at most, and that of an operation 40 of them.
func Named(word string) op.Option {
	return op.Sets(func(o *op.Operation) { o.Name = o.Name[:strings.LastIndexByte(o.Name, '.')+1] + word })
}

// Unknown makes the operation that refuses a call of an unknown command, and a call of a
// command with another method than POST.
func Unknown(known func(path string) bool) op.Operation {
	return op.New(op.Operation{
		Name:     "tencent.gateway.unknown",
		Triggers: []op.Trigger{{HTTP: "ANY /v4/{proxy+}"}},
		Func:     Unknown,
		Protocol: unknown{protocol{numbers: v4.Gateway()}},
		Run: func(_ context.Context, c *op.Call) (any, error) {
			if known(c.Request.Path) { // the path of a command
				return nil, v4.Refuse(wrongMethod, "commands are called with POST, not %.10s", c.Request.Method)
			}
			return nil, fault.New(fault.UnknownOperation, "there is no command %.100q", c.Request.Path)
		},
	}, op.Timeout(unknownTimeout))
}

// Status is an answer with an ActionStatus of its own, for example if items of a batch
// failed (docs/spec/tencent §1.2, §1.3).
type Status interface {
	ActionStatus() string
}

// Info is an answer that has an ErrorInfo although it is a success
// (docs/spec/tencent §1.2).
type Info interface {
	ErrorInfo() string
}

type protocol struct {
	numbers v4.Numbers
	display bool
	members bool
	tokens  *usersig.Parser
}

// Decode implements op.Protocol.
func (protocol) Decode(c *op.Call, event []byte) (err error) {
	c.Request, err = op.ReadHTTP(event)
	return err
}

// Identify implements op.Protocol. It refuses a caller who is not an admin, unless users
// may call the service.
func (p protocol) Identify(ctx context.Context, c *op.Call) error {
	q := c.Request.Query
	found, issued, err := dialect.Identify(ctx, c.App.Directory, p.tokens, q["sdkappid"], q["identifier"], q["usersig"], c.App.Now())
	if found != nil {
		c.SetApp(found)
	}
	if err != nil {
		return err
	}
	c.Caller = op.Caller{Account: q["identifier"], Admin: found.IsAdmin(q["identifier"]), Issued: issued}
	if !c.Caller.Admin && !p.members {
		return fault.New(fault.NotAdmin, "identifier %q is not an admin of the application", q["identifier"])
	}
	return nil
}

type envelope struct {
	Status string `json:"ActionStatus"`
	Code   int    `json:"ErrorCode"`
	Info   string `json:"ErrorInfo"`
	// Display is an empty text, or is left out.
	Display *string `json:"ErrorDisplay,omitempty"`
}

// Encode implements op.Protocol. The fields of the answer are written into the envelope.
func (p protocol) Encode(c *op.Call, out any, err error) ([]byte, error) {
	e := envelope{Status: "OK"}
	if p.display {
		e.Display = new(string)
	}
	if err != nil {
		e.Status = "FAIL"
		e.Code, e.Info = p.numbers.Of(err)
		out = nil
	} else if s, ok := out.(Status); ok {
		e.Status = s.ActionStatus()
	} else if i, ok := out.(Info); ok {
		e.Info = i.ErrorInfo()
	}
	body, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	if out != nil {
		fields, err := plainjson.Marshal(out)
		if err != nil {
			return nil, err
		}
		if fields = bytes.TrimSpace(fields); len(fields) > 2 {
			body = append(append(body[:len(body)-1], ','), fields[1:]...)
		}
	}
	return c.Answer(200, map[string]string{
		"Content-Type": "application/json", "Access-Control-Allow-Origin": "*",
		"Access-Control-Allow-Headers": "X-Requested-With", "Access-Control-Allow-Methods": "POST",
	}, body)
}

// Number implements op.Protocol.
func (p protocol) Number(_ *op.Call, err error) int {
	n, _ := p.numbers.Of(err)
	return n
}

// unknown is the Protocol of a path that is not a command. It does not check the caller,
// because the path is checked first (docs/spec/tencent §1.5).
type unknown struct{ protocol }

// Identify implements op.Protocol. It does nothing.
func (unknown) Identify(context.Context, *op.Call) error { return nil }
