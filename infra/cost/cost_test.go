package cost

import (
	"math"
	"os"
	"testing"

	"parley/functions/catalog"
	"parley/infra/testkit"
	"parley/infra/testkit/table"
	"parley/shared/telemetry"
)

const (
	costTable  = "../../docs/reference/cost.tsv"
	billTable  = "../../docs/reference/cost-bills.tsv"
	priceTable = "../../docs/reference/prices.tsv"
)

// TestCost checks that no cost case is over its budget, that every operation has a cost
// case, and that the table is that of the cost cases.
func TestCost(t *testing.T) {
	lines, err := Lines("../..", catalog.All())
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		if l.Budget == nil {
			continue
		}
		if over := l.Budget.Over(l.Units); over != "" {
			t.Errorf("%s, %s: %s", l.Operation, l.Case, over)
		}
	}
	for name, got := range map[string]string{costTable: Format(lines), billTable: FormatBills(lines), priceTable: FormatPrices()} {
		if testkit.Updating() {
			if err := os.WriteFile(name, []byte(got), 0o644); err != nil { // a document
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatalf("%v: make cost writes it", err)
		}
		if got != string(want) {
			t.Errorf("%s is stale: make cost rewrites it, and the commit says why it changed\ngot:\n%s", name, got)
		}
	}
}

// TestBill checks the parts of a bill, with a line whose parts are easy to work out.
func TestBill(t *testing.T) {
	l := Line{
		Units: telemetry.Units{W: 8, R: 8, S: 10, L: 1, P: 2}, HTTP: 1, Millis: 1000, Memory: 1024,
		Bytes: table.Bytes{Log: 1000, Answer: 500, Frames: 200, KMS: 1},
	}
	want := Bill{API: 3, Tables: 6, Functions: 0.2 + 13.3334, Queues: 12, Transfer: 0.09, Logs: 0.5, Keys: 3}
	got := l.Bill()
	for _, v := range [][2]float64{
		{got.API, want.API}, {got.Tables, want.Tables}, {got.Functions, want.Functions}, {got.Queues, want.Queues}, {got.Transfer, want.Transfer},
		{got.Logs, want.Logs}, {got.Keys, want.Keys}, {got.Total(), want.Total()},
	} {
		if math.Abs(v[0]-v[1]) > 1e-9 {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}
