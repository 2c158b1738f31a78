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

	"parley/infra/testkit"
	"parley/shared/app"
	"parley/shared/dialect/client"
	"parley/shared/domain/accounts"
	"parley/shared/domain/delivery"
	"parley/shared/domain/relations"
	"parley/shared/store"
)

var (
	server  *testkit.Server
	lastApp atomic.Int64
)

func TestMain(m *testing.M) { testkit.Main(m, &server) }

// TestModelRelationsStayConsistent runs schedules of calls that change the relations
// of a few users. Several devices of each user call at the same time, processes are
// stopped before or after any request to DynamoDB, answers are lost and calls are
// repeated, and eventually consistent reads come from a replica that is behind. One
// seed is one schedule:
//
//	MODEL_SEED=17 go test ./shared/domain/relations -run TestModelRelations -v
//	MODEL_SEEDS=10000 MODEL_FROM=1 go test ./shared/domain/relations -run TestModelRelations
//
// After every write the stored items must agree with each other (recording_test.go),
// and must be what the oracle expects the call to make of the items before it
// (oracle_test.go). In the end every device that pulls changes has the friend table.
func TestModelRelationsStayConsistent(t *testing.T) {
	number := func(name string, fallback uint64) uint64 {
		n, err := strconv.ParseUint(os.Getenv(name), 10, 64)
		if err != nil {
			return fallback
		}
		return n
	}
	db := server.Store(requestStep)
	if os.Getenv("MODEL_SEED") != "" {
		s := newSchedule(number("MODEL_SEED", 0), db)
		s.run(t.Context())
		t.Logf("%s", strings.Join(s.trace, "\n"))
		for _, p := range s.problems {
			t.Error(p)
		}
		return
	}
	// MODEL_SEEDS is the number of schedules of infra/model. One schedule of this test
	// costs as much as five of those.
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
	// Schedules in which these things never happen would prove nothing.
	for _, name := range []string{"writes", "stopped before", "stopped after", "stale", "conflicts", "pulls"} {
		if total[name] == 0 && count >= 40 {
			t.Errorf("no schedule has any %q", name)
		}
	}
}

// TestModelRelationsSameSeedSameSchedule shows that a seed always makes the same
// schedule.
func TestModelRelationsSameSeedSameSchedule(t *testing.T) {
	db := server.Store(requestStep)
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

// A schedule is one run of the model, which its seed decides. Its actors are
// goroutines, of which one runs at a time.
type schedule struct {
	seed    uint64
	rng     *rand.Rand
	app     int64
	db      *store.Store
	now     time.Time
	service relations.Service
	limits  relations.Limits
	allow   map[string]accounts.FriendRequestPolicy

	actors    []*actor
	yield     chan struct{}
	faultless bool // nothing is interrupted, lost or stale any more
	chances   struct{ proceed, stop, fail, stale float64 }

	users        []string
	devices      []*device
	recording    recording
	unfinished   []*operation // calls that were stopped half way, to be repeated at the end
	listVanished bool         // the repeat of a stopped rename failed: its list does not exist any more

	trace, problems []string
	stats           map[string]int
}

// An actor makes calls, one after the other.
type actor struct {
	schedule *schedule
	name     string
	resume   chan struct{}
	done     bool
}

func newSchedule(seed uint64, db *store.Store) *schedule {
	s := &schedule{
		seed: seed, rng: testkit.Rand(seed), app: lastApp.Add(1) + 1_600_000_000, db: db, now: time.Unix(1_700_000_000, 0),
		yield: make(chan struct{}), allow: make(map[string]accounts.FriendRequestPolicy), stats: make(map[string]int),
	}
	s.chances.proceed = []float64{0.2, 0.5, 0.8}[s.rng.IntN(3)]
	s.chances.stop = []float64{0, 0.01, 0.04}[s.rng.IntN(3)]
	s.chances.fail = []float64{0, 0.02, 0.05}[s.rng.IntN(3)]
	s.chances.stale = []float64{0, 0.5}[s.rng.IntN(2)]
	s.limits = relations.Limits{Friends: 2 + s.rng.IntN(2), Blocked: 1 + s.rng.IntN(2), Lists: 2, Requests: 1 + s.rng.IntN(2)}
	parts := app.Parts{Store: db, Poster: delivery.NoPoster{}, Clock: scheduleClock{s}, Encoder: client.NewFrames()}
	// The oracle does not know when an entry was written or removed, so there is no RepeatWindow.
	s.service = relations.New(s.app, relations.Settings{Limits: s.limits, Allow: accounts.AllowAny}, db.Relations, db.Relations, db.Relations, db.Accounts, app.New(parts).Delivery(s.app), scheduleClock{s})
	s.recording = newRecording(s.app)
	return s
}

func (s *schedule) run(ctx context.Context) {
	s.users = []string{"ann", "bob", "cid", "dan"}[:3+s.rng.IntN(2)]
	for _, u := range s.users {
		s.allow[u] = []accounts.FriendRequestPolicy{accounts.AllowAny, accounts.AllowAny, accounts.NeedConfirm, accounts.NeedConfirm, accounts.DenyAny}[s.rng.IntN(5)]
		if err := createAccount(ctx, s.app, u, s.allow[u]); err != nil {
			s.problem("%v", err)
			return
		}
	}
	s.note("begin: %v, limits %+v, chances %+v", s.allow, s.limits, s.chances)
	for _, u := range s.users {
		for n := range 1 + s.rng.IntN(2) {
			d := &device{schedule: s, user: u, name: fmt.Sprintf("%s%d", u, n+1), view: make(map[string]string)}
			s.devices = append(s.devices, d)
			s.spawn(d.name, func(a *actor) { d.run(ctx, a) })
		}
	}
	s.spawn("backend", func(a *actor) {
		for range 4 {
			s.call(ctx, a, s.randomOperation(s.users[s.rng.IntN(len(s.users))], false))
		}
	})
	s.runActors()
	s.faultless = true
	s.spawn("finish", func(a *actor) { s.finish(ctx, a) })
	s.runActors()
}

// finish repeats the calls that were stopped half way, and then checks everything
// that is stored.
func (s *schedule) finish(ctx context.Context, a *actor) {
	for _, o := range s.unfinished {
		_ = s.call(ctx, a, o) // it fails if its list does not exist any more
	}
	facts := s.recording.currentFacts()
	for _, d := range s.devices {
		d.pull(ctx, a)
		if got, want := d.view, facts.table(d.user); fmt.Sprint(got) != fmt.Sprint(want) {
			s.problem("%s holds %v, the table of %s is %v", d.name, got, d.user, want)
		}
	}
	for _, owner := range s.users {
		s.checkReads(ctx, owner, facts)
	}
	if s.rng.IntN(2) == 0 {
		s.checkForget(ctx, a)
	}
}

// checkReads compares the answers of the calls that read with what is stored.
func (s *schedule) checkReads(ctx context.Context, owner string, facts facts) {
	for _, both := range []bool{false, true} {
		friends, _, err := s.service.CheckFriends(ctx, owner, s.users, both)
		blocks, _, err2 := s.service.CheckBlocks(ctx, owner, s.users, both)
		if err = errors.Join(err, err2); err != nil {
			s.problem("check: %v", err)
			return
		}
		for i, peer := range s.users {
			want := func(kind string) relations.Directions {
				return relations.Directions{OwnerToPeer: facts.has(kind, owner, peer), PeerToOwner: both && facts.has(kind, peer, owner)}
			}
			if friends[i] != want("F") || blocks[i] != want("B") {
				s.problem("check of %s and %s (%t): friends %+v, blocks %+v; there is %v", owner, peer, both, friends[i], blocks[i], facts)
			}
		}
	}
	lists, _, err := s.service.GetLists(ctx, owner, nil)
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
			if !slices.Contains(split(facts["L "+owner]), name) && !s.listVanished {
				s.problem("%s has %s in list %s, there are %q", owner, peer, name, facts["L "+owner])
			}
		}
	}
	if named != 0 && !s.listVanished {
		s.problem("lists of %s are %v, there is %v", owner, lists, facts)
	}
	requests, err := s.service.ListRequests(ctx, owner, "", 100)
	if err != nil || len(requests.Requests) != facts.count("R", owner) {
		s.problem("requests to %s are %v (%v), there is %v", owner, requests.Requests, err, facts)
	}
}

// checkForget forgets a user. Nothing of the user may be left, and those friends of
// the user who had the user as a friend must not have that entry any more.
func (s *schedule) checkForget(ctx context.Context, a *actor) {
	user := s.users[0]
	mutual := s.recording.currentFacts().table(user)
	for more, n := true, 0; more; n++ {
		err := s.invoke(ctx, a, nil, "forget "+user, func(ctx context.Context) (err error) {
			more, err = s.service.RemoveData(ctx, user)
			return err
		})
		if err != nil || n > 50 {
			s.problem("forget: %v, %d rounds", err, n)
			return
		}
	}
	for fact := range s.recording.currentFacts() {
		words := strings.Fields(fact)
		if _, friend := mutual[words[1]]; words[1] == user || words[0] == "F" && friend && words[2] == user {
			s.problem("%s is forgotten and %q is left", user, fact)
		}
	}
	if left := s.recording.itemsOf(user); left.count() > 0 {
		s.problem("%s is forgotten and %d items are left", user, left.count())
	}
}

func (s *schedule) spawn(name string, f func(*actor)) {
	a := &actor{schedule: s, name: name, resume: make(chan struct{})}
	s.actors = append(s.actors, a)
	go func() {
		<-a.resume
		f(a)
		a.done = true
		s.yield <- struct{}{}
	}()
}

// pause lets another actor run.
func (a *actor) pause() {
	if !a.schedule.faultless {
		a.schedule.yield <- struct{}{}
		<-a.resume
	}
}

// runActors runs actors in turns until all of them are done. The seed decides which
// one runs next.
func (s *schedule) runActors() {
	for {
		s.actors = slices.DeleteFunc(s.actors, func(a *actor) bool { return a.done })
		if len(s.actors) == 0 {
			return
		}
		s.actors[s.rng.IntN(len(s.actors))].resume <- struct{}{}
		<-s.yield
	}
}

// scheduleClock is the clock of a schedule. A wait moves it, and others go on.
type scheduleClock struct{ *schedule }

// Now implements clock.Clock.
func (c scheduleClock) Now() time.Time { return c.now }

// Wait implements clock.Clock.
func (c scheduleClock) Wait(ctx context.Context, d time.Duration) { c.wait(ctx, d) }

// Random implements clock.Clock: every wait has its maximum length.
func (scheduleClock) Random() float64 { return 1 }

// Bytes implements clock.Clock.
func (scheduleClock) Bytes(n int) []byte { return make([]byte, n) }

// wait is how a unit of work waits after a conflict: the clock moves on, and another
// actor runs.
func (s *schedule) wait(ctx context.Context, d time.Duration) {
	s.now = s.now.Add(d)
	s.stats["conflicts"]++
	if c := callOf(ctx); c != nil {
		c.actor.pause()
	}
}

func (s *schedule) note(format string, args ...any) {
	s.trace = append(s.trace, strings.ReplaceAll(fmt.Sprintf(format, args...), fmt.Sprintf("%d#", s.app), "#"))
}

func (s *schedule) problem(format string, args ...any) {
	s.note("PROBLEM "+format, args...)
	s.problems = append(s.problems, s.trace[len(s.trace)-1])
}

// A device of a user makes calls, and pulls the changes of the user's friend table.
type device struct {
	schedule   *schedule
	user, name string
	since      int64             // the version of view
	view       map[string]string // the friend table as the device has it
}

func (d *device) run(ctx context.Context, a *actor) {
	for range 3 + d.schedule.rng.IntN(4) {
		if d.schedule.rng.IntN(3) == 0 {
			d.pull(ctx, a)
		} else {
			d.schedule.call(ctx, a, d.schedule.randomOperation(d.user, true))
		}
	}
}

// pull gets what has changed since the last pull, or the whole table.
func (d *device) pull(ctx context.Context, a *actor) {
	view, since := make(map[string]string), int64(0)
	err := d.schedule.invoke(ctx, a, nil, d.user+" pulls", func(ctx context.Context) error {
		delta, err := d.schedule.service.ReadFriendChanges(ctx, d.user, d.since)
		if err != nil {
			return err
		}
		since = delta.Version
		if !delta.MustListAll {
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
			page, err := d.schedule.service.ListFriends(ctx, d.user, after, 2)
			if err != nil {
				return err
			}
			if n == 0 {
				since = page.Counters.FriendVersion // later changes are pulled again
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
		d.schedule.stats["pulls"]++
		d.view, d.since = view, since
	}
}

func rowOf(f relations.Friend) string { return f.Remark + "|" + strings.Join(f.Lists, ",") }
