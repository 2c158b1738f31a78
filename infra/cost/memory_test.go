package cost

import (
	"testing"

	"parley/functions/catalog"
	"parley/shared/op"
	"parley/shared/telemetry"
)

// TestMemory checks each class of operations at its edge.
func TestMemory(t *testing.T) {
	for _, c := range []struct {
		title  string
		worker bool
		cases  []telemetry.Units
		want   int
	}{
		{"no database", false, []telemetry.Units{{L: 1}}, 128},
		{"10 units and two posts", false, []telemetry.Units{{R: 0.5}, {R: 6, W: 4, P: 2}}, 256},
		{"more than 10 units in one case", false, []telemetry.Units{{R: 6.5, W: 4}, {R: 1}}, 512},
		{"three posts", false, []telemetry.Units{{R: 1, P: 3}}, 512},
		{"800 units", false, []telemetry.Units{{R: 200, W: 600}}, 512},
		{"more than 800 units", false, []telemetry.Units{{R: 200.5, W: 600}}, 1024},
		{"a worker", true, []telemetry.Units{{R: 0.5}}, 512},
		{"a worker with much to do", true, []telemetry.Units{{W: 2000}}, 512},
	} {
		var lines []Line
		for _, u := range c.cases {
			lines = append(lines, Line{Units: u})
		}
		if got := memory(c.worker, lines); got != c.want {
			t.Errorf("%s: got %d MB, want %d", c.title, got, c.want)
		}
	}
}

// TestSetMemory checks that an operation that says its memory keeps it, and that all others have
// the memory of a class.
func TestSetMemory(t *testing.T) {
	all := catalog.All()
	said := make(map[string]int)
	for _, o := range all {
		said[o.Name] = o.Memory
	}
	if err := SetMemory("../..", all); err != nil {
		t.Fatal(err)
	}
	classes := make(map[int]int)
	for _, o := range all {
		if own := said[o.Name]; own != 0 && o.Memory != own {
			t.Errorf("%s says %d MB and has %d", o.Name, own, o.Memory)
		}
		classes[o.Memory]++
	}
	for _, mb := range []int{refusingMB, smallMB, standardMB, largeMB} {
		if classes[mb] == 0 {
			t.Errorf("no operation has %d MB", mb)
		}
		delete(classes, mb)
	}
	if len(classes) > 0 {
		t.Errorf("operations have other memory: %v", classes)
	}
	if err := SetMemory("../..", []op.Operation{{Name: "a.b.c"}}); err == nil {
		t.Error("an operation without a case table has a memory")
	}
}

// TestDuration checks that less memory makes a call longer by its CPU part.
func TestDuration(t *testing.T) {
	small, standard := Line{Millis: 10, Memory: 256}.duration(), Line{Millis: 10, Memory: 512}.duration()
	if standard != 10 || small < 13.7 || small > 13.9 {
		t.Errorf("got %g ms with 512 MB and %g ms with 256 MB, want 10 and 13.8", standard, small)
	}
}
