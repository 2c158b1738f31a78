package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A Measure is a figure with its goal.
type Measure struct {
	Name  string  `json:"name"`
	Unit  string  `json:"unit"`
	Value float64 `json:"value"`
	// Goal is what the value may be at most, or at least if More is set. 0 means no goal.
	Goal float64 `json:"-"`
	More bool    `json:"-"` // more is better
}

// met says in a word whether the goal is reached.
func (m Measure) met() string {
	switch {
	case m.Goal == 0:
		return ""
	case m.More && m.Value >= m.Goal, !m.More && m.Value <= m.Goal:
		return "met"
	}
	return "not met"
}

// goal returns the goal as text.
func (m Measure) goal() string {
	switch {
	case m.Goal == 0:
		return ""
	case m.More:
		return fmt.Sprintf("≥ %.4g", m.Goal)
	}
	return fmt.Sprintf("≤ %.4g", m.Goal)
}

// print prints measures with their goals and with the values of the last run.
func print(list []Measure, last map[string]float64) {
	fmt.Printf("%-58s %10s %-6s %10s %-8s %10s %s\n", "", "now", "", "goal", "", "last run", "")
	for _, m := range list {
		before, change := "", ""
		if old, ok := last[m.Name]; ok && old > 0 {
			before, change = fmt.Sprintf("%.4g", old), fmt.Sprintf("%+.0f %%", 100*(m.Value/old-1))
		}
		fmt.Printf("%-58s %10.4g %-6s %10s %-8s %10s %s\n", m.Name, m.Value, m.Unit, m.goal(), m.met(), before, change)
	}
}

// readLast reads the measures of the last run. There may be none.
func readLast(file string) (map[string]float64, error) {
	last := make(map[string]float64)
	text, err := os.ReadFile(file) // ours
	if errors.Is(err, fs.ErrNotExist) {
		return last, nil
	}
	if err != nil {
		return nil, err
	}
	var list []Measure
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	for _, m := range list {
		last[m.Name] = m.Value
	}
	return last, nil
}

// write stores the measures for the next run.
func write(file string, list []Measure) error {
	text, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil { // figures
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644) // figures
}

// median returns the value in the middle.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// goalsOfFunctions are the goals of the benchmarks of whole functions (functions/catalog): CPU
// time in µs, bytes, allocations. For a sync, a page of history and a sendmsg they are a third
// of what was measured when they were set.
func goalsOfFunctions() []struct {
	benchmark, name    string
	cpu, bytes, allocs float64
} {
	return []struct {
		benchmark, name    string
		cpu, bytes, allocs float64
	}{
		{"Send", "send", 1000, 60e3, 600},
		{"SendOften", "send, 30 in two minutes", 0, 0, 0},
		{"Sendmsg", "v4 sendmsg", 570, 104e3, 1107},
		{"Sync", "sync of 100 rows", 580, 183e3, 1767},
		{"History", "history of 20", 350, 100e3, 990},
		{"Connect", "connect with its authorizer", 1500, 0, 0},
	}
}

// benchmarks returns the measures of functions from the output of `go test -bench`: medians of
// its runs. The parts of a benchmark are added: a connect is the authorizer and the route.
func benchmarks(file string) ([]Measure, error) {
	f, err := os.Open(file) // ours
	if err != nil {
		return nil, fmt.Errorf("no benchmarks: %w", err)
	}
	defer func() { _ = f.Close() }()
	runs := make(map[string]map[string][]float64) // by name and unit
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		name := strings.TrimPrefix(fields[0], "Benchmark")
		name = name[:max(strings.LastIndexByte(name, '-'), 0)]
		if runs[name] == nil {
			runs[name] = make(map[string][]float64)
		}
		for i := 2; i+1 < len(fields); i += 2 {
			value, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", fields[0], err)
			}
			runs[name][fields[i+1]] = append(runs[name][fields[i+1]], value)
		}
	}
	var list []Measure
	for _, g := range goalsOfFunctions() {
		for _, of := range []struct {
			unit, shown, name string
			goal              float64
		}{{"cpu-µs/op", "µs", "CPU", g.cpu}, {"B/op", "bytes", "memory", g.bytes}, {"allocs/op", "", "allocations", g.allocs}} {
			sum, found := 0.0, false
			for name, units := range runs {
				if first, _, _ := strings.Cut(name, "/"); first == g.benchmark && len(units[of.unit]) > 0 {
					sum, found = sum+median(units[of.unit]), true
				}
			}
			if found {
				list = append(list, Measure{Name: "function: " + g.name + ", " + of.name, Unit: of.shown, Value: sum, Goal: of.goal})
			}
		}
	}
	return list, lines.Err()
}
