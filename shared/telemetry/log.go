package telemetry

import (
	"io"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"parley/shared/plainjson"
)

// A Logger writes the log lines of a function. It may be used by several goroutines.
type Logger struct {
	stage string
	level slog.Level

	mu   sync.Mutex
	w    io.Writer
	line []byte // the memory of the last line, which the next one uses again
}

// NewLogger returns a logger that writes JSON lines. Each has the stage, because the metrics
// of all stages of an AWS account are in one namespace. A line under the level is not
// written.
func NewLogger(w io.Writer, stage string, level slog.Level) *Logger {
	return &Logger{stage: stage, level: level, w: w}
}

// A Line is what the log line of every call has.
type Line struct {
	Level                     slog.Level
	Operation, Surface, Group string
	Outcome                   string // ok, refused (the caller is the cause) or fault (Parley is)
	Took                      time.Duration
	Cold                      bool
	Units                     Units
	Code                      int    // the surface's number of the error, 0 for success
	Error                     string // why Parley failed, or ""
	Reason                    string // why the call was refused, or ""
	App                       int64  // the application, or 0
	Request                   string // the id of the request, or ""
	// Fields are what the operation adds to the line.
	Fields []Field
	// Notes are failures that did not fail the call. Each kind of note is a field and a
	// metric, in the lines of the calls that have one.
	Notes map[string]Note
}

// A Field is a name and a text of a log line.
type Field struct{ Name, Text string }

// Write writes the log line of a call. The line is a log record and also a CloudWatch
// metric record (Embedded Metric Format). Each new set of values of the dimensions is a
// metric that must be paid, so the metrics have few: calls (L) have stage, surface and
// outcome, the duration has stage and surface, and what was consumed has the stage. The
// operation, its group and the application are fields and not dimensions.
func (l *Logger) Write(line Line) {
	if line.Level < l.level {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.line = l.append(l.line[:0], time.Now(), line)
	_, _ = l.w.Write(l.line) // nobody could be told of an error
}

// append appends the text of a line.
func (l *Logger) append(b []byte, now time.Time, line Line) []byte {
	b = append(b, `{"time":"`...)
	b = now.AppendFormat(b, time.RFC3339Nano)
	b = append(b, '"')
	for _, f := range []Field{
		{"level", line.Level.String()}, {"msg", "call"}, {"stage", l.stage}, {"operation", line.Operation},
		{"surface", line.Surface}, {"group", line.Group}, {"outcome", line.Outcome},
	} {
		b = appendText(b, f)
	}
	b = appendFloat(b, "duration_ms", float64(line.Took.Microseconds())/1000)
	b = strconv.AppendBool(append(b, `,"cold":`...), line.Cold)
	b = appendFloat(b, "W", line.Units.W)
	b = appendFloat(b, "R", line.Units.R)
	b = appendInt(b, "S", int64(line.Units.S))
	b = appendInt(b, "L", int64(line.Units.L))
	b = appendInt(b, "P", int64(line.Units.P))
	b = appendInt(b, "code", int64(line.Code))
	if line.Error != "" {
		b = appendText(b, Field{"error", line.Error})
	}
	if line.Reason != "" {
		b = appendText(b, Field{"reason", line.Reason})
	}
	if line.App != 0 {
		b = appendInt(b, "app", line.App)
	}
	if line.Request != "" {
		b = appendText(b, Field{"request", line.Request})
	}
	for _, f := range line.Fields {
		b = appendText(b, f)
	}
	var kinds []string
	if len(line.Notes) > 0 {
		kinds = slices.Sorted(maps.Keys(line.Notes))
	}
	for _, kind := range kinds {
		b = appendInt(b, kind, int64(line.Notes[kind].Count))
		b = appendTexts(b, kind+"_which", line.Notes[kind].Which)
	}
	b = appendMetrics(b, now, kinds)
	return append(b, "}\n"...)
}

// appendMetrics appends the field _aws of a line that has the given kinds of notes, with the
// names that the Embedded Metric Format gives its parts.
func appendMetrics(b []byte, now time.Time, kinds []string) []byte {
	b = appendName(b, "_aws")
	b = append(b, `{"Timestamp":`...)
	b = strconv.AppendInt(b, now.UnixMilli(), 10)
	b = append(b, `,"CloudWatchMetrics":[`+
		`{"Namespace":"Parley","Dimensions":[["stage","surface","outcome"]],"Metrics":[{"Name":"L","Unit":"Count"}]},`+
		`{"Namespace":"Parley","Dimensions":[["stage","surface"]],"Metrics":[{"Name":"duration_ms","Unit":"Milliseconds"}]},`+
		`{"Namespace":"Parley","Dimensions":[["stage"]],"Metrics":[{"Name":"W","Unit":"Count"},{"Name":"R","Unit":"Count"},`+
		`{"Name":"S","Unit":"Count"},{"Name":"P","Unit":"Count"}`...)
	for _, kind := range kinds {
		b = append(b, `,{"Name":`...)
		b = plainjson.AppendText(b, kind)
		b = append(b, `,"Unit":"Count"}`...)
	}
	return append(b, `]}]}`...)
}

// appendName begins a field.
func appendName(b []byte, name string) []byte {
	b = plainjson.AppendText(append(b, ','), name)
	return append(b, ':')
}

func appendText(b []byte, f Field) []byte { return plainjson.AppendText(appendName(b, f.Name), f.Text) }

func appendInt(b []byte, name string, n int64) []byte {
	return strconv.AppendInt(appendName(b, name), n, 10)
}

func appendFloat(b []byte, name string, n float64) []byte {
	return strconv.AppendFloat(appendName(b, name), n, 'f', -1, 64)
}

func appendTexts(b []byte, name string, texts []string) []byte {
	b = append(appendName(b, name), '[')
	for i, text := range texts {
		if i > 0 {
			b = append(b, ',')
		}
		b = plainjson.AppendText(b, text)
	}
	return append(b, ']')
}
