package v4_test

import (
	"encoding/json"
	"testing"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/groups"
	"parley/shared/fault"
)

// TestGroupWords checks that each value has a name that is read back, that the other names of the
// types are read, and that no other text is (docs/spec/tencent §16.0, §16.4).
func TestGroupWords(t *testing.T) {
	for _, kind := range groups.Types() {
		if got, err := v4.ParseGroupType(v4.GroupTypeName(kind)); got != kind || err != nil {
			t.Errorf("type %s has the name %q, which is read as %q, %v", kind, v4.GroupTypeName(kind), got, err)
		}
	}
	for name, want := range map[string]groups.Type{"Private": groups.Work, "Work": groups.Work, "Public": groups.Public, "ChatRoom": groups.Meeting, "Meeting": groups.Meeting} {
		if got, err := v4.ParseGroupType(name); got != want || err != nil {
			t.Errorf("type %q is %q, %v, want %q", name, got, err, want)
		}
	}
	for _, name := range []string{"", "private", "AVChatRoom", "Community", "work"} {
		if got, err := v4.ParseGroupType(name); !fault.Is(err, fault.Invalid) {
			t.Errorf("type %q is %q, %v, want a refusal", name, got, err)
		}
	}
	for _, o := range []groups.JoinOption{groups.JoinFreely, groups.JoinByPermission, groups.JoinForbidden} {
		if got, err := v4.ParseJoinOption(v4.JoinOptionName(o)); got != o || err != nil {
			t.Errorf("join option %s has the name %q, which is read as %q, %v", o, v4.JoinOptionName(o), got, err)
		}
	}
	for _, o := range []groups.InviteOption{groups.InviteFreely, groups.InviteByPermission, groups.InviteForbidden} {
		if got, err := v4.ParseInviteOption(v4.InviteOptionName(o)); got != o || err != nil {
			t.Errorf("invite option %s has the name %q, which is read as %q, %v", o, v4.InviteOptionName(o), got, err)
		}
	}
	if _, err := v4.ParseJoinOption("DisableInvite"); !fault.Is(err, fault.Invalid) {
		t.Errorf("DisableInvite is a join option: %v", err)
	}
	for _, on := range []bool{true, false} {
		if got, err := v4.ParseSwitch(fault.MuteAll, v4.SwitchName(on)); got != on || err != nil {
			t.Errorf("switch %t has the name %q, which is read as %t, %v", on, v4.SwitchName(on), got, err)
		}
	}
	if _, err := v4.ParseSwitch(fault.MuteAll, "on"); !fault.Is(err, fault.Invalid) {
		t.Errorf("on is a switch: %v", err)
	}
}

// TestGroupFilter checks that an answer has the fields that were asked for, that either name of
// MuteAllMember asks for both, and that no filter asks for everything.
func TestGroupFilter(t *testing.T) {
	g := groups.Group{Type: groups.Work, Name: "n", MuteAll: true, Join: groups.JoinForbidden, Invite: groups.InviteFreely, MaxMembers: 3}
	for _, c := range []struct {
		filter v4.GroupFilter
		want   string
	}{
		{v4.GroupFilter{}, `{}`},
		{v4.GroupFilter{"Name", "Unknown", "Owner_Account"}, `{"Name":"n","Owner_Account":""}`},
		{v4.GroupFilter{"MuteAllMember"}, `{"MuteAllMember":"On","ShutUpAllMember":"On"}`},
		{v4.GroupFilter{"ShutUpAllMember"}, `{"MuteAllMember":"On","ShutUpAllMember":"On"}`},
		{nil, `{"Type":"Private","Name":"n","Appid":7,"Introduction":"","Notification":"","FaceUrl":"","Owner_Account":"","CreateTime":0,"InfoSeq":0,` +
			`"LastInfoTime":0,"LastMsgTime":0,"NextMsgSeq":1,"MemberNum":0,"MaxMemberNum":3,"ApplyJoinOption":"DisableApply","InviteJoinOption":"FreeAccess",` +
			`"MuteAllMember":"On","ShutUpAllMember":"On","HistoryMsgBeforeJoin":"Off"}`},
	} {
		got, err := json.Marshal(v4.FromGroup(7, g, nil, false, c.filter))
		if string(got) != c.want || err != nil {
			t.Errorf("%q: %s, %v, want %s", c.filter, got, err, c.want)
		}
	}
	if (v4.GroupFilter{"Name"}).NeedsHead() || !(v4.GroupFilter{"NextMsgSeq"}).NeedsHead() || !v4.GroupFilter(nil).NeedsHead() {
		t.Error("only LastMsgTime and NextMsgSeq are in the head")
	}
}
