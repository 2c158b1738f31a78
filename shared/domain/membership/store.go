package membership

import (
	"context"

	"parley/shared/domain/groups"
)

// A Reader reads groups and their members.
type Reader interface {
	// Group reads the profile of a group, strongly. It returns nil if there is none.
	Group(ctx context.Context, app int64, group string) (*groups.Group, error)
	// Groups reads profiles in the order of ids; nil for a group that does not exist.
	Groups(ctx context.Context, app int64, ids []string) ([]*groups.Group, error)
	// Head reads the head of a group's conversation, strongly. It returns the zero Head, with
	// the id, if there is none yet.
	Head(ctx context.Context, app int64, group string) (groups.Head, error)
	// MembersOf returns those of distinct users who are members, by their ids, without Info.
	MembersOf(ctx context.Context, app int64, group string, users []string, strong bool) (map[string]Member, error)
	// AllMembers returns all members of a group, without Info, in the order of their ids.
	AllMembers(ctx context.Context, app int64, group string) ([]Member, error)
	// AddInfo reads the wanted Info of members into the list.
	AddInfo(ctx context.Context, app int64, group string, list []Member, w InfoSet) error
	// Mutes returns the mutes of a group that end after a time (Unix seconds).
	Mutes(ctx context.Context, app int64, group string, now int64) ([]Mute, error)
}

// JoinedReader reads of which groups users are members.
type JoinedReader interface {
	// JoinedBy returns the groups of which a user is a member, by their ids, each with what the
	// user is in it, ReadNumber and Option included.
	JoinedBy(ctx context.Context, app int64, user string) (map[string]Member, error)
	// JoinedCounts returns of how many groups each of the users is a member.
	JoinedCounts(ctx context.Context, app int64, users []string) ([]int, error)
	// Memberships returns those of distinct groups of which a user is a member, by their ids, each with
	// what the user is in it, ReadNumber and Option included.
	Memberships(ctx context.Context, app int64, user string, ids []string) (map[string]Member, error)
}

// A Store changes the members of groups.
type Store interface {
	// WriteMembers writes a transaction. It fails with GroupUnknown if there is no such group any
	// more, and with GroupFull if the users do not fit into it.
	WriteMembers(ctx context.Context, app int64, t Transaction) (WriteResult, error)
	// CopyMembers writes how many members a group has to the head of its conversation.
	CopyMembers(ctx context.Context, app int64, group string, members int) error
	// SetRead moves the read cursor in the row of a member. It returns false if the user is not a
	// member.
	SetRead(ctx context.Context, app int64, group, user string, read, counted, nowMs int64) (bool, error)
	// RowsOfGroups returns the groups of a page of a user's rows, also those in which the user is
	// only muted.
	RowsOfGroups(ctx context.Context, app int64, user string, limit int) ([]string, error)
	// RemoveMute removes a mute of a user, and the row if the user is not a member.
	RemoveMute(ctx context.Context, app int64, group, user string) error
	// RemoveRest removes a page of what a group without members and mutes still has.
	RemoveRest(ctx context.Context, app int64, group string) (more bool, err error)
}

// A Transaction changes the members of one group. It is written as a whole or not at all, and
// only if the group exists.
//
// What is stored of a member twice, in the partition of the group and in the row of the user, is
// written in one transaction, and so is the number of members of the group. So at no time a user
// is a member in one place only.
type Transaction struct {
	Group string
	NowMs int64
	// Limits of the group and of each user who joins.
	MaxMembers, MaxJoined int
	Joins                 []Join
	Leaves                []Member // as they were read
	Changes               []Change
	Owner                 *OwnerChange
	// Accepted is the request that the join accepts; nil: none.
	Accepted *AcceptedRequest
	// Removing says that the group is destroyed: its members leave, whatever is stored of it.
	Removing bool
	// Erasing says that the accounts of those who leave are deleted: their rows are removed, and
	// are not shown as left to devices that were away.
	Erasing bool
}

// A Join is a user who becomes a member.
type Join struct {
	Member
	// Number is the number of the last message before the join, which is the last one that is
	// hidden from the member. Read and Counted are the read cursor: up to which number the
	// member has read, and how many messages up to it count as unread.
	Number, Read, Counted int64
	// Indexed says that the rows of the user are in an index.
	Indexed bool
}

// A Change is what changes of a member. What is nil stays as it is. A mute can also change of a
// user who is not a member: then Seen has no role, and nothing else is set.
type Change struct {
	Seen       Member // as it was read
	Role       *groups.Role
	Option     *groups.ReceiveOption
	NameCard   *string
	Fields     map[string]string // an empty value removes the field
	MutedUntil *int64            // Unix seconds; 0 ends the mute
}

// An OwnerChange gives a group another owner; an empty id is nobody.
type OwnerChange struct{ From, To string }

// A WriteResult says what became of a Transaction.
type WriteResult struct {
	// Written says that the transaction was written. If it was not, and nobody is refused, what
	// was read has changed: the caller reads again.
	Written bool
	// Refused has the users because of whom nothing was written: AlreadyMember or JoinedLimit.
	Refused map[string]error
}
