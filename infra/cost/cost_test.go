package cost

import (
	"os"
	"testing"

	"parley/functions/catalog"
	"parley/infra/testkit"
)

const costTable = "../../docs/reference/cost.tsv"

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
	got := Format(lines)
	if testkit.Updating() {
		if err := os.WriteFile(costTable, []byte(got), 0o644); err != nil { // a document
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(costTable)
	if err != nil {
		t.Fatalf("%v: make cost writes it", err)
	}
	if got != string(want) {
		t.Errorf("%s is stale: make cost rewrites it, and the commit says why it changed\ngot:\n%s", costTable, got)
	}
}
