package v4

import (
	"parley/shared/domain/groups"
	"parley/shared/domain/timeline"
	"parley/shared/fault"
)

// GroupMessage is a message of a group, in a history and in message.new
// (docs/client-protocol.md §7).
type GroupMessage struct {
	Group    string    `json:"GroupId"`
	From     string    `json:"From_Account,omitempty"` // absent: the application changed the group
	Seq      int64     `json:"MsgSeq"`                 // number of the message in the group: 1, 2, 3, ...; 0: it is not stored
	Random   uint32    `json:"MsgRandom"`
	Time     int64     `json:"MsgTime"`          // Unix seconds
	Key      string    `json:"MsgKey,omitempty"` // MsgSeq as a text; absent: the message is not stored
	Body     []Element `json:"MsgBody"`
	Custom   string    `json:"CloudCustomData,omitempty"`
	NoUnread bool      `json:"NoUnread,omitempty"` // the unread count leaves the message out

	Priority  string   `json:"MsgPriority,omitempty"` // High or Low; absent: Normal
	Mentions  []AtInfo `json:"GroupAtInfo,omitempty"`
	Receivers []string `json:"ToMembers_Account,omitempty"` // the members to whom alone it goes
	System    int      `json:"IsSystemMsg,omitempty"`       // 1: nobody wrote it: Tip tells what has changed in the group
	Tip       *Tip     `json:"Tip,omitempty"`

	Flags       int        `json:"MsgFlagBits,omitempty"`             // 8: the message was recalled, and MsgBody is empty
	EditedMs    int64      `json:"EditMs,omitempty"`                  // when the message was last edited
	NeedReceipt int        `json:"NeedReadReceipt,omitempty"`         // 1: the sender wants to know who has read it
	Extensible  int        `json:"SupportMessageExtension,omitempty"` // 1: extensions may be attached to the message
	Reactions   []Reaction `json:"ReactionList,omitempty"`            // not in message.edited
	// The name of the sender in the group, if it had one when it sent the message.
	NameCard string `json:"NameCard,omitempty"`
	// The sender's nick; only in message.new.
	Nick string `json:"Nick,omitempty"`
	// The address of the sender's picture; only in message.new.
	Face string `json:"FaceUrl,omitempty"`
}

// AtInfo is one mention of a message, in the order of the marks in its text (docs/spec/tencent §18.3).
type AtInfo struct {
	All  int    `json:"GroupAtAllFlag"` // 1: all members
	User string `json:"GroupAt_Account,omitempty"`
}

// Tip is what has changed in a group (docs/spec/tencent §19.1).
type Tip struct {
	Type    int        `json:"Type"`
	By      string     `json:"Operator_Account,omitempty"` // absent: the application
	Users   []string   `json:"MemberList,omitempty"`       // whom it concerns
	Members int        `json:"MemberNum,omitempty"`        // members of the group now
	Invited bool       `json:"Invited,omitempty"`          // the users were added and did not ask
	Info    *GroupInfo `json:"GroupInfo,omitempty"`
	// MuteTime is for how many seconds the users are muted; 0: their mute has ended.
	MuteTime *int64 `json:"MuteTime,omitempty"`
}

// GroupInfo is the fields of a group's profile that have changed, with their new values
// (docs/spec/tencent §16.4).
type GroupInfo struct {
	Name         *string       `json:"Name,omitempty"`
	Introduction *string       `json:"Introduction,omitempty"`
	Notification *string       `json:"Notification,omitempty"`
	Face         *string       `json:"FaceUrl,omitempty"`
	Owner        *string       `json:"Owner_Account,omitempty"`
	MuteAll      *string       `json:"MuteAllMember,omitempty"` // On or Off
	Join         *string       `json:"ApplyJoinOption,omitempty"`
	Invite       *string       `json:"InviteJoinOption,omitempty"`
	Custom       []CustomField `json:"AppDefinedData,omitempty"`
}

// FromGroupMessage returns the wire form of a message of a group.
func FromGroupMessage(m timeline.Message) GroupMessage {
	group, _ := m.Chat.Names()
	out := GroupMessage{
		Group: group, From: m.From, Seq: m.Offset, Random: m.Random, Time: m.Time, Body: FromElements(m.Elements), Custom: m.Custom,
		NoUnread: m.ExcludedFromUnread, Mentions: FromMentions(m.Mentions), Receivers: m.Receivers, EditedMs: m.EditedMs,
		NeedReceipt: flag(m.NeedReceipt), Extensible: flag(m.Extensible), Reactions: FromReactions(m), NameCard: m.NameCard, Nick: m.Nick, Face: m.Face,
	}
	if m.Priority == timeline.High || m.Priority == timeline.Low {
		out.Priority = PriorityName(m.Priority)
	}
	if m.Offset > 0 {
		out.Key = m.Text(m.Chat)
	}
	if m.Tip != nil {
		tip := FromTip(*m.Tip)
		out.System, out.Tip = 1, &tip
	}
	if m.Recalled {
		out.Flags = FlagRecalled
	}
	return out
}

// FromMentions returns the wire form of the mentions of a message.
func FromMentions(users []string) []AtInfo {
	var list []AtInfo
	for _, user := range users {
		list = append(list, AtInfo{All: flag(user == ""), User: user})
	}
	return list
}

// PriorityName returns the name of a priority (docs/spec/tencent §18.2).
func PriorityName(p timeline.Priority) string {
	switch p {
	case timeline.High:
		return "High"
	case timeline.Low:
		return "Low"
	default:
		return "Normal"
	}
}

// ParsePriority reads the name of a priority; false if it is none.
func ParsePriority(name string) (timeline.Priority, bool) {
	for _, p := range []timeline.Priority{timeline.High, timeline.Normal, timeline.Low} {
		if PriorityName(p) == name {
			return p, true
		}
	}
	return 0, false
}

// FromTip returns the wire form of a tip.
func FromTip(t groups.Tip) Tip {
	out := Tip{Type: tipType(t.Kind), By: t.By, Users: t.Users, Members: t.Members, Invited: t.Invited}
	if t.Kind == groups.TipMemberChanged {
		out.MuteTime = &t.MutedSeconds
	}
	if len(t.Changes) > 0 {
		info := FromChanges(t.Changes)
		out.Info = &info
	}
	return out
}

// FromChanges returns the wire form of changes of a profile.
func FromChanges(changes []groups.Change) GroupInfo {
	var out GroupInfo
	for _, c := range changes {
		value := c.Value
		switch c.Field {
		case groups.NameField:
			out.Name = &value
		case groups.IntroductionField:
			out.Introduction = &value
		case groups.NoticeField:
			out.Notification = &value
		case groups.FaceField:
			out.Face = &value
		case groups.OwnerField:
			out.Owner = &value
		case groups.MuteAllField:
			value = SwitchName(c.Value == "true")
			out.MuteAll = &value
		case groups.JoinField:
			value = JoinOptionName(groups.JoinOption(c.Value))
			out.Join = &value
		case groups.InviteField:
			value = InviteOptionName(groups.InviteOption(c.Value))
			out.Invite = &value
		case groups.CustomField:
			out.Custom = append(out.Custom, CustomField{c.Key, c.Value})
		}
	}
	return out
}

// ToMentions returns the users whom a message mentions; an empty text is all members.
func ToMentions(list []AtInfo) ([]string, error) {
	users := make([]string, len(list))
	for i, m := range list {
		switch {
		case m.All != 0 && m.All != 1:
			return nil, fault.AtItem(fault.Invalid, fault.Mentions, i, "GroupAtAllFlag is 0 or 1")
		case m.All == 0 && m.User == "":
			return nil, fault.AtItem(fault.Invalid, fault.Mentions, i, "GroupAt_Account is missing or empty")
		case m.All == 0:
			users[i] = m.User
		}
	}
	return users, nil
}
