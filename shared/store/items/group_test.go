package items_test

import (
	"reflect"
	"testing"

	"parley/shared/domain/groups"
	"parley/shared/dynamo"
	"parley/shared/store/items"
)

// TestGroupIsReadAsItWasWritten checks the conversion of a profile in both directions: each field
// is stored and read, and what is empty is left out.
func TestGroupIsReadAsItWasWritten(t *testing.T) {
	no := false
	full := groups.Group{
		ID: "g", Type: groups.Public, Name: "chess", Introduction: "i", Notice: "n", Face: "f", Owner: "ann", Created: 1, Version: 2, ChangedAt: 3,
		Members: 4, MaxMembers: 5, Join: groups.JoinFreely, Invite: groups.InviteByPermission, MuteAll: true, HistoryBeforeJoin: &no,
		Fields: map[string]string{"level": "7"}, Active: false, Destroyed: 6,
	}
	if v := reflect.ValueOf(full); v.NumField() != 19 {
		t.Errorf("a group has %d fields, want the 19 of this test", v.NumField())
	}
	for _, want := range []groups.Group{full, {ID: "g", Active: true}} {
		if got := items.Group("g", items.GroupItem(1, want)); !reflect.DeepEqual(*got, want) {
			t.Errorf("got %+v, want %+v", *got, want)
		}
	}
	if got := items.Group("g", nil); got != nil {
		t.Errorf("no item: got %+v", got)
	}
	if got, want := len(items.GroupItem(1, groups.Group{ID: "g", Active: true})), 3; got != want {
		t.Errorf("an empty group has %d attributes, want %d: the key and the members", got, want)
	}
	if got := items.Group("g", dynamo.Item{}); got.Exists("g") != nil {
		t.Errorf("a group without attributes does not exist: %+v", got)
	}
}
