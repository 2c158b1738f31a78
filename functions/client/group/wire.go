package group

import (
	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/groups"
	"parley/shared/domain/membership"
	"parley/shared/op"
)

const (
	badParameter = 10004

	// maxPage is the largest Limit, and the default.
	maxPage = 100

	// reservedPrefix begins the ids that Parley makes for groups (docs/spec/tencent §16.3).
	reservedPrefix = "@TGS#"
)

// target is the group of a call.
type target struct {
	Group string `json:"GroupId" need:"10004"`
}

// nothing is the answer of a call that has nothing to tell but its success.
type nothing struct{}

// actor is the caller, with the rights of a member.
func actor(c *op.Call) groups.Actor { return groups.Actor{User: c.Caller.Account} }

// summary is what a list shows of a group.
type summary struct {
	Group   string `json:"GroupId"`
	Type    string `json:"Type"` // Private, Public or ChatRoom
	Name    string `json:"Name"`
	Face    string `json:"FaceUrl,omitempty"`
	Owner   string `json:"Owner_Account,omitempty"` // absent: the group has no owner
	Members int    `json:"MemberNum"`
	Version int64  `json:"InfoSeq"`            // grows with every change of the profile
	Self    *self  `json:"SelfInfo,omitempty"` // absent: the caller is not a member
}

// self is what the caller is in a group.
type self struct {
	Role      string `json:"Role"`                // Owner, Admin or Member
	Joined    int64  `json:"JoinTime"`            // Unix seconds
	Option    string `json:"MsgFlag"`             // receive option
	MuteUntil int64  `json:"MuteUntil,omitempty"` // Unix seconds; absent: not muted
}

// profile is a group with all that the caller may read.
type profile struct {
	summary
	Introduction string           `json:"Introduction,omitempty"`
	Notification string           `json:"Notification,omitempty"`
	Created      int64            `json:"CreateTime"` // Unix seconds
	MaxMembers   int              `json:"MaxMemberNum"`
	Join         string           `json:"ApplyJoinOption"`
	Invite       string           `json:"InviteJoinOption"`
	MuteAll      string           `json:"MuteAllMember"`        // On or Off
	History      string           `json:"HistoryMsgBeforeJoin"` // On or Off
	Custom       []v4.CustomField `json:"AppDefinedData,omitempty"`
}

// summaryOf returns the wire form of a group in a list. now is in Unix seconds: a mute that is over
// is none.
func summaryOf(g membership.JoinedGroup, now int64) summary {
	out := summary{
		Group: g.Group.ID, Type: v4.GroupTypeName(g.Group.Type), Name: g.Group.Name, Face: g.Group.Face, Owner: g.Group.Owner,
		Members: g.Group.Members, Version: g.Group.Version,
	}
	if g.Member.Role >= groups.Member {
		out.Self = &self{Role: v4.RoleName(g.Member.Role), Joined: g.Member.Joined, Option: v4.ReceiveOptionName(g.Member.Option)}
		if g.Member.MutedUntil > now {
			out.Self.MuteUntil = g.Member.MutedUntil
		}
	}
	return out
}

// profileOf returns the wire form of a group.
func profileOf(c *op.Call, g membership.JoinedGroup) profile {
	return profile{
		summary: summaryOf(g, c.App.Now().Unix()), Introduction: g.Group.Introduction, Notification: g.Group.Notice, Created: g.Group.Created,
		MaxMembers: g.Group.MaxMembers, Join: v4.JoinOptionName(g.Group.Join), Invite: v4.InviteOptionName(g.Group.Invite),
		MuteAll: v4.SwitchName(g.Group.MuteAll), History: v4.SwitchName(c.Groups.SeesEarlier(g.Group)), Custom: v4.FromCustomFields(g.Group.Fields, nil),
	}
}

// member is a member of a group.
type member struct {
	User      string           `json:"Member_Account"`
	Role      string           `json:"Role"`                // Owner, Admin or Member
	Joined    int64            `json:"JoinTime"`            // Unix seconds
	MuteUntil int64            `json:"MuteUntil,omitempty"` // Unix seconds; absent: not muted
	NameCard  string           `json:"NameCard,omitempty"`
	Custom    []v4.CustomField `json:"AppMemberDefinedData,omitempty"`
}

// shown is what is read of members.
func shown() membership.InfoSet { return membership.InfoSet{Card: true, Mutes: true} }

// membersOf returns the wire form of members.
func membersOf(list []membership.Member) []member {
	out := make([]member, len(list))
	for i, m := range list {
		out[i] = member{
			User: m.User, Role: v4.RoleName(m.Role), Joined: m.Joined, MuteUntil: m.MutedUntil, NameCard: m.NameCard,
			Custom: v4.FromCustomFields(m.Fields, nil),
		}
	}
	return out
}
