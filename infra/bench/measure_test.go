package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestMet(t *testing.T) {
	for _, c := range []struct {
		measure   Measure
		met, goal string
	}{
		{Measure{Value: 7, Goal: 7}, "met", "≤ 7"},
		{Measure{Value: 7.1, Goal: 7}, "not met", "≤ 7"},
		{Measure{Value: 350, Goal: 350, More: true}, "met", "≥ 350"},
		{Measure{Value: 349, Goal: 350, More: true}, "not met", "≥ 350"},
		{Measure{Value: 349}, "", ""},
	} {
		if c.measure.met() != c.met || c.measure.goal() != c.goal {
			t.Errorf("%+v: %q, %q, want %q, %q", c.measure, c.measure.met(), c.measure.goal(), c.met, c.goal)
		}
	}
}

// TestBenchmarks reads the output of `go test -bench`: medians, and the sum of the parts of one
// benchmark.
func TestBenchmarks(t *testing.T) {
	file := filepath.Join(t.TempDir(), "new.txt")
	text := `goos: linux
BenchmarkSend-2        	     300	  11267407 ns/op	      1805 cpu-µs/op	  277259 B/op	    2926 allocs/op
BenchmarkSend-2        	     300	  11267407 ns/op	       905 cpu-µs/op	   57259 B/op	     526 allocs/op
BenchmarkSend-2        	     300	  11267407 ns/op	      1005 cpu-µs/op	   57259 B/op	     526 allocs/op
BenchmarkConnect/authorizer-2         	     300	   1058326 ns/op	       262.5 cpu-µs/op	   85918 B/op	     539 allocs/op
BenchmarkConnect/connect-2            	     300	   2039043 ns/op	       632.5 cpu-µs/op	  123397 B/op	    1518 allocs/op
BenchmarkUnmarshal-2   	 1000	   1058 ns/op
PASS
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := benchmarks(file)
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]Measure)
	for _, m := range list {
		got[m.Name] = m
	}
	for name, want := range map[string]struct {
		value float64
		met   string
	}{
		"function: send, CPU": {1005, "not met"}, "function: send, memory": {57259, "met"}, "function: send, allocations": {526, "met"},
		"function: connect with its authorizer, CPU": {895, "met"}, "function: connect with its authorizer, allocations": {2057, ""},
	} {
		if m := got[name]; m.Value != want.value || m.met() != want.met {
			t.Errorf("%s is %g, %q, want %g, %q", name, m.Value, m.met(), want.value, want.met)
		}
	}
	if len(list) != 6 {
		t.Errorf("%d measures, want 6: %v", len(list), list)
	}
	if _, err := benchmarks(file + ".missing"); err == nil {
		t.Error("benchmarks that were not run are no error")
	}
}

// TestLastRun writes the figures of a run and reads them as those of the last run.
func TestLastRun(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bench", "last.json")
	if last, err := readLast(file); err != nil || len(last) != 0 {
		t.Fatalf("before the first run: %v, %v", last, err)
	}
	if err := write(file, []Measure{{Name: "a", Value: 1.5}, {Name: "b", Value: 2}}); err != nil {
		t.Fatal(err)
	}
	if last, err := readLast(file); err != nil || len(last) != 2 || last["a"] != 1.5 || last["b"] != 2 {
		t.Errorf("got %v, %v", last, err)
	}
}

// TestRounds takes the median of each measure of the rounds.
func TestRounds(t *testing.T) {
	var r results
	for _, p50 := range []time.Duration{9, 5, 6} {
		l := Load{PerSecond: 40, P50: p50 * time.Millisecond}
		if p50 == 9 {
			l.Failed = "it did"
		}
		r.addLoad("paced", l, false)
	}
	for _, m := range r.medians() {
		want := map[string]float64{"paced, p50": 6, "paced, messages": 40, "paced, loads that failed": 0}[m.Name]
		if m.Value != want {
			t.Errorf("%s is %g, want %g", m.Name, m.Value, want)
		}
	}
}

// TestLargeCatalog: the program with copies of all operations has at least 700, and no function
// that starts is of a copied group.
func TestLargeCatalog(t *testing.T) {
	t.Chdir("../..")
	_, operations, err := largeCatalog(t.TempDir())
	if err != nil || operations < 700 {
		t.Errorf("%d operations, %v, want 700 or more", operations, err)
	}
}
