package op

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"

	"parley/shared/app"
	"parley/shared/domain/accounts"
	"parley/shared/fault"
	"parley/shared/telemetry"
)

// A Limiter may refuse a call of an identified caller with fault.Throttled.
type Limiter interface {
	Allow(ctx context.Context, c *Call) error
}

// A Server serves one operation.
type Server struct {
	operation *Operation
	app       *app.App
	log       *slog.Logger
	limiter   Limiter
	warm      atomic.Bool
}

// NewServer returns a Server. A nil limiter refuses nothing.
func NewServer(o *Operation, a *app.App, log *slog.Logger, limiter Limiter) *Server {
	return &Server{operation: o, app: a, log: log, limiter: limiter}
}

// Invoke is the chain of a call: recover, decode the event, identify, limit, look
// at the caller's account, run (which decodes the body), encode, log. Every
// operation passes here. The call is answered and logged before the deadline of
// ctx, whatever the operation does.
func (s *Server) Invoke(ctx context.Context, event []byte) (answer []byte, err error) {
	began := time.Now()
	meter := telemetry.MeterOf(ctx)
	if meter == nil {
		meter = &telemetry.Meter{}
		ctx = telemetry.WithMeter(ctx, meter)
	}
	meter.Count(telemetry.Units{L: 1})
	c := &Call{Operation: s.operation, App: s.app}
	var out any
	failure := s.decode(c, event)
	if failure == nil {
		c, out, failure = s.bounded(ctx, c)
	}
	answer, err = s.encode(c, out, failure)
	if err == nil {
		err = c.carried(answer)
	}
	if err != nil && failure == nil {
		failure = err // an answer that cannot be written is a fault like any other
		answer, err = s.encode(c, nil, failure)
	}
	s.tell(ctx, c, failure, time.Since(began), meter)
	return answer, err
}

// recovered turns a panic into an error with its stack.
func recovered(p any) error { return fmt.Errorf("panic: %v\n%s", p, debug.Stack()) }

func (s *Server) encode(c *Call, out any, failure error) (answer []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			answer, err = nil, recovered(p)
		}
	}()
	return s.operation.Protocol.Encode(c, out, failure)
}

func (s *Server) decode(c *Call, event []byte) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = recovered(p)
		}
	}()
	return s.operation.Protocol.Decode(c, event)
}

func (s *Server) run(ctx context.Context, c *Call) (out any, err error) {
	defer func() {
		if p := recover(); p != nil {
			out, err = nil, recovered(p)
		}
	}()
	if err := s.operation.Protocol.Identify(ctx, c); err != nil {
		return nil, err
	}
	if s.limiter != nil {
		if err := s.limiter.Allow(ctx, c); err != nil {
			return nil, err
		}
	}
	if err := s.admit(ctx, c); err != nil {
		return nil, err
	}
	return s.operation.Run(ctx, c)
}

// admit refuses a caller whose account is deleted or banned, or whose signature
// was revoked. What has no caller, a job or an operator's call, passes.
func (s *Server) admit(ctx context.Context, c *Call) error {
	if c.Caller.Account == "" || s.operation.ChecksCaller {
		return nil
	}
	return s.app.Callers.Admit(ctx, c.ID, accounts.Caller{
		ID: c.Caller.Account, Issued: c.Caller.Issued, Admin: c.Caller.Admin,
	})
}

// tell writes the call's one line.
func (s *Server) tell(ctx context.Context, c *Call, failure error, took time.Duration, meter *telemetry.Meter) {
	outcome, level := "ok", slog.LevelInfo
	fields := make([]any, 0, 32)
	if failure != nil {
		number := s.operation.Protocol.Number(c, failure)
		fields = append(fields, "code", number)
		outcome = "refused"
		if ours(failure) {
			outcome, level = "fault", slog.LevelError
			fields = append(fields, "error", failure.Error())
		} else {
			fields = append(fields, "reason", failure.Error())
		}
	} else {
		fields = append(fields, "code", 0)
	}
	notes := meter.Notes()
	if len(notes) > 0 && level == slog.LevelInfo {
		level = slog.LevelWarn
	}
	app, own := c.notes().all()
	if app = max(app, c.ID); app != 0 {
		fields = append(fields, "app", app)
	}
	if c.Request.ID != "" {
		fields = append(fields, "request", c.Request.ID)
	}
	fields = append(fields, own...)
	telemetry.Tell(ctx, s.log, level, telemetry.Line{
		Operation: s.operation.Name, Surface: s.operation.Surface(), Group: s.operation.Group(),
		Outcome: outcome, Took: took, Cold: !s.warm.Swap(true), Units: meter.Units(), Notes: notes,
	}, fields...)
}

// ours reports whether a failure is Parley's: an error that no part of the chain
// turned into a refusal, or one that says so itself.
func ours(err error) bool {
	var refusal interface{ Refusal() bool }
	if errors.As(err, &refusal) && refusal.Refusal() {
		return false
	}
	return fault.Of(err).Code.Ours()
}
