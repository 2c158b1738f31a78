package messages

import (
	"context"
	"time"
)

// derivedFrom is where derived sequences begin: above those of clients that count
// tenths of a second, and within 31 bits.
const derivedFrom = 0x7ff00000

// derived is the sequence of a message whose sender has chosen none: it rises with
// the microseconds of its second, so that messages of a second stand in the order
// in which they were sent, those of both users (docs/adr/0003). It is fixed by the
// claim: a repeat has that of the first call.
func derived(now time.Time) uint32 { return derivedFrom + uint32(now.Nanosecond()/1000) } //nolint:gosec // below 2^20

// hash is the identity of a send for the suppression of duplicates. One without a
// sequence is another than one that has chosen 0, and one to another life of an id
// is another, too.
func (d Draft) hash() uint64 {
	life := uint64(d.born) * 0x9e3779b97f4a7c15 //nolint:gosec // bits
	if d.Seq == nil {
		return life ^ ^sendHash(0, d.Random, d.sum())
	}
	return life ^ sendHash(*d.Seq, d.Random, d.sum())
}

// put stores a message. Where another message of the conversation has its very
// key, of the other user or with other content in the same second, it takes one of
// the next seconds, and where these are taken as well another sequence behind that:
// the one that would have been derived, and those after it. It never refuses: the
// message is counted already. A repeat finds itself by the same way.
//
// Example: all of 40 messages of a second have MsgSeq 7 and MsgRandom 7. The first
// three are stored in this second and the next two, the others beside the third,
// with derived sequences, in the order in which they were sent.
func (s Service) put(ctx context.Context, m Message, derived uint32) (Message, error) {
	if derived <= m.Seq && m.Seq < 1<<32-1<<21 {
		derived = m.Seq + 1 + derived%(1<<20)
	}
	for try := 0; ; try++ {
		stands, err := s.Store.PutMessage(ctx, s.App, m)
		if err != nil || stands == nil {
			return m, err
		}
		if stands.sameAs(m) {
			m.Recalled, m.PeerHid = stands.Recalled, stands.PeerHid
			return m, nil
		}
		switch {
		case try < maxAhead:
			m.Time++
		case try == maxAhead:
			m.Seq = derived
		default:
			m.Seq++
		}
	}
}

// sameAs reports whether a message that stands at the key of another is that very
// one: its claim fixed every value.
func (m Message) sameAs(other Message) bool {
	return m.From == other.From && m.Ordinal == other.Ordinal && m.Generation == other.Generation
}

// maxAhead bounds the seconds that a message is moved on by others with the same
// numbers.
const maxAhead = 2
