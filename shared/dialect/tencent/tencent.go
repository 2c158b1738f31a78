// Package tencent speaks the v4 server REST API: POST /v4/{service}/{command}
// with the caller in the query, HTTP status 200 always, and the outcome in the
// body (core spec §1).
package tencent

import (
	"bytes"
	"context"
	"encoding/json"

	"parley/shared/dialect"
	v4 "parley/shared/dialect/v4"
	"parley/shared/fault"
	"parley/shared/op"
	"parley/shared/plainjson"
)

// A Service is the middle part of a command's path, with the error numbers it
// answers.
type Service struct {
	Path    string // "openim"
	Group   string // the group of its operations' names: "message"
	Numbers v4.Numbers
	// Display: its envelope has an ErrorDisplay, always empty (core spec §1.2).
	Display bool
	// Members: users may call it as well; the command says what they may do.
	Members bool
}

// Command makes the operation of one command. Its caller is an admin of the
// application, or a user where the service has Members.
func Command[In, Out any](s Service, name string, run func(context.Context, *op.Call, In) (Out, error), options ...op.Option) op.Operation {
	return op.New(op.Operation{
		Name:     "tencent." + s.Group + "." + name,
		Doors:    []op.Door{{HTTP: "POST /v4/" + s.Path + "/" + name}},
		Func:     op.FuncName(run),
		Protocol: protocol{numbers: s.Numbers, display: s.Display, members: s.Members},
		Run: func(ctx context.Context, c *op.Call) (any, error) {
			var in In
			if err := v4.Decode(c.Request.Body, &in); err != nil {
				return nil, err
			}
			return run(ctx, c, in)
		},
	}, append([]op.Option{op.Opens(), op.Admits()}, options...)...)
}

// Unknown makes the operation that answers what no command's route takes: an
// unknown command, or a known one with a method that is not POST.
func Unknown(known func(path string) bool) op.Operation {
	return op.New(op.Operation{
		Name:     "tencent.gateway.unknown",
		Doors:    []op.Door{{HTTP: "ANY /v4/{proxy+}"}},
		Func:     "tencent.Unknown",
		Protocol: unknown{protocol{numbers: v4.Gateway()}},
		Run: func(_ context.Context, c *op.Call) (any, error) {
			if known(c.Request.Path) {
				return nil, v4.Refuse(wrongMethod, "commands are called with POST, not %.10s", c.Request.Method)
			}
			return nil, fault.New(fault.UnknownOperation, "there is no command %.100q", c.Request.Path)
		},
	}, op.Takes(128, lookup))
}

// Status lets an answer say more than OK (core spec §1.2).
type Status interface {
	ActionStatus() string
}

// Info lets a success say something (core spec §1.2).
type Info interface {
	ErrorInfo() string
}

type protocol struct {
	numbers v4.Numbers
	display bool
	members bool
}

// Decode implements op.Protocol.
func (protocol) Decode(c *op.Call, event []byte) (err error) {
	c.Request, err = op.ReadHTTP(event)
	return err
}

// Identify implements op.Protocol. The identifier must be an admin, but for
// members.
func (p protocol) Identify(ctx context.Context, c *op.Call) error {
	q := c.Request.Query
	open, issued, err := dialect.Identify(ctx, c.App.Directory, q["sdkappid"], q["identifier"], q["usersig"], c.App.Now())
	if open != nil {
		c.Serve(open)
	}
	if err != nil {
		return err
	}
	c.Caller = op.Caller{Account: q["identifier"], Admin: open.IsAdmin(q["identifier"]), Issued: issued}
	if !c.Caller.Admin && !p.members {
		return fault.New(fault.NotAdmin, "identifier %q is not an admin of the application", q["identifier"])
	}
	return nil
}

type envelope struct {
	Status string `json:"ActionStatus"`
	Code   int    `json:"ErrorCode"`
	Info   string `json:"ErrorInfo"`
	// Display is always empty, where it is there at all.
	Display *string `json:"ErrorDisplay,omitempty"`
}

// Encode implements op.Protocol: the envelope with the answer's fields in it.
func (p protocol) Encode(_ *op.Call, out any, err error) ([]byte, error) {
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
	return op.Answer(200, map[string]string{
		"Content-Type": "application/json", "Access-Control-Allow-Origin": "*",
		"Access-Control-Allow-Headers": "X-Requested-With", "Access-Control-Allow-Methods": "POST",
	}, body)
}

// Number implements op.Protocol.
func (p protocol) Number(_ *op.Call, err error) int {
	n, _ := p.numbers.Of(err)
	return n
}

// unknown is the protocol where no caller is asked for: the path is looked at
// first (core spec §1.5).
type unknown struct{ protocol }

// Identify implements op.Protocol.
func (unknown) Identify(context.Context, *op.Call) error { return nil }
