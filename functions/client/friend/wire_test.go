package friend

import (
	"encoding/json"
	"strings"
	"testing"

	"parley/shared/app"
	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/delivery"
	"parley/shared/domain/relations"
	"parley/shared/op"
)

// longEntry returns a friend whose entry has about 2 KB.
func longEntry(peer string) relations.Friend {
	f := relations.Friend{Peer: peer, Remark: strings.Repeat("r", 96), Wording: strings.Repeat("w", 256)}
	for range 32 {
		f.Lists = append(f.Lists, strings.Repeat("g", 30))
	}
	return f
}

// TestEntriesFitIntoAnswer shows that an answer has only as many entries as fit into a
// WebSocket message of API Gateway, and at least one.
func TestEntriesFitIntoAnswer(t *testing.T) {
	c := &op.Call{Tenant: &app.Tenant{}}
	friends := make([]relations.Friend, maxPage)
	for i := range friends {
		friends[i] = longEntry(strings.Repeat("u", 32))
	}
	list, err := entries(c, friends)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) == 0 || len(list) == maxPage || len(text) > maxBytes+2*len(list) {
		t.Errorf("%d entries in %d bytes, want as many as %d bytes hold", len(list), len(text), maxBytes)
	}
	one := longEntry("u")
	one.Lists = append(one.Lists, strings.Repeat("g", maxBytes))
	if list, err = entries(c, []relations.Friend{one, one}); err != nil || len(list) != 1 {
		t.Errorf("%d entries that are too long, %v, want one of them", len(list), err)
	}
}

// TestEntriesHideUnreadableFields shows that a user gets the custom fields that users
// may read, and no others.
func TestEntriesHideUnreadableFields(t *testing.T) {
	c := &op.Call{Tenant: &app.Tenant{}}
	c.Relations = relations.New(1, relations.Settings{
		Fields: []relations.Field{{Name: "Team", UserReads: true}, {Name: "Secret", UserWrites: true}},
	}, nil, nil, nil, nil, delivery.Service{}, nil)
	list, err := entries(c, []relations.Friend{{Peer: "bob", Custom: map[string]any{"Team": "red", "Secret": "x", "Old": int64(1)}}})
	if err != nil {
		t.Fatal(err)
	}
	var custom []v4.TaggedValue
	for _, v := range list[0].Values {
		if strings.HasPrefix(v.Tag, "Tag_SNS_Custom_") {
			custom = append(custom, v)
		}
	}
	if len(custom) != 1 || custom[0].Tag != "Tag_SNS_Custom_Team" || custom[0].Value != "red" {
		t.Errorf("a user sees %v, want Team only", custom)
	}
}
