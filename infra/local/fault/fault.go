// Package fault makes things go wrong on demand: calls of DynamoDB and SQS
// through a proxy, posts to connections through a question of the gateway. All
// chance comes from one seed.
package fault

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"
)

// What a rule applies to.
const (
	OnDynamoDB = "dynamodb" // calls of functions to tables
	OnSQS      = "sqs"      // calls of functions to queues
	OnPost     = "post"     // posts to connections
)

// What a rule does.
const (
	KillBefore = "kill-before" // the calling instance dies and the call is not made
	KillAfter  = "kill-after"  // the call is made, its answer lost with the instance
	Throttle   = "throttle"    // refused as over the limit: 400, for posts 429
	Fail       = "fail"        // refused with 500, for posts 500
	Conflict   = "conflict"    // a write is refused, a transaction is cancelled by TransactionConflict
	// Stale: a read that is eventually consistent is answered with items as they
	// were before their last write, if that was less than Delay ago.
	Stale       = "stale"
	Unprocessed = "unprocessed" // nothing of a batch is done, all of it is left
	Gone        = "gone"        // a post is answered 410 though the connection lives
	Delay       = "delay"       // Delay later; a post or sent message is acknowledged at once
	Drop        = "drop"        // a post or sent message is acknowledged and lost
	Repeat      = "repeat"      // delivered Repeat times more, default once
	Reorder     = "reorder"     // delayed by chance up to Delay, so that later ones overtake
	Cut         = "cut"         // the connection is closed without an answer; for a post, after it
	CutAfter    = "cut-after"   // the call is made, then its connection is closed without an answer
	Freeze      = "freeze"      // the call waits until the rules are cleared
)

// A Rule says what goes wrong with which calls. All conditions must hold; an
// empty one always does.
type Rule struct {
	On        string  `json:"on"`
	Do        string  `json:"do"`
	Operation string  `json:"operation,omitempty"` // "PutItem", "SendMessage"
	Name      string  `json:"name,omitempty"`      // part of the table, queue or connection
	Function  string  `json:"function,omitempty"`  // the caller's
	Nth       int     `json:"nth,omitempty"`       // only the n-th call that fits, from 1
	Rate      float64 `json:"rate,omitempty"`      // chance of each call; 0 is 1
	Times     int     `json:"times,omitempty"`     // at most so often; 0 is always
	DelayMS   int     `json:"delay_ms,omitempty"`  // default 100
	Repeat    int     `json:"repeat,omitempty"`
}

// Kinds are what a rule on something may do; nil if it is on nothing.
func Kinds(on string) []string {
	switch on {
	case OnDynamoDB:
		return []string{KillBefore, KillAfter, Throttle, Fail, Conflict, Stale, Unprocessed, Delay, Cut, CutAfter, Freeze}
	case OnSQS:
		return []string{KillBefore, KillAfter, Throttle, Fail, Delay, Drop, Repeat, Reorder, Cut, CutAfter, Freeze}
	case OnPost:
		return []string{KillBefore, KillAfter, Throttle, Fail, Gone, Delay, Drop, Repeat, Reorder, Cut}
	}
	return nil
}

func (r Rule) check() error {
	does := Kinds(r.On)
	if does == nil {
		return fmt.Errorf("fault on %q: use %s, %s or %s", r.On, OnDynamoDB, OnSQS, OnPost)
	}
	if !slices.Contains(does, r.Do) {
		return fmt.Errorf("fault on %s cannot %q: use one of %s", r.On, r.Do, strings.Join(does, ", "))
	}
	if r.Rate < 0 || r.Rate > 1 || r.Nth < 0 || r.Times < 0 || r.DelayMS < 0 || r.Repeat < 0 {
		return fmt.Errorf("fault on %s: rate is 0 to 1 and no number is negative", r.On)
	}
	return nil
}

func (r Rule) delay() time.Duration {
	if r.DelayMS == 0 {
		return 100 * time.Millisecond
	}
	return time.Duration(r.DelayMS) * time.Millisecond
}

// A Killer ends function instances: *lambda.Service.
type Killer interface {
	// Kill ends the instance of an access key id.
	Kill(instance string) bool
	// Function names the function of an instance.
	Function(instance string) string
}

// An Injector holds the rules and decides. It implements Posts.
type Injector struct {
	mu     sync.Mutex
	seed   uint64
	random *rand.Rand
	rules  []*armed
	limits Limits
	thaw   chan struct{} // closed when the rules are cleared
	killer Killer
	change func(proxied bool)
}

type armed struct {
	Rule
	seen, fired int
}

// New makes an injector without rules. Seed 0 chooses one by chance.
func New(seed uint64) *Injector {
	f := &Injector{thaw: make(chan struct{})}
	f.reseed(seed)
	return f
}

func (f *Injector) reseed(seed uint64) {
	if seed == 0 {
		seed = rand.Uint64()>>12 + 1 // a number that JSON keeps
	}
	f.seed, f.random = seed, rand.New(rand.NewPCG(seed, 0))
}

// Seed is what all chance comes from. A test prints it when it fails.
func (f *Injector) Seed() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.seed
}

// Reseed starts the chance anew; 0 chooses a seed.
func (f *Injector) Reseed(seed uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reseed(seed)
}

// Attach gives the injector the functions, and a hook that is told whenever
// rules on DynamoDB or SQS come or go: it puts the proxies in the path.
func (f *Injector) Attach(k Killer, change func(proxied bool)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.killer, f.change = k, change
}

// Add arms more rules.
func (f *Injector) Add(rules ...Rule) error {
	for _, r := range rules {
		if err := r.check(); err != nil {
			return err
		}
	}
	f.mu.Lock()
	for _, r := range rules {
		f.rules = append(f.rules, &armed{Rule: r})
	}
	f.mu.Unlock()
	f.changed()
	return nil
}

// Clear disarms every rule, lets frozen calls go on and restores the limits.
func (f *Injector) Clear() {
	f.mu.Lock()
	f.rules, f.limits = nil, Limits{}
	close(f.thaw)
	f.thaw = make(chan struct{})
	f.mu.Unlock()
	f.changed()
}

func (f *Injector) changed() {
	f.mu.Lock()
	change, proxied := f.change, false
	for _, r := range f.rules {
		proxied = proxied || r.On != OnPost
	}
	f.mu.Unlock()
	if change != nil {
		change(proxied)
	}
}

// SetLimits shortens the life and idle time of connections; zero is AWS's.
func (f *Injector) SetLimits(l Limits) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.limits = l
}

// Limits are the ones to enforce now.
func (f *Injector) Limits() Limits {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.limits
}

// has reports whether a rule of a kind is in force.
func (f *Injector) has(do string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.ContainsFunc(f.rules, func(r *armed) bool { return r.Do == do })
}

// Replace arms rules instead of those that are in force. The functions stay as
// they are where both need the proxies, or both do not.
func (f *Injector) Replace(rules ...Rule) error {
	for _, r := range rules {
		if err := r.check(); err != nil {
			return err
		}
	}
	f.mu.Lock()
	f.rules = nil
	for _, r := range rules {
		f.rules = append(f.rules, &armed{Rule: r})
	}
	close(f.thaw)
	f.thaw = make(chan struct{})
	f.mu.Unlock()
	f.changed()
	return nil
}

// Take disarms the rules of a function, and returns how many calls fitted each and
// how often it has struck. What they have frozen stays frozen.
func (f *Injector) Take(function string) (seen, fired []int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = slices.DeleteFunc(f.rules, func(r *armed) bool {
		if r.Function != function {
			return false
		}
		seen, fired = append(seen, r.seen), append(fired, r.fired)
		return true
	})
	return seen, fired
}

// Fired counts how often rules have struck, in the order they were added.
func (f *Injector) Fired() []int {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := make([]int, len(f.rules))
	for i, r := range f.rules {
		out[i] = r.fired
	}
	return out
}

// match finds the first rule that strikes, and its delay.
func (f *Injector) match(on, operation, function string, names []string, body []byte) (Rule, time.Duration, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.rules {
		if r.On != on || r.Operation != "" && r.Operation != operation || r.Function != "" && r.Function != function {
			continue
		}
		if r.Name != "" && !slices.ContainsFunc(names, func(n string) bool { return strings.Contains(n, r.Name) }) {
			continue
		}
		if !fits(r.Do, operation, body) {
			continue
		}
		r.seen++
		if r.Nth > 0 && r.seen != r.Nth || r.Times > 0 && r.fired >= r.Times {
			continue
		}
		if r.Rate > 0 && f.random.Float64() >= r.Rate {
			continue
		}
		r.fired++
		delay := r.delay()
		if r.Do == Reorder {
			delay = time.Duration(f.random.Float64() * float64(delay))
		}
		return r.Rule, delay, true
	}
	return Rule{}, 0, false
}

// Decide answers the gateway what becomes of a post. One whose caller is killed
// is lost with it before the call, and delivered after it: in both cases nobody
// is left to hear the answer.
func (f *Injector) Decide(connection, caller string) Verdict {
	f.mu.Lock()
	killer := f.killer
	ruled := slices.ContainsFunc(f.rules, func(r *armed) bool { return r.On == OnPost })
	f.mu.Unlock()
	if !ruled {
		return Verdict{} // posts are many, and the caller's name costs a search
	}
	function := ""
	if killer != nil {
		function = killer.Function(caller)
	}
	r, delay, ok := f.match(OnPost, "", function, []string{connection}, nil)
	if !ok {
		return Verdict{}
	}
	switch r.Do {
	case KillBefore:
		kill(killer, caller)
		return Verdict{Status: 500}
	case KillAfter:
		kill(killer, caller)
		return Verdict{}
	case Throttle:
		return Verdict{Status: 429}
	case Fail:
		return Verdict{Status: 500}
	case Gone:
		return Verdict{Status: 410}
	case Delay, Reorder:
		return Verdict{Delay: delay}
	case Drop:
		return Verdict{Drop: true}
	case Repeat:
		return Verdict{Repeat: max(1, r.Repeat)}
	default:
		return Verdict{Cut: true}
	}
}
