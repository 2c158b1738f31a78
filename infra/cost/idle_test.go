package cost

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"parley/infra/testkit"
)

const idleTable = "../../docs/reference/idle.tsv"

// TestCostOfAnIdleStage checks that the table of idle costs is that of the stacks with the
// parameters of samconfig.toml, and that a stage that nobody uses costs what the README says:
// the first stage of an account at most so much, and a further one exactly so much.
func TestCostOfAnIdleStage(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	stages, most := []string{"dev", "prod"}, map[string]float64{"dev": 0.40, "prod": 1.40}
	items := make(map[string][]Item)
	for _, stage := range stages {
		parameters, err := Parameters("../../samconfig.toml", stage)
		if err != nil {
			t.Fatal(err)
		}
		if items[stage], err = Idle("../stacks", parameters); err != nil {
			t.Fatal(err)
		}
		first, further := total(items[stage])
		if first > most[stage] {
			t.Errorf("an idle stage %s costs $%.2f a month, want at most $%.2f", stage, first, most[stage])
		}
		for _, price := range []float64{most[stage], further} {
			if text := fmt.Sprintf("$%.2f", price); !strings.Contains(string(readme), text) {
				t.Errorf("README.md does not say %s, the price of an idle stage %s", text, stage)
			}
		}
	}
	got := FormatIdle(stages, items)
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

// TestAlarmsOfProdAreFree checks that the alarms of one stage watch no more metrics than each
// account has for nothing.
func TestAlarmsOfProdAreFree(t *testing.T) {
	parameters, err := Parameters("../../samconfig.toml", "prod")
	if err != nil {
		t.Fatal(err)
	}
	items, err := Idle("../stacks", parameters)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range items {
		if i.Unit == "metric" && i.Count > i.Free {
			t.Errorf("%s: %g, and %g are free", i.Name, i.Count, i.Free)
		}
	}
	if _, err := Parameters("../../samconfig.toml", "none"); err == nil {
		t.Error("a stage that does not exist has parameters")
	}
}

// TestRunsOf counts the runs of a month of 30 days, and refuses a unit that it does not know: a
// schedule of days was once counted as one of minutes.
func TestRunsOf(t *testing.T) {
	for schedule, want := range map[string]float64{
		"rate(15 minutes)": 2880, "rate(1 minute)": 43200, "rate(1 hour)": 720, "rate(12 hours)": 60, "rate(1 day)": 30, "rate(5 days)": 6,
		"rate(1 week)": 0, "rate(0 days)": 0, "cron(0 3 * * ? *)": 0,
	} {
		n, err := runsOf(schedule)
		if n != want || (err == nil) != (want > 0) {
			t.Errorf("%s: got %g, %v, want %g", schedule, n, err, want)
		}
	}
}
