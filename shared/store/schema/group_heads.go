package schema

// GroupHeads is the heads of groups: what a send changes with every message, and what it needs of
// the profile. It is apart from the profile, so that a change of the profile or of the members
// never conflicts with a message (docs/adr/0044-groups.md).
const GroupHeads Aggregate = "group-heads"

func groupHeads() Descriptor {
	return Descriptor{
		Aggregate: GroupHeads, Table: Core,
		Reads: []string{get, getMany}, Writes: []string{put, update, remove},
		Kinds: []Kind{{In: groupHeadForm(), SK: skGroupHead, Prefix: skGroupHead}},
	}
}

const skGroupHead = "H"

// Attributes of the head of a group, `H`
const (
	GroupHeadNumber    Attribute = "q"  // number: number of the last message
	GroupHeadCounted   Attribute = "c"  // number: messages up to that one that count as unread
	GroupHeadLastTime  Attribute = "lt" // number, s: time of the message with that number; the next message is not earlier
	GroupHeadTime      Attribute = "t"  // number, ms: time of the last message that lists show
	GroupHeadShown     Attribute = "k"  // number: number of that message
	GroupHeadRandom    Attribute = "r"  // number: its random number
	GroupHeadSender    Attribute = "u"  // text: its sender
	GroupHeadNameCard  Attribute = "nc" // text: the name card that the sender had
	GroupHeadPreview   Attribute = "pv" // text: its preview, up to 120 bytes
	GroupHeadOperation Attribute = "op" // number, ms: time of the last operation on a message
	GroupHeadExcluded  Attribute = "nq" // set of numbers: messages that counted as unread and were recalled or deleted, up to 16
	GroupHeadSecond    Attribute = "w"  // number, s: the second in which the messages of the rate window were sent
	GroupHeadInSecond  Attribute = "wc" // number: messages in that second
	GroupHeadMentioned Attribute = "aa" // number: number of the last message that mentions all members
	GroupHeadType      Attribute = "ty" // text: type of the group
	GroupHeadMembers   Attribute = "mn" // number: members, a copy that may be a moment old
	GroupHeadMuteAll   Attribute = "mf" // number: 1 if only the owner and admins may send
	GroupHeadInactive  Attribute = "in" // number: 1 if the group is hidden until the owner or the application sends a message
	GroupHeadVersion   Attribute = "iv" // number: version of the profile, a copy that may be a moment old
	GroupHeadDestroyed Attribute = "de" // number, s: when the group was destroyed
	GroupHeadHistory   Attribute = "hb" // number: 1 if members see messages from before they joined
	GroupHeadCleared   Attribute = "cl" // number: the history up to this number is cleared, for everybody
	GroupHeadDelivered Attribute = "ps" // number: the messages up to this number are delivered, or their senders deliver them
	GroupHeadDelivery  Attribute = "pl" // number, ms: until then a call delivers the messages after that number
	GroupHeadAllRead   Attribute = "uc" // number: messages counted up to the number up to which everybody counts as having read, after a clear or an import
)

func groupHeadForm() Form { return Form{Kind: "GH", ID: "group"} }

// GroupHeadKey is the head of a group.
func GroupHeadKey(app int64, group string) Key {
	return Key{PK: groupHeadForm().pk(app, group), SK: skGroupHead}
}
