package fault

import (
	"slices"
	"time"
)

// PostDecider decides what happens to each post to a connection. The gateway asks before
// it writes the frame. If the gateway has no PostDecider, nothing goes wrong.
type PostDecider interface {
	// Decide is called once for each POST to @connections/{connection}. caller is
	// the access key id that signed the request.
	Decide(connection, caller string) Verdict
}

// A Verdict is what happens to one post. The zero Verdict delivers it.
type Verdict struct {
	// Status, if it is not 0, is the answer, and nothing is delivered: 429, 500
	// or 410.
	Status int
	// Drop answers 200 and delivers nothing.
	Drop bool
	// Delay is how much later the frame is delivered. The post is answered at once,
	// so later posts can overtake it. Example: with delays of 80 ms and 10 ms for
	// two posts in a row, the client receives the second one first.
	Delay time.Duration
	// Repeat is how many more times the frame is delivered.
	Repeat int
	// Cut closes the connection after the frame, or, with Drop, instead of it.
	Cut bool
}

// Limits say how long the gateway lets connections live. They can change at any
// time and then also hold for open connections. Zero means the limit of AWS.
type Limits struct {
	// Life is how long a connection may be open: 2 h on AWS.
	Life time.Duration
	// Idle is how long nothing may be sent or received on it: 10 min on AWS.
	Idle time.Duration
}

// Decide implements Posts. KillBefore kills the caller and loses the post;
// KillAfter kills the caller and delivers the post. In both cases the caller is
// dead and cannot read the answer.
func (f *Injector) Decide(connection, caller string) Verdict {
	f.mu.Lock()
	killer := f.killer
	hasRule := slices.ContainsFunc(f.rules, func(r *activeRule) bool { return r.On == OnPost })
	f.mu.Unlock()
	if !hasRule {
		return Verdict{} // a fast way: there are many posts, and killer.Function searches all instances
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
