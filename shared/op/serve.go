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
	log       *telemetry.Logger
	limiter   Limiter
	warm      atomic.Bool

	compressors compressors
}

// NewServer returns a Server. A nil limiter refuses nothing.
func NewServer(o *Operation, a *app.App, log *telemetry.Logger, limiter Limiter) *Server {
	return &Server{operation: o, app: a, log: log, limiter: limiter}
}

// Invoke runs the chain of a call: decode the event, identify the caller, apply the
// limits, check the caller's account, run the operation (which decodes the body), encode
// the answer, and write the log line. A panic before the log line is written becomes an
// error. Every call of every operation passes here. The call is answered and logged
// before the deadline of ctx, even if the operation does not return.
func (s *Server) Invoke(ctx context.Context, event []byte) (answer []byte, err error) {
	start := time.Now()
	meter := telemetry.MeterOf(ctx)
	if meter == nil {
		meter = &telemetry.Meter{}
		ctx = telemetry.WithMeter(ctx, meter)
	}
	meter.Count(telemetry.Units{L: 1})
	c := &Call{Operation: s.operation, App: s.app, compressors: &s.compressors}
	var out any
	failure := s.decode(c, event)
	if failure == nil {
		c, out, failure = s.runBounded(ctx, c)
	}
	answer, err = s.encode(c, out, failure)
	if err == nil {
		err = c.checkAnswerSize(answer)
	}
	if err != nil && failure == nil {
		failure = err // an answer that cannot be encoded or delivered is a fault like any other
		answer, err = s.encode(c, nil, failure)
	}
	s.writeLogLine(c, failure, time.Since(start), meter)
	return answer, err
}

// panicError returns an error for the value of a panic, with the stack.
func panicError(p any) error { return fmt.Errorf("panic: %v\n%s", p, debug.Stack()) }

// encode calls the Protocol's Encode and turns a panic into an error.
func (s *Server) encode(c *Call, out any, failure error) (answer []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			answer, err = nil, panicError(p)
		}
	}()
	return s.operation.Protocol.Encode(c, out, failure)
}

// decode calls the Protocol's Decode and turns a panic into an error.
func (s *Server) decode(c *Call, event []byte) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicError(p)
		}
	}()
	return s.operation.Protocol.Decode(c, event)
}

// run does the steps of the chain from the identity of the caller to the operation, and
// turns a panic into an error.
func (s *Server) run(ctx context.Context, c *Call) (out any, err error) {
	defer func() {
		if p := recover(); p != nil {
			out, err = nil, panicError(p)
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
	if err := s.checkCallerAccount(ctx, c); err != nil {
		return nil, err
	}
	return s.operation.Run(ctx, c)
}

// checkCallerAccount refuses a caller whose account is deleted or banned, or whose
// signature was made before the account was kicked. It does nothing for a call without
// a caller: a job, or a call of the operator.
func (s *Server) checkCallerAccount(ctx context.Context, c *Call) error {
	if c.Caller.Account == "" || s.operation.ChecksCaller {
		return nil
	}
	return s.app.Callers.Admit(ctx, c.AppID, accounts.Caller{
		ID: c.Caller.Account, Issued: c.Caller.Issued, Admin: c.Caller.Admin,
	})
}

// writeLogLine writes the one log line of a call.
func (s *Server) writeLogLine(c *Call, failure error, took time.Duration, meter *telemetry.Meter) {
	app, fields := c.log().all()
	line := telemetry.Line{
		Level: slog.LevelInfo, Operation: s.operation.Name, Surface: s.operation.Surface(), Group: s.operation.Group(),
		Outcome: "ok", Took: took, Cold: !s.warm.Swap(true), Units: meter.Units(), Notes: meter.Notes(),
		App: max(app, c.AppID), Request: c.Request.ID, Fields: fields,
	}
	if failure != nil {
		line.Code = s.operation.Protocol.Number(c, failure)
		line.Outcome, line.Reason = "refused", failure.Error()
		if isInternal(failure) {
			line.Level, line.Outcome = slog.LevelError, "fault"
			line.Error, line.Reason = line.Reason, ""
		}
	}
	if len(line.Notes) > 0 && line.Level == slog.LevelInfo {
		line.Level = slog.LevelWarn
	}
	s.log.Write(line)
}

// isInternal reports whether Parley is the cause of a failure, and not the caller. It is
// false for a refusal of a Protocol, and for a fault whose code blames the caller.
func isInternal(err error) bool {
	var refusal interface{ Refusal() bool }
	if errors.As(err, &refusal) && refusal.Refusal() {
		return false
	}
	return fault.Of(err).Code.Ours()
}
