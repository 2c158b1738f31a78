package client

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"parley/shared/dialect"
	"parley/shared/dialect/usersig"
	v4 "parley/shared/dialect/v4"
	"parley/shared/fault"
	"parley/shared/op"
)

// SubProtocol is the WebSocket sub-protocol that the server selects.
const SubProtocol = "im.v1"

// Authorizer returns the operation that decides who may open a connection. run is called
// after the signature was checked.
func Authorizer(run func(context.Context, *op.Call) error, options ...op.Option) op.Operation {
	return op.New(op.Operation{
		Name:     "client.session.authorizer",
		Triggers: []op.Trigger{{Authorizer: true}},
		Func:     run,
		Protocol: authorizer{&usersig.Parser{}},
		Run:      func(ctx context.Context, c *op.Call) (any, error) { return nil, run(ctx, c) },
	}, append([]op.Option{op.ChecksSignatures(), op.ReadsCallerAccount()}, options...)...)
}

// Lifecycle returns the operation of $connect or $disconnect. For $disconnect the account
// of the caller is not checked: the event reports that a connection has ended, also the
// connection of a banned user.
func Lifecycle(name, route string, run func(context.Context, *op.Call) error, options ...op.Option) op.Operation {
	return op.New(op.Operation{
		Name:     "client.session." + name,
		Triggers: []op.Trigger{{Socket: route}},
		Func:     run,
		Protocol: lifecycle{},

		ChecksCaller: route == "$disconnect",

		Run: func(ctx context.Context, c *op.Call) (any, error) { return nil, run(ctx, c) },
	}, append([]op.Option{op.ReadsSettings()}, options...)...)
}

// signature returns the UserSig of an upgrade request: the second sub-protocol, or the
// query parameter (docs/client-protocol.md §2). offered reports whether the client offers
// sub-protocols.
func signature(r op.Request) (sig string, offered bool) {
	if list, ok := r.Header["sec-websocket-protocol"]; ok {
		parts := strings.Split(list, ",")
		if len(parts) > 1 && strings.TrimSpace(parts[0]) == SubProtocol {
			return strings.TrimSpace(parts[1]), true
		}
		offered = true
	}
	return r.Query["usersig"], offered
}

type authorizer struct{ tokens *usersig.Parser }

// Decode implements op.Protocol.
func (authorizer) Decode(c *op.Call, event []byte) (err error) {
	c.Request, err = op.ReadSocket(event)
	return err
}

// Identify implements op.Protocol.
func (a authorizer) Identify(ctx context.Context, c *op.Call) error {
	q := c.Request.Query
	sig, _ := signature(c.Request)
	found, issued, err := dialect.Identify(ctx, c.App.Directory, a.tokens, q["sdkappid"], q["identifier"], sig, c.App.Now())
	if found != nil {
		c.SetApp(found)
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

// errUnauthorized has the text for which API Gateway answers 401.
var errUnauthorized = errors.New("Unauthorized") // API Gateway compares this word

// Encode implements op.Protocol. It returns a policy that allows, with the caller in its
// context; a policy that denies, for which API Gateway answers 403; or errUnauthorized,
// for which it answers 401.
func (authorizer) Encode(c *op.Call, _ any, err error) ([]byte, error) {
	d := decision{Principal: c.Caller.Account, Policy: policy{
		Version:   "2012-10-17",
		Statement: []statement{{Action: "execute-api:Invoke", Effect: "Allow", Resource: c.Request.Path}},
	}}
	if err != nil {
		switch fault.Of(err).Code.Class() {
		case fault.ClassOurs:
			return nil, errors.New("internal error")
		case fault.ClassIdentity:
			return nil, errUnauthorized
		default:
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
func (lifecycle) Identify(ctx context.Context, c *op.Call) error { return identifyByContext(ctx, c) }

// Encode implements op.Protocol. If the client offered sub-protocols, the answer selects
// Protocol: without it a browser closes the connection.
func (lifecycle) Encode(c *op.Call, _ any, err error) ([]byte, error) {
	if err != nil {
		status, code := http.StatusForbidden, fault.Of(err).Code
		switch {
		case code.Class() == fault.ClassOurs:
			status = http.StatusInternalServerError
		case code.Class() == fault.ClassIdentity:
			status = http.StatusUnauthorized
		case code == fault.Throttled:
			status = http.StatusTooManyRequests
		}
		return op.Answer(status, nil, nil)
	}
	var header map[string]string
	if _, offered := signature(c.Request); offered {
		header = map[string]string{"Sec-WebSocket-Protocol": SubProtocol}
	}
	return op.Answer(200, header, nil)
}

// Number implements op.Protocol.
func (lifecycle) Number(_ *op.Call, err error) int {
	n, _ := v4.Gateway().Of(err)
	return n
}
