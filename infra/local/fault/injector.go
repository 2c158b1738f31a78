// Package fault makes calls of the local cloud fail, be delayed or be lost, as
// rules say. Calls of functions to DynamoDB and SQS pass through a Proxy that
// applies the rules. Before each post to a connection the gateway asks
// Injector.Decide. All random decisions come from one seed.
package fault

import (
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Killer ends function instances: *lambda.Service.
type Killer interface {
	// Kill ends the instance with the given access key id, and reports whether
	// there was one.
	Kill(instance string) bool
	// Function returns the Handler of the instance with the given access key id.
	Function(instance string) string
}

// An Injector holds the rules and decides which calls go wrong. It implements
// Posts. Its methods may be called concurrently.
type Injector struct {
	mu         sync.Mutex
	seed       uint64
	random     *rand.Rand
	rules      []*activeRule
	limits     Limits
	unfreeze   chan struct{} // closed when the rules are cleared or replaced
	killer     Killer
	setProxied func(proxied bool)
}

type activeRule struct {
	Rule
	seen  int // calls that met the conditions
	fired int // calls that the rule was applied to
}

// New returns an injector without rules. Seed 0 chooses a random seed.
func New(seed uint64) *Injector {
	f := &Injector{unfreeze: make(chan struct{})}
	f.reseed(seed)
	return f
}

func (f *Injector) reseed(seed uint64) {
	if seed == 0 {
		seed = rand.Uint64()>>12 + 1 // below 2^53, so that every JSON reader reads it exactly
	}
	f.seed, f.random = seed, rand.New(rand.NewPCG(seed, 0))
}

// Seed returns the seed of all random decisions. A test prints it if it fails.
func (f *Injector) Seed() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.seed
}

// Reseed starts a new sequence of random decisions. Seed 0 chooses a random seed.
func (f *Injector) Reseed(seed uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reseed(seed)
}

// Attach sets how function instances are killed, and a hook that is called after
// each change of the rules. proxied says whether any rule is on DynamoDB or SQS:
// if so, the hook must make the functions call the proxies.
func (f *Injector) Attach(k Killer, setProxied func(proxied bool)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.killer, f.setProxied = k, setProxied
}

// Add adds rules behind those in force. If one is malformed, none is added.
func (f *Injector) Add(rules ...Rule) error {
	for _, r := range rules {
		if err := r.check(); err != nil {
			return err
		}
	}
	f.mu.Lock()
	for _, r := range rules {
		f.rules = append(f.rules, &activeRule{Rule: r})
	}
	f.mu.Unlock()
	f.rulesChanged()
	return nil
}

// Clear removes every rule, lets frozen calls continue and restores the limits of
// AWS.
func (f *Injector) Clear() {
	f.mu.Lock()
	f.rules, f.limits = nil, Limits{}
	close(f.unfreeze)
	f.unfreeze = make(chan struct{})
	f.mu.Unlock()
	f.rulesChanged()
}

func (f *Injector) rulesChanged() {
	f.mu.Lock()
	setProxied, proxied := f.setProxied, false
	for _, r := range f.rules {
		proxied = proxied || r.On != OnPost
	}
	f.mu.Unlock()
	if setProxied != nil {
		setProxied(proxied)
	}
}

// SetLimits sets how long connections may live and be idle. Zero means the limit
// of AWS.
func (f *Injector) SetLimits(l Limits) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.limits = l
}

// Limits returns the limits in force.
func (f *Injector) Limits() Limits {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.limits
}

// hasFault reports whether any rule in force does do.
func (f *Injector) hasFault(do string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.ContainsFunc(f.rules, func(r *activeRule) bool { return r.Do == do })
}

// Replace replaces the rules in force and lets frozen calls continue. If both the
// old and the new rules need the proxies, the functions keep calling them all the
// time, so that no instance is restarted.
func (f *Injector) Replace(rules ...Rule) error {
	for _, r := range rules {
		if err := r.check(); err != nil {
			return err
		}
	}
	f.mu.Lock()
	f.rules = nil
	for _, r := range rules {
		f.rules = append(f.rules, &activeRule{Rule: r})
	}
	close(f.unfreeze)
	f.unfreeze = make(chan struct{})
	f.mu.Unlock()
	f.rulesChanged()
	return nil
}

// RemoveRules removes the rules whose Function is function. It returns for each of them
// how many calls met its conditions and how many it was applied to. Calls that the
// rules have frozen stay frozen.
func (f *Injector) RemoveRules(function string) (seen, fired []int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = slices.DeleteFunc(f.rules, func(r *activeRule) bool {
		if r.Function != function {
			return false
		}
		seen, fired = append(seen, r.seen), append(fired, r.fired)
		return true
	})
	return seen, fired
}

// Fired returns for each rule in force how many calls it was applied to, in the
// order in which the rules were added.
func (f *Injector) Fired() []int {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := make([]int, len(f.rules))
	for i, r := range f.rules {
		out[i] = r.fired
	}
	return out
}

// match returns the first rule that applies to a call, and the delay to use for it.
// names are the tables, queues or connections of the call.
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
		if !applicable(on, r.Do, operation, body) {
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
