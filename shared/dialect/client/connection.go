package client

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"parley/shared/dialect"
	v4 "parley/shared/dialect/v4"
	"parley/shared/fault"
	"parley/shared/op"
)

// Protocol is the sub-protocol that the server selects.
const Protocol = "im.v1"

// Authorizer makes the operation that decides who may open a connection. run is
// called once the signature is checked.
func Authorizer(run func(context.Context, *op.Call) error, options ...op.Option) op.Operation {
	return op.New(op.Operation{
		Name:     "client.session.authorizer",
		Doors:    []op.Door{{Authorizer: true}},
		Func:     op.FuncName(run),
		Protocol: authorizer{},
		Run:      func(ctx context.Context, c *op.Call) (any, error) { return nil, run(ctx, c) },
	}, append([]op.Option{op.Opens(), op.Admits()}, options...)...)
}

// Lifecycle makes the operation of $connect or $disconnect. A $disconnect is no
// wish of the caller's but what has happened, so that it is taken from everybody.
func Lifecycle(name, route string, run func(context.Context, *op.Call) error, options ...op.Option) op.Operation {
	return op.New(op.Operation{
		Name:     "client.session." + name,
		Doors:    []op.Door{{Socket: route}},
		Func:     op.FuncName(run),
		Protocol: lifecycle{},

		ChecksCaller: route == "$disconnect",

		Run: func(ctx context.Context, c *op.Call) (any, error) { return nil, run(ctx, c) },
	}, append([]op.Option{op.Opens()}, options...)...)
}

// signature finds the UserSig of an upgrade request: the second sub-protocol, or
// the query parameter (docs/client-protocol.md §2).
func signature(r op.Request) (sig string, protocols bool) {
	if list, ok := r.Header["sec-websocket-protocol"]; ok {
		parts := strings.Split(list, ",")
		if len(parts) > 1 && strings.TrimSpace(parts[0]) == Protocol {
			return strings.TrimSpace(parts[1]), true
		}
		protocols = true
	}
	return r.Query["usersig"], protocols
}

type authorizer struct{}

// Decode implements op.Protocol.
func (authorizer) Decode(c *op.Call, event []byte) (err error) {
	c.Request, err = op.ReadSocket(event)
	return err
}

// Identify implements op.Protocol.
func (authorizer) Identify(ctx context.Context, c *op.Call) error {
	q := c.Request.Query
	sig, _ := signature(c.Request)
	open, issued, err := dialect.Identify(ctx, c.App.Directory, q["sdkappid"], q["identifier"], sig, c.App.Now())
	if open != nil {
		c.Serve(open)
	}
	if err != nil {
		return err
	}
	c.Caller = op.Caller{Account: q["identifier"], Issued: issued, Platform: q["platform"], Instance: q["instance"]}
	return nil
}

type statement struct {
	Action   string `json:"Action"`
	Effect   string `json:"Effect"`
	Resource string `json:"Resource"`
}

type policy struct {
	Version   string      `json:"Version"`
	Statement []statement `json:"Statement"`
}

type decision struct {
	Principal string            `json:"principalId"`
	Policy    policy            `json:"policyDocument"`
	Context   map[string]string `json:"context,omitempty"`
}

// errUnauthorized is the text that makes the gateway answer 401.
var errUnauthorized = errors.New("Unauthorized") //nolint:staticcheck // the service compares this very word

// Encode implements op.Protocol: a policy that allows, with who the caller is;
// one that refuses, which the gateway answers with 403; or the error that it
// answers with 401.
func (authorizer) Encode(c *op.Call, _ any, err error) ([]byte, error) {
	d := decision{Principal: c.Caller.Account, Policy: policy{
		Version:   "2012-10-17",
		Statement: []statement{{Action: "execute-api:Invoke", Effect: "Allow", Resource: c.Request.Path}},
	}}
	if err != nil {
		switch code := fault.Of(err).Code; {
		case code.Ours():
			return nil, errors.New("internal error")
		case code >= fault.CallerMissing && code <= fault.SignatureRevoked, code == fault.SignatureEarly:
			return nil, errUnauthorized
		}
		d.Policy.Statement[0].Effect = "Deny"
		if d.Principal == "" {
			d.Principal = "nobody"
		}
		return json.Marshal(d)
	}
	d.Context = map[string]string{
		"app": c.Request.Query["sdkappid"], "user": c.Caller.Account, "platform": c.Caller.Platform,
		"instance": c.Caller.Instance, "issued": strconv.FormatInt(c.Caller.Issued.Unix(), 10),
	}
	return json.Marshal(d)
}

// Number implements op.Protocol.
func (authorizer) Number(_ *op.Call, err error) int {
	n, _ := v4.Gateway().Of(err)
	return n
}

type lifecycle struct{}

// Decode implements op.Protocol.
func (lifecycle) Decode(c *op.Call, event []byte) (err error) {
	c.Request, err = op.ReadSocket(event)
	return err
}

// Identify implements op.Protocol.
func (lifecycle) Identify(ctx context.Context, c *op.Call) error { return byContext(ctx, c) }

// Encode implements op.Protocol. A client that offered sub-protocols is answered
// with ours, without which a browser refuses the connection.
func (lifecycle) Encode(c *op.Call, _ any, err error) ([]byte, error) {
	if err != nil {
		code := 403
		switch f := fault.Of(err).Code; {
		case f.Ours():
			code = 500
		case f == fault.Throttled:
			code = 429
		case f >= fault.CallerMissing && f <= fault.SignatureRevoked:
			code = 401
		}
		return op.Answer(code, nil, nil)
	}
	var header map[string]string
	if _, offered := signature(c.Request); offered {
		header = map[string]string{"Sec-WebSocket-Protocol": Protocol}
	}
	return op.Answer(200, header, nil)
}

// Number implements op.Protocol.
func (lifecycle) Number(_ *op.Call, err error) int {
	n, _ := v4.Gateway().Of(err)
	return n
}
