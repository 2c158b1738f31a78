package telemetry

import (
	"context"
	"io"
	"log/slog"
	"time"
)

// NewLogger writes JSON lines.
func NewLogger(w io.Writer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level}))
}

// A Line is what every call's log line tells.
type Line struct {
	Operation, Surface, Group string
	Outcome                   string // ok, refused (the caller's doing) or fault (ours)
	Took                      time.Duration
	Cold                      bool
	Units                     Units
}

// Tell writes a call's line. It is at once a log record and a CloudWatch metric
// record (EMF): the dimensions are surface, group and outcome; the operation and
// the application are fields, since each new dimension value is a paid metric.
func Tell(ctx context.Context, log *slog.Logger, level slog.Level, l Line, fields ...any) {
	args := make([]any, 0, 24+len(fields))
	args = append(args,
		"operation", l.Operation, "surface", l.Surface, "group", l.Group, "outcome", l.Outcome,
		"duration_ms", float64(l.Took.Microseconds())/1000, "cold", l.Cold,
		"W", l.Units.W, "R", l.Units.R, "S", l.Units.S, "L", l.Units.L, "P", l.Units.P)
	args = append(args, fields...)
	args = append(args, "_aws", emf(time.Now().UnixMilli()))
	log.Log(ctx, level, "call", args...)
}

type metric struct {
	Name string
	Unit string
}

type directive struct {
	Namespace  string
	Dimensions [][]string
	Metrics    []metric
}

type envelope struct {
	Timestamp         int64
	CloudWatchMetrics []directive
}

func emf(at int64) envelope {
	return envelope{Timestamp: at, CloudWatchMetrics: []directive{{
		Namespace:  "Parley",
		Dimensions: [][]string{{"surface", "group", "outcome"}},
		Metrics: []metric{
			{"duration_ms", "Milliseconds"}, {"W", "Count"}, {"R", "Count"}, {"S", "Count"}, {"L", "Count"}, {"P", "Count"},
		},
	}}}
}
