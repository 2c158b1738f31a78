package inbox_test

import (
	"fmt"
	"testing"
	"time"

	"parley/infra/testkit"
	"parley/shared/domain/accounts"
	"parley/shared/domain/chat"
	"parley/shared/domain/delivery"
	"parley/shared/domain/groups"
	"parley/shared/domain/inbox"
	"parley/shared/dynamo"
	"parley/shared/fault"
	"parley/shared/store/schema"
)

// setHead writes the head of a group.
func setHead(t *testing.T, w *testkit.World, group string, h groups.Head) {
	t.Helper()
	item := dynamo.Item{}
	item.SetInt(schema.GroupHeadNumber, h.Number)
	item.SetInt(schema.GroupHeadCounted, h.Counted)
	item.SetInt(schema.GroupHeadShown, h.Shown)
	item.SetInt(schema.GroupHeadTime, h.ShownMs)
	item.SetInt(schema.GroupHeadOperation, h.OperationMs)
	item.SetText(schema.GroupHeadPreview, h.Preview)
	item.SetText(schema.GroupHeadType, string(h.Type))
	if h.Inactive {
		item.SetInt(schema.GroupHeadInactive, 1)
	}
	if h.Destroyed {
		item.SetInt(schema.GroupHeadDestroyed, 1)
	}
	if err := w.SetAttributes(t.Context(), schema.Core, schema.GroupHeadKey(w.ID, group), item); err != nil {
		t.Fatal(err)
	}
}

// setMember writes the row of a member of a group who has joined now and read up to a number.
func setMember(t *testing.T, w *testkit.World, user, group string, role groups.Role, read, counted int64) {
	t.Helper()
	joined := dynamo.Item{}
	joined.SetInt(schema.HeadJoined, 1)
	if err := w.SetAttributes(t.Context(), schema.Core, schema.HeadKey(w.ID, user), joined); err != nil {
		t.Fatal(err)
	}
	item := dynamo.Item{}
	item.SetInt(schema.RowRole, int64(role))
	item.SetInt(schema.RowJoined, w.Clock.Now().Unix())
	item.SetInt(schema.RowReadNumber, read)
	item.SetInt(schema.RowReadCounted, counted)
	item.SetInt(schema.RowMessageExpires, 4_000_000_000)
	item.SetInt(schema.Expires, 4_000_000_000)
	if err := w.SetAttributes(t.Context(), schema.Core, schema.RowKey(w.ID, user, chat.OfGroup(group)), item); err != nil {
		t.Fatal(err)
	}
}

// group makes alice a member of a group without messages.
func (run *randomRun) group(id string) {
	setHead(run.T, run.w, id, groups.Head{Type: groups.Public})
	setMember(run.T, run.w, "alice", id, groups.Member, 0, 0)
}

// groupStep plays one operation with a group of alice.
func (run *randomRun) groupStep() {
	run.Helper()
	ctx, inboxes, group := run.Context(), run.w.Tenant(run.T).Inbox, fmt.Sprintf("g%d", run.r.IntN(3))
	id, one, kind := chat.OfGroup(group), run.r.IntN(2) == 0, run.r.IntN(9)
	run.log = append(run.log, fmt.Sprintf("group %d %s %t", kind, group, one))
	heads, err := run.w.Store.Inbox.GroupHeads(ctx, run.w.ID, []string{group}, true)
	if err != nil {
		run.Fatal(err)
	}
	head := *heads[0]
	switch kind {
	case 0, 1, 2, 3:
		if head.Number++; one {
			head.Counted++
		}
		head.Shown, head.ShownMs, head.Preview = head.Number, run.w.Clock.Now().UnixMilli(), "hi"
		setHead(run.T, run.w, group, head)
	case 4:
		head.OperationMs = run.w.Clock.Now().UnixMilli()
		setHead(run.T, run.w, group, head)
	case 5:
		_, err = inboxes.MarkRead(ctx, "alice", id, nil, delivery.Origin{})
	case 6:
		_, err = inboxes.Pin(ctx, "alice", id, one, delivery.Origin{})
	case 7:
		err = inboxes.DeleteConversation(ctx, "alice", id, one, delivery.Origin{})
	case 8:
		_, err = inboxes.SetLabels(ctx, "alice", []chat.ID{id}, []inbox.LabelChange{map[bool]inbox.LabelChange{true: {Set: []int{2}}, false: {Clear: []int{2}}}[one]}, delivery.Origin{})
	}
	run.w.Clock.Move(time.Duration(run.r.IntN(3)) * 700 * time.Millisecond)
	if err != nil && fault.Of(err).Code == fault.Internal {
		run.Fatalf("%v: %v", run.log, err)
	}
}

// aliceIn returns a world in which alice is a member of the group g with a role, and has read up to
// number 4, at which 3 messages count as unread.
func aliceIn(t *testing.T, role groups.Role, head groups.Head) (*testkit.World, inbox.Service) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	if err := w.Tenant(t).Accounts.Import(t.Context(), accounts.Import{ID: "alice"}); err != nil {
		t.Fatal(err)
	}
	setHead(t, w, "g", head)
	setMember(t, w, "alice", "g", role, 4, 3)
	return w, w.Tenant(t).Inbox
}

func listed(t *testing.T, s inbox.Service) []inbox.Row {
	t.Helper()
	p, err := s.List(t.Context(), "alice", inbox.Filter{}, inbox.PageRequest{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	return p.Rows
}

func TestAGroupIsListedWithItsLastMessageAndUnread(t *testing.T) {
	head := groups.Head{Type: groups.Public, Number: 10, Counted: 7, Shown: 9, ShownMs: nowMs, Preview: "hi"}
	_, s := aliceIn(t, groups.Member, head)
	rows := listed(t, s)
	if len(rows) != 1 || rows[0].Chat != chat.OfGroup("g") || rows[0].Preview != "hi" || rows[0].LastKey.Seq != 9 || rows[0].Unread() != 4 || rows[0].Role() != groups.Member {
		t.Fatalf("got %+v, want the group with message 9 and 4 unread messages", rows)
	}
	if n, err := unreadIn(t, s); err != nil || n != 4 {
		t.Errorf("all unread messages: %d, %v, want 4", n, err)
	}
	number := int64(8)
	for _, c := range []struct {
		title  string
		upTo   *int64
		read   int64
		unread int64
	}{
		{"up to a number whose message is not stored any more", &number, 8, 2},
		{"back", new(int64), 8, 2},
		{"everything", nil, 10, 0},
	} {
		got, err := s.MarkRead(t.Context(), "alice", chat.OfGroup("g"), c.upTo, delivery.Origin{})
		if err != nil || got.Offset != c.read || got.Unread != c.unread {
			t.Errorf("%s: read up to %d, %d unread, %v, want %d, %d", c.title, got.Offset, got.Unread, err, c.read, c.unread)
		}
	}
	if _, err := s.MarkRead(t.Context(), "bob", chat.OfGroup("g"), nil, delivery.Origin{}); !fault.Is(err, fault.MemberUnknown) {
		t.Errorf("who is not a member reads: %v, want %v", err, fault.MemberUnknown)
	}
	if _, err := s.MarkRead(t.Context(), "alice", chat.OfGroup("x"), nil, delivery.Origin{}); !fault.Is(err, fault.MemberUnknown) {
		t.Errorf("a group that does not exist: %v, want %v", err, fault.MemberUnknown)
	}
}

// A group is not in the list if it was destroyed, if its user left it, or if it is hidden until its
// first message. The owner sees a hidden group.
func TestAGroupThatIsGoneIsNotListed(t *testing.T) {
	shown := groups.Head{Type: groups.Work, Number: 10, Counted: 7, Shown: 9, ShownMs: nowMs, Preview: "hi"}
	for _, c := range []struct {
		title  string
		role   groups.Role
		change func(*groups.Head)
		want   int
	}{
		{"a group", groups.Member, func(*groups.Head) {}, 1},
		{"destroyed", groups.Member, func(h *groups.Head) { h.Destroyed = true }, 0},
		{"not a member", groups.NotMember, func(*groups.Head) {}, 0},
		{"hidden, a member", groups.Member, func(h *groups.Head) { h.Inactive = true }, 0},
		{"hidden, the owner", groups.Owner, func(h *groups.Head) { h.Inactive = true }, 1},
		{"without a message", groups.Member, func(h *groups.Head) { h.Shown, h.ShownMs = 0, 0 }, 0},
	} {
		head := shown
		c.change(&head)
		_, s := aliceIn(t, c.role, head)
		if got := len(listed(t, s)); got != c.want {
			t.Errorf("%s: the list has %d groups, want %d", c.title, got, c.want)
		}
	}
}

// A deleted group is listed again with its next message. Its hidden history stays hidden.
func TestADeletedGroupReturnsWithTheNextMessage(t *testing.T) {
	head := groups.Head{Type: groups.Public, Number: 10, Counted: 7, Shown: 9, ShownMs: nowMs, Preview: "hi"}
	w, s := aliceIn(t, groups.Member, head)
	if err := s.DeleteConversation(t.Context(), "alice", chat.OfGroup("g"), true, delivery.Origin{}); err != nil {
		t.Fatal(err)
	}
	if rows := listed(t, s); len(rows) != 0 {
		t.Fatalf("after the deletion the list has %+v", rows)
	}
	if n, err := unreadIn(t, s); err != nil || n != 0 {
		t.Errorf("unread after the deletion: %d, %v, want 0", n, err)
	}
	head.Number, head.Counted, head.Shown, head.ShownMs = 11, 8, 11, nowMs+1
	setHead(t, w, "g", head)
	rows := listed(t, s)
	if len(rows) != 1 || rows[0].Unread() != 1 || rows[0].HiddenUpTo == nil || rows[0].HiddenUpTo.Seq != 10 {
		t.Errorf("after the next message: got %+v, want one unread message, and the history up to 10 hidden", rows)
	}
	if err := s.DeleteConversation(t.Context(), "bob", chat.OfGroup("g"), true, delivery.Origin{}); !fault.Is(err, fault.MemberUnknown) {
		t.Errorf("who is not a member deletes: %v, want %v", err, fault.MemberUnknown)
	}
	errs, err := s.SetLabels(t.Context(), "bob", []chat.ID{chat.OfGroup("g")}, []inbox.LabelChange{{Set: []int{}}}, delivery.Origin{})
	if err == nil && !fault.Is(errs[0], fault.MemberUnknown) {
		t.Errorf("who is not a member puts a label: %v, want %v", errs[0], fault.MemberUnknown)
	}
}

// unreadIn returns the count of alice's unread messages in all conversations.
func unreadIn(t *testing.T, s inbox.Service) (int64, error) {
	t.Helper()
	if n, err := s.UnreadDirect(t.Context(), "alice"); err != nil || n != 0 {
		t.Errorf("unread in one-to-one conversations: %d, %v, want 0", n, err)
	}
	c, err := s.Count(t.Context(), "alice")
	return c.Notified + c.Silent, err
}
