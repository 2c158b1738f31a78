package groupchat_test

import (
	"fmt"
	"testing"

	"parley/shared/domain/groups"
	"parley/shared/domain/timeline"
	"parley/shared/fault"
)

// TestReceipts: a member has read a message once, however often the call is made, and nobody can read
// a message that asked for no receipts. The receipts of message 1 and of message 17 are apart, and so
// are those of users whose ids begin alike.
func TestReceipts(t *testing.T) {
	f := newFixture(t, groups.Public)
	f.seed("account bobby", "member g bobby")
	for random := range uint32(17) {
		r := f.request("ann", random)
		r.NeedReceipt = random != 1
		f.send(r)
	}
	read := func(user string, numbers ...int64) {
		t.Helper()
		if err := f.tenant.GroupChat.SendReceipts(t.Context(), timeline.Actor{Trusted: true}, user, "g", numbers); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		read("bob", 1, 2, 3)
	}
	read("bobby", 17, 1)
	read("ann", 1)
	got, err := f.tenant.GroupChat.CountReceipts(t.Context(), "g", []int64{1, 2, 3, 17, 18})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		read, unread int
		code         fault.Code
	}{{2, 1, 0}, {0, 0, fault.NoReceipt}, {1, 2, 0}, {1, 2, 0}, {0, 0, fault.MessageUnknown}} {
		if c := got[i]; c.Read != want.read || c.Unread != want.unread || (want.code != 0) != (c.Err != nil) || (c.Err != nil && !fault.Is(c.Err, want.code)) {
			t.Errorf("message %d of the list: got %+v, want %+v", i, c, want)
		}
	}
	for _, c := range []struct {
		unread      bool
		after, want string
	}{{false, "", "[bob bobby]"}, {false, "bob", "[bobby]"}, {true, "", "[cid]"}, {true, "cid", "[]"}} {
		page, err := f.tenant.GroupChat.Readers(t.Context(), "g", 1, c.unread, c.after, 10)
		if fmt.Sprint(page.Users) != c.want || page.Next != "" || err != nil {
			t.Errorf("readers after %q, unread %t: got %+v, %v, want %s", c.after, c.unread, page, err, c.want)
		}
	}
	if err := f.tenant.GroupChat.SendReceipts(t.Context(), timeline.Actor{Trusted: true}, "eve", "g", []int64{1}); !fault.Is(err, fault.MemberUnknown) {
		t.Errorf("eve reads: %v, want MemberUnknown", err)
	}
}
