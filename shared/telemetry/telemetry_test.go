package telemetry_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/shared/telemetry"
)

// TestMeterCountsConcurrentCalls: units and accesses of concurrent goroutines are counted,
// and a caller cannot change them.
func TestMeterCountsConcurrentCalls(t *testing.T) {
	m := telemetry.NewRecorder()
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			m.Count(telemetry.Units{W: 1, R: 0.5, S: 2, L: 3, P: 4})
			m.Touch("write messages")
			m.Touch("read accounts")
		})
	}
	wg.Wait()
	if got, want := m.Units(), (telemetry.Units{W: 50, R: 25, S: 100, L: 150, P: 200}); got != want {
		t.Errorf("counted %+v, want %+v", got, want)
	}
	if got, want := m.Touched(), []string{"read accounts", "write messages"}; !slices.Equal(got, want) {
		t.Errorf("touched %q, want %q", got, want)
	}
	m.Touched()[0] = "changed"
	if got := m.Touched()[0]; got != "read accounts" {
		t.Errorf("a caller changed the accesses: %q", got)
	}
}

// TestNilMeterCountsNothing: a context without a meter has a nil meter, which may be used.
func TestNilMeterCountsNothing(t *testing.T) {
	m := telemetry.MeterOf(t.Context())
	if m != nil {
		t.Fatalf("a context without a meter has %v", m)
	}
	m.Count(telemetry.Units{W: 1})
	m.Touch("post")
	if got := m.Units(); got != (telemetry.Units{}) || m.Touched() != nil {
		t.Errorf("no meter counted %+v, %q", got, m.Touched())
	}
	with := &telemetry.Meter{}
	if with.Touch("post"); with.Records() || with.Touched() != nil {
		t.Errorf("a meter that does not record accesses has %q", with.Touched())
	}
	if got := telemetry.MeterOf(telemetry.WithMeter(t.Context(), with)); got != with {
		t.Errorf("the context has meter %p, want %p", got, with)
	}
}

// TestLogLineIsAMetricRecord: a line has its fields, and every metric and dimension that it
// declares.
func TestLogLineIsAMetricRecord(t *testing.T) {
	var b bytes.Buffer
	log := telemetry.NewLogger(&b, "dev", slog.LevelWarn)
	log.Write(telemetry.Line{Operation: "a.b.c"})
	if b.Len() > 0 {
		t.Errorf("a line under the level is written: %s", b.String())
	}
	log.Write(telemetry.Line{
		Level: slog.LevelError, Code: 7, Error: "line\nbreak \"quoted\"",
		Operation: "a.b.c", Surface: "a", Group: "b", Outcome: "fault", Took: 1234567 * time.Nanosecond, Cold: true,
		Units: telemetry.Units{W: 1.5, R: 2.5, S: 3, L: 1, P: 5},
	})
	if n := bytes.Count(b.Bytes(), []byte("\n")); n != 1 {
		t.Fatalf("%d lines, want 1: %s", n, b.String())
	}
	var got map[string]any
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{
		"level": "ERROR", "msg": "call", "operation": "a.b.c", "surface": "a", "group": "b", "outcome": "fault",
		"duration_ms": 1.234, "cold": true, "W": 1.5, "R": 2.5, "S": 3.0, "L": 1.0, "P": 5.0, "code": 7.0,
		"error": "line\nbreak \"quoted\"",
	} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
	// If a metric or dimension of the directive is not a field of the line, CloudWatch
	// drops the record.
	for _, each := range got["_aws"].(map[string]any)["CloudWatchMetrics"].([]any) {
		directive := each.(map[string]any)
		for _, metric := range directive["Metrics"].([]any) {
			name := metric.(map[string]any)["Name"].(string)
			if _, number := got[name].(float64); !number {
				t.Errorf("metric %s is %v in the line, want a number", name, got[name])
			}
		}
		for _, set := range directive["Dimensions"].([]any) {
			for _, name := range set.([]any) {
				if _, text := got[name.(string)].(string); !text {
					t.Errorf("dimension %s is %v in the line, want text", name, got[name.(string)])
				}
			}
		}
	}
}

// TestNotesAreMetrics: a failure that did not fail the call is a field and a metric of its
// log line. The line of a call without notes has neither.
func TestNotesAreMetrics(t *testing.T) {
	m := &telemetry.Meter{}
	for i := range 9 {
		m.Note(telemetry.Unreadable, string(rune('a'+i)))
	}
	m.Note(telemetry.Undelivered, "queue")
	var log bytes.Buffer
	telemetry.NewLogger(&log, "dev", slog.LevelInfo).Write(telemetry.Line{Level: slog.LevelWarn, Notes: m.Notes()})
	for _, want := range []string{
		`"unreadable":9`, `"unreadable_which":["a","b","c","d","e"]`, `"undelivered":1`, `"undelivered_which":["queue"]`,
		`{"Name":"undelivered","Unit":"Count"},{"Name":"unreadable","Unit":"Count"}]`,
	} {
		if !bytes.Contains(log.Bytes(), []byte(want)) {
			t.Errorf("the line lacks %s: %s", want, &log)
		}
	}
	log.Reset()
	telemetry.NewLogger(&log, "dev", slog.LevelInfo).Write(telemetry.Line{})
	if bytes.Contains(log.Bytes(), []byte("unreadable")) {
		t.Errorf("the line of a call without notes has them: %s", &log)
	}
	(*telemetry.Meter)(nil).Note("x", "y") // must not panic
}
