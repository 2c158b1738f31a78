package reference

import (
	"path/filepath"
	"slices"
	"testing"

	"parley/infra/gen/source"
	"parley/shared/op"
)

// TestAnswersHaveDeclaredNumbers checks that each error number in the case table of an
// operation, also that of an item of a batch, is the number of a fault that the operation
// declares or that every operation can return, a number in the tags of its request, a
// documented number, or one of a rule of its package.
func TestAnswersHaveDeclaredNumbers(t *testing.T) {
	src := source.New("../../..")
	entries, err := read(root, src)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Surface() == "worker" {
			continue
		}
		cases, err := casesByNumber("../../..", e)
		if err != nil {
			t.Fatal(err)
		}
		known := append(e.documented(), 0)
		for _, code := range slices.Concat(e.Declared().Faults, op.CommonFaults()) {
			known = append(known, e.numberOf(code))
		}
		for _, dir := range []string{filepath.Join("functions", e.Surface(), e.Group()), "shared/dialect/v4", "shared/dialect/tencent"} {
			refusals, err := src.Refusals(dir)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range refusals {
				known = append(known, r.Number)
			}
		}
		for n, count := range cases {
			if !slices.Contains(known, n) {
				t.Errorf("%s: %d cases have %d in an answer, which is no number of a declared fault", e.Name, count, n)
			}
		}
	}
}
