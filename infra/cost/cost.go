// Package cost makes docs/reference/cost.tsv from the cost cases in the case tables of the
// operations: what a call consumes in one situation, and what a million such calls cost.
// The tests of the operations hold the cases equal to what is measured. make cost measures
// them, and writes the tables and the file. A test fails if a line is over its budget
// (docs/data-model.md §10), if an operation has no cost case, or if the file is stale.
package cost

import (
	"fmt"
	"strconv"
	"strings"

	"parley/infra/testkit/table"
	"parley/shared/op"
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
	Budget    *table.Budget // nil: the situation has none
	// HTTP and Frames are what API Gateway bills for the call itself: HTTP calls, or
	// WebSocket messages in both directions.
	HTTP, Frames int
	Millis       float64 // the assumed duration of a warm function with 512 MB
}

// USD returns the price of a million such calls in US dollars.
func (l Line) USD() float64 {
	u := l.Units
	return u.W*writeUnit + u.R*readUnit + float64(u.S)*queueCall + float64(u.L)*(invocation+l.Millis*millisecond) +
		float64(u.P)*(frame+transfer) + float64(l.HTTP)*(httpCall+transfer) + float64(l.Frames)*frame
}

// Lines reads the cost cases of operations, in the order of the operations and of their
// tables. root is the folder of the repository.
func Lines(root string, operations []op.Operation) ([]Line, error) {
	var lines []Line
	for i := range operations {
		o := &operations[i]
		t, err := table.Read(root, o.Name)
		if err != nil {
			return nil, err
		}
		before := len(lines)
		for _, c := range t.Cases {
			if !c.IsCost {
				continue
			}
			cost, err := c.ReadCost()
			if err != nil {
				return nil, fmt.Errorf("%s: %q: %w", table.Path(root, o.Name), c.Title, err)
			}
			directives, _ := table.SplitRequest(c.Section("request"))
			l := Line{Operation: o.Name, Case: c.Title, Units: cost.Units, Budget: cost.Budget, Millis: cost.Millis}
			l.HTTP, l.Frames = billed(o.Triggers[0], directives["trigger"] == "socket")
			lines = append(lines, l)
		}
		if len(lines) == before {
			return nil, fmt.Errorf("%s has no cost case", table.Path(root, o.Name))
		}
	}
	return lines, nil
}

// billed returns the HTTP calls and the WebSocket messages that API Gateway bills for a
// call. The answer to a frame is a message too.
func billed(trigger op.Trigger, overSocket bool) (http, frames int) {
	switch {
	case overSocket:
		return 0, 2
	case trigger.HTTP != "":
		return 1, 0
	case trigger.Socket == "$connect":
		return 0, 1
	case trigger.Socket == "", trigger.Socket == "$disconnect":
		return 0, 0
	}
	return 0, 2
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
