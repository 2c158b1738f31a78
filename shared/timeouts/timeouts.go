// Package timeouts holds the times that a call of Parley may take. Other rules depend on
// them: a device that syncs must see what a call wrote that began before the sync and ended
// after it. functions/catalog has a test of the relations between them.
package timeouts

import "time"

const (
	// Call is how long a function may run if its operation says nothing else.
	Call = 6 * time.Second
	// Search is the same for a search, which reads many messages.
	Search = 10 * time.Second
	// RowsBatch is the same for a call that changes accounts, or conversations of a user.
	RowsBatch = 15 * time.Second
	// UsersBatch is the same for a call that names hundreds of users.
	UsersBatch = 25 * time.Second
	// LongestCall is the greatest of them. It is below the 29 s after which API Gateway stops
	// waiting for an answer (its quotas page, "Maximum integration timeout").
	LongestCall = UsersBatch
	// Gateway is that time.
	Gateway = 29 * time.Second
	// Export is how long a worker that makes export files may run. Lambda allows 15 minutes.
	Export = 14 * time.Minute

	// ClockError is the greatest difference between the clocks of two functions that a rule
	// takes into account. The clocks of Lambda are set by the Amazon Time Sync Service, and
	// normally differ by less than a millisecond.
	ClockError = 5 * time.Second
	// Overlap is how far a read of "what has changed since" goes back before the beginning of
	// the read before. A call takes the time of a change when it begins, and may write the
	// change as late as it ends, and its clock may be behind. Example: a batch takes the time
	// 12:00:00 and writes Bob's row at 12:00:24. A sync of Bob's device at 12:00:10 does not
	// see the row. The next sync asks for what has changed since 11:59:40, and finds it.
	Overlap = LongestCall + ClockError
)
