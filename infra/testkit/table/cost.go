package table

import (
	"fmt"
	"slices"
	"strings"

	"parley/shared/telemetry"
)

// A Cost is what a cost case says: what a call consumes in one situation. The function is
// warm: it has read the application before. Example:
//
//	-- cost: peer on 2 devices --
//	45 ms
//	budget W3 R3.5 S0 L1 P2
//	-- seed --
//	account alice
//	...
//	-- request --
//	{"To_Account":"bob", ...}
//	-- units --
//	W3 R2.5 S0 L1 P2
//	bytes log 702 answer 95 frames 1310, kms 0
//
// The first line of the text is the assumed duration of a function with 512 MB
// (docs/data-model.md §16). The second is the budget of docs/data-model.md §10, if it has
// one for the situation. Other lines are a remark. The units of a call that is answered by
// an error are followed by a line with it.
type Cost struct {
	Millis float64
	Budget *Budget // nil: there is none
	Units  telemetry.Units
	Bytes  Bytes
}

// Bytes is what a call writes and sends. It varies by a few bytes, because ids and times do.
type Bytes struct {
	Log    int // of the log line
	Answer int // of the body of the answer, compressed if the caller accepts it
	Frames int // of the posts to connections, together
	KMS    int // requests to the key service
}

// Format returns the line of a section "units".
func (b Bytes) Format() string {
	return fmt.Sprintf("bytes log %d answer %d frames %d, kms %d\n", b.Log, b.Answer, b.Frames, b.KMS)
}

// Near reports whether two measurements of a call are the same but for ids and times: within
// a tenth, or 32 bytes.
func (b Bytes) Near(other Bytes) bool {
	near := func(x, y int) bool { return 10*max(x-y, y-x) <= max(x, y, 320) }
	return near(b.Log, other.Log) && near(b.Answer, other.Answer) && near(b.Frames, other.Frames) && b.KMS == other.KMS
}

// ReadBytes reads the line of a section "units".
func ReadBytes(section string) (b Bytes, ok bool) {
	_, line, _ := strings.Cut(section, "\n")
	_, err := fmt.Sscanf(line, "bytes log %d answer %d frames %d, kms %d", &b.Log, &b.Answer, &b.Frames, &b.KMS)
	return b, err == nil
}

// A Budget is how much a call may consume. S and L may be averages.
type Budget struct{ W, R, S, L, P float64 }

// ReadCost reads the text and the units of a cost case.
func (c Case) ReadCost() (Cost, error) {
	var out Cost
	lines := strings.Split(c.Text, "\n")
	if _, err := fmt.Sscanf(lines[0], "%g ms", &out.Millis); err != nil || out.Millis <= 0 {
		return out, fmt.Errorf("the first line is %q, want a duration like \"45 ms\"", lines[0])
	}
	if rest, ok := strings.CutPrefix(strings.Join(lines[1:], "\n"), "budget "); ok {
		var b Budget
		if _, err := fmt.Sscanf(rest, "W%g R%g S%g L%g P%g", &b.W, &b.R, &b.S, &b.L, &b.P); err != nil {
			return out, fmt.Errorf("the budget is %q, want one like \"budget W3 R3.5 S0 L1 P2\"", rest)
		}
		out.Budget = &b
	}
	u := &out.Units
	if _, err := fmt.Sscanf(c.Section("units"), "W%g R%g S%d L%d P%d", &u.W, &u.R, &u.S, &u.L, &u.P); err != nil {
		return out, fmt.Errorf("the units are %q, want a line like \"W3 R3.5 S0 L1 P2\"", c.Section("units"))
	}
	var ok bool
	if out.Bytes, ok = ReadBytes(c.Section("units")); !ok {
		return out, fmt.Errorf("the units have no line of bytes: go test -update measures them")
	}
	return out, nil
}

// FormatUnits returns units as the section "units" has them.
func FormatUnits(u telemetry.Units) string {
	return fmt.Sprintf("W%g R%g S%d L%d P%d\n", u.W, u.R, u.S, u.L, u.P)
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
			over = append(over, fmt.Sprintf("%s %g over %g", c.name, c.got, c.want))
		}
	}
	return strings.Join(over, ", ")
}

// Directives are the words that may begin a line of a request before its body.
func Directives() []string {
	return []string{
		"as", "sig", "app", "method", "path", "header", "instance", "connection", "platform", "protocols", "trigger", "raw", "fresh", "repeat", "noise",
	}
}

// SplitRequest splits the text of a request into its directives, which are lines "name
// value", and its body, which begins at the first line that is not a directive. Package
// testkit says what the directives mean.
func SplitRequest(text string) (directives map[string]string, body string) {
	directives = make(map[string]string)
	for {
		line, rest, _ := strings.Cut(text, "\n")
		name, value, _ := strings.Cut(line, " ")
		if !slices.Contains(Directives(), name) {
			return directives, strings.TrimSuffix(text, "\n")
		}
		directives[name] = value
		text = rest
	}
}
