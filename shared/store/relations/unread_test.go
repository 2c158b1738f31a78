package relations_test

import (
	"testing"

	"parley/infra/testkit"
	"parley/shared/domain/delivery"
)

// The count of unread friend requests is right after each step: a request comes, comes
// again, is read, accepted, refused, and removed by a block.
func TestCountOfUnreadRequests(t *testing.T) {
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
		c, err := w.Tenant(t).Relations.CountersEventually(t.Context(), "alice")
		if err != nil || c.Requests != pending || c.Unread != unread {
			t.Errorf("%s: %d pending, %d unread, %v, want %d and %d", name, c.Requests, c.Unread, err, pending, unread)
		}
	}
	r := w.Tenant(t).Relations
	seed("account alice\naccounts 4\nallow-friends alice confirm\nfriend-request u1 alice\nfriend-request u2 alice\nfriend-request u3 alice\n")
	step("three users ask", nothing, 3, 3)
	seed("friend-request u1 alice again\n")
	step("one of them asks again", nothing, 3, 3)
	step("one request is refused", func() error { return r.RejectRequest(t.Context(), "alice", "u1", delivery.Origin{}) }, 2, 2)
	step("all requests are read", func() error { return r.MarkRequestsRead(t.Context(), "alice", delivery.Origin{}) }, 2, 0)
	step("a request that was read is accepted", func() error {
		return r.AcceptRequest(t.Context(), "alice", "u2", true, "", delivery.Origin{})
	}, 1, 0)
	seed("sleep 1s\nfriend-request u3 alice once more\nfriend-request u4 alice\n")
	step("one user asks again, another one for the first time", nothing, 2, 2)
	seed("block alice u3\n")
	step("one of them is blocked", nothing, 1, 1)
	seed("block alice u4\n")
	step("the other one is blocked", nothing, 0, 0)
}
