package inbox_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/infra/testkit"
	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/delivery"
	"parley/shared/domain/groups"
	"parley/shared/domain/inbox"
	"parley/shared/domain/timeline"
	"parley/shared/dynamo"
	"parley/shared/dynamo/calls"
	"parley/shared/fault"
	"parley/shared/store/schema"
)

func number(item dynamo.Item, name string) string {
	if v, ok := item[name].(*calls.Number); ok {
		return v.Value
	}
	return ""
}

// newWorld returns a world whose times have as many digits as possible.
func newWorld(t *testing.T) *testkit.World {
	w := testkit.NewWorld(t, server, testkit.Options{})
	w.Clock.Move(299_999_999*time.Second + 999*time.Millisecond) // 1999999999.999
	return w
}

const neverExpires = "4000000000" // kx

// The expiry of a row changes with sends and with the data of its user.
func TestExpiryOfARow(t *testing.T) {
	s := newWorld(t)
	if err := s.Seed(t.Context(), "account ann\naccount bob\nmessage bob ann 1\n"); err != nil {
		t.Fatal(err)
	}
	row := schema.RowKey(s.ID, "ann", chat.Between("ann", "bob"))
	wants := func(when, e, x, kx string) {
		t.Helper()
		item := s.Item(t, schema.Core, row)
		if number(item, "e") != e || number(item, "x") != x || number(item, "kx") != kx {
			t.Errorf("%s: e %s, x %s, kx %s, want %s, %s, %q", when, number(item, "e"), number(item, "x"), number(item, "kx"), e, x, kx)
		}
	}
	end := func() string { return fmt.Sprint(s.Clock.Now().Unix() + 30*24*3600) }
	first := end()
	wants("a message came", first, first, "")
	seed := func(text string) {
		t.Helper()
		if err := s.Seed(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	seed("label ann bob 1\n")
	wants("a label is set", first, neverExpires, neverExpires)
	s.Clock.Move(time.Hour)
	seed("message bob ann 2\n")
	second := end()
	wants("another message came", second, neverExpires, neverExpires)
	s.Clock.Move(time.Hour)
	seed("message ann bob 3\n")
	third := end()
	wants("a message was sent", third, neverExpires, neverExpires)
	clearLabel := func() {
		t.Helper()
		errs, err := s.Tenant(t).Inbox.SetLabels(t.Context(), "ann", chat.BetweenEach("ann", []string{"bob"}), []inbox.LabelChange{{Clear: []int{1}}}, delivery.Origin{})
		if err = errors.Join(append(errs, err)...); err != nil {
			t.Fatal(err)
		}
	}
	clearLabel()
	wants("the label is removed", third, third, "")
	seed("label ann bob 1\n")
	s.Clock.Move(40 * 24 * time.Hour)
	clearLabel()
	wants("the label is removed after the messages have expired", third, end(), "")
	seed("message bob ann 4\n")
	wants("a message after that", end(), end(), "")
}

// A row that loses its data while a message comes does not expire before the message: the
// change is refused, because the row has changed.
func TestRemovingDataDuringASendIsRefused(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	if err := w.Seed(t.Context(), "account ann\naccount bob\nmessage bob ann 1\nlabel ann bob 1\n"); err != nil {
		t.Fatal(err)
	}
	rows, err := w.Store.Inbox.RowsOf(t.Context(), w.ID, "ann", chat.BetweenEach("ann", []string{"bob"}), true)
	if err != nil {
		t.Fatal(err)
	}
	w.Clock.Move(time.Hour)
	if err := w.Seed(t.Context(), "message bob ann 2\n"); err != nil {
		t.Fatal(err)
	}
	done, err := w.Store.Inbox.WriteConversations(t.Context(), w.ID, "ann", inbox.Transaction{NowMs: 1, Rows: []inbox.Mutation{{SeenRow: rows[0]}}})
	if err != nil || done {
		t.Errorf("a row that was read before the message is changed: %t, %v", done, err)
	}
}

// checkHead compares the counts of a user's head, and the expiry of the rows, with the
// data of the rows. It returns how many rows have data and are pinned.
func checkHead(t *testing.T, s *testkit.World, user string, peers []string) (withData, pinned int) {
	t.Helper()
	rows, err := s.Store.Inbox.RowsOf(t.Context(), s.ID, user, chat.BetweenEach(user, peers), true)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range rows {
		if r.Chat.IsZero() {
			continue
		}
		item := s.Item(t, schema.Core, schema.RowKey(s.ID, user, chat.Between(user, peers[i])))
		has := r.Data != inbox.Data{}
		if (number(item, "kx") == neverExpires) != has || (number(item, "x") == neverExpires) != has {
			t.Errorf("row of %s: data %+v, x %s, kx %s", peers[i], r.Data, number(item, "x"), number(item, "kx"))
		}
		if !has && number(item, "x") < number(item, "e") {
			t.Errorf("row of %s expires at %s, before its messages at %s", peers[i], number(item, "x"), number(item, "e"))
		}
		if has {
			withData++
		}
		if r.PinnedMs > 0 {
			pinned++
		}
	}
	head, err := s.Store.Inbox.Head(t.Context(), s.ID, user, true)
	if err != nil {
		t.Fatal(err)
	}
	if head.RowsWithData != withData || head.Pinned != pinned {
		t.Errorf("the head counts %d rows with data and %d pinned, there are %d and %d", head.RowsWithData, head.Pinned, withData, pinned)
	}
	return withData, pinned
}

// runAtOnce runs f n times at once, each time with its own source of random numbers.
func runAtOnce(n int, f func(r *rand.Rand)) {
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() { f(rand.New(rand.NewPCG(uint64(i), 11))) })
	}
	wait.Wait()
}

// okOrConflict reports whether a call has succeeded, or has failed only because other
// calls changed the same items first.
func okOrConflict(err error) bool { return err == nil || fault.Is(err, fault.Conflict) }

// Many calls change the data of a few rows at once, while messages come. At the end the
// counts of the head and the expiry of the rows agree with the data.
func TestHeadAgreesWithRowsAfterChangesAtOnce(t *testing.T) {
	s := newWorld(t)
	peers := []string{"p1", "p2", "p3", "p4"}
	if err := s.Seed(t.Context(), "account ann\naccount p1\naccount p2\naccount p3\naccount p4\nfolder ann work\n"); err != nil {
		t.Fatal(err)
	}
	c, ctx := s.Tenant(t).Inbox, t.Context()
	var seq atomic.Uint32
	seq.Store(10)
	runAtOnce(6, func(r *rand.Rand) {
		for range 25 {
			peer := peers[r.IntN(len(peers))]
			var err error
			switch r.IntN(8) {
			case 0:
				_, err = c.Pin(ctx, "ann", chat.Between("ann", peer), true, delivery.Origin{})
			case 1:
				_, err = c.Pin(ctx, "ann", chat.Between("ann", peer), false, delivery.Origin{})
			case 2:
				_, err = c.SetLabels(ctx, "ann", chat.BetweenEach("ann", peers), []inbox.LabelChange{{Set: []int{3}}, {Clear: []int{3}}, {Set: []int{4}}, {Clear: []int{3, 4}}}, delivery.Origin{})
			case 3:
				_, _, _, err = c.ChangeFolderMembers(ctx, "ann", "work", []inbox.FolderChange{{Chat: chat.Between("ann", peer), In: r.IntN(2) == 0}}, delivery.Origin{})
			case 4:
				_, err = c.SetOption(ctx, "ann", chat.BetweenEach("ann", []string{peer}), groups.ReceiveOption(r.IntN(3)), delivery.Origin{})
			case 5:
				err = c.DeleteConversation(ctx, "ann", chat.Between("ann", peer), r.IntN(2) == 0, delivery.Origin{})
			case 6:
				_, err = c.SetDraft(ctx, "ann", chat.Between("ann", peer), []string{"", "x"}[r.IntN(2)], delivery.Origin{})
			case 7:
				s.Clock.Move(time.Second)
				err = s.Seed(ctx, fmt.Sprintf("message %s ann %d\n", peer, seq.Add(1)))
			}
			if !okOrConflict(err) {
				t.Errorf("%v", err)
			}
		}
	})
	checkHead(t, s, "ann", peers)
}

// Many calls at once pin more conversations than the limit. The limit holds.
func TestLimitHoldsForPinsAtOnce(t *testing.T) {
	s := newWorld(t)
	peers := make([]string, inbox.MaxPinned+6)
	seed := "account ann\n"
	for i := range peers {
		peers[i] = fmt.Sprintf("p%d", i)
		seed += "account " + peers[i] + "\n"
	}
	if err := s.Seed(t.Context(), seed); err != nil {
		t.Fatal(err)
	}
	c := s.Tenant(t).Inbox
	var next, refused atomic.Int64
	runAtOnce(4, func(*rand.Rand) {
		for i := next.Add(1) - 1; i < int64(len(peers)); i = next.Add(1) - 1 {
			_, err := c.Pin(t.Context(), "ann", chat.Between("ann", peers[i]), true, delivery.Origin{})
			for fault.Is(err, fault.Conflict) {
				_, err = c.Pin(t.Context(), "ann", chat.Between("ann", peers[i]), true, delivery.Origin{})
			}
			if fault.Is(err, fault.PinLimit) {
				refused.Add(1)
			} else if err != nil {
				t.Error(err)
			}
		}
	})
	if _, pinned := checkHead(t, s, "ann", peers); pinned != inbox.MaxPinned || refused.Load() != 6 {
		t.Errorf("%d are pinned and %d refused, want %d and 6", pinned, refused.Load(), inbox.MaxPinned)
	}
}

// Many calls at once put data on more conversations than the limit. The limit holds.
func TestLimitHoldsForDataAtOnce(t *testing.T) {
	s := newWorld(t)
	if err := s.Seed(t.Context(), "account ann\naccounts 8\nconversation-head ann 997 0\n"); err != nil {
		t.Fatal(err)
	}
	c := s.Tenant(t).Inbox
	var next, done atomic.Int64
	runAtOnce(4, func(*rand.Rand) {
		for i := next.Add(1); i <= 8; i = next.Add(1) {
			peer := []string{fmt.Sprintf("u%d", i)}
			_, err := c.SetOption(t.Context(), "ann", chat.BetweenEach("ann", peer), groups.Silent, delivery.Origin{})
			for fault.Is(err, fault.Conflict) {
				_, err = c.SetOption(t.Context(), "ann", chat.BetweenEach("ann", peer), groups.Silent, delivery.Origin{})
			}
			if err == nil {
				done.Add(1)
			} else if !fault.Is(err, fault.DataLimit) {
				t.Error(err)
			}
		}
	})
	head, err := s.Store.Inbox.Head(t.Context(), s.ID, "ann", true)
	if err != nil || head.RowsWithData != inbox.MaxRowsWithData || done.Load() != 3 {
		t.Errorf("%d rows have data, %d calls succeeded, %v; want %d and 3", head.RowsWithData, done.Load(), err, inbox.MaxRowsWithData)
	}
}

// Folders are created and deleted while conversations are put into them. At the end no row
// is in a folder that does not exist, and the numbers of deleted folders are free.
func TestFolderChangesAtOnce(t *testing.T) {
	s := newWorld(t)
	peers := []string{"p1", "p2", "p3"}
	if err := s.Seed(t.Context(), "account ann\naccount p1\naccount p2\naccount p3\n"); err != nil {
		t.Fatal(err)
	}
	c, ctx := s.Tenant(t).Inbox, t.Context()
	names := []string{"a", "b"}
	runAtOnce(5, func(r *rand.Rand) {
		for range 20 {
			name := names[r.IntN(len(names))]
			var err error
			switch r.IntN(4) {
			case 0:
				_, _, err = c.DeleteFolder(ctx, "ann", name, delivery.Origin{})
			case 1:
				_, _, _, err = c.CreateFolder(ctx, "ann", name, chat.BetweenEach("ann", peers[:1+r.IntN(2)]), delivery.Origin{})
			case 2:
				_, _, _, err = c.ChangeFolderMembers(ctx, "ann", name, []inbox.FolderChange{{Chat: chat.Between("ann", peers[r.IntN(3)]), In: true}}, delivery.Origin{})
			case 3: // a deletion that stops after its first write
				var head inbox.Head
				if head, err = s.Store.Inbox.Head(ctx, s.ID, "ann", true); err == nil && len(head.Folders) > 0 {
					_, err = s.Store.Inbox.WriteConversations(ctx, s.ID, "ann", inbox.Transaction{NowMs: 1, SeenHead: head, Folders: &inbox.FoldersAfter{
						List: head.Folders[1:], Stale: head.Stale.With(head.Folders[0].Number),
					}})
				}
			}
			if !okOrConflict(err) && !fault.Is(err, fault.FolderUnknown) {
				t.Error(err)
			}
		}
	})
	check := func(when string) {
		t.Helper()
		checkHead(t, s, "ann", peers)
		head, err := s.Store.Inbox.Head(ctx, s.ID, "ann", true)
		if err != nil {
			t.Fatal(err)
		}
		rows, _, err := s.Store.Inbox.RowsAfter(ctx, s.ID, "ann", chat.ID{}, 1000, true)
		for _, r := range rows {
			if left := r.FolderNumbers &^ (head.FolderNumbers() | head.Stale); err != nil || left != 0 {
				t.Errorf("%s: %s is in folders %v, there are %v, stale %v, %v", when, r.Peer(), r.FolderNumbers.Numbers(), head.Folders, head.Stale.Numbers(), err)
			}
		}
	}
	check("after the race")
	if _, _, _, err := c.CreateFolder(ctx, "ann", "last", nil, delivery.Origin{}); err != nil {
		t.Fatal(err)
	}
	for _, name := range append(names, "last") {
		if _, _, err := c.DeleteFolder(ctx, "ann", name, delivery.Origin{}); err != nil && !fault.Is(err, fault.FolderUnknown) {
			t.Fatal(err)
		}
	}
	check("with no folders")
	head, err := s.Store.Inbox.Head(ctx, s.ID, "ann", true)
	if err != nil || len(head.Folders) > 0 || head.Stale != 0 || head.RowsWithData != 0 {
		t.Errorf("all folders are deleted, the head is %+v, %v", head, err)
	}
}

// A conversation is deleted and cleared while messages are sent in both directions. At the
// end each unread message is in the history, and the message that the list shows is not
// hidden.
func TestDeleteAndSendAtOnce(t *testing.T) {
	s := newWorld(t)
	if err := s.Seed(t.Context(), "account ann\naccount bob\n"); err != nil {
		t.Fatal(err)
	}
	tenant, ctx := s.Tenant(t), t.Context()
	c := tenant.Inbox
	var seq atomic.Uint32
	check := func() {
		t.Helper()
		rows, err := s.Store.Inbox.RowsOf(ctx, s.ID, "ann", chat.BetweenEach("ann", []string{"bob"}), true)
		if err != nil {
			t.Fatal(err)
		}
		r := rows[0]
		if r.HiddenUpTo != nil && r.LastKey != nil && !r.HiddenUpTo.Before(*r.LastKey) {
			t.Errorf("the list shows %s, which is hidden up to %s", r.LastKey, r.HiddenUpTo)
		}
		h, err := tenant.Timeline.History(ctx, timeline.HistoryRange{User: "ann", Chat: chat.Between("ann", "bob"), Limit: timeline.MaxPage})
		if err != nil {
			t.Fatal(err)
		}
		var unread int64
		for _, m := range h.Messages {
			if m.From == "bob" && m.Offset > max(r.ReadOffset, r.ExpiredOffset) {
				unread++
			}
		}
		if unread != r.Unread() {
			t.Errorf("%d are unread, %d of them are in the history", r.Unread(), unread)
		}
	}
	for range 8 {
		runAtOnce(3, func(r *rand.Rand) {
			for range 4 {
				var err error
				switch n := r.IntN(4); n {
				case 0, 1:
					s.Clock.Move(time.Second)
					err = s.Seed(ctx, fmt.Sprintf("message %s %d\n", []string{"bob ann", "ann bob"}[n], seq.Add(1)))
				case 2:
					err = c.DeleteConversation(ctx, "ann", chat.Between("ann", "bob"), r.IntN(3) > 0, delivery.Origin{})
				case 3:
					err = c.ClearHistory(ctx, "ann", chat.Between("ann", "bob"), delivery.Origin{})
				}
				if !okOrConflict(err) {
					t.Error(err)
				}
			}
		})
		check()
	}
}

// LastCounted does not return a message that the row has not counted yet, so that it is not
// hidden with the others.
func TestLastCountedLeavesOutALaterMessage(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	if err := w.Seed(t.Context(), "account ann\naccount bob\nmessages ann bob 2\nmessage bob ann 3\n"); err != nil {
		t.Fatal(err)
	}
	w.Clock.Move(time.Second)
	rows, err := w.Store.Inbox.RowsOf(t.Context(), w.ID, "bob", chat.BetweenEach("bob", []string{"ann"}), true)
	if err != nil {
		t.Fatal(err)
	}
	row, now := rows[0], w.Clock.Now().Unix()
	late := timeline.Message{
		Key: timeline.Key{Time: now, Seq: 3}, From: "ann", Chat: chat.Between("ann", "bob"), Offset: 3, Epoch: row.InEpoch, Expires: now + 1000,
		Content: content.Content{Elements: []content.Element{testkit.Text("late")}},
	}
	if _, err := w.Store.Timeline.PutMessage(t.Context(), w.ID, late); err != nil {
		t.Fatal(err)
	}
	key, err := w.Store.Inbox.LastCounted(t.Context(), w.ID, "bob", row)
	if err != nil || key == nil || key.Seq != 3 || key.Time != late.Time-1 {
		t.Errorf("the last counted message is %v, %v", key, err)
	}
	if key, err = w.Store.Inbox.LastCounted(t.Context(), w.ID, "bob", inbox.Row{User: "bob", Chat: chat.Between("bob", "nobody")}); err != nil || key != nil {
		t.Errorf("the last counted message of an empty conversation is %v, %v", key, err)
	}
}

// Forget removes the rows with data, the drafts and the head of an account.
func TestForgetRemovesRowsDraftsAndHead(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	if err := w.Seed(t.Context(), "account ann\naccounts 30\nfolder ann work u1 u2\ndraft ann u3 hello\nsenders ann 30\n"); err != nil {
		t.Fatal(err)
	}
	pages := 1
	for more := true; more; pages++ {
		var err error
		if more, err = w.Tenant(t).Inbox.RemoveData(t.Context(), "ann"); err != nil {
			t.Fatal(err)
		}
	}
	rows, _, err := w.Store.Inbox.RowsAfter(t.Context(), w.ID, "ann", chat.ID{}, 1000, true)
	if err != nil || len(rows) > 0 {
		t.Errorf("%d rows are left, %v", len(rows), err)
	}
	head, err := w.Store.Inbox.Head(t.Context(), w.ID, "ann", true)
	if err != nil || head.RowsWithData != 0 || head.Version != 0 || head.Folders != nil {
		t.Errorf("the head is left: %+v, %v", head, err)
	}
	drafts, err := w.Store.Inbox.Drafts(t.Context(), w.ID, "ann", chat.BetweenEach("ann", []string{"u3"}))
	if err != nil || drafts[0] != "" {
		t.Errorf("a draft is left: %q, %v", drafts, err)
	}
	if pages < 3 {
		t.Errorf("%d pages for 31 items", pages)
	}
}
