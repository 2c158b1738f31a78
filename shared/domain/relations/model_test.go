package relations_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/shared/app"
	"parley/shared/dialect/client"
	"parley/shared/domain/accounts"
	"parley/shared/domain/apps"
	"parley/shared/domain/delivery"
	"parley/shared/domain/relations"
	"parley/shared/store"
	"parley/shared/testkit"
)

var (
	server  *testkit.Server
	lastApp atomic.Int64
)

func TestMain(m *testing.M) { testkit.Main(m, &server) }

// TestModelRelations plays schedules of calls on a few users' relations: several
// devices of each call at once, calls stop before or behind any request to
// DynamoDB, answers are lost and repeated, and reads that allow it come from a
// replica that is behind. One seed is one schedule:
//
//	MODEL_SEED=17 go test ./shared/domain/relations -run TestModelRelations -v
//	MODEL_SEEDS=10000 MODEL_FROM=1 go test ./shared/domain/relations -run TestModelRelations
//
// After every write the whole of what is stored must hold together, and be what
// the call it belongs to makes of what was there before, as a model has it
// (oracle_test.go). In the end every device that pulls changes holds the table.
func TestModelRelations(t *testing.T) {
	number := func(name string, fallback uint64) uint64 {
		n, err := strconv.ParseUint(os.Getenv(name), 10, 64)
		if err != nil {
			return fallback
		}
		return n
	}
	db := server.Store(hooks)
	if os.Getenv("MODEL_SEED") != "" {
		s := newSchedule(number("MODEL_SEED", 0), db)
		s.run(t.Context())
		t.Logf("%s", strings.Join(s.trace, "\n"))
		for _, p := range s.problems {
			t.Error(p)
		}
		return
	}
	// One of these costs as much as five of infra/model, which MODEL_SEEDS counts.
	count, from := max(1, number("MODEL_SEEDS", 200)/5), number("MODEL_FROM", 1)
	var (
		wg     sync.WaitGroup
		mu     sync.Mutex
		next   atomic.Uint64
		failed []*schedule
		total  = make(map[string]int)
	)
	for range 4 {
		wg.Go(func() {
			for n := next.Add(1) - 1; n < count; n = next.Add(1) - 1 {
				s := newSchedule(from+n, db)
				s.run(t.Context())
				mu.Lock()
				for name, n := range s.stats {
					total[name] += n
				}
				if len(s.problems) > 0 {
					failed = append(failed, s)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	t.Logf("%d schedules: %v", count, total)
	slices.SortFunc(failed, func(a, b *schedule) int { return int(a.seed) - int(b.seed) })
	for i, s := range failed {
		if i < 2 {
			t.Errorf("MODEL_SEED=%d\n%s\n%s", s.seed, strings.Join(s.problems, "\n"), strings.Join(s.trace, "\n"))
		} else {
			t.Errorf("MODEL_SEED=%d: %s", s.seed, s.problems[0])
		}
	}
	// A schedule in which nothing happens proves nothing.
	for _, name := range []string{"writes", "stopped before", "stopped behind", "stale", "conflicts", "pulls"} {
		if total[name] == 0 && count >= 40 {
			t.Errorf("no schedule has any %q", name)
		}
	}
}

// TestModelRelationsRepeats: a seed is one schedule, and always the same one.
func TestModelRelationsRepeats(t *testing.T) {
	db := server.Store(hooks)
	for seed := range uint64(4) {
		a, b := newSchedule(seed, db), newSchedule(seed, db)
		a.run(t.Context())
		b.run(t.Context())
		if !slices.Equal(a.trace, b.trace) {
			i := 0
			for i < min(len(a.trace), len(b.trace))-1 && a.trace[i] == b.trace[i] {
				i++
			}
			t.Errorf("seed %d, line %d: %s; then: %s", seed, i, a.trace[i], b.trace[i])
		}
	}
}

var (
	errStopped = errors.New("the process was stopped")
	errFailed  = errors.New("the request failed")
)

// A schedule is one run under one seed. Its actors are goroutines of which one
// runs at a time.
type schedule struct {
	seed   uint64
	rng    *rand.Rand
	app    int64
	db     *store.Store
	now    time.Time
	s      relations.Service
	limits relations.Limits
	allow  map[string]accounts.Allow

	actors []*actor
	yield  chan struct{}
	calm   bool // nothing is interrupted any more
	odds   struct{ stay, stop, fail, stale float64 }

	users   []string
	devices []*device
	shadow  shadow
	heal    []*operation // calls that were stopped half way
	unmoved bool         // a rename that was stopped could not go on: its list is gone

	trace, problems []string
	stats           map[string]int
}

type actor struct {
	s      *schedule
	name   string
	resume chan struct{}
	done   bool
}

func newSchedule(seed uint64, db *store.Store) *schedule {
	s := &schedule{
		seed: seed, rng: testkit.Rand(seed), app: lastApp.Add(1) + 1_600_000_000, db: db, now: time.Unix(1_700_000_000, 0),
		yield: make(chan struct{}), allow: make(map[string]accounts.Allow), stats: make(map[string]int),
	}
	s.odds.stay = []float64{0.2, 0.5, 0.8}[s.rng.IntN(3)]
	s.odds.stop = []float64{0, 0.01, 0.04}[s.rng.IntN(3)]
	s.odds.fail = []float64{0, 0.02, 0.05}[s.rng.IntN(3)]
	s.odds.stale = []float64{0, 0.5}[s.rng.IntN(2)]
	s.limits = relations.Limits{Friends: 2 + s.rng.IntN(2), Blocked: 1 + s.rng.IntN(2), Lists: 2, Requests: 1 + s.rng.IntN(2)}
	parts := app.Parts{
		Store: db, Sealer: server.Sealer, Poster: delivery.Nowhere{}, Now: func() time.Time { return s.now },
		Wait: s.wait, Frame: client.Frame,
	}
	s.s = app.New(parts).For(&apps.App{ID: s.app, Settings: apps.Settings{Edition: apps.Premium}}).Relations
	s.s.Limits = s.limits
	s.s.Repeat = 0 // the oracle knows what is so, not since when
	s.shadow = newShadow(s.app)
	return s
}

func (s *schedule) run(ctx context.Context) {
	s.users = []string{"ann", "bob", "cid", "dan"}[:3+s.rng.IntN(2)]
	for _, u := range s.users {
		s.allow[u] = []accounts.Allow{accounts.AllowAny, accounts.AllowAny, accounts.NeedConfirm, accounts.NeedConfirm, accounts.DenyAny}[s.rng.IntN(5)]
		if err := account(ctx, s.app, u, s.allow[u]); err != nil {
			s.problem("%v", err)
			return
		}
	}
	s.note("begin: %v, limits %+v, odds %+v", s.allow, s.limits, s.odds)
	for _, u := range s.users {
		for n := range 1 + s.rng.IntN(2) {
			d := &device{s: s, user: u, name: fmt.Sprintf("%s%d", u, n+1), view: make(map[string]string)}
			s.devices = append(s.devices, d)
			s.spawn(d.name, func(a *actor) { d.live(ctx, a) })
		}
	}
	s.spawn("backend", func(a *actor) {
		for range 4 {
			s.call(ctx, a, s.random(s.users[s.rng.IntN(len(s.users))], false))
		}
	})
	s.loop()
	s.calm = true
	s.spawn("quiet", func(a *actor) { s.settle(ctx, a) })
	s.loop()
}

// settle repeats what was stopped half way, then looks at everything.
func (s *schedule) settle(ctx context.Context, a *actor) {
	for _, o := range s.heal {
		_ = s.call(ctx, a, o) // a list may be gone by now
	}
	facts := s.shadow.facts()
	for _, d := range s.devices {
		d.pull(ctx, a)
		if got, want := d.view, facts.table(d.user); fmt.Sprint(got) != fmt.Sprint(want) {
			s.problem("%s holds %v, the table of %s is %v", d.name, got, d.user, want)
		}
	}
	for _, owner := range s.users {
		s.reads(ctx, owner, facts)
	}
	if s.rng.IntN(2) == 0 {
		s.forget(ctx, a)
	}
}

// reads compares what the reading calls say with what is stored.
func (s *schedule) reads(ctx context.Context, owner string, facts facts) {
	for _, both := range []bool{false, true} {
		friends, _, err := s.s.Check(ctx, owner, s.users, both)
		blocks, _, err2 := s.s.CheckBlocks(ctx, owner, s.users, both)
		if err = errors.Join(err, err2); err != nil {
			s.problem("check: %v", err)
			return
		}
		for i, peer := range s.users {
			want := func(kind string) relations.Relation {
				return relations.Relation{Mine: facts.has(kind, owner, peer), Theirs: both && facts.has(kind, peer, owner)}
			}
			if friends[i] != want("F") || blocks[i] != want("B") {
				s.problem("check of %s and %s (%t): friends %+v, blocks %+v; there is %v", owner, peer, both, friends[i], blocks[i], facts)
			}
		}
	}
	lists, _, err := s.s.Lists(ctx, owner, nil)
	if err != nil {
		s.problem("lists: %v", err)
	}
	named := 0
	for _, l := range lists {
		named += len(l.Peers)
	}
	for peer, row := range facts.table(owner) {
		_, in, _ := strings.Cut(row, "|")
		for _, name := range split(in) {
			named--
			if !slices.Contains(split(facts["L "+owner]), name) && !s.unmoved {
				s.problem("%s has %s in list %s, there are %q", owner, peer, name, facts["L "+owner])
			}
		}
	}
	if named != 0 && !s.unmoved {
		s.problem("lists of %s are %v, there is %v", owner, lists, facts)
	}
	requests, err := s.s.Requests(ctx, owner, "", 100)
	if err != nil || len(requests.Requests) != facts.count("R", owner) {
		s.problem("requests to %s are %v (%v), there is %v", owner, requests.Requests, err, facts)
	}
}

// forget removes a user, of whom nothing is left; who was a friend both ways has
// lost the entry.
func (s *schedule) forget(ctx context.Context, a *actor) {
	user := s.users[0]
	mutual := s.shadow.facts().table(user)
	for more, n := true, 0; more; n++ {
		err := s.invoke(ctx, a, nil, "forget "+user, func(ctx context.Context) (err error) {
			more, err = s.s.Forget(ctx, user)
			return err
		})
		if err != nil || n > 50 {
			s.problem("forget: %v, %d rounds", err, n)
			return
		}
	}
	for what := range s.shadow.facts() {
		words := strings.Fields(what)
		if _, friend := mutual[words[1]]; words[1] == user || words[0] == "F" && friend && words[2] == user {
			s.problem("%s is forgotten and %q is left", user, what)
		}
	}
	if left := s.shadow.side(user); left.rows() > 0 {
		s.problem("%s is forgotten and %d items are left", user, left.rows())
	}
}

func (s *schedule) spawn(name string, f func(*actor)) {
	a := &actor{s: s, name: name, resume: make(chan struct{})}
	s.actors = append(s.actors, a)
	go func() {
		<-a.resume
		f(a)
		a.done = true
		s.yield <- struct{}{}
	}()
}

func (a *actor) pause() {
	if !a.s.calm {
		a.s.yield <- struct{}{}
		<-a.resume
	}
}

func (s *schedule) loop() {
	for {
		s.actors = slices.DeleteFunc(s.actors, func(a *actor) bool { return a.done })
		if len(s.actors) == 0 {
			return
		}
		s.actors[s.rng.IntN(len(s.actors))].resume <- struct{}{}
		<-s.yield
	}
}

func (s *schedule) wait(ctx context.Context, d time.Duration) {
	s.now = s.now.Add(d)
	s.stats["conflicts"]++
	if c := callOf(ctx); c != nil {
		c.a.pause()
	}
}

func (s *schedule) note(format string, args ...any) {
	s.trace = append(s.trace, strings.ReplaceAll(fmt.Sprintf(format, args...), fmt.Sprintf("%d#", s.app), "#"))
}

func (s *schedule) problem(format string, args ...any) {
	s.note("PROBLEM "+format, args...)
	s.problems = append(s.problems, s.trace[len(s.trace)-1])
}

// A device calls, and pulls what changed in the table of its user.
type device struct {
	s          *schedule
	user, name string
	since      int64
	view       map[string]string
}

func (d *device) live(ctx context.Context, a *actor) {
	for range 3 + d.s.rng.IntN(4) {
		if d.s.rng.IntN(3) == 0 {
			d.pull(ctx, a)
		} else {
			d.s.call(ctx, a, d.s.random(d.user, true))
		}
	}
}

// pull takes over what changed since the last pull, or the whole table.
func (d *device) pull(ctx context.Context, a *actor) {
	view, since := make(map[string]string), int64(0)
	err := d.s.invoke(ctx, a, nil, d.user+" pulls", func(ctx context.Context) error {
		delta, err := d.s.s.Changes(ctx, d.user, d.since)
		if err != nil {
			return err
		}
		since = delta.Version
		if !delta.Full {
			for peer, row := range d.view {
				view[peer] = row
			}
			for _, peer := range delta.Gone {
				delete(view, peer)
			}
			for _, f := range delta.Changed {
				view[f.Peer] = rowOf(f)
			}
			return nil
		}
		for after, n := "", 0; ; n++ {
			page, err := d.s.s.List(ctx, d.user, after, 2)
			if err != nil {
				return err
			}
			if n == 0 {
				since = page.Book.FriendVersion // what comes later is pulled again
			}
			for _, f := range page.Friends {
				view[f.Peer] = rowOf(f)
			}
			if after = page.Next; after == "" {
				return nil
			}
		}
	})
	if err == nil {
		d.s.stats["pulls"]++
		d.view, d.since = view, since
	}
}

func rowOf(f relations.Friend) string { return f.Remark + "|" + strings.Join(f.Lists, ",") }
