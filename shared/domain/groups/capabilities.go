package groups

// Cells are one row of the table of Capabilities: a value for each Type.
type Cells[T any] struct{ Work, Public, Meeting T }

// For returns the value for a type.
func (c Cells[T]) For(t Type) T {
	switch t {
	case Public:
		return c.Public
	case Meeting:
		return c.Meeting
	default:
		return c.Work
	}
}

// Capabilities is the table of what the types of groups allow: a field is a capability, and its
// Cells are the types. Every rule that depends on the type of a group reads it, and so does the
// reference. The tag `row` is the title of the row in docs/spec/tencent §16.1; a test compares every
// cell. The tag `means` is what docs/reference/group-types.md says.
//
// A row of Roles has the least role that may do something; the application may do everything
// that is not Nobody's.
type Capabilities struct {
	ChangeProfile  Cells[Role] `row:"change name, introduction, notice, avatar" means:"the name, the introduction, the notice and the face"`
	ChangeSettings Cells[Role] `row:"change other group fields" means:"how many members, who may join, and whether members see earlier messages"`
	Transfer       Cells[Role] `row:"give to another owner" means:"give the group to another member"`
	Destroy        Cells[Role] `row:"disband" means:"destroy the group"`
	Find           Cells[Role] `row:"find by exact group id" means:"read the profile without being a member"`
	Apply          Cells[Role] `row:"apply to join" means:"ask to join"`
	Invite         Cells[Role] `row:"invite by members" means:"add or invite users"`
	LeaveAsOwner   Cells[bool] `row:"owner may leave" means:"the owner may leave the group, which then has none"`
	AppointAdmins  Cells[Role] `row:"set admins" means:"make members admins and ordinary members again"`
	RemoveMembers  Cells[Role] `row:"remove a member" means:"remove a member with a lesser role"`
	MuteMembers    Cells[Role] `row:"mute a member" means:"mute a member with a lesser role, or all"`
	ReadMembers    Cells[Role] `row:"read member list" means:"read the list of members"`

	Join              Cells[JoinOption]   `row:"default join option" means:"join option of a new group"`
	InviteBy          Cells[InviteOption] `row:"default invite option" means:"invite option of a new group"`
	Silent            Cells[bool]         `row:"default receive option" means:"messages are not pushed, unless a member asks for it"`
	Unread            Cells[bool]         `row:"unread count" means:"unread messages are counted"`
	HistoryBeforeJoin Cells[bool]         `row:"history from before joining" means:"members see the messages from before they joined"`
	NeedsActivation   Cells[bool]         `row:"activation by a first message" means:"the group is hidden until its first message"`
	TipMembership     Cells[bool]         `row:"tip on join, invite, removal, leave" means:"a tip says who joined, was added, was removed or left"`
	TipProfile        Cells[bool]         `row:"tip on name, notice, introduction, avatar, owner" means:"a tip has the new name, introduction, notice, face or owner"`
	TipSettings       Cells[bool]         `row:"tip on mute-all, join option" means:"a tip says that all are muted, or who may join"`
	TipRoles          Cells[bool]         `row:"tip on member mute, admin change" means:"a tip says who is muted, or an admin"`
	Attributes        Cells[bool]         `row:"group attributes" means:"the group has attributes and counters"`
	Receipts          Cells[bool]         `row:"read receipts" means:"messages have read receipts and extensions"`
	Directed          Cells[bool]         `row:"targeted messages" means:"messages can go to some members only"`
}

// CapabilitiesOfTypes returns the table.
func CapabilitiesOfTypes() Capabilities {
	all := Cells[bool]{true, true, true}
	return Capabilities{
		ChangeProfile:  Cells[Role]{Member, Admin, Owner},
		ChangeSettings: Cells[Role]{Owner, Admin, Owner},
		Transfer:       Cells[Role]{Owner, Owner, Owner},
		Destroy:        Cells[Role]{Application, Owner, Owner},
		Find:           Cells[Role]{Application, NotMember, NotMember},
		Apply:          Cells[Role]{Nobody, NotMember, NotMember},
		Invite:         Cells[Role]{Member, Application, Application},
		LeaveAsOwner:   Cells[bool]{true, false, false},
		AppointAdmins:  Cells[Role]{Nobody, Owner, Owner},
		RemoveMembers:  Cells[Role]{Owner, Admin, Admin},
		MuteMembers:    Cells[Role]{Nobody, Admin, Admin},
		ReadMembers:    Cells[Role]{Member, Member, Member},

		Join:              Cells[JoinOption]{JoinForbidden, JoinByPermission, JoinFreely},
		InviteBy:          Cells[InviteOption]{InviteFreely, InviteForbidden, InviteForbidden},
		Silent:            Cells[bool]{false, false, true},
		Unread:            Cells[bool]{true, true, false},
		HistoryBeforeJoin: Cells[bool]{false, false, true},
		NeedsActivation:   Cells[bool]{true, false, false},
		TipMembership:     Cells[bool]{true, true, false},
		TipProfile:        all,
		TipSettings:       Cells[bool]{false, false, false},
		TipRoles:          Cells[bool]{true, true, false},
		Attributes:        all,
		Receipts:          all,
		Directed:          all,
	}
}
