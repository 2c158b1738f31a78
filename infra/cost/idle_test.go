package cost

import (
	"os"
	"testing"

	"parley/infra/testkit"
)

const idleTable = "../../docs/reference/idle.tsv"

// TestCostOfAnIdleStage checks that the table of idle costs is that of the stacks, and that a
// stage that nobody uses costs no more than the README says.
func TestCostOfAnIdleStage(t *testing.T) {
	items, err := Idle("../stacks")
	if err != nil {
		t.Fatal(err)
	}
	total := 0.0
	for _, i := range items {
		first, _ := i.USD()
		total += first
	}
	if total > 2.10 {
		t.Errorf("an idle stage costs $%.2f a month, and the README says $2.10", total)
	}
	got := FormatIdle(items)
	if testkit.Updating() {
		if err := os.WriteFile(idleTable, []byte(got), 0o644); err != nil { // a document
			t.Fatal(err)
		}
		return
	}
	if want, err := os.ReadFile(idleTable); err != nil || got != string(want) {
		t.Errorf("%s is stale (%v): make cost rewrites it\ngot:\n%s", idleTable, err, got)
	}
}
