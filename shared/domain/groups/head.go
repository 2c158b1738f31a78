package groups

import "slices"

// A Head is what the conversation of a group has once for all its members: the numbers of its
// messages, the last message that lists show, and what a send needs of the profile.
type Head struct {
	Group string
	// Number is the number of the last message, and Counted how many messages up to it count as
	// unread. LastTime is the time of that message, Unix seconds: no later message has an earlier
	// time.
	Number, Counted, LastTime int64

	Shown       int64 // number of the last message that lists show; 0: there is none
	ShownMs     int64 // when it was sent
	ShownRandom uint32
	Sender      string // who sent it
	NameCard    string // name of the sender in the group, if it had one
	Preview     string // empty if it has no content any more, because it was recalled
	OperationMs int64  // when a message was last changed after it was sent

	// Excluded are the numbers of messages that counted as unread when they were sent and do not
	// count any more, because they were recalled: the newest MaxExcluded.
	Excluded     []int64
	MentionedAll int64 // number of the last message that mentions all members

	Second, InSecond int64 // how many messages were sent in that second (Unix seconds)

	Cleared int64 // the history up to this number is cleared, for everybody
	AllRead int64 // messages up to this count count as read by everybody, since a clear or an import

	// Delivered: the messages up to this number are delivered, or the calls that sent them deliver
	// them. Until DeliveryMs a call delivers those after it, which a large group has.
	Delivered, DeliveryMs int64

	// Copies of what the profile says. They may be a moment old.
	Type              Type
	Members           int
	MuteAll, Inactive bool
	HistoryBeforeJoin bool
	Version           int64
	Destroyed         bool
}

// MaxExcluded is how many numbers Excluded has at most. If more messages are recalled that a
// member has not read, the older ones count as unread until the member reads.
const MaxExcluded = 16

// Unread returns how many messages a member has not read, if the member has read up to the number
// read, up to which counted messages count as unread, and has sent own counted messages since.
//
// Example: the messages 1 to 10 of a group are 7 that count and 3 tips. Bob has read up to number
// 4, at which 3 counted, and has since sent one of the others himself. Number 9 was recalled. Bob
// has 7 - 3 - 1 - 1 = 2 unread messages.
func (h Head) Unread(read, counted, own int64) int64 {
	if !CapabilitiesOfTypes().Unread.For(h.Type) {
		return 0
	}
	recalled := 0
	for _, n := range h.Excluded {
		if n > read {
			recalled++
		}
	}
	return max(0, h.Counted-max(counted, h.AllRead)-own-int64(recalled))
}

// WithExcluded returns Excluded with the number of a recalled message, in ascending order, of which
// it keeps the newest MaxExcluded.
func (h Head) WithExcluded(number int64) []int64 {
	list := append(slices.Clone(h.Excluded), number)
	slices.Sort(list)
	list = slices.Compact(list)
	return list[max(0, len(list)-MaxExcluded):]
}
