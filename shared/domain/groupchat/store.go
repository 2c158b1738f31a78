package groupchat

import (
	"context"

	"parley/shared/domain/accounts"
	"parley/shared/domain/chat"
	"parley/shared/domain/groups"
	"parley/shared/domain/idempotency"
	"parley/shared/domain/timeline"
)

// A HeadStore reads and writes the heads of groups.
type HeadStore interface {
	// Head reads a head strongly. It returns nil if there is no group, or if it was destroyed.
	Head(ctx context.Context, app int64, group string) (*groups.Head, error)
	// Count notes a stored message in the head, and returns the head if it has written it, else nil.
	// Of two messages the one with the greater number is the last, in whatever order they are
	// counted. A repeat changes nothing.
	Count(ctx context.Context, app int64, c HeadUpdate) (*groups.Head, error)
	// Activate makes the profile of a group active. The head follows with Count.
	Activate(ctx context.Context, app int64, group string) error
	// Mention notes in the row of a member that a message mentions the member. It does nothing
	// for a user who is not a member, or who has read past the message.
	Mention(ctx context.Context, app int64, group, user string, number int64) error
	// Clear notes that the history up to a number is cleared, and that the counted messages up to
	// it, of which there are counted, are read by everybody. seen is the head as it was read. If
	// the history is cleared up to this number already, it does nothing.
	Clear(ctx context.Context, app int64, seen groups.Head, number, counted, nowMs int64) error
}

// A SenderStore reads who sends to a group, and stores that a send has begun.
type SenderStore interface {
	// Sender reads the account of a user and the user's row of a group. If the user must be a
	// member and does not seem to be one, it reads the row again, strongly.
	Sender(ctx context.Context, app int64, group, user string, mustBeMember bool) (Sender, error)
	// WriteClaim replaces the sends in the row of a member. If the row is not as the write
	// requires, or the user is not a member any more, it changes nothing and returns what the row has.
	WriteClaim(ctx context.Context, app int64, w ClaimWrite) (written bool, now MemberRow, err error)
	// SavedSend reads a send that is saved beside the row, strongly; nil if there is none.
	SavedSend(ctx context.Context, app int64, user string, id chat.ID, idempotencyKey uint64) (*idempotency.PastSend, error)
	// SaveSend saves a send beside the row, for two windows.
	SaveSend(ctx context.Context, app int64, user string, id chat.ID, s idempotency.PastSend) error
	// ClaimBeside saves a send beside the row if there is none with its key that was made after a
	// time, or if the one that is there is as replaced. Otherwise it changes nothing and returns
	// the send that is there.
	ClaimBeside(
		ctx context.Context, app int64, user string, id chat.ID, s idempotency.PastSend, after int64, replaced *idempotency.PastSend,
	) (existing *idempotency.PastSend, err error)
	// FindSend looks for a message that a user sent with a random, among the messages after a
	// number, strongly; nil if there is none.
	FindSend(ctx context.Context, app int64, id chat.ID, user string, random uint32, after int64) (*timeline.Message, error)
}

// A Sender is a user who sends to a group.
type Sender struct {
	Account *accounts.Account
	MemberRow
}

// A MemberRow is what the row of a user in a group says about sending.
type MemberRow struct {
	Role       groups.Role // NotMember if the user is not in the group
	MutedUntil int64       // Unix seconds; also of a user who is not a member
	NameCard   string
	Sends      []idempotency.PastSend
	Sent       int64 // how often the user has sent: the version of Sends
	Room       int   // for how many sends the row has room
	Saved      int64 // the newest time of the sends that were saved beside the row, Unix seconds
}

// A ClaimWrite replaces Sends of a row. It is written only if the user is a member and Sent is as
// it was read.
type ClaimWrite struct {
	Group, User string
	Seen        MemberRow
	Sends       []idempotency.PastSend
	Saved       int64
	Counts      bool  // one more message of the user counts as unread
	Now         int64 // Unix seconds
}

// A HeadUpdate is a stored message that the head of its group is to have.
type HeadUpdate struct {
	Message timeline.Message
	NowMs   int64
	Hidden  bool // lists do not show the message as the last one
	Rate    Rate // the zero Rate: the message has no part in it
	// AllRead: the counted messages up to this count are read by everybody; 0: as before.
	AllRead int64
	// Delivered: the caller delivers the message itself. Otherwise Delivery does.
	Delivered bool
	// Activates: the head says from now on that the group is active.
	Activates bool
}
