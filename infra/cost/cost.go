// Package cost makes docs/reference/cost.tsv and cost-bills.tsv from the cost cases in the case
// tables of the operations: what a call consumes in one situation, what a million such calls
// cost, and where that money goes.
// The tests of the operations hold the cases equal to what is measured. make cost measures
// them, and writes the tables and the file. A test fails if a line is over its budget
// (docs/data-model.md §10), if an operation has no cost case, or if the file is stale.
package cost

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"parley/infra/testkit/table"
	"parley/shared/op"
	"parley/shared/telemetry"
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
	Memory       int     // of the function as deployed, MB
	Bytes        table.Bytes
}

// A Bill is where the money goes: the price in US dollars of a million calls.
type Bill struct{ API, Tables, Functions, Queues, Transfer, Logs, Keys float64 }

// Total returns the sum.
func (b Bill) Total() float64 {
	return b.API + b.Tables + b.Functions + b.Queues + b.Transfer + b.Logs + b.Keys
}

// answerHeaders is how many bytes of headers API Gateway sends with an answer over HTTP; it
// is assumed.
const answerHeaders = 300

// Bill returns the price of a million such calls. A job is billed where it is sent: Lambda
// receives and deletes it, each with a request of its own if jobs are rare. What the job
// does is another line.
func (l Line) Bill() Bill {
	u := l.Units
	out := l.Bytes.Answer + l.Bytes.Frames + l.HTTP*answerHeaders
	return Bill{
		API:       float64(l.HTTP)*httpCall + float64(l.Frames+u.P)*frame,
		Tables:    u.W*writeUnit + u.R*readUnit,
		Functions: float64(u.L) * (invocation + l.duration()*millisecond(l.Memory)),
		Queues:    float64(u.S) * 3 * queueCall,
		Transfer:  float64(out) * transferByte,
		Logs:      float64(l.Bytes.Log) * logByte,
		Keys:      float64(l.Bytes.KMS) * keyCall,
	}
}

// Lines reads the cost cases of operations, in the order of the operations and of their
// tables. root is the folder of the repository.
func Lines(root string, operations []op.Operation) ([]Line, error) {
	operations = slices.Clone(operations)
	if err := SetMemory(root, operations); err != nil {
		return nil, err
	}
	var lines []Line
	for i := range operations {
		list, err := linesOf(root, &operations[i])
		if err != nil {
			return nil, err
		}
		lines = append(lines, list...)
	}
	return lines, nil
}

// linesOf reads the cost cases of an operation.
func linesOf(root string, o *op.Operation) ([]Line, error) {
	t, err := table.Read(root, o.Name)
	if err != nil {
		return nil, err
	}
	var lines []Line
	for _, c := range t.Cases {
		if !c.IsCost {
			continue
		}
		cost, err := c.ReadCost()
		if err != nil {
			return nil, fmt.Errorf("%s: %q: %w", table.Path(root, o.Name), c.Title, err)
		}
		directives, _ := table.SplitRequest(c.Section("request"))
		l := Line{Operation: o.Name, Case: c.Title, Units: cost.Units, Budget: cost.Budget, Millis: cost.Millis, Memory: o.Memory, Bytes: cost.Bytes}
		l.HTTP, l.Frames = billed(o.Triggers[0], directives["trigger"] == "socket")
		lines = append(lines, l)
	}
	if len(lines) == 0 {
		return nil, fmt.Errorf("%s has no cost case", table.Path(root, o.Name))
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
			short(l.Units.W), short(l.Units.R), l.Units.S, l.Units.L, l.Units.P, l.Bill().Total())
	}
	return b.String()
}

// billHeader is the first line of the table of bills.
const billHeader = "operation\tcase\tMB\tms\tlog_bytes\tanswer_bytes\tframe_bytes\tapi\ttables\tfunctions\tqueues\ttransfer\tlogs\tkeys\tusd_per_million"

// FormatBills returns the table that says where the money of each line goes. The last lines
// are of what is paid by time and not by call.
func FormatBills(lines []Line) string {
	var b strings.Builder
	b.WriteString(billHeader + "\n")
	for _, l := range lines {
		m := l.Bill()
		fmt.Fprintf(&b, "%s\t%s\t%d\t%s\t%d\t%d\t%d\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\n", l.Operation, l.Case, l.Memory, short(math.Round(10*l.duration())/10),
			l.Bytes.Log, l.Bytes.Answer, l.Bytes.Frames, m.API, m.Tables, m.Functions, m.Queues, m.Transfer, m.Logs, m.Keys, m.Total())
	}
	connected := 60 * connectedMinute
	fmt.Fprintf(&b, "a connection\tone device for an hour\t\t\t\t\t\t%.2f\t0.00\t0.00\t0.00\t0.00\t0.00\t0.00\t%.2f\n", connected, connected)
	return b.String()
}

// short formats a number with as few digits as it needs.
func short(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
