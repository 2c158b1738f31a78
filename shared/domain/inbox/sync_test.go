package inbox_test

import (
	"testing"

	"parley/shared/domain/chat"
	"parley/shared/domain/direct"
	"parley/shared/domain/inbox"
	"parley/shared/timeouts"
)

func TestSyncReturnsRowsChangedSince(t *testing.T) {
	m := &memory{rows: []inbox.Row{
		{User: "me", Chat: chat.Between("me", "a"), TimeMs: 100}, {User: "me", Chat: chat.Between("me", "b"), TimeMs: 200}, {User: "me", Chat: chat.Between("me", "read by me"), TimeMs: 50, ReadMs: 150},
		{User: "me", Chat: chat.Between("me", "read by the peer"), TimeMs: 60, PeerReadMs: 160},
		{User: "me", Chat: chat.Between("me", "shows none"), ChangedMs: 170}, {User: "me", Chat: chat.Between("me", "expired"), TimeMs: 500, Expires: nowMs / 1000},
	}}
	for since, want := range map[int64]string{
		0: "b a read by the peer read by me shows none", 100: "b a read by the peer read by me shows none",
		101: "b read by the peer read by me shows none", 151: "b read by the peer shows none", 161: "b shows none", 171: "b", 201: "",
	} {
		p, err := service(m, 100).Sync(t.Context(), "u", since, inbox.PageRequest{Limit: 100})
		if err != nil || peers(p.Page) != want {
			t.Errorf("since %d: %s, %v, want %s", since, peers(p.Page), err, want)
		}
		if want := nowMs - timeouts.Overlap.Milliseconds(); p.SinceMs != want {
			t.Errorf("the next sync is from %d, want %d", p.SinceMs, want)
		}
	}
	if !m.strong {
		t.Error("the sync does not read the rows strongly, so it may miss what a send has just written")
	}
	p, err := service(m, 100).Sync(t.Context(), "u", 101, inbox.PageRequest{Limit: 2})
	if err != nil || peers(p.Page) != "b read by the peer" || p.Next == nil {
		t.Fatalf("first page %s, next %v, %v", peers(p.Page), p.Next, err)
	}
	p, err = service(m, 100).Sync(t.Context(), "u", 101, inbox.PageRequest{After: p.Next, Limit: 2})
	if err != nil || peers(p.Page) != "read by me shows none" || p.Next != nil {
		t.Errorf("second page %s, next %v, %v", peers(p.Page), p.Next, err)
	}
}

// TestSyncBeyondTheEndOfTheList shows that a sync returns deleted conversations, and rows
// with data, even if they are not in the list. It does not return rows without data that
// are beyond the end of the list.
func TestSyncBeyondTheEndOfTheList(t *testing.T) {
	m := &memory{rows: []inbox.Row{
		{User: "me", Chat: chat.Between("me", "a"), TimeMs: 3}, {User: "me", Chat: chat.Between("me", "b"), TimeMs: 2}, {User: "me", Chat: chat.Between("me", "out"), TimeMs: 1}, {User: "me", Chat: chat.Between("me", "kept"), TimeMs: 1, Data: inbox.Data{CustomLabel: "c"}},
		{User: "me", Chat: chat.Between("me", "deleted"), ChangedMs: 9}, {User: "me", Chat: chat.Between("me", "expired, kept"), TimeMs: 8, Expires: 1, Data: inbox.Data{Option: direct.OptionSilent}},
	}}
	p, err := service(m, 2).Sync(t.Context(), "u", 0, inbox.PageRequest{Limit: 100})
	if want := "a b kept deleted expired, kept"; err != nil || peers(p.Page) != want {
		t.Errorf("%s, %v, want %s", peers(p.Page), err, want)
	}
	p, err = service(m, 2).Sync(t.Context(), "u", 8, inbox.PageRequest{Limit: 100})
	if want := "deleted expired, kept"; err != nil || peers(p.Page) != want {
		t.Errorf("since 8: %s, %v, want %s", peers(p.Page), err, want)
	}
}
