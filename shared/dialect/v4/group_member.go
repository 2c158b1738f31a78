package v4

import (
	"parley/shared/domain/groups"
	"parley/shared/domain/membership"
	"parley/shared/fault"
)

// roles are the roles of members, and that of a user who is none (docs/spec/tencent §16.5, §17.6).
func roles() []word[groups.Role] {
	return []word[groups.Role]{{groups.Owner, "Owner", ""}, {groups.Admin, "Admin", ""}, {groups.Member, "Member", ""}, {groups.NotMember, "NotMember", ""}}
}

// RoleName returns the name of a role.
func RoleName(r groups.Role) string { return nameOf(roles(), r) }

// ParseRole reads the name of a role of a member.
func ParseRole(name string) (groups.Role, error) {
	return parseWord(roles()[:3], fault.Role, name)
}

// receiveOptions are what happens to the messages of a group for a member (docs/spec/tencent §16.5).
func receiveOptions() []word[groups.ReceiveOption] {
	return []word[groups.ReceiveOption]{
		{groups.Notify, "AcceptAndNotify", ""}, {groups.Silent, "AcceptNotNotify", ""}, {groups.Discard, "Discard", ""},
		{groups.SilentButMentioned, "AcceptNotNotifyExceptAt", ""},
	}
}

// ReceiveOptionName returns the name of a receive option.
func ReceiveOptionName(o groups.ReceiveOption) string { return nameOf(receiveOptions(), o) }

// ParseReceiveOption reads the name of a receive option.
func ParseReceiveOption(name string) (groups.ReceiveOption, error) {
	return parseWord(receiveOptions(), fault.ReceiveOption, name)
}

// A GroupMember is a member of a group in answers (docs/spec/tencent §16.5). A field that was not
// asked for is nil. MuteUntil comes with its old name, too (docs/spec/tencent §14.1).
type GroupMember struct {
	User      string         `json:"Member_Account"`
	Role      *string        `json:"Role,omitempty"`
	Joined    *int64         `json:"JoinTime,omitempty"`        // Unix seconds
	Read      *int64         `json:"MsgSeq,omitempty"`          // number of the last message that the member has read
	Option    *string        `json:"MsgFlag,omitempty"`         // receive option
	LastSent  *int64         `json:"LastSendMsgTime,omitempty"` // Unix seconds; 0: never
	MuteUntil *int64         `json:"MuteUntil,omitempty"`       // Unix seconds; 0: not muted
	ShutUp    *int64         `json:"ShutUpUntil,omitempty"`     // the old name of MuteUntil
	NameCard  *string        `json:"NameCard,omitempty"`
	Custom    *[]CustomField `json:"AppMemberDefinedData,omitempty"`
}

// A MemberFilter is what a request asks for of members. A nil list asks for all of its kind. A name
// that is not one of docs/spec/tencent §16.5 asks for nothing.
type MemberFilter struct {
	Info   []string `json:"MemberInfoFilter" bad:"10004"`
	Custom []string `json:"AppDefinedDataFilter_GroupMember" bad:"10004"` // names of custom fields
}

// Wants returns what is to be read for the filter.
func (f MemberFilter) Wants() membership.InfoSet {
	info := GroupFilter(f.Info)
	return membership.InfoSet{
		Card:  info.wanted("NameCard") || f.Custom == nil || len(f.Custom) > 0,
		Mutes: info.wanted("MuteUntil", "ShutUpUntil"), Status: info.wanted("MsgSeq", "LastSendMsgTime"),
	}
}

// FromMember returns a member with the fields that a filter asks for.
func FromMember(m membership.Member, f MemberFilter) GroupMember {
	w := GroupFilter(f.Info).wanted
	out := GroupMember{
		User: m.User, Role: groupField(w, "Role", RoleName(m.Role)), Joined: groupField(w, "JoinTime", m.Joined), Read: groupField(w, "MsgSeq", m.ReadNumber),
		Option: groupField(w, "MsgFlag", ReceiveOptionName(m.Option)), LastSent: groupField(w, "LastSendMsgTime", m.LastSent),
		NameCard: groupField(w, "NameCard", m.NameCard),
	}
	if w("MuteUntil", "ShutUpUntil") {
		out.MuteUntil, out.ShutUp = &m.MutedUntil, &m.MutedUntil
	}
	if list := FromCustomFields(m.Fields, f.Custom); len(list) > 0 {
		out.Custom = &list
	}
	return out
}
