package fault

import "time"

// Posts decides what becomes of one post to a connection. The gateway asks
// before it writes the frame; a nil Posts means that nothing goes wrong.
type Posts interface {
	// Decide is called once for each POST to @connections/{connection}, with the
	// access key id that signed it.
	Decide(connection, caller string) Verdict
}

// A Verdict is what happens to one post. The zero Verdict delivers it.
type Verdict struct {
	// Status, when not zero, is answered instead of a delivery: 429, 500, 410.
	Status int
	// Drop answers 200 and delivers nothing.
	Drop bool
	// Delay holds the frame back for this long. The answer does not wait, so
	// that later posts overtake it: this is how posts are reordered.
	Delay time.Duration
	// Repeat delivers the frame this many times more.
	Repeat int
	// Cut closes the connection after the frame (or instead of it, with Drop).
	Cut bool
}

// Limits are the lives of connections, as the gateway should enforce them at
// this moment. A zero duration means the limit of AWS.
type Limits struct {
	// Life is how long a connection may last: 2 h on AWS.
	Life time.Duration
	// Idle is how long it may be silent: 10 min on AWS.
	Idle time.Duration
}
