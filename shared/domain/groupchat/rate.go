package groupchat

import (
	"parley/shared/domain/groups"
	"parley/shared/domain/timeline"
)

// A Rate is how many messages were sent to a group in a second.
type Rate struct{ Second, Sent int64 }

// The most messages of a group in a second, by their priority (docs/spec/tencent §18.2). A message
// of lower priority leaves room for those above it.
const (
	MaxRate       = 40
	maxRateNormal = 36
	maxRateLow    = 24
)

// rateWith returns the rate with one more message in a second, and whether a message of this
// priority still fits. The rate is read and written with the head, so that sends at the same moment
// do not see each other: a burst can pass the limit by a few messages.
func rateWith(h groups.Head, second int64, p timeline.Priority) (Rate, bool) {
	r := Rate{Second: second, Sent: 1}
	if h.Second == second {
		r.Sent = h.InSecond + 1
	}
	limit := int64(maxRateNormal)
	switch p {
	case timeline.High:
		limit = MaxRate
	case timeline.Low:
		limit = maxRateLow
	default: // Normal, which is also the zero Priority
	}
	return r, r.Sent <= limit
}
