// Package idempotency remembers the last sends of a sender in one conversation, so that a repeat
// of a send is recognized. The sends are a part of the sender's row, which has room for a few. A
// send that does not fit any more, although a repeat of it may still come, is saved beside the row
// (docs/adr/0010).
package idempotency

// A PastSend is one send of the idempotency window.
type PastSend struct {
	IdempotencyKey uint64
	Time           int64 // Unix seconds
	// Seq is what the repeat needs to know of the send. In a direct conversation it is the derived
	// sequence of the message; in a group the number of the last message before the send.
	Seq uint32
}

// Find returns the index of the send with a key that was made after a time; -1 if there is none.
// The sends are in their order, the newest first.
func Find(sends []PastSend, key uint64, after int64) int {
	for i, s := range sends {
		if s.IdempotencyKey == key && s.Time > after {
			return i
		}
	}
	return -1
}

// Push returns the sends with a new one before them. It drops those at the end that were made up to
// a time. If there are more than room, it returns those that do not fit as pushedOut.
func Push(sends []PastSend, s PastSend, dropUpTo int64, room int) (kept, pushedOut []PastSend) {
	kept = append([]PastSend{s}, sends...)
	for n := len(kept); n > 1 && kept[n-1].Time <= dropUpTo; n-- {
		kept = kept[:n-1]
	}
	if len(kept) > room {
		kept, pushedOut = kept[:room], kept[room:]
	}
	return kept, pushedOut
}
