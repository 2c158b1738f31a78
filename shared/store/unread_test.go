package store_test

import (
	"testing"

	"parley/shared/domain/delivery"
	"parley/shared/testkit"
)

// The count of unread requests follows each of them: filed, filed again, read,
// accepted, refused and ended by a block.
func TestUnreadRequests(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	seed := func(text string) {
		t.Helper()
		if err := w.Seed(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	nothing := func() error { return nil }
	step := func(name string, do func() error, pending, unread int) {
		t.Helper()
		if err := do(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		b, err := w.Tenant(t).Relations.Counters(t.Context(), "alice")
		if err != nil || b.Requests != pending || b.Unread != unread {
			t.Errorf("%s: %d pending, %d unread, %v, want %d and %d", name, b.Requests, b.Unread, err, pending, unread)
		}
	}
	r := w.Tenant(t).Relations
	seed("account alice\naccounts 4\nallow alice confirm\nrequest u1 alice\nrequest u2 alice\nrequest u3 alice\n")
	step("three ask", nothing, 3, 3)
	seed("request u1 alice again\n")
	step("one asks again", nothing, 3, 3)
	step("one is refused", func() error { return r.Reject(t.Context(), "alice", "u1", delivery.Origin{}) }, 2, 2)
	step("all are read", func() error { return r.ReadRequests(t.Context(), "alice", delivery.Origin{}) }, 2, 0)
	step("one that is read is accepted", func() error {
		return r.Accept(t.Context(), "alice", "u2", true, "", delivery.Origin{})
	}, 1, 0)
	seed("sleep 1s\nrequest u3 alice once more\nrequest u4 alice\n")
	step("one asks again, another anew", nothing, 2, 2)
	seed("block alice u3\n")
	step("one is blocked", nothing, 1, 1)
	seed("block alice u4\n")
	step("the last is blocked", nothing, 0, 0)
}
