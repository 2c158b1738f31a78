package inbox

import (
	"time"

	"parley/shared/domain/chat"
	"parley/shared/domain/direct"
	"parley/shared/domain/timeline"
)

// MaxUnread is the maximum count of unread messages of one conversation
// (docs/spec/tencent §6.0).
const MaxUnread = 250

// A Row is a user's entry for a conversation.
//
// An offset is the number of a message in one direction of the conversation: 1, 2, 3,
// ... An epoch is the time at which a count of offsets began. Example: alice has sent
// bob 3 messages, so their offsets in epoch 100 are 1, 2 and 3. If the rows of the
// conversation expire, her next message has offset 1 in epoch 900.
type Row struct {
	User string // whose row it is
	Chat chat.ID

	TimeMs  int64 // when the last message that the list shows was sent; 0: no such message
	LastKey *timeline.Key
	Preview string
	// LastHasNoContent says that the last message has no content any more, for example
	// because it was recalled.
	LastHasNoContent bool
	// OperationLogMs is when a message of the conversation was last changed after it was
	// sent.
	OperationLogMs int64

	OutOffset, OutEpoch int64 // of the user's last message to the peer
	InOffset, InEpoch   int64 // of the peer's last message to the user
	ReadOffset          int64 // read cursor: the user has read the peer's messages up to it
	// ExpiredOffset is set only if the user has read nothing yet. The peer's messages up
	// to it were gone when the row began to count, so they do not count as unread.
	// Example: bob's row expired, and alice's next message has offset 8. ExpiredOffset is
	// 7, and one message is unread.
	ExpiredOffset  int64
	ReadMs         int64         // when the user moved the read cursor
	PeerReadOffset int64         // the peer's read cursor: the peer has read the user's messages up to it
	PeerReadMs     int64         // when the peer moved the peer's read cursor
	UnreadExcluded int64         // how many messages after the read cursor do not count as unread
	ChangedMs      int64         // when the row changed in a way that the other times do not show
	HiddenUpTo     *timeline.Key // messages up to this one are hidden from the user
	Expires        int64         // when the messages expire, Unix seconds; 0: there were no messages
	DraftMs        int64         // when the user wrote the draft; 0: there is no draft
	Data
	// Member is set for a group. Then InOffset is the number of the group's last message, and
	// ReadOffset the read cursor; the epochs and the fields of the peer are 0.
	Member *MemberRow
}

// Data is what the user has set on a conversation. A row with any of it outlives its
// messages.
type Data struct {
	PinnedMs      int64         // when the user pinned the conversation; 0: it is not pinned
	Labels        NumberSet     // labels, 1 to MaxLabel
	CustomLabel   string        // custom label
	FolderNumbers NumberSet     // numbers of the folders that the conversation is in
	Option        direct.Option // receive option: whether messages are delivered and pushed
}

// Limits of what a user sets on conversations (docs/spec/tencent §9.3, §9.6, §13).
const (
	MaxRowsWithData = 1000 // conversations of a user with Data
	MaxPinned       = 50   // pinned conversations of a user
	MaxBatch        = 100  // conversations in one call
	MaxLabel        = 64   // standard labels are the numbers from 1 to 64
	maxCustomLabel  = 256  // bytes of a custom label
)

// Peer returns the other user of a direct conversation; empty for other kinds.
func (r Row) Peer() string { return r.Chat.Peer(r.User) }

// Unread returns the count of unread messages. It is computed from the offsets and
// never incremented, so a write that is repeated cannot make it wrong
// (docs/data-model.md §1, I5).
func (r Row) Unread() int64 {
	if r.Member != nil {
		return min(r.Member.unread(), MaxUnread)
	}
	return min(max(r.InOffset-max(r.ReadOffset, r.ExpiredOffset)-r.UnreadExcluded, 0), MaxUnread)
}

// hasUnread reports whether the peer has sent a message that the user has not read,
// even if the message does not count as unread.
func (r Row) hasUnread() bool { return r.InOffset > max(r.ReadOffset, r.ExpiredOffset) }

// Shown reports whether the user's list shows the row. It shows a pinned row even if
// the messages have expired.
func (r Row) Shown(now time.Time) bool {
	return r.PinnedMs > 0 || (r.TimeMs > 0 && r.unexpired(now))
}

// unexpired reports whether the messages of the row have not expired.
func (r Row) unexpired(now time.Time) bool { return r.Expires == 0 || now.Unix() < r.Expires }

// lastChangeMs is the time of the latest change that the user's devices must learn of.
func (r Row) lastChangeMs() int64 { return max(r.TimeMs, r.ReadMs, r.PeerReadMs, r.ChangedMs) }

// asOf returns the row as devices see it at a time: without an expired draft, and
// without what the row says about expired messages.
func (r Row) asOf(now time.Time) Row {
	if now.UnixMilli() >= r.DraftMs+DraftLife.Milliseconds() {
		r.DraftMs = 0
	}
	if r.unexpired(now) {
		return r
	}
	return Row{User: r.User, Chat: r.Chat, ChangedMs: r.lastChangeMs(), HiddenUpTo: r.HiddenUpTo, DraftMs: r.DraftMs, Data: r.Data}
}

// missing reports whether the row does not exist.
func (r Row) missing() bool {
	r.User, r.Chat = "", chat.ID{}
	return r == Row{}
}

// labelledOrInFolder reports whether the row has a label or is in a folder.
func (r Row) labelledOrInFolder() bool {
	return r.Labels != 0 || r.CustomLabel != "" || r.FolderNumbers != 0
}
