package telemetry

import (
	"context"
	"io"
	"log/slog"
	"maps"
	"slices"
	"time"
)

// NewLogger returns a logger that writes JSON lines. Each has the stage, because the metrics
// of all stages of an AWS account are in one namespace.
func NewLogger(w io.Writer, stage string, level slog.Level) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level})).With("stage", stage)
}

// A Line is what the log line of every call has.
type Line struct {
	Operation, Surface, Group string
	Outcome                   string // ok, refused (the caller is the cause) or fault (Parley is)
	Took                      time.Duration
	Cold                      bool
	Units                     Units
	// Notes are failures that did not fail the call. Each kind of note is a field and a
	// metric, in the lines of the calls that have one.
	Notes map[string]Note
}

// Tell writes the log line of a call. The line is a log record and also a CloudWatch
// metric record (Embedded Metric Format). Each new set of values of the dimensions is a
// metric that must be paid, so the metrics have few: calls (L) have stage, surface and
// outcome, the duration has stage and surface, and what was consumed has the stage. The
// operation, its group and the application are fields and not dimensions.
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

// metric, directive and envelope are the parts of the field _aws, with the names that the
// Embedded Metric Format gives them.
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

// emf returns the field _aws of a line that has the given kinds of notes.
func emf(at int64, kinds []string) envelope {
	of := func(metrics []metric, dimensions ...string) directive {
		return directive{Namespace: "Parley", Dimensions: [][]string{dimensions}, Metrics: metrics}
	}
	consumed := []metric{{"W", "Count"}, {"R", "Count"}, {"S", "Count"}, {"P", "Count"}}
	for _, kind := range kinds {
		consumed = append(consumed, metric{kind, "Count"})
	}
	return envelope{Timestamp: at, CloudWatchMetrics: []directive{
		of([]metric{{"L", "Count"}}, "stage", "surface", "outcome"),
		of([]metric{{"duration_ms", "Milliseconds"}}, "stage", "surface"),
		of(consumed, "stage"),
	}}
}
