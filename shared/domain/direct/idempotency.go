package direct

import (
	"hash/crc32"
	"hash/fnv"
	"time"

	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/timeline"
)

// idempotencyKey returns the idempotency key of a send: a hash of its sequence, its
// random and its content. A request without a sequence never has the key of one with
// sequence 0. After a user id was deleted and imported again, sends to it or from it
// have other keys than before (docs/adr/0023). Example: Alice sends "hi" with
// random number 5 to Bob, Bob's account is deleted and imported again, and Alice sends the
// same within 120 s. That is a new message, for the new Bob.
func (req SendRequest) idempotencyKey() uint64 {
	life := uint64(req.born) * 0x9e3779b97f4a7c15 // bits
	if req.Seq == nil {
		return life ^ ^idempotencyKeyOf(0, req.Random, checksum(req.Content))
	}
	return life ^ idempotencyKeyOf(*req.Seq, req.Random, checksum(req.Content))
}

// idempotencyKeyOf hashes the sequence, the random and a checksum of the content
// (docs/spec/tencent §6.0).
func idempotencyKeyOf(seq, random uint32, checksum uint32) uint64 {
	h := fnv.New64a()
	var b [12]byte
	for i, v := range []uint32{seq, random, checksum} {
		b[4*i], b[4*i+1], b[4*i+2], b[4*i+3] = byte(v>>24), byte(v>>16), byte(v>>8), byte(v)
	}
	_, _ = h.Write(b[:])
	return h.Sum64()
}

// checksum returns the CRC32 of content.
func checksum(c content.Content) uint32 { return crc32.ChecksumIEEE(c.Encode()) }

// derivedSeqBase is the lowest derived sequence. It is above the sequences of clients
// that count tenths of a second, and derived sequences fit into 31 bits.
const derivedSeqBase = 0x7ff00000

// derivedSeq returns the sequence of a message for which the sender chose none: the
// microseconds within the second. So the messages of one second are ordered by the
// time of the send, those of both users (docs/adr/0003). The claim stores it, so a
// repeat of the send has the sequence of the first call.
func derivedSeq(now time.Time) uint32 { return derivedSeqBase + uint32(now.Nanosecond()/1000) } // below 2^20

// A Claim is what a send was given in the conversation. A repeat within the window
// is given the same claim. Example: the first call gets offset 3; its answer is
// lost, the client repeats the call, and the repeat gets offset 3, too.
type Claim struct {
	Time          int64  // Unix seconds
	DerivedSeq    uint32 // the derived sequence, also if the sender chose a sequence
	Offset, Epoch int64
}

// A ClaimRequest is what the store needs to know of a message to claim its offset.
type ClaimRequest struct {
	From           string
	Chat           chat.ID
	IdempotencyKey uint64
	Key            timeline.Key // the key that the message gets if the send is new
	// Derived: the sender chose no sequence. If the last message of the sender's row is
	// at the same place in the order or behind it, by at most two seconds, the message
	// goes directly after that one (docs/adr/0003).
	Derived          bool
	DerivedSeq       uint32 // if the sender chose a sequence: the derived sequence for a key that is taken
	NowMs            int64
	Preview          string
	MinEpochSec      int64 // the epoch of a new count is not earlier than this, Unix seconds
	ExcludedFromLast bool  // the list of the sender keeps its last message
	Expires          int64 // when the row expires, Unix seconds; the message may expire earlier
	Indexed          bool  // the rows of the sender have an index
}
