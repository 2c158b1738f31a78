package table

import (
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"parley/shared/telemetry"
)

// TestIncompleteCaseFails: a case without a text or a request, or with a request without
// an answer, fails unless -update writes it.
func TestIncompleteCaseFails(t *testing.T) {
	for _, c := range []struct {
		cost              bool
		sections          string
		refused, updating string // a part of the error, without and with -update
	}{
		{sections: "seed request response effects"},
		{sections: "seed request response"},
		{sections: "request response effects seed request response"},
		{sections: "", refused: "0 requests", updating: "0 requests"},
		{sections: "seed", refused: "0 requests", updating: "0 requests"},
		{sections: "request", refused: "request 1 is followed by []"},
		{sections: "request effects", refused: "request 1"},
		{sections: "request units", refused: "request 1"},
		{sections: "request response units", refused: "request 1"},
		{sections: "request response effects request", refused: "request 2"},
		{sections: "request request response effects", refused: "request 1"},
		{sections: "request seed request response effects", refused: "request 1"},
		{sections: "request effects response", refused: "request 1"},
		{sections: "request response response effects", refused: "request 1"},
		{sections: "response effects request response effects", refused: "before the first request", updating: "before the first request"},
		{cost: true, sections: "seed request units"},
		{cost: true, sections: "seed request", refused: "request 1 is followed by []"},
		{cost: true, sections: "seed request response", refused: "request 1"},
		{cost: true, sections: "request units request units", refused: "2 requests", updating: "2 requests"},
	} {
		var files []txtar.File
		for _, name := range strings.Fields(c.sections) {
			files = append(files, txtar.File{Name: name})
		}
		for updating, want := range map[bool]string{false: c.refused, true: c.updating} {
			err := Case{Text: "a rule", IsCost: c.cost, Sections: files}.Check(updating)
			if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%q, updating %v: got %v, want %q", c.sections, updating, err, want)
			}
		}
	}
}

// TestParse checks that a table that is read and formatted is the same text, and that a
// section at a wrong place is refused.
func TestParse(t *testing.T) {
	const text = "-- sample --\n{}\n-- case: a --\nrule\n-- request --\n{}\n-- response --\n{}\n-- cost: b --\n5 ms\n-- request --\n{}\n-- units --\nW1 R0.5 S0 L1 P0\n"
	tab, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(tab.Format()); got != text {
		t.Errorf("got %s", got)
	}
	for _, wrong := range []string{"-- seed --\n", "-- case: a --\n-- sample --\n", "-- case: a --\n-- respond --\n"} {
		if _, err := Parse([]byte(wrong)); err == nil {
			t.Errorf("%q is a table", wrong)
		}
	}
}

// TestReadCost reads what a cost case says.
func TestReadCost(t *testing.T) {
	tab, err := Parse([]byte("-- cost: b --\n5 ms\nbudget W3 R3.5 S1.2 L1.1 P0\n-- request --\n{}\n-- units --\nW1 R0.5 S0 L1 P2\nbytes log 702 answer 95 frames 1310, kms 1\nerror 60009\n"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := tab.Cases[0].ReadCost()
	if err != nil {
		t.Fatal(err)
	}
	if want := (telemetry.Units{W: 1, R: 0.5, L: 1, P: 2}); c.Millis != 5 || *c.Budget != (Budget{3, 3.5, 1.2, 1.1, 0}) || c.Units != want {
		t.Errorf("got %+v with budget %+v", c, c.Budget)
	}
	if want := (Bytes{Log: 702, Answer: 95, Frames: 1310, KMS: 1}); c.Bytes != want {
		t.Errorf("got %+v, want %+v", c.Bytes, want)
	}
	noBytes := tab.Cases[0]
	noBytes.Sections = []txtar.File{{Name: "units", Data: []byte("W1 R0.5 S0 L1 P2\n")}}
	if _, err := noBytes.ReadCost(); err == nil {
		t.Error("a cost case has no bytes")
	}
	for _, text := range []string{"", "5\n", "5 ms\nbudget W3\n"} {
		if _, err := (Case{Text: text, Sections: tab.Cases[0].Sections}).ReadCost(); err == nil {
			t.Errorf("%q is the text of a cost case", text)
		}
	}
	if _, err := (Case{Text: "5 ms\n"}).ReadCost(); err == nil {
		t.Error("a cost case has no units")
	}
}

// TestBytesNear checks how much two measurements of a call may differ.
func TestBytesNear(t *testing.T) {
	a := Bytes{Log: 1000, Answer: 50, Frames: 0, KMS: 1}
	for _, c := range []struct {
		b    Bytes
		near bool
	}{
		{a, true},
		{Bytes{Log: 1100, Answer: 82, Frames: 32, KMS: 1}, true},
		{Bytes{Log: 1112, Answer: 50, KMS: 1}, false},
		{Bytes{Log: 1000, Answer: 83, KMS: 1}, false},
		{Bytes{Log: 1000, Answer: 50, Frames: 33, KMS: 1}, false},
		{Bytes{Log: 1000, Answer: 50}, false},
	} {
		if got := a.Near(c.b); got != c.near || c.b.Near(a) != c.near {
			t.Errorf("%+v is near %+v: %t, want %t", a, c.b, got, c.near)
		}
	}
}

// TestBudget checks that a measurement that equals its budget is within it.
func TestBudget(t *testing.T) {
	b := Budget{3, 3.5, 0, 1, 2}
	if got := b.Over(telemetry.Units{W: 3, R: 3.5, L: 1, P: 2}); got != "" {
		t.Errorf("equal to the budget: got %q", got)
	}
	if got, want := b.Over(telemetry.Units{W: 4, R: 3.5, L: 1, P: 3}), "W 4 over 3, P 3 over 2"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
