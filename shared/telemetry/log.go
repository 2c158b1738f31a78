package telemetry

import (
	"context"
	"io"
	"log/slog"
	"maps"
	"slices"
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
	// Notes are what went wrong in a call that may have succeeded all the same. Each
	// kind is a field and a metric, of the calls that have it alone.
	Notes map[string]Note
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
	kinds := slices.Sorted(maps.Keys(l.Notes))
	for _, kind := range kinds {
		args = append(args, kind, l.Notes[kind].Count, kind+"_which", l.Notes[kind].Which)
	}
	args = append(args, "_aws", emf(time.Now().UnixMilli(), kinds))
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

func emf(at int64, kinds []string) envelope {
	e := envelope{Timestamp: at, CloudWatchMetrics: []directive{{
		Namespace:  "Parley",
		Dimensions: [][]string{{"surface", "group", "outcome"}},
		Metrics: []metric{
			{"duration_ms", "Milliseconds"}, {"W", "Count"}, {"R", "Count"}, {"S", "Count"}, {"L", "Count"}, {"P", "Count"},
		},
	}}}
	for _, kind := range kinds {
		m := &e.CloudWatchMetrics[0].Metrics
		*m = append(*m, metric{kind, "Count"})
	}
	return e
}
