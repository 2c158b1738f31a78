package groupdata

import (
	"context"

	"parley/shared/domain/groups"
)

// A Query says what a call reads of a group, besides the profile.
type Query struct {
	Group      string
	User       string // whose role is read; empty: nobody's
	Attributes bool
	Counters   bool
}

// A Snapshot is what a Query has read.
type Snapshot struct {
	Group      *groups.Group // nil if there is no such group
	Role       groups.Role   // NotMember if the user is not in the group
	Attributes Attributes
	Counters   Counters
}

// A Store reads and writes the attributes and the counters of groups.
type Store interface {
	// Read reads what a query asks for, in one call.
	Read(ctx context.Context, app int64, q Query, strong bool) (Snapshot, error)
	// WriteAttributes writes an update. It returns false, and writes nothing, if the attributes
	// have another version than the update has seen.
	WriteAttributes(ctx context.Context, app int64, group string, u AttributesUpdate) (bool, error)
	// ChangeCounters makes a change of counters, all of it or nothing, and returns the counters
	// after it. Changes at the same time all count. It fails with what CountersUpdate.Check fails
	// with, and with Conflict.
	ChangeCounters(ctx context.Context, app int64, group string, u CountersUpdate) (Counters, error)
	// DeleteCounters deletes counters, and returns those that are left. It returns false, and
	// deletes nothing, if one of the keys does not exist.
	DeleteCounters(ctx context.Context, app int64, group string, keys []string) (Counters, bool, error)
}
