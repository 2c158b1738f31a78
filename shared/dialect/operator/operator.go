// Package operator is the dialect of the operator of a deployment: JSON over HTTP. API
// Gateway accepts only calls that are signed for the AWS account (AWS_IAM). The local
// cloud accepts every call.
package operator

import (
	"context"
	"encoding/json"
	"net/http"

	v4 "parley/shared/dialect/v4"
	"parley/shared/fault"
	"parley/shared/op"
)

// Action returns the operation POST /operator/{name}.
func Action[In, Out any](name string, run func(context.Context, *op.Call, In) (Out, error), options ...op.Option) op.Operation {
	return op.New(op.Operation{
		Name:     "operator." + name,
		Triggers: []op.Trigger{{HTTP: "POST /operator/" + name, IAM: true}},
		Func:     run,
		Protocol: protocol{},
		Run: func(ctx context.Context, c *op.Call) (any, error) {
			var in In
			if err := v4.Decode(c.Request.Body, &in); err != nil {
				return nil, err
			}
			return run(ctx, c, in)
		},
	}, options...)
}

type protocol struct{}

// Decode implements op.Protocol.
func (protocol) Decode(c *op.Call, event []byte) (err error) {
	c.Request, err = op.ReadHTTP(event)
	return err
}

// Identify implements op.Protocol. It does nothing: API Gateway has checked the caller.
func (protocol) Identify(context.Context, *op.Call) error { return nil }

type answer struct {
	Code  int    `json:"code"`
	Error string `json:"error,omitempty"`
	Body  any    `json:"body,omitempty"`
}

// Encode implements op.Protocol. The error numbers are the codes of package fault.
func (p protocol) Encode(c *op.Call, out any, err error) ([]byte, error) {
	a, status := answer{Body: out}, http.StatusOK
	if err != nil {
		a = answer{Code: p.Number(c, err), Error: fault.Of(err).Sentence(v4.FieldName)}
		status = http.StatusBadRequest
		if code := fault.Of(err).Code; code.Ours() {
			status = http.StatusInternalServerError
		} else if code == fault.AppUnknown {
			status = http.StatusNotFound
		}
	}
	body, err := json.Marshal(a)
	if err != nil {
		return nil, err
	}
	return c.Answer(status, map[string]string{"Content-Type": "application/json", "Cache-Control": "no-store"}, body)
}

// Number implements op.Protocol.
func (protocol) Number(_ *op.Call, err error) int { return int(fault.Of(err).Code) }
