package groups

import "context"

// Reader reads groups.
type Reader interface {
	// Groups reads the profiles of groups, in the order of ids, also of groups that were
	// destroyed. It is nil for a group that does not exist.
	Groups(ctx context.Context, app int64, ids []string) ([]*Group, error)
	// Heads reads the heads of groups, in the order of ids.
	Heads(ctx context.Context, app int64, ids []string) ([]*Head, error)
}

// Store reads and writes groups.
type Store interface {
	Reader
	// Group reads the profile of a group, strongly. It is nil for a group that does not exist.
	Group(ctx context.Context, app int64, id string) (*Group, error)
	// CreateGroup writes the profile of a new group, its head, its entry in the list of groups,
	// the counts and its members, all or nothing. It fails with GroupIDTaken if the id is taken,
	// with GroupIDOwned if the owner of the other group is that of this one, with GroupLimit,
	// GroupDailyLimit and JoinedLimit.
	CreateGroup(ctx context.Context, app int64, g Group, members []NewMember, c NewGroupInfo) error
	// UpdateGroup changes a profile, and returns it as it is after that; nil if the group does
	// not exist.
	UpdateGroup(ctx context.Context, app int64, id string, u Update, at int64) (*Group, error)
	// CopyToHead copies to the head what the profile says, unless the head has a copy of a later
	// version.
	CopyToHead(ctx context.Context, app int64, g Group, history bool) error
	// DestroyGroup marks a group as destroyed, removes its entry in the list of groups and counts
	// down, all or nothing. It returns false if the group does not exist or is destroyed.
	DestroyGroup(ctx context.Context, app int64, g Group, at, day int64) (bool, error)
	// FreeID removes the profile of a destroyed group, so that its id is free. The head keeps the
	// number of the last message until expires (Unix seconds), when no message of the group is stored
	// any more: a new group with the id goes on with the next number. If the group is not destroyed,
	// or was destroyed at another time, FreeID does nothing.
	FreeID(ctx context.Context, app int64, g Group, expires int64) error
}

// ListStore reads the list of the groups of an application.
type ListStore interface {
	// List returns the ids of groups of a type, or of all groups if it is empty, after a place in
	// the list: at most limit. next is the place of the
	// last one, 0 if there are no more.
	List(ctx context.Context, app int64, t Type, after uint64, limit int) (ids []string, next uint64, err error)
	// Count returns how many groups of a type the application has, or of all types if it is empty.
	Count(ctx context.Context, app int64, t Type) (int, error)
}

// A NewGroupInfo is what the creation of a group depends on, besides the group.
type NewGroupInfo struct {
	NowMs   int64 // when it is created, ms since 1970
	Day     int64 // on which the group is created, days since 1970-01-01
	Earlier bool  // members see the messages from before they joined
	Limits  Limits
}
