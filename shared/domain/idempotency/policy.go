package idempotency

import (
	"time"

	"parley/shared/retry"
)

// ClaimPolicy says how a send is tried again if another send of the same sender in the same
// conversation has changed the row first. A send that read a row of a moment ago succeeds at the
// second try, which does not wait. Of many sends at once, one succeeds in the time that it takes to
// read and write the row, so the time of the call bounds the tries, and not their number. What the
// policy leaves of that time is for the message itself.
//
// Example: 130 sends of alice to bob begin at once, in functions of 6 s. Each send that has no
// claim after 4 s fails with Throttled. It has written nothing, and the client sends again.
func ClaimPolicy() retry.Policy {
	return retry.Policy{
		Tries:            200, // no call has time for so many
		ImmediateRetries: 1, First: 20 * time.Millisecond, Most: 200 * time.Millisecond, Leave: 2 * time.Second,
	}
}
