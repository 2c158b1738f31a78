package v4

import (
	"maps"
	"slices"
	"strings"

	"parley/shared/domain/groups"
	"parley/shared/fault"
)

// A word is a value of the domain with its name on the wire, and a name that requests may have
// as well.
type word[T comparable] struct {
	value T
	name  string
	also  string
}

// nameOf returns the name of a value; empty if it has none.
func nameOf[T comparable](list []word[T], value T) string {
	for _, w := range list {
		if w.value == value {
			return w.name
		}
	}
	return ""
}

// parseWord returns the value with a name.
func parseWord[T comparable](list []word[T], field fault.Field, name string) (T, error) {
	names := make([]string, len(list))
	for i, w := range list {
		if name == w.name || (name == w.also && name != "") {
			return w.value, nil
		}
		if names[i] = w.name; w.also != "" {
			names[i] += " (or " + w.also + ")"
		}
	}
	var none T
	return none, fault.At(fault.Invalid, field, "%.30q is not one of %s", name, strings.Join(names, ", "))
}

// groupTypes are the types of groups. Every answer has the old name of a type; requests may have
// the name that the vendor uses in prose (docs/spec/tencent §16.0).
func groupTypes() []word[groups.Type] {
	return []word[groups.Type]{{groups.Work, "Private", "Work"}, {groups.Public, "Public", ""}, {groups.Meeting, "ChatRoom", "Meeting"}}
}

// GroupTypeName returns the name of a type of groups.
func GroupTypeName(t groups.Type) string { return nameOf(groupTypes(), t) }

// ParseGroupType reads the name of a type of groups.
func ParseGroupType(name string) (groups.Type, error) {
	return parseWord(groupTypes(), fault.GroupType, name)
}

func joinOptions() []word[groups.JoinOption] {
	return []word[groups.JoinOption]{
		{groups.JoinFreely, "FreeAccess", ""}, {groups.JoinByPermission, "NeedPermission", ""}, {groups.JoinForbidden, "DisableApply", ""},
	}
}

// JoinOptionName returns the name of a join option.
func JoinOptionName(o groups.JoinOption) string { return nameOf(joinOptions(), o) }

// ParseJoinOption reads the name of a join option.
func ParseJoinOption(name string) (groups.JoinOption, error) {
	return parseWord(joinOptions(), fault.JoinOption, name)
}

func inviteOptions() []word[groups.InviteOption] {
	return []word[groups.InviteOption]{
		{groups.InviteFreely, "FreeAccess", ""}, {groups.InviteByPermission, "NeedPermission", ""}, {groups.InviteForbidden, "DisableInvite", ""},
	}
}

// InviteOptionName returns the name of an invite option.
func InviteOptionName(o groups.InviteOption) string { return nameOf(inviteOptions(), o) }

// ParseInviteOption reads the name of an invite option.
func ParseInviteOption(name string) (groups.InviteOption, error) {
	return parseWord(inviteOptions(), fault.InviteOption, name)
}

// SwitchName returns the name of a switch of a group.
func SwitchName(on bool) string {
	if on {
		return "On"
	}
	return "Off"
}

// ParseSwitch reads the name of a switch of a group.
func ParseSwitch(field fault.Field, name string) (bool, error) {
	return parseWord([]word[bool]{{true, "On", ""}, {false, "Off", ""}}, field, name)
}

// SwitchOf returns the function that reads a switch of a group in a field.
func SwitchOf(field fault.Field) func(name string) (bool, error) {
	return func(name string) (bool, error) { return ParseSwitch(field, name) }
}

// Optional reads a field that may be absent; then it is nil.
func Optional[T any](name *string, parse func(string) (T, error)) (*T, error) {
	if name == nil {
		return nil, nil
	}
	value, err := parse(*name)
	return &value, err
}

// A CustomField is a custom field of a group or a member (docs/spec/tencent §16.6).
type CustomField struct {
	Key   string `json:"Key"`
	Value string `json:"Value"`
}

// FromCustomFields returns custom fields in the order of their names. If keys is not nil, it
// returns those with these names only.
func FromCustomFields(values map[string]string, keys []string) []CustomField {
	list := make([]CustomField, 0, len(values))
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if keys == nil || slices.Contains(keys, name) {
			list = append(list, CustomField{name, values[name]})
		}
	}
	return list
}

// ToCustomFields returns the values of custom fields by their names; nil if there are none. A name
// that comes twice has its last value.
func ToCustomFields(list []CustomField) map[string]string {
	if len(list) == 0 {
		return nil
	}
	values := make(map[string]string, len(list))
	for _, f := range list {
		values[f.Key] = f.Value
	}
	return values
}

// A GroupBase is the base fields of a group in answers (docs/spec/tencent §16.4). A field that
// was not asked for is nil. MuteAllMember comes with its old name, too (docs/spec/tencent §14.1).
type GroupBase struct {
	Type          *string `json:"Type,omitempty"`
	Name          *string `json:"Name,omitempty"`
	AppID         *int64  `json:"Appid,omitempty"`
	Introduction  *string `json:"Introduction,omitempty"`
	Notification  *string `json:"Notification,omitempty"`
	FaceURL       *string `json:"FaceUrl,omitempty"`
	Owner         *string `json:"Owner_Account,omitempty"`
	CreateTime    *int64  `json:"CreateTime,omitempty"` // Unix seconds
	InfoSeq       *int64  `json:"InfoSeq,omitempty"`
	LastInfoTime  *int64  `json:"LastInfoTime,omitempty"` // Unix seconds
	LastMsgTime   *int64  `json:"LastMsgTime,omitempty"`  // Unix seconds; 0: no message
	NextMsgSeq    *int64  `json:"NextMsgSeq,omitempty"`
	MemberNum     *int    `json:"MemberNum,omitempty"`
	MaxMemberNum  *int    `json:"MaxMemberNum,omitempty"`
	JoinOption    *string `json:"ApplyJoinOption,omitempty"`
	InviteOption  *string `json:"InviteJoinOption,omitempty"`
	MuteAll       *string `json:"MuteAllMember,omitempty"`   // On or Off
	ShutUpAll     *string `json:"ShutUpAllMember,omitempty"` // the old name of MuteAllMember
	HistoryBefore *string `json:"HistoryMsgBeforeJoin,omitempty"`
}

// groupField returns a field of an answer if it was asked for.
func groupField[T any](wanted func(names ...string) bool, name string, value T) *T {
	if !wanted(name) {
		return nil
	}
	return &value
}

// A GroupFilter is the base fields that a request asks for. A nil list asks for all. A name that
// is not one of docs/spec/tencent §16.4 asks for nothing.
type GroupFilter []string

func (f GroupFilter) wanted(names ...string) bool {
	return f == nil || slices.ContainsFunc(names, func(name string) bool { return slices.Contains(f, name) })
}

// NeedsHead reports whether a filter asks for a field that is in the head of a group.
func (f GroupFilter) NeedsHead() bool { return f.wanted("LastMsgTime", "NextMsgSeq") }

// FromGroup returns the base fields of a group that a filter asks for. head may be nil, earlier
// says whether members see the messages from before they joined.
func FromGroup(app int64, g groups.Group, head *groups.Head, earlier bool, filter GroupFilter) GroupBase {
	if head == nil {
		head = &groups.Head{}
	}
	w := filter.wanted
	b := GroupBase{
		Type: groupField(w, "Type", GroupTypeName(g.Type)), Name: groupField(w, "Name", g.Name), AppID: groupField(w, "Appid", app),
		Introduction: groupField(w, "Introduction", g.Introduction), Notification: groupField(w, "Notification", g.Notice),
		FaceURL: groupField(w, "FaceUrl", g.Face), Owner: groupField(w, "Owner_Account", g.Owner), CreateTime: groupField(w, "CreateTime", g.Created),
		InfoSeq: groupField(w, "InfoSeq", g.Version), LastInfoTime: groupField(w, "LastInfoTime", g.ChangedAt),
		LastMsgTime: groupField(w, "LastMsgTime", head.LastTime), NextMsgSeq: groupField(w, "NextMsgSeq", head.Number+1),
		MemberNum: groupField(w, "MemberNum", g.Members), MaxMemberNum: groupField(w, "MaxMemberNum", g.MaxMembers),
		JoinOption: groupField(w, "ApplyJoinOption", JoinOptionName(g.Join)), InviteOption: groupField(w, "InviteJoinOption", InviteOptionName(g.Invite)),
		HistoryBefore: groupField(w, "HistoryMsgBeforeJoin", SwitchName(earlier)),
	}
	if mute := SwitchName(g.MuteAll); w("MuteAllMember", "ShutUpAllMember") {
		b.MuteAll, b.ShutUpAll = &mute, &mute
	}
	return b
}
