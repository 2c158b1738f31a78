package fault

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// What a rule applies to (Rule.On).
const (
	OnDynamoDB = "dynamodb" // calls of functions to tables
	OnSQS      = "sqs"      // calls of functions to queues
	OnPost     = "post"     // posts of functions to connections
)

// What a rule does (Rule.Do).
const (
	KillBefore = "kill-before" // the calling instance is killed and the call is not made
	KillAfter  = "kill-after"  // the call is made, then the instance is killed before it has the answer
	Throttle   = "throttle"    // the call is refused as too frequent: status 400, for a post 429
	Fail       = "fail"        // the call is refused with status 500
	Conflict   = "conflict"    // a write is refused, or a transaction cancelled, with TransactionConflict
	// Stale: an eventually consistent read is answered with items as they were
	// before their last write, if that write was less than Rule.DelayMS ago.
	Stale       = "stale"
	Unprocessed = "unprocessed" // nothing of a batch is done; the answer lists all of it as unprocessed
	Gone        = "gone"        // a post is answered with 410 although the connection is open
	Delay       = "delay"       // the call is made Rule.DelayMS later; a post or an SQS send is answered at once
	Drop        = "drop"        // a post or an SQS send is answered as if it was done, and is lost
	Repeat      = "repeat"      // the message is delivered Rule.Repeat more times
	Reorder     = "reorder"     // the call is delayed by a random time up to Rule.DelayMS, so that later ones overtake it
	CloseBefore = "cut"         // the connection of the call is closed without an answer; after a post, the client's connection is closed
	CloseAfter  = "cut-after"   // the call is made, then its connection is closed without an answer
	Freeze      = "freeze"      // the call waits until the rules are cleared
)

// A Rule says which calls go wrong and how. A call must meet every condition of
// the rule; a condition that is empty is always met.
type Rule struct {
	On        string  `json:"on"`
	Do        string  `json:"do"`
	Operation string  `json:"operation,omitempty"` // "PutItem", "SendMessage"
	Name      string  `json:"name,omitempty"`      // a part of the name of the table, queue or connection
	Function  string  `json:"function,omitempty"`  // the Handler of the caller
	Nth       int     `json:"nth,omitempty"`       // only the n-th call that meets the conditions, from 1
	Rate      float64 `json:"rate,omitempty"`      // probability for each call; 0 means 1
	Times     int     `json:"times,omitempty"`     // how often the rule applies at most; 0 means no limit
	DelayMS   int     `json:"delay_ms,omitempty"`  // default 100
	Repeat    int     `json:"repeat,omitempty"`    // default 1
}

// Kinds returns the values that Rule.Do may have if Rule.On is on. It returns nil if on
// is unknown.
func Kinds(on string) []string {
	switch on {
	case OnDynamoDB:
		return []string{KillBefore, KillAfter, Throttle, Fail, Conflict, Stale, Unprocessed, Delay, CloseBefore, CloseAfter, Freeze}
	case OnSQS:
		return []string{KillBefore, KillAfter, Throttle, Fail, Delay, Drop, Repeat, Reorder, CloseBefore, CloseAfter, Freeze}
	case OnPost:
		return []string{KillBefore, KillAfter, Throttle, Fail, Gone, Delay, Drop, Repeat, Reorder, CloseBefore}
	}
	return nil
}

func (r Rule) check() error {
	kinds := Kinds(r.On)
	if kinds == nil {
		return fmt.Errorf("fault on %q: use %s, %s or %s", r.On, OnDynamoDB, OnSQS, OnPost)
	}
	if !slices.Contains(kinds, r.Do) {
		return fmt.Errorf("fault on %s cannot %q: use one of %s", r.On, r.Do, strings.Join(kinds, ", "))
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

// isSend reports whether an operation of SQS sends messages.
func isSend(operation string) bool { return strings.HasPrefix(operation, "SendMessage") }

// applicable reports whether a fault can happen to an operation at all. Example:
// Unprocessed applies to batches only. A rule does not count a call that its fault
// cannot happen to.
func applicable(on, do, operation string, body []byte) bool {
	switch do {
	case Drop, Repeat:
		return on == OnPost || isSend(operation)
	case Stale:
		return eventuallyConsistent(operation, body)
	case Unprocessed:
		return strings.HasPrefix(operation, "Batch")
	case Conflict:
		return slices.Contains([]string{"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"}, operation)
	}
	return true
}
