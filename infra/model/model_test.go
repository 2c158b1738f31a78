package model

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/infra/testkit"
	"parley/shared/store"
)

var (
	server *testkit.Server
	// lastApp is the number of the last application. Each run of a schedule has an
	// application of its own, so all runs share the tables.
	lastApp atomic.Int64
)

func TestMain(m *testing.M) { testkit.Main(m, &server) }

// defaultSeeds is how many schedules run by default.
const defaultSeeds = 2000

// workers is how many schedules run at the same time.
const workers = 4

// number64 reads a number from the first of the environment variables that is set.
func number64(t *testing.T, fallback uint64, names ...string) uint64 {
	t.Helper()
	for _, name := range names {
		if v := os.Getenv(name); v != "" {
			n, err := strconv.ParseUint(v, 10, 64)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			return n
		}
	}
	return fallback
}

// play runs the schedule of a seed. If DynamoDB Local does not answer, it starts again,
// three times at most.
func play(ctx context.Context, db *store.Store, seed uint64) *schedule {
	for try := 0; ; try++ {
		s := newSchedule(seed, lastApp.Add(1)+1_500_000_000, db, server)
		if s.run(ctx); s.dbError == nil {
			return s
		}
		if try == 2 {
			s.problems = []string{fmt.Sprintf("DynamoDB Local does not answer: %v", s.dbError)}
			return s
		}
	}
}

// TestModel runs many schedules and reports those that break a rule of
// docs/data-model.md §1. With MODEL_SEED it runs a single one and prints its trace.
func TestModel(t *testing.T) {
	db := server.Store(step)
	if os.Getenv("MODEL_SEED") != "" {
		s := play(t.Context(), db, number64(t, 0, "MODEL_SEED"))
		t.Logf("seed %d, hash %x\n%s", s.seed, s.traceHash(), strings.Join(s.trace, "\n"))
		for _, p := range s.problems {
			t.Error(p)
		}
		return
	}
	count, from := number64(t, defaultSeeds, "MODEL_SEEDS", "PARLEY_SEEDS"), number64(t, 1, "MODEL_FROM")
	if testing.Short() {
		count = min(count, 200)
	}
	begun := time.Now()
	var (
		wg     sync.WaitGroup
		mu     sync.Mutex
		failed []*schedule
		total  = make(stats)
		next   atomic.Uint64
		dbGone atomic.Bool // DynamoDB Local no longer answers
	)
	for range workers {
		wg.Go(func() {
			for {
				n := next.Add(1) - 1
				if n >= count || dbGone.Load() {
					return
				}
				s := play(t.Context(), db, from+n)
				if s.dbError != nil {
					dbGone.Store(true)
				}
				mu.Lock()
				for name, n := range s.stats {
					total[name] += n
				}
				if total["lines"] += len(s.trace); len(s.problems) > 0 {
					failed = append(failed, s)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	t.Logf("%d schedules from seed %d in %s\n%s", count, from, time.Since(begun).Round(time.Second), total)
	report(t, "TestModel", failed)
}

// report prints the first two failures of a test with their traces, and of the
// next ones the first problem.
func report(t *testing.T, name string, failed []*schedule) {
	t.Helper()
	slices.SortFunc(failed, func(a, b *schedule) int { return int(a.seed) - int(b.seed) })
	for i, s := range failed {
		again := fmt.Sprintf("MODEL_SEED=%d go test ./infra/model -run '%s$' -v", s.seed, name)
		if i < 2 {
			t.Errorf("%s\n%s\n%s", again, strings.Join(s.problems, "\n"), strings.Join(s.trace, "\n"))
		} else if i < 100 {
			t.Errorf("%s\n%s", again, s.problems[0])
		}
	}
	if len(failed) > 0 {
		t.Errorf("%d schedules break a rule", len(failed))
	}
}

// String lists how often each thing happened, one line each.
func (s stats) String() string {
	var b strings.Builder
	names := make([]string, 0, len(s))
	for name := range s {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&b, "%9d %s\n", s[name], name)
	}
	return b.String()
}

// TestModelIsDeterministic checks that two runs of a seed do exactly the same.
func TestModelIsDeterministic(t *testing.T) {
	db := server.Store(step)
	for seed := range uint64(25) {
		a, b := play(t.Context(), db, seed), play(t.Context(), db, seed)
		if got, want := b.traceHash(), a.traceHash(); got != want {
			i := 0
			for i < min(len(a.trace), len(b.trace)) && a.trace[i] == b.trace[i] {
				i++
			}
			t.Fatalf("seed %d: hash %x, then %x; line %d:\n%s\n%s", seed, want, got, i, a.trace[i:][:1], b.trace[i:][:1])
		}
	}
}
