package message

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"parley/infra/testkit"
	"parley/shared/domain/chat"
	"parley/shared/domain/delivery"
	"parley/shared/domain/direct"
	"parley/shared/domain/inbox"
	"parley/shared/domain/timeline"
)

// TestSilentBlockIsInvisible shows that a sender who is blocked silently sees the same as
// any other sender: the same answers, offsets, history, list and frames on other devices.
// The user who blocks sees none of the messages and no unread count of them, also after
// the block is removed.
func TestSilentBlockIsInvisible(t *testing.T) {
	unblocked, blocked := senderView(t, ""), senderView(t, "set block-silently\nblock bob alice\n")
	if unblocked != blocked {
		t.Errorf("a blocked sender sees\n%s\nand another sender sees\n%s", blocked, unblocked)
	}
}

// senderView sends messages from alice to bob, edits, reacts and recalls, and returns
// what alice sees. If the seed block makes bob block her, it also checks what bob sees.
func senderView(t *testing.T, block string) string {
	t.Helper()
	w := testkit.NewWorld(t, server, testkit.Options{})
	seed := "account alice\naccount bob\nmessage bob alice 1 before\nmessage alice bob 2 before\n" + block + "connect alice iPhone a1\nconnect alice Web a2\nconnect bob iPhone b1\n"
	if err := w.Seed(t.Context(), seed); err != nil {
		t.Fatal(err)
	}
	w.Effects()
	s, by := w.Tenant(t), timeline.Actor{Issued: w.Clock.Now(), Origin: delivery.Origin{Instance: "a1"}}
	var seen strings.Builder
	note := func(what string, v any, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		fmt.Fprintf(&seen, "%s: %v\n", what, v)
	}
	keys := make([]timeline.Key, 0, 4)
	for i := range 4 {
		seq := uint32(10 + i) // four
		r, err := s.Direct.Send(t.Context(), direct.SendRequest{
			From: "alice", To: "bob", Seq: &seq, Random: seq, Content: textOf(fmt.Sprintf("hello %d", i)), Issued: by.Issued, Origin: by.Origin, Sync: direct.CopyToDevices,
		})
		note("send", fmt.Sprint(r.Key, r.Offset), err)
		keys = append(keys, r.Key)
	}
	_, err := s.Timeline.Edit(t.Context(), by, "alice", chat.Between("alice", "bob"), keys[1], timeline.EditRequest{Elements: textOf("edited").Elements})
	note("edit", "", err)
	note("react", "", s.Timeline.React(t.Context(), by, "alice", chat.Between("alice", "bob"), keys[2], "+1", true))
	note("recall", "", s.Timeline.Recall(t.Context(), by, "alice", chat.Between("alice", "bob"), keys[3]))
	h, err := s.Timeline.History(t.Context(), timeline.HistoryRange{User: "alice", Chat: chat.Between("alice", "bob"), Limit: 20})
	for _, m := range h.Messages {
		note("history", fmt.Sprint(m.Key, m.Offset, m.Words(), m.Recalled, m.Reactions), err)
	}
	rows, err := s.Inbox.GetConversations(t.Context(), "alice", chat.BetweenEach("alice", []string{"bob"}))
	note("row", fmt.Sprintf("%+v", rows[0].Row.Preview), err)
	page, err := s.Inbox.List(t.Context(), "alice", inbox.Filter{}, inbox.PageRequest{Limit: 10})
	note("list", fmt.Sprint(len(page.Rows), page.Rows[0].Peer(), page.Rows[0].OutOffset, page.Rows[0].TimeMs), err)
	for _, e := range slices.Sorted(slices.Values(w.Effects())) {
		if strings.HasPrefix(e, "post alice/") {
			note("frame", e, nil)
		} else if block != "" {
			t.Errorf("bob is notified: %s", e)
		}
	}
	if block == "" {
		return seen.String()
	}
	before := "before,before"
	bobSees := func(what, history string, unread int64) {
		t.Helper()
		if got := strings.Join(texts(t, s.Timeline, "bob", "alice"), ","); got != history {
			t.Errorf("%s: bob's history is %q, want %q", what, got, history)
		}
		rows, err := s.Inbox.GetConversations(t.Context(), "bob", chat.BetweenEach("bob", []string{"alice"}))
		if err != nil || len(rows) != 1 || rows[0].Row.Unread() != unread {
			t.Errorf("%s: bob's row is %+v, %v, want %d unread", what, rows, err, unread)
		}
		changes, err := s.Timeline.Changes(t.Context(), "bob", chat.Between("bob", "alice"), timeline.LogRange{Limit: 50, Accept: func(timeline.Message) bool { return true }})
		if err != nil || len(changes.Messages) != 0 {
			t.Errorf("%s: bob sees changes %+v, %v", what, changes, err)
		}
	}
	bobSees("blocked", before, 1)
	if _, err := s.Relations.Unblock(t.Context(), "bob", []string{"alice"}, delivery.Origin{}); err != nil {
		t.Fatal(err)
	}
	bobSees("unblocked", before, 1)
	if err := w.Seed(t.Context(), "message alice bob 99 after"); err != nil {
		t.Fatal(err)
	}
	bobSees("after a message that follows the block", before+",after", 2)
	if list := w.Effects(); !slices.ContainsFunc(list, func(e string) bool { return strings.HasPrefix(e, "post bob/b1") }) {
		t.Errorf("bob is notified of the message after the block by %q", list)
	}
	return seen.String()
}
