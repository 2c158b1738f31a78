package group

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"parley/infra/testkit"
	"parley/shared/domain/groups"
	"parley/shared/op"
)

// A right is an operation with the row of the table of capabilities that says who may call it.
type right struct {
	operation, row string
	// body is the request. The group is "g", and "t" is another member of it.
	body string
	may  groups.Cells[groups.Role]
}

func rights() []right {
	can := groups.CapabilitiesOfTypes()
	return []right{
		{"update", "ChangeProfile", `{"GroupId":"%s","Name":"new"}`, can.ChangeProfile},
		{"update", "ChangeSettings", `{"GroupId":"%s","MaxMemberNum":77}`, can.ChangeSettings},
		{"transfer", "Transfer", `{"GroupId":"%s","NewOwner_Account":"t"}`, can.Transfer},
		{"destroy", "Destroy", `{"GroupId":"%s"}`, can.Destroy},
		{"get", "Find", `{"GroupIdList":["%s"]}`, can.Find},
		{"join", "Apply", `{"GroupId":"%s"}`, can.Apply},
		{"invite", "Invite", `{"GroupId":"%s","MemberList":["x"]}`, can.Invite},
		{"set-role", "AppointAdmins", `{"GroupId":"%s","Member_Account":"t","Role":"Admin"}`, can.AppointAdmins},
		{"remove", "RemoveMembers", `{"GroupId":"%s","MemberToDel_Account":["t"]}`, can.RemoveMembers},
		{"mute", "MuteMembers", `{"GroupId":"%s","Members_Account":["t"],"MuteTime":60}`, can.MuteMembers},
		{"mute-all", "MuteMembers", `{"GroupId":"%s","MuteAllMember":"On"}`, can.MuteMembers},
		{"members", "ReadMembers", `{"GroupId":"%s"}`, can.ReadMembers},
		{"member-get", "ReadMembers", `{"GroupId":"%s","Member_List_Account":["t"]}`, can.ReadMembers},
	}
}

// callers are users with each role in a group, by the role.
func callers() map[groups.Role]string {
	return map[groups.Role]string{groups.NotMember: "s", groups.Member: "m", groups.Admin: "a", groups.Owner: "o"}
}

// TestRights calls every operation of the table of capabilities as a user with each role, in a group
// of each type. The call is refused with 10007 if the table says so, and else it is not. Example: an
// admin of a Public group mutes members, and one of a Work group does not exist.
func TestRights(t *testing.T) {
	operations := make(map[string]*op.Operation)
	for _, o := range Operations() {
		operations[strings.TrimPrefix(o.Name, "client.group.")] = &o
	}
	calls := 0
	for _, kind := range groups.Types() {
		w := testkit.NewWorld(t, server, testkit.Options{})
		seed(t, w, "account o\naccount a\naccount m\naccount s\naccount t\naccount x")
		for i, r := range rights() {
			for _, role := range slices.Sorted(maps.Keys(callers())) {
				if role == groups.Admin && groups.CapabilitiesOfTypes().AppointAdmins.For(kind) == groups.Nobody {
					continue
				}
				user, id := callers()[role], fmt.Sprintf("g%d%s", i, callers()[role])
				lines := fmt.Sprintf("group %s %s o\nmember %[1]s a m t", id, kind)
				if groups.CapabilitiesOfTypes().AppointAdmins.For(kind) != groups.Nobody {
					lines += "\ngroup-admin " + id + " a"
				}
				seed(t, w, lines)
				calls++
				answer, _, err := w.Call(t, operations[r.operation], "as "+user+"\n"+fmt.Sprintf(r.body, id))
				if err != nil {
					t.Fatal(err)
				}
				// Members are no applicants: the operation says that they are members already.
				may := role.May(r.may.For(kind)) && r.may.For(kind) != groups.Nobody || r.operation == "join" && role >= groups.Member
				if r.operation == "get" && role >= groups.Member {
					may = true // the row is about users who are not members
				}
				if got := codeOf(t, answer); (got != 10007) != may {
					t.Errorf("%s of a %s group by a user with the role %d: code %d, and the table of capabilities allows it: %t (%s)",
						r.operation, kind, role, got, may, r.row)
				}
			}
		}
	}
	if calls < 100 {
		t.Errorf("%d calls, want at least 100", calls)
	}
}

// TestRightsAreComplete checks that every row of the table that has roles is tried.
func TestRightsAreComplete(t *testing.T) {
	table := reflect.TypeOf(groups.CapabilitiesOfTypes())
	for i := range table.NumField() {
		f := table.Field(i)
		if f.Type != reflect.TypeFor[groups.Cells[groups.Role]]() {
			continue
		}
		if !slices.ContainsFunc(rights(), func(r right) bool { return r.row == f.Name }) {
			t.Errorf("no operation tries the row %s", f.Name)
		}
	}
}

func seed(t *testing.T, w *testkit.World, lines string) {
	t.Helper()
	if err := w.Seed(t.Context(), lines); err != nil {
		t.Fatal(err)
	}
}

// codeOf returns the code of an answer, or that of its only item.
func codeOf(t *testing.T, answer []byte) int {
	t.Helper()
	var response struct {
		Body string
	}
	text := answer
	if err := json.Unmarshal(answer, &response); err == nil && response.Body != "" {
		text = []byte(response.Body)
	}
	var frame struct {
		Code int
		Body struct {
			GroupInfo []struct{ ResultCode int }
		}
	}
	if err := json.Unmarshal(text, &frame); err != nil {
		t.Fatalf("%s: %v", answer, err)
	}
	if len(frame.Body.GroupInfo) == 1 {
		return frame.Body.GroupInfo[0].ResultCode
	}
	return frame.Code
}
