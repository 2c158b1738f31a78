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

	"parley/infra/local/backing"
	"parley/shared/store"
	"parley/shared/testkit"
)

var (
	server *testkit.Server
	// apps gives each run of a schedule an application of its own, so that all
	// of them share the tables.
	lastApp atomic.Int64
)

func TestMain(m *testing.M) { testkit.Main(m, &server) }

// defaultSeeds is how many schedules go test runs.
const defaultSeeds = 2000

// workers is how many schedules run at the same time.
const workers = 4

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

func play(ctx context.Context, db *store.Store, seed uint64) *schedule {
	for try := 0; ; try++ {
		s := newSchedule(seed, lastApp.Add(1)+1_500_000_000, db, server)
		if s.run(ctx); s.broken == nil {
			return s
		}
		if try == 2 {
			s.problems = []string{fmt.Sprintf("DynamoDB Local does not answer: %v", s.broken)}
			return s
		}
	}
}

// TestModel runs schedules and reports those that break a rule. MODEL_SEED runs
// a single one and prints what happened.
func TestModel(t *testing.T) {
	db := server.Store(hooks)
	raw = backing.Client(server.Endpoint)
	if os.Getenv("MODEL_SEED") != "" {
		s := play(t.Context(), db, number64(t, 0, "MODEL_SEED"))
		t.Logf("seed %d, hash %x\n%s", s.seed, s.hash(), strings.Join(s.trace, "\n"))
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
		gone   atomic.Bool
	)
	for range workers {
		wg.Go(func() {
			for {
				n := next.Add(1) - 1
				if n >= count || gone.Load() {
					return
				}
				s := play(t.Context(), db, from+n)
				if s.broken != nil {
					gone.Store(true)
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
	report(t, failed)
}

// report prints the first failures whole, and the seeds of the others.
func report(t *testing.T, failed []*schedule) {
	slices.SortFunc(failed, func(a, b *schedule) int { return int(a.seed) - int(b.seed) })
	for i, s := range failed {
		again := fmt.Sprintf("MODEL_SEED=%d go test ./infra/model -run 'TestModel$' -v", s.seed)
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

// String lists what happened, a line for each kind.
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

// TestModelRepeats: a seed is one schedule, and always the same one.
func TestModelRepeats(t *testing.T) {
	db := server.Store(hooks)
	raw = backing.Client(server.Endpoint)
	for seed := range uint64(25) {
		a, b := play(t.Context(), db, seed), play(t.Context(), db, seed)
		if got, want := b.hash(), a.hash(); got != want {
			i := 0
			for i < min(len(a.trace), len(b.trace)) && a.trace[i] == b.trace[i] {
				i++
			}
			t.Fatalf("seed %d: hash %x, then %x; line %d:\n%s\n%s", seed, want, got, i, a.trace[i:][:1], b.trace[i:][:1])
		}
	}
}
