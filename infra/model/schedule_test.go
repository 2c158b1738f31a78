package model

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"parley/infra/testkit"
	"parley/shared/app"
	"parley/shared/dialect/client"
	"parley/shared/domain/accounts"
	"parley/shared/domain/apps"
	"parley/shared/domain/sessions"
	"parley/shared/store"
	"parley/shared/telemetry"
)

// A schedule is one run of one seed. Its actors are goroutines. Exactly one of them
// runs at a time, so nothing in a schedule needs a lock, and the seed decides
// everything.
type schedule struct {
	seed  uint64
	rng   *rand.Rand
	app   int64
	store *store.Store
	now   time.Time
	t     app.Tenant

	actors []*actor
	yield  chan struct{} // the running actor pauses or ends

	noFaults bool // nothing fails and no actor is interrupted
	odds     odds

	users        []string
	devices      []*device
	conns        map[string]*conn
	nextID       int
	queue        []*queued
	sends        []*send
	changes      []*change
	bodies       map[string]string  // the body of each message as first stored, by its key in the table
	readsGivenUp map[[2]string]bool // reader and peer of each message.read that was never completed
	observer     *observer

	trace    []string
	problems []string
	dbError  error // DynamoDB Local did not answer: the result of the schedule means nothing
	stats    stats
}

// odds says what may happen in a schedule, and how often. The seed chooses it: schedules
// with few faults and with many find different mistakes.
type odds struct {
	stay      float64 // an actor continues at a step
	kill      float64 // a function dies before a call, or after it
	fail      float64 // a call fails, done or not done; an answer is lost
	tick      float64 // the clock moves at a step
	loseFrame float64 // a frame that the gateway accepted is lost
	conflict  float64 // a write is refused, or a batch is left, because of other calls
	stale     bool    // eventually consistent reads may return old items
	overflow  bool    // senders send so much that the idempotency window overflows
	noUnread  bool    // some messages are excluded from unread, or from the list
	reader    bool    // devices read more often
	collide   bool    // messages may have the same key
	changer   bool    // devices change messages
	page      int     // messages on a page of history
}

// stats counts what happened, by name.
type stats map[string]int

var (
	errKilled = errors.New("the process was killed")
	errFailed = errors.New("the call failed")
)

// timeout is when Lambda ends a function (infra/stacks/client-session.yaml).
const timeout = 6 * time.Second

// startTime is when every schedule begins, Unix seconds.
const startTime = 1_700_000_000

func newSchedule(seed uint64, id int64, db *store.Store, server *testkit.Server) *schedule {
	s := &schedule{
		seed: seed, app: id, store: db, now: time.Unix(startTime, 0), rng: testkit.Rand(seed),
		yield: make(chan struct{}), conns: make(map[string]*conn), bodies: make(map[string]string), readsGivenUp: make(map[[2]string]bool), stats: make(stats),
	}
	s.now = s.now.Add(time.Duration(s.rng.IntN(1000)) * time.Millisecond)
	s.odds = odds{
		stay: []float64{0.3, 0.6, 0.9}[s.rng.IntN(3)], kill: []float64{0, 0.01, 0.03, 0.06}[s.rng.IntN(4)],
		fail: []float64{0, 0.01, 0.04}[s.rng.IntN(3)], tick: []float64{0.05, 0.2, 0.5}[s.rng.IntN(3)],
		loseFrame: []float64{0.07, 0.07, 0.4}[s.rng.IntN(3)], reader: s.rng.IntN(4) == 0,
		stale: s.rng.IntN(3) == 0, overflow: s.rng.IntN(16) == 0, noUnread: s.rng.IntN(3) == 0,
		collide: s.rng.IntN(10) == 0, changer: s.rng.IntN(2) == 0, page: []int{2, 5, 100, 100, 100}[s.rng.IntN(5)], conflict: []float64{0, 0.02, 0.05}[s.rng.IntN(3)],
	}
	s.observer = newObserver(s)
	parts := app.Parts{
		Store: db, Sealer: server.Sealer, Poster: s, Delivery: (*jobs)(s), Push: (*pushes)(s), Clock: scheduleClock{s},
		Parallel: randomOrder{s}, Encoder: client.NewFrames(),
	}
	policy := sessions.Multi
	if s.rng.IntN(4) == 0 {
		policy = sessions.Single // all devices of a user want the same slot
	}
	s.t = app.New(parts).For(&apps.App{ID: id, Settings: apps.Settings{Edition: apps.Premium, LoginPolicy: policy}})
	return s
}

// run plays the schedule and returns the problems found.
func (s *schedule) run(ctx context.Context) []string {
	s.users = []string{"ann", "bob", "cid"}[:2+s.chance(0.3)]
	for _, u := range s.users {
		if err := s.store.Accounts.CreateAccount(ctx, s.app, accounts.Account{ID: u, Created: startTime}, startTime, 0); err != nil {
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
		s.spawn(d.instance, func(a *actor) { d.act(ctx, a, own) })
	}
	s.spawn("worker", func(a *actor) { s.runWorker(ctx, a) })
	s.loop()
	s.checkRaces(ctx)
	s.quietPhase(ctx)
	s.check(ctx)
	return s.problems
}

// quietPhase brings everything to an end without faults: every job runs, and every
// device connects again and synchronizes.
func (s *schedule) quietPhase(ctx context.Context) {
	s.noFaults = true
	s.now = s.now.Add(2 * time.Second)
	s.note("quiet", "time %s", s.clock())
	s.spawn("quiet", func(a *actor) {
		for _, d := range s.devices {
			d.repeatReads(ctx, a)
		}
		for len(s.queue) > 0 {
			s.runJob(ctx, a)
		}
		for _, d := range s.devices {
			d.receive(len(d.inbox))
			d.loseConn(ctx, a, true)
		}
		for _, d := range s.devices {
			d.connect(ctx, a, false)
		}
		for _, d := range s.devices {
			// If two devices share a slot, the one that was kicked connects again.
			if !d.online() {
				d.connect(ctx, a, false)
			}
		}
		for len(s.queue) > 0 {
			s.runJob(ctx, a)
		}
		for _, d := range s.devices {
			d.receive(len(d.inbox))
		}
	})
	s.loop()
}

// An actor is a goroutine of a schedule. It runs only when the schedule resumes it.
type actor struct {
	s      *schedule
	name   string
	resume chan struct{}
	done   bool
	idle   bool // it only waits for what other actors do
	weight int  // how likely the schedule resumes it next
}

// spawn adds an actor.
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

// pause lets other actors run, until the schedule resumes this one.
func (a *actor) pause() {
	if a.s.noFaults {
		return
	}
	// One time in five the actor is resumed less often than the others.
	a.weight = []int{4, 4, 4, 4, 1}[a.s.rng.IntN(5)]
	a.s.yield <- struct{}{}
	<-a.resume
}

// loop resumes actors by chance, until all of them have ended.
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

// An op is one invocation of a function.
type op struct {
	s          *schedule
	a          *actor
	name       string
	limit      time.Duration // the timeout of the function
	begun      time.Time
	dead       bool // it was killed or has timed out
	ended      time.Time
	send       *send
	meter      telemetry.Meter
	keyReads   int  // reads of idempotency keys outside the window
	windowFull bool // a claim has saved a send beside the row, or found that one was saved
	failed     bool // a call failed, and the function may have continued
	conflicted bool // a write was refused, or a batch left, because of other calls
	// recalled means that a send found its message stored, and recalled meanwhile.
	recalled      bool
	refusedClaims int // claims refused because another send had changed the row
}

type opKey struct{}

// opOf returns the invocation that a call belongs to, or nil.
func opOf(ctx context.Context) *op {
	o, _ := ctx.Value(opKey{}).(*op)
	return o
}

// invoke runs a function. The caller knows the answer if the function did not die and
// the answer was not lost.
func (s *schedule) invoke(ctx context.Context, a *actor, name string, sent *send, f func(ctx context.Context) error) (known bool, err error) {
	o := &op{s: s, a: a, name: name, limit: timeout, begun: s.now, send: sent}
	if !s.noFaults && s.rng.Float64() > s.odds.stay {
		a.pause()
		o.begun = s.now
	}
	s.note(a.name, "%s ...", name)
	err = f(context.WithValue(telemetry.WithMeter(ctx, &o.meter), opKey{}, o))
	o.ended = s.now
	answer := "ok"
	if err != nil {
		answer = "error: " + s.strip(err.Error())
		if !o.dead && !errors.Is(err, errFailed) {
			s.problem("%s of %s fails: %s", name, a.name, answer)
		}
	}
	known = !o.dead && err == nil
	if known && !s.noFaults && s.rng.Float64() < s.odds.fail {
		known, answer = false, answer+", answer lost"
		s.stats["answer lost"]++
	}
	s.note(a.name, "%s: %s", name, answer)
	if sent != nil {
		s.checkReads(o, err)
	}
	return known, err
}

// before is the step before a call to DynamoDB, SQS or a connection. If it returns an
// error, the call is not made.
func (o *op) before(label string) error {
	s := o.s
	if o.dead {
		return errKilled
	}
	s.stats["steps"]++
	if s.noFaults {
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

// after is the step after a call. If it returns an error, the caller does not learn that
// the call was made.
func (o *op) after(label string) error {
	s := o.s
	if s.noFaults {
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

// die ends the invocation: each later call of it fails.
func (o *op) die(why string) {
	o.dead = true
	o.s.note(o.a.name, "  DIES: %s", why)
}

// tick may move the clock: usually by less than a second, seldom by about 30 s, after
// which a connection is no longer young, or by about 120 s, after which an idempotency
// window is over.
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

// move moves the clock.
func (s *schedule) move(d time.Duration) {
	s.now = s.now.Add(d)
	s.note("clock", "+%s = %s", d, s.clock())
}

// clock is the time since the schedule began.
func (s *schedule) clock() string { return s.now.Sub(time.Unix(startTime, 0)).String() }

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

// wait is how the domain waits: the clock moves and other actors run.
func (s *schedule) wait(ctx context.Context, d time.Duration) {
	s.now = s.now.Add(d)
	if o := opOf(ctx); o != nil && !s.noFaults {
		o.a.pause()
	}
}

// randomOrder runs functions one after the other, in an order that the seed decides. After
// one has failed, the others may or may not run.
type randomOrder struct{ *schedule }

// Run implements parallel.Runner.
func (s randomOrder) Run(ctx context.Context, run ...func(context.Context) error) error {
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

// chance returns 1 with probability p, else 0.
func (s *schedule) chance(p float64) int {
	if s.rng.Float64() < p {
		return 1
	}
	return 0
}

// note adds a line to the trace.
func (s *schedule) note(who, format string, args ...any) {
	s.trace = append(s.trace, fmt.Sprintf("%-7s ", who)+s.strip(fmt.Sprintf(format, args...)))
}

// strip removes the number of the application from a text, as it differs from run to
// run.
func (s *schedule) strip(text string) string {
	return strings.ReplaceAll(text, fmt.Sprintf("%d#", s.app), "#")
}

// problem reports that a rule is broken.
func (s *schedule) problem(format string, args ...any) {
	text := s.strip(fmt.Sprintf(format, args...))
	s.note("PROBLEM", "%s", text)
	if !slices.Contains(s.problems, text) {
		s.problems = append(s.problems, text)
	}
}

// traceHash is equal for two runs in which the same happened.
func (s *schedule) traceHash() uint64 {
	h := fnv.New64a()
	for _, line := range s.trace {
		_, _ = h.Write([]byte(line))
	}
	return h.Sum64()
}

// othersActive reports whether any actor has something to do other than wait.
func (s *schedule) othersActive() bool {
	return slices.ContainsFunc(s.actors, func(a *actor) bool { return !a.done && !a.idle })
}
