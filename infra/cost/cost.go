// Package cost measures what operations consume and compares it with the budgets of
// docs/data-model.md §10. make cost prints the table and writes it to
// docs/reference/cost.tsv. A test fails if a line is over its budget or if the file is
// stale.
package cost

import (
	"fmt"
	"strconv"
	"strings"

	"parley/shared/telemetry"
)

// Prices in US dollars per million, us-east-1 (docs/data-model.md, before §1).
const (
	writeUnit  = 0.625
	readUnit   = 0.125
	queueCall  = 0.40
	httpCall   = 1.00
	frame      = 1.00  // a WebSocket message of up to 32 KB, in either direction
	transfer   = 0.063 // 0.7 KB of data out, at $0.09 a GB
	invocation = 0.20
	// A millisecond of a function with 512 MB on arm64.
	millisecond = 0.0000133334 * 0.5 / 1000 * 1e6
)

// A Line is what one operation costs in one situation.
type Line struct {
	Operation string
	Case      string
	Units     telemetry.Units
	// HTTP and Frames are what API Gateway bills for the call itself: HTTP calls, or
	// WebSocket messages in both directions.
	HTTP, Frames int
	// Millis is the assumed duration of a warm function with 512 MB
	// (docs/data-model.md §16).
	Millis float64
}

// USD returns the price of a million such calls in US dollars.
func (l Line) USD() float64 {
	u := l.Units
	return u.W*writeUnit + u.R*readUnit + float64(u.S)*queueCall + float64(u.L)*(invocation+l.Millis*millisecond) +
		float64(u.P)*(frame+transfer) + float64(l.HTTP)*(httpCall+transfer) + float64(l.Frames)*frame
}

// header is the first line of the table.
const header = "operation\tcase\tW\tR\tS\tL\tP\tusd_per_million"

// Format returns the table as text.
func Format(lines []Line) string {
	var b strings.Builder
	b.WriteString(header + "\n")
	for _, l := range lines {
		fmt.Fprintf(&b, "%s\t%s\t%s\t%s\t%d\t%d\t%d\t%.2f\n", l.Operation, l.Case,
			short(l.Units.W), short(l.Units.R), l.Units.S, l.Units.L, l.Units.P, l.USD())
	}
	return b.String()
}

// short formats a number with as few digits as it needs.
func short(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// A Budget is how much an operation may consume: a line of docs/data-model.md §10.
type Budget struct {
	W, R, S, L float64
	P          float64
}

// Over names the units in which a measurement is over its budget. It returns "" if
// there are none. Example: "W 4 over 3, P 3 over 2".
func (b Budget) Over(u telemetry.Units) string {
	var over []string
	for _, c := range []struct {
		name      string
		got, want float64
	}{{"W", u.W, b.W}, {"R", u.R, b.R}, {"S", float64(u.S), b.S}, {"L", float64(u.L), b.L}, {"P", float64(u.P), b.P}} {
		if c.got > c.want {
			over = append(over, fmt.Sprintf("%s %s over %s", c.name, short(c.got), short(c.want)))
		}
	}
	return strings.Join(over, ", ")
}
