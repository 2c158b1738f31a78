// Command bench prints how fast Parley is, each measure with its goal and with what the last run
// measured. It starts a local cloud of its own and lets pairs of users chat in it, and groups, and
// prints messages per second, the latency from send to receive, and the CPU time per message, or per
// delivery in a group, of each part of the stack. It also measures how long the program takes to start, and shows the
// benchmarks of whole functions that `make bench` has run before. Every figure of a load is the
// median of five rounds, of groups of three. docs/performance.md says what the figures mean.
//
//	go run ./infra/bench -seconds 10 -paced 40
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	var o options
	flag.IntVar(&o.seconds, "seconds", 10, "length of each load")
	flag.IntVar(&o.rounds, "rounds", 5, "how often each load is measured")
	flag.IntVar(&o.paced, "paced", 40, "messages a second of the paced loads")
	flag.StringVar(&o.out, "out", ".local/bench/last.json", "file for the figures, and with those of the last run")
	flag.StringVar(&o.benchmarks, "benchmarks", ".local/bench/new.txt", "output of the benchmarks of functions")
	flag.IntVar(&o.warm, "warm", 180, "seconds of load, at most, before anything is measured")
	flag.BoolVar(&o.groups, "groups", false, "measure the loads of groups only")
	flag.Parse()
	err := run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

type options struct {
	seconds, rounds, paced, warm int
	out, benchmarks              string
	groups                       bool
}

// Numbers of pairs that chat at the same time. The larger number is a stack in which hardly any
// conversation is in a cache; the smaller one is that of earlier runs.
const (
	fewPairs  = 50
	manyPairs = 400
	// connecting is how many users connect in each round.
	connecting = 80
	// groupRounds is how often the loads of groups are measured, at most.
	groupRounds = 3
)

func run(ctx context.Context, o options) error {
	last, err := readLast(o.out)
	if err != nil {
		return err
	}
	list, err := benchmarks(o.benchmarks)
	if err != nil {
		return err
	}
	starts, err := startTimes(ctx)
	if err != nil {
		return err
	}
	s, err := startStack(ctx)
	if err != nil {
		return err
	}
	defer s.stop()
	loads, err := s.rounds(ctx, o)
	if err != nil {
		return s.explain(err)
	}
	list = append(append(list, starts...), loads...)
	print(list, last)
	return write(o.out, list)
}

// rounds measures every load and the connects, some times one after the other, and returns
// medians.
func (s *stack) rounds(ctx context.Context, o options) ([]Measure, error) {
	pairs, err := s.connectPairs(ctx, manyPairs)
	if err != nil {
		return nil, err
	}
	defer closeAll(pairs)
	users := make([]string, connecting)
	for i := range users {
		users[i] = fmt.Sprintf("visitor%d", i)
	}
	if err := s.importUsers(ctx, users); err != nil {
		return nil, err
	}
	rounds, still, err := s.warmUp(ctx, pairs, time.Duration(o.warm)*time.Second)
	if err != nil {
		return nil, err
	}
	fmt.Printf("warm-up: %d loads of 10 s; the CPU time of the database stands still: %t\n", rounds, still)
	var results results
	length := time.Duration(o.seconds) * time.Second
	for range o.rounds {
		if o.groups {
			break
		}
		for _, n := range []int{fewPairs, manyPairs} {
			closed, err := s.closedLoop(ctx, pairs[:n], length)
			if err != nil {
				return nil, err
			}
			results.addLoad(fmt.Sprintf("closed loop, %d pairs", n), closed, true)
			paced, err := s.openLoop(ctx, pairs[:n], length, o.paced)
			if err != nil {
				return nil, err
			}
			results.addLoad(fmt.Sprintf("%d messages/s, %d pairs", o.paced, n), paced, false)
		}
		cpu, err := s.connects(ctx, users)
		if err != nil {
			return nil, err
		}
		for _, part := range parts() {
			results.add(Measure{Name: "connect, CPU, " + part, Unit: "ms", Value: ms(cpu[part])})
		}
		results.add(Measure{Name: "connect, CPU, all parts", Unit: "ms", Value: ms(all(cpu)), Goal: 1.5})
	}
	closeAll(pairs)
	for range min(o.rounds, groupRounds) {
		if err := s.measureGroups(ctx, length, &results); err != nil {
			return nil, err
		}
	}
	return results.medians(), nil
}

// results collects the same measures of several rounds.
type results struct {
	first  []Measure // with names and goals, in the order of the first round
	values map[string][]float64
}

func (r *results) add(m Measure) {
	if r.values == nil {
		r.values = make(map[string][]float64)
	}
	if _, known := r.values[m.Name]; !known {
		r.first = append(r.first, m)
	}
	r.values[m.Name] = append(r.values[m.Name], m.Value)
}

// addLoad adds the measures of a load, with the goals of the load. closed says whether it was a
// closed loop.
func (r *results) addLoad(name string, l Load, closed bool) {
	rate, p50, p99 := Measure{Name: name + ", messages", Unit: "/s", Value: l.PerSecond, More: true},
		Measure{Name: name + ", p50", Unit: "ms", Value: ms(l.P50)}, Measure{Name: name + ", p99", Unit: "ms", Value: ms(l.P99)}
	if closed {
		rate.Goal = 350
	} else {
		p50.Goal, p99.Goal = 7, 15
		if l.Failed != "" {
			fmt.Printf("%s FAILED: %s\n", name, l.Failed)
		}
		failures := Measure{Name: name + ", loads that failed", Goal: 0.5} // a median: most loads must not fail
		if l.Failed != "" {
			failures.Value = 1
		}
		r.add(failures)
	}
	r.add(rate)
	r.add(p50)
	r.add(p99)
	for _, part := range parts() {
		m := Measure{Name: name + ", CPU, " + part, Unit: "ms", Value: ms(l.CPU[part])}
		if part == "local cloud" {
			m.Goal = 0.7
		}
		r.add(m)
	}
	r.add(Measure{Name: name + ", CPU, all parts", Unit: "ms", Value: ms(all(l.CPU))})
}

// medians returns the median of each measure.
func (r *results) medians() []Measure {
	list := make([]Measure, len(r.first))
	for i, m := range r.first {
		m.Value = median(r.values[m.Name])
		list[i] = m
	}
	return list
}

// ms is a duration in milliseconds.
func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
