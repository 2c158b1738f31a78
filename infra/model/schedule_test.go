package model

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"parley/shared/app"
	"parley/shared/dialect/client"
	"parley/shared/domain/accounts"
	"parley/shared/domain/apps"
	"parley/shared/domain/sessions"
	"parley/shared/store"
	"parley/shared/telemetry"
	"parley/shared/testkit"
)

// A schedule is one run under one seed. Its actors are goroutines of which
// exactly one runs at a time, so that nothing in it needs a lock and the seed
// decides everything.
type schedule struct {
	seed  uint64
	rng   *rand.Rand
	app   int64
	store *store.Store
	now   time.Time
	t     app.Tenant

	actors []*actor
	yield  chan struct{} // an actor stops or ends

	calm bool // nothing is interrupted any more
	odds odds

	users   []string
	devices []*device
	conns   map[string]*conn
	nextID  int
	queue   []*queued
	sends   []*send
	changes []*change
	texts   map[string]string  // of each message, as first stored, by key in the table
	gave    map[[2]string]bool // reader and peer of a mark-read that was given up
	watch   *watch

	trace    []string
	problems []string
	broken   error // DynamoDB Local did not answer: the schedule says nothing
	stats    stats
}

// odds are what a schedule makes of its seed: calm and wild ones find different
// things.
type odds struct {
	stay, kill, fail, tick float64
	lose                   float64 // of frames that were taken
	stale, spill, quiet    bool
	reader                 bool // much is read
	collide                bool
	changer                bool    // messages are changed
	page                   int     // messages of a page of history
	busy                   float64 // of conflicts, and of batches that are left
}

// stats counts what happened, by name.
type stats map[string]int

var (
	errKilled = errors.New("the process was killed")
	errFailed = errors.New("the call failed")
)

// timeout is when a function is ended from outside (infra/stacks/client.yaml).
const timeout = 6 * time.Second

// epoch is when schedules begin.
const epoch = 1_700_000_000

func newSchedule(seed uint64, id int64, db *store.Store, server *testkit.Server) *schedule {
	s := &schedule{
		seed: seed, app: id, store: db, now: time.Unix(epoch, 0), rng: testkit.Rand(seed),
		yield: make(chan struct{}), conns: make(map[string]*conn), texts: make(map[string]string), gave: make(map[[2]string]bool), stats: make(stats),
	}
	s.now = s.now.Add(time.Duration(s.rng.IntN(1000)) * time.Millisecond)
	s.odds = odds{
		stay: []float64{0.3, 0.6, 0.9}[s.rng.IntN(3)], kill: []float64{0, 0.01, 0.03, 0.06}[s.rng.IntN(4)],
		fail: []float64{0, 0.01, 0.04}[s.rng.IntN(3)], tick: []float64{0.05, 0.2, 0.5}[s.rng.IntN(3)],
		lose: []float64{0.07, 0.07, 0.4}[s.rng.IntN(3)], reader: s.rng.IntN(4) == 0,
		stale: s.rng.IntN(3) == 0, spill: s.rng.IntN(8) == 0, quiet: s.rng.IntN(3) == 0,
		collide: s.rng.IntN(10) == 0, changer: s.rng.IntN(2) == 0, page: []int{2, 5, 100, 100, 100}[s.rng.IntN(5)], busy: []float64{0, 0.02, 0.05}[s.rng.IntN(3)],
	}
	s.watch = newWatch(s)
	parts := app.Parts{
		Store: db, Sealer: server.Sealer, Poster: s, Delivery: (*jobs)(s), Push: (*pushes)(s), Now: func() time.Time { return s.now },
		Wait: s.wait, Bytes: func(n int) []byte { return make([]byte, n) }, Parallel: s.parallel, Frame: client.Frame,
	}
	policy := sessions.Multi
	if s.rng.IntN(4) == 0 {
		policy = sessions.Single // devices of a user fight for one slot
	}
	s.t = app.New(parts).For(&apps.App{ID: id, Settings: apps.Settings{Edition: apps.Premium, LoginPolicy: policy}})
	return s
}

// run plays the schedule and returns what is wrong.
func (s *schedule) run(ctx context.Context) []string {
	s.users = []string{"ann", "bob", "cid"}[:2+s.chance(0.3)]
	for _, u := range s.users {
		if err := s.store.CreateAccount(ctx, s.app, accounts.Account{ID: u, Created: epoch}, epoch, 0); err != nil {
			return []string{err.Error()}
		}
		for n := range 1 + s.chance(0.6) + s.chance(0.25) {
			platform := []sessions.Platform{"iPhone", "Web", "Mac"}[n]
			s.devices = append(s.devices, newDevice(s, u, fmt.Sprintf("%s%d", u, n+1), platform))
		}
	}
	s.note("begin", "users %d, devices %d, odds %+v", len(s.users), len(s.devices), s.odds)
	actions := 6 + s.rng.IntN(9)
	if s.odds.changer {
		actions += 8
	}
	for _, d := range s.devices {
		own := actions/len(s.devices) + s.chance(0.5)
		s.spawn(d.instance, func(a *actor) { d.live(ctx, a, own) })
	}
	s.spawn("worker", func(a *actor) { s.work(ctx, a) })
	s.loop()
	s.checkRaces(ctx)
	s.settle(ctx)
	s.check(ctx)
	return s.problems
}

// settle is the quiet phase: nothing fails any more, every device comes back,
// every job is done.
func (s *schedule) settle(ctx context.Context) {
	s.calm = true
	s.now = s.now.Add(2 * time.Second)
	s.note("quiet", "time %s", s.clock())
	s.spawn("quiet", func(a *actor) {
		for _, d := range s.devices {
			d.readAgain(ctx, a)
		}
		for len(s.queue) > 0 {
			s.workOnce(ctx, a)
		}
		for _, d := range s.devices {
			d.receive(len(d.inbox))
			d.lose(ctx, a, true)
		}
		for _, d := range s.devices {
			d.connect(ctx, a, false)
		}
		for _, d := range s.devices {
			// Two devices in one slot: the one that was kicked comes back.
			if !d.online() {
				d.connect(ctx, a, false)
			}
		}
		for len(s.queue) > 0 {
			s.workOnce(ctx, a)
		}
		for _, d := range s.devices {
			d.receive(len(d.inbox))
		}
	})
	s.loop()
}

// An actor is a goroutine that runs only while it holds the baton.
type actor struct {
	s      *schedule
	name   string
	resume chan struct{}
	done   bool
	idle   bool // waits for what others do
	weight int
}

func (s *schedule) spawn(name string, f func(*actor)) {
	a := &actor{s: s, name: name, resume: make(chan struct{}), weight: 4}
	s.actors = append(s.actors, a)
	go func() {
		<-a.resume
		f(a)
		a.done = true
		s.yield <- struct{}{}
	}()
}

// pause hands the baton back, until the scheduler picks the actor again.
func (a *actor) pause() {
	if a.s.calm {
		return
	}
	// Now and then an actor falls behind all others for a while.
	a.weight = []int{4, 4, 4, 4, 1}[a.s.rng.IntN(5)]
	a.s.yield <- struct{}{}
	<-a.resume
}

// loop runs all actors to their end.
func (s *schedule) loop() {
	for {
		s.actors = slices.DeleteFunc(s.actors, func(a *actor) bool { return a.done })
		if len(s.actors) == 0 {
			return
		}
		total := 0
		for _, a := range s.actors {
			total += a.weight
		}
		pick := s.rng.IntN(total)
		for _, a := range s.actors {
			if pick -= a.weight; pick < 0 {
				a.resume <- struct{}{}
				break
			}
		}
		<-s.yield
	}
}

// An op is one invocation of a function: what it calls, and whether it lives.
type op struct {
	s       *schedule
	a       *actor
	name    string
	limit   time.Duration
	begun   time.Time
	dead    bool
	ended   time.Time
	send    *send
	meter   telemetry.Meter
	dedup   int  // reads of items outside the ring
	full    bool // a claim met a full ring, or one that spilled
	lost    int  // claims refused because the row moved on
	failed  bool // a call of it failed: what it is no part of goes on without it
	crowded bool // a call was refused, or left, since others were at the same items
	// recalled: a send found its message stored, and recalled since.
	recalled bool

	mu      sync.Mutex // spills come from goroutines of the store's own
	spilled []string
	killed  bool
}

type opKey struct{}

func opOf(ctx context.Context) *op {
	o, _ := ctx.Value(opKey{}).(*op)
	return o
}

// invoke runs a function. Its answer is known when it lived to give it and the
// answer was not lost on the way.
func (s *schedule) invoke(ctx context.Context, a *actor, name string, sent *send, f func(ctx context.Context) error) (known bool, err error) {
	o := &op{s: s, a: a, name: name, limit: timeout, begun: s.now, send: sent}
	if !s.calm && s.rng.Float64() > s.odds.stay {
		a.pause()
		o.begun = s.now
	}
	s.note(a.name, "%s ...", name)
	err = f(context.WithValue(telemetry.WithMeter(ctx, &o.meter), opKey{}, o))
	o.settle()
	o.ended = s.now
	answer := "ok"
	if err != nil {
		answer = "error: " + s.strip(err.Error())
		if !o.dead && !errors.Is(err, errFailed) {
			s.problem("%s of %s fails: %s", name, a.name, answer)
		}
	}
	known = !o.dead && err == nil
	if known && !s.calm && s.rng.Float64() < s.odds.fail {
		known, answer = false, answer+", answer lost"
		s.stats["answer lost"]++
	}
	s.note(a.name, "%s: %s", name, answer)
	if sent != nil {
		s.account(o, err)
	}
	return known, err
}

// before is the step ahead of a call.
func (o *op) before(label string) error {
	s := o.s
	if o.settle(); o.dead {
		return errKilled
	}
	s.stats["steps"]++
	if s.calm {
		s.note(o.a.name, "  %s", label)
		return nil
	}
	s.tick()
	r := s.rng.Float64()
	if s.rng.Float64() > s.odds.stay {
		s.stats["switches"]++
		o.a.pause()
	}
	if s.now.Sub(o.begun) > o.limit {
		o.die("timed out before " + label)
		s.stats["timeouts"]++
		return errKilled
	}
	switch {
	case r < s.odds.kill:
		o.die("killed before " + label)
		s.stats["kills before a call"]++
		return errKilled
	case r < s.odds.kill+s.odds.fail:
		o.failed = true
		s.note(o.a.name, "  %s FAILS, not done", label)
		s.stats["calls failed, not done"]++
		return errFailed
	}
	s.note(o.a.name, "  %s", label)
	return nil
}

// after is the step behind a call.
func (o *op) after(label string) error {
	s := o.s
	if s.calm {
		return nil
	}
	switch r := s.rng.Float64(); {
	case r < s.odds.kill:
		o.die("killed after " + label)
		s.stats["kills after a call"]++
		return errKilled
	case r < s.odds.kill+s.odds.fail:
		o.failed = true
		s.note(o.a.name, "  %s FAILS, but is done", label)
		s.stats["calls failed, but done"]++
		return errFailed
	}
	return nil
}

func (o *op) die(why string) {
	o.dead = true
	o.s.note(o.a.name, "  DIES: %s", why)
}

// tick moves the clock: mostly not, seldom over the 30 s of a young connection
// or the 120 s of a send's window.
func (s *schedule) tick() {
	if s.rng.Float64() >= s.odds.tick {
		return
	}
	d := time.Duration(1+s.rng.IntN(900)) * time.Millisecond
	switch r := s.rng.IntN(200); {
	case r < 20:
		d = time.Duration(1000+s.rng.IntN(4000)) * time.Millisecond
	case r < 24:
		d = time.Duration(28+s.rng.IntN(10)) * time.Second
		s.stats["clock over 30 s"]++
	case r < 26:
		d = time.Duration(100+s.rng.IntN(40)) * time.Second
		s.stats["clock over the window"]++
	}
	s.move(d)
}

func (s *schedule) move(d time.Duration) {
	s.now = s.now.Add(d)
	s.note("clock", "+%s = %s", d, s.clock())
}

func (s *schedule) clock() string { return s.now.Sub(time.Unix(epoch, 0)).String() }

func (s *schedule) wait(ctx context.Context, d time.Duration) {
	s.now = s.now.Add(d)
	if o := opOf(ctx); o != nil && !s.calm {
		o.a.pause()
	}
}

// parallel runs functions in an order of the seed's own. A function that fails
// may or may not keep the others from running.
func (s *schedule) parallel(ctx context.Context, run ...func(context.Context) error) error {
	order := s.rng.Perm(len(run))
	var first error
	for _, i := range order {
		if first != nil && s.rng.IntN(2) == 0 {
			break
		}
		if err := run[i](ctx); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// chance is 1 with a probability, else 0.
func (s *schedule) chance(p float64) int {
	if s.rng.Float64() < p {
		return 1
	}
	return 0
}

func (s *schedule) note(who, format string, args ...any) {
	s.trace = append(s.trace, fmt.Sprintf("%-7s ", who)+s.strip(fmt.Sprintf(format, args...)))
}

// strip takes the application out of a text: it differs from run to run.
func (s *schedule) strip(text string) string {
	return strings.ReplaceAll(text, fmt.Sprintf("%d#", s.app), "#")
}

func (s *schedule) problem(format string, args ...any) {
	text := s.strip(fmt.Sprintf(format, args...))
	s.note("PROBLEM", "%s", text)
	if !slices.Contains(s.problems, text) {
		s.problems = append(s.problems, text)
	}
}

// hash is the identity of what happened.
func (s *schedule) hash() uint64 {
	h := fnv.New64a()
	for _, line := range s.trace {
		_, _ = h.Write([]byte(line))
	}
	return h.Sum64()
}

// busy reports whether any actor has something to do but wait.
func (s *schedule) busy() bool {
	return slices.ContainsFunc(s.actors, func(a *actor) bool { return !a.done && !a.idle })
}
