// Package groups holds what a group is: its type and what the type allows, its id, its profile,
// the roles of its members, and the tips and notices about its changes.
//
// Who is in a group is the subject of package membership. How messages are sent to a group is
// the subject of package groupchat.
package groups

import (
	"time"

	"parley/shared/fault"
)

// A Group is the profile of a group (docs/spec/tencent §16.4). What changes with every message,
// the head of the conversation, is in package groupchat.
type Group struct {
	ID           string
	Type         Type
	Name         string
	Introduction string
	Notice       string // the announcement to the members
	Face         string // address of a picture
	Owner        string // empty if the group has no owner
	Created      int64  // Unix seconds
	Version      int64  // of the profile: each change adds 1
	ChangedAt    int64  // when the profile was last changed, Unix seconds
	Members      int    // how many members the group has
	MaxMembers   int    // how many it may have
	Join         JoinOption
	Invite       InviteOption
	MuteAll      bool // only the owner, admins and the application may send
	// HistoryBeforeJoin: members see the messages from before they joined. If nil, the setting of
	// the type holds.
	HistoryBeforeJoin *bool
	Fields            map[string]string // custom fields that the application declares
	// Active is false for a Work group in which nobody has sent a message yet. Only the owner sees
	// such a group.
	Active bool
	// Destroyed is when the group was destroyed, Unix seconds; 0: it exists. Its id is free again
	// once the data of the group is removed.
	Destroyed int64
}

// A JoinOption says what happens to a user who asks to join a group.
type JoinOption string

// The join options.
const (
	JoinFreely       JoinOption = "free"    // the user is a member at once
	JoinByPermission JoinOption = "confirm" // the owner or an admin decides
	JoinForbidden    JoinOption = "deny"    // nobody may ask
)

// Valid reports whether o is one of the join options.
func (o JoinOption) Valid() bool {
	return o == JoinFreely || o == JoinByPermission || o == JoinForbidden
}

// An InviteOption says what happens to a user whom a member invites to a group.
type InviteOption string

// The invite options.
const (
	InviteFreely       InviteOption = "free"    // the user is a member at once
	InviteByPermission InviteOption = "confirm" // the owner or an admin decides
	InviteForbidden    InviteOption = "deny"    // only the application may add members
)

// Valid reports whether o is one of the invite options.
func (o InviteOption) Valid() bool {
	return o == InviteFreely || o == InviteByPermission || o == InviteForbidden
}

// The longest texts of a profile in bytes (docs/spec/tencent §16.4).
const (
	MaxName         = 30
	MaxIntroduction = 240
	MaxNotice       = 300
	MaxFace         = 100
)

// ActiveFor reports whether a user with a role sees the group.
func (g Group) ActiveFor(r Role) bool { return g.Active || r >= Owner }

// Exists fails with GroupUnknown if there is no group, or if it was destroyed.
func (g *Group) Exists(id string) error {
	if g == nil || g.Destroyed != 0 {
		return unknown(id)
	}
	return nil
}

func unknown(id string) error {
	return fault.At(fault.GroupUnknown, fault.Group, "there is no group %.60q", id)
}

// Limits are the numbers that hold for the groups of an application.
type Limits struct {
	Members int // members of a group
	Groups  int // groups of the application; 0: no limit
	PerDay  int // groups that the application may create a day
	Joined  int // groups that a user is a member of
}

// Settings are what an application says about its groups.
type Settings struct {
	Limits       Limits
	GroupFields  []Field
	MemberFields []Field
	// InviteeConfirms: a user who is invited becomes a member only after accepting.
	InviteeConfirms bool
	// HistoryBeforeJoin is whether new members see earlier messages, if neither the group nor its
	// type says it.
	HistoryBeforeJoin bool
	Counters          bool          // the edition has counters of groups
	Retention         time.Duration // how long messages are stored
	IdleFor           time.Duration // after how long a group that nobody uses is destroyed; 0: never
}
