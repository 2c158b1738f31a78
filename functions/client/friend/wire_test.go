package friend

import (
	"encoding/json"
	"strings"
	"testing"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/relations"
	"parley/shared/op"
)

// long is an entry of about two kilobytes.
func long(peer string) relations.Friend {
	f := relations.Friend{Peer: peer, Remark: strings.Repeat("r", 96), Wording: strings.Repeat("w", 256)}
	for range 32 {
		f.Lists = append(f.Lists, strings.Repeat("g", 30))
	}
	return f
}

// An answer has no more entries than fit a frame of the gateway, and at least one.
func TestRowsFit(t *testing.T) {
	c := &op.Call{}
	friends := make([]relations.Friend, maxPage)
	for i := range friends {
		friends[i] = long(strings.Repeat("u", 32))
	}
	list, err := rows(c, friends)
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
	one := long("u")
	one.Lists = append(one.Lists, strings.Repeat("g", maxBytes))
	if list, err = rows(c, []relations.Friend{one, one}); err != nil || len(list) != 1 {
		t.Errorf("%d entries that are too long, %v, want one of them", len(list), err)
	}
}

// A user sees the custom fields that users may read, and no others.
func TestRowsReadable(t *testing.T) {
	c := &op.Call{}
	c.Relations.Fields = []relations.Field{{Word: "Team", UserReads: true}, {Word: "Secret", UserWrites: true}}
	list, err := rows(c, []relations.Friend{{Peer: "bob", Custom: map[string]any{"Team": "red", "Secret": "x", "Old": int64(1)}}})
	if err != nil {
		t.Fatal(err)
	}
	var custom []v4.Tagged
	for _, v := range list[0].Values {
		if strings.HasPrefix(v.Tag, "Tag_SNS_Custom_") {
			custom = append(custom, v)
		}
	}
	if len(custom) != 1 || custom[0].Tag != "Tag_SNS_Custom_Team" || custom[0].Value != "red" {
		t.Errorf("a user sees %v, want Team only", custom)
	}
}
