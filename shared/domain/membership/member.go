// Package membership holds who is in a group: how users are added, join, are removed and leave,
// their roles and mutes, and what a member says of itself in the group (docs/spec/tencent §17).
//
// What a group is, and what its type allows, is the subject of package groups. Every rule that
// depends on the type reads groups.CapabilitiesOfTypes.
package membership

import (
	"cmp"
	"math"
	"slices"

	"parley/shared/domain/groups"
)

// The most users of one call (docs/spec/tencent §13.1).
const (
	MaxAdded     = 100
	MaxImported  = 300
	MaxRemoved   = 500
	MaxMuted     = 500
	MaxRoles     = 500
	MaxSpecified = 50
)

// MaxNameCard is how many bytes a name card has at most (docs/spec/tencent §16.5).
const MaxNameCard = 50

// Forever is the end of a mute that does not end by itself, Unix seconds. A longer mute than
// until then is one for ever.
const Forever = math.MaxUint32

// A Member is a user who is in a group.
type Member struct {
	User   string
	Role   groups.Role
	Joined int64 // when the user joined, Unix seconds
	Option groups.ReceiveOption
	// HasInfo says that a name card or custom fields are stored for the member, in an item of
	// their own.
	HasInfo bool
	Info
}

// Info is what is known of a member besides. A read has of it what its caller asks for.
type Info struct {
	NameCard   string
	Fields     map[string]string // custom fields that the application declares
	MutedUntil int64             // Unix seconds; 0: the member is not muted
	ReadNumber int64             // number of the last message that the member has read
	LastSent   int64             // when the member sent the last message, Unix seconds; 0: never
}

// InfoSet says which Info of members a read returns. Each costs reads of its own.
type InfoSet struct {
	Card   bool // name cards and custom fields
	Mutes  bool
	Status bool // what the members have read, and when they sent last
}

// A Mute is a user who cannot send to a group. It outlives the membership, and the user need not
// be a member.
type Mute struct {
	User  string
	Until int64 // Unix seconds
}

// A JoinedGroup is a group of a user, with what the user is in it.
type JoinedGroup struct {
	Group  groups.Group
	Member Member // with what the member has read
}

// sortByJoin sorts members in the order in which they joined, those of one second by id.
//
// Pages of a list have this order, and not that of ids, because then a user who joins between two
// pages is on the last one. Example: ann, bob and zoe are members, and a page has two. The first
// page is ann and bob. Before the second one is read, aaron joins. The second page is zoe and
// aaron. In the order of ids it would be bob again, and zoe.
func sortByJoin(list []Member) {
	slices.SortFunc(list, func(a, b Member) int {
		return cmp.Or(cmp.Compare(a.Joined, b.Joined), cmp.Compare(a.User, b.User))
	})
}

// users returns the ids of members.
func users(list []Member) []string {
	ids := make([]string, len(list))
	for i, m := range list {
		ids[i] = m.User
	}
	return ids
}

// page returns a part of a list; a limit of 0 is no limit.
func page[T any](list []T, offset, limit int) []T {
	list = list[min(offset, len(list)):]
	if limit > 0 {
		list = list[:min(limit, len(list))]
	}
	return list
}
