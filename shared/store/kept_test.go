package store_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parley/shared/domain/conversations"
	"parley/shared/domain/delivery"
	"parley/shared/domain/messages"
	"parley/shared/fault"
	"parley/shared/store"
	"parley/shared/testkit"
)

func number(item store.Item, name string) string {
	if v, ok := item[name].(*types.AttributeValueMemberN); ok {
		return v.Value
	}
	return ""
}

const never = "4000000000" // kx

// TestKept follows the expiry of a row through sends and data.
func TestKept(t *testing.T) {
	s := newSized(t)
	if err := s.Seed(t.Context(), "account ann\naccount bob\nmessage bob ann 1\n"); err != nil {
		t.Fatal(err)
	}
	row := store.PeerKey(s.ID, "ann", "bob")
	wants := func(when, e, x, kx string) {
		t.Helper()
		item := s.item(store.Core, row)
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
	seed("tag ann bob 1\n")
	wants("marked", first, never, never)
	s.Clock.Move(time.Hour)
	seed("message bob ann 2\n")
	second := end()
	wants("another message came", second, never, never)
	s.Clock.Move(time.Hour)
	seed("message ann bob 3\n")
	third := end()
	wants("one was sent", third, never, never)
	clearMark := func() {
		t.Helper()
		errs, err := s.Tenant(t).Conversations.Mark(t.Context(), "ann", []string{"bob"}, []conversations.Marking{{Clear: []int{1}}}, delivery.Origin{})
		if err = errors.Join(append(errs, err)...); err != nil {
			t.Fatal(err)
		}
	}
	clearMark()
	wants("not marked", third, third, "")
	seed("tag ann bob 1\n")
	s.Clock.Move(40 * 24 * time.Hour)
	clearMark()
	wants("not marked after its messages", third, end(), "")
	seed("message bob ann 4\n")
	wants("a message after that", end(), end(), "")
}

// TestLateSendKeepsItsRow: a row that loses its data while a message comes keeps
// the message's expiry.
func TestLateSendKeepsItsRow(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	if err := w.Seed(t.Context(), "account ann\naccount bob\nmessage bob ann 1\ntag ann bob 1\n"); err != nil {
		t.Fatal(err)
	}
	rows, err := w.Store.PeerRows(t.Context(), w.ID, "ann", []string{"bob"}, true)
	if err != nil {
		t.Fatal(err)
	}
	w.Clock.Move(time.Hour)
	if err := w.Seed(t.Context(), "message bob ann 2\n"); err != nil {
		t.Fatal(err)
	}
	done, err := w.Store.Change(t.Context(), w.ID, "ann", conversations.Edit{NowMs: 1, Rows: []conversations.Change{{Seen: rows[0]}}})
	if err != nil || done {
		t.Errorf("a row that was seen before the message is changed: %t, %v", done, err)
	}
}

// account is how the shelf and the rows of a user fit together.
func (s sized) account(user string, peers []string) (kept, pinned int) {
	s.t.Helper()
	rows, err := s.Store.PeerRows(s.t.Context(), s.ID, user, peers, true)
	if err != nil {
		s.t.Fatal(err)
	}
	for i, r := range rows {
		if r.Peer == "" {
			continue
		}
		item := s.item(store.Core, store.PeerKey(s.ID, user, peers[i]))
		has := r.Data != conversations.Data{}
		if (number(item, "kx") == never) != has || (number(item, "x") == never) != has {
			s.t.Errorf("row of %s: data %+v, x %s, kx %s", peers[i], r.Data, number(item, "x"), number(item, "kx"))
		}
		if !has && number(item, "x") < number(item, "e") {
			s.t.Errorf("row of %s goes at %s, before its messages at %s", peers[i], number(item, "x"), number(item, "e"))
		}
		if has {
			kept++
		}
		if r.PinnedMs > 0 {
			pinned++
		}
	}
	shelf, err := s.Store.Shelf(s.t.Context(), s.ID, user, true)
	if err != nil {
		s.t.Fatal(err)
	}
	if shelf.Kept != kept || shelf.Pinned != pinned {
		s.t.Errorf("the shelf counts %d kept and %d pinned, the rows are %d and %d", shelf.Kept, shelf.Pinned, kept, pinned)
	}
	return kept, pinned
}

// scramble runs f with several random sources at the same time.
func scramble(n int, f func(r *rand.Rand)) {
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() { f(rand.New(rand.NewPCG(uint64(i), 11))) })
	}
	wait.Wait()
}

// busy reports an error that is not one of losing against others.
func busy(err error) bool { return err == nil || fault.Is(err, fault.Conflict) }

// TestDataRace changes the data of few rows from many sides, while messages come:
// counts, marks and expiry fit together in the end.
func TestDataRace(t *testing.T) {
	s := newSized(t)
	peers := []string{"p1", "p2", "p3", "p4"}
	if err := s.Seed(t.Context(), "account ann\naccount p1\naccount p2\naccount p3\naccount p4\nfolder ann work\n"); err != nil {
		t.Fatal(err)
	}
	c, ctx := s.Tenant(t).Conversations, t.Context()
	var seq atomic.Uint32
	seq.Store(10)
	scramble(6, func(r *rand.Rand) {
		for range 25 {
			peer := peers[r.IntN(len(peers))]
			var err error
			switch r.IntN(8) {
			case 0:
				_, err = c.Pin(ctx, "ann", peer, true, delivery.Origin{})
			case 1:
				_, err = c.Pin(ctx, "ann", peer, false, delivery.Origin{})
			case 2:
				_, err = c.Mark(ctx, "ann", peers, []conversations.Marking{{Set: []int{3}}, {Clear: []int{3}}, {Set: []int{4}}, {Clear: []int{3, 4}}}, delivery.Origin{})
			case 3:
				_, _, _, err = c.FillFolder(ctx, "ann", "work", []conversations.Move{{Peer: peer, In: r.IntN(2) == 0}}, delivery.Origin{})
			case 4:
				_, err = c.SetOption(ctx, "ann", []string{peer}, messages.Option(r.IntN(3)), delivery.Origin{})
			case 5:
				err = c.Delete(ctx, "ann", peer, r.IntN(2) == 0, delivery.Origin{})
			case 6:
				_, err = c.SetDraft(ctx, "ann", peer, []string{"", "x"}[r.IntN(2)], delivery.Origin{})
			case 7:
				s.Clock.Move(time.Second)
				err = s.Seed(ctx, fmt.Sprintf("message %s ann %d\n", peer, seq.Add(1)))
			}
			if !busy(err) {
				t.Errorf("%v", err)
			}
		}
	})
	s.account("ann", peers)
}

// TestPinRace pins more than can be from several sides at once.
func TestPinRace(t *testing.T) {
	s := newSized(t)
	peers := make([]string, conversations.MaxPinned+6)
	seed := "account ann\n"
	for i := range peers {
		peers[i] = fmt.Sprintf("p%d", i)
		seed += "account " + peers[i] + "\n"
	}
	if err := s.Seed(t.Context(), seed); err != nil {
		t.Fatal(err)
	}
	c := s.Tenant(t).Conversations
	var next, over atomic.Int64
	scramble(4, func(*rand.Rand) {
		for i := next.Add(1) - 1; i < int64(len(peers)); i = next.Add(1) - 1 {
			_, err := c.Pin(t.Context(), "ann", peers[i], true, delivery.Origin{})
			for fault.Is(err, fault.Conflict) {
				_, err = c.Pin(t.Context(), "ann", peers[i], true, delivery.Origin{})
			}
			if fault.Is(err, fault.PinLimit) {
				over.Add(1)
			} else if err != nil {
				t.Error(err)
			}
		}
	})
	if _, pinned := s.account("ann", peers); pinned != conversations.MaxPinned || over.Load() != 6 {
		t.Errorf("%d are pinned and %d refused, want %d and 6", pinned, over.Load(), conversations.MaxPinned)
	}
}

// TestKeptRace: nobody gets past the number of conversations with data.
func TestKeptRace(t *testing.T) {
	s := newSized(t)
	if err := s.Seed(t.Context(), "account ann\naccounts 8\nshelf ann 997 0\n"); err != nil {
		t.Fatal(err)
	}
	c := s.Tenant(t).Conversations
	var next, done atomic.Int64
	scramble(4, func(*rand.Rand) {
		for i := next.Add(1); i <= 8; i = next.Add(1) {
			peer := []string{fmt.Sprintf("u%d", i)}
			_, err := c.SetOption(t.Context(), "ann", peer, messages.OptionSilent, delivery.Origin{})
			for fault.Is(err, fault.Conflict) {
				_, err = c.SetOption(t.Context(), "ann", peer, messages.OptionSilent, delivery.Origin{})
			}
			if err == nil {
				done.Add(1)
			} else if !fault.Is(err, fault.KeptLimit) {
				t.Error(err)
			}
		}
	})
	shelf, err := s.Store.Shelf(t.Context(), s.ID, "ann", true)
	if err != nil || shelf.Kept != conversations.MaxKept || done.Load() != 3 {
		t.Errorf("%d have data, %d were done, %v; want %d and 3", shelf.Kept, done.Load(), err, conversations.MaxKept)
	}
}

// TestFolderRace makes and deletes folders while conversations are put into them:
// no row is in a folder that it was not put into, and no number stays taken.
func TestFolderRace(t *testing.T) {
	s := newSized(t)
	peers := []string{"p1", "p2", "p3"}
	if err := s.Seed(t.Context(), "account ann\naccount p1\naccount p2\naccount p3\n"); err != nil {
		t.Fatal(err)
	}
	c, ctx := s.Tenant(t).Conversations, t.Context()
	names := []string{"a", "b"}
	scramble(5, func(r *rand.Rand) {
		for range 20 {
			name := names[r.IntN(len(names))]
			var err error
			switch r.IntN(4) {
			case 0:
				_, _, err = c.DeleteFolder(ctx, "ann", name, delivery.Origin{})
			case 1:
				_, _, _, err = c.CreateFolder(ctx, "ann", name, peers[:1+r.IntN(2)], delivery.Origin{})
			case 2:
				_, _, _, err = c.FillFolder(ctx, "ann", name, []conversations.Move{{Peer: peers[r.IntN(3)], In: true}}, delivery.Origin{})
			case 3: // a deletion that is broken off after its first write
				var shelf conversations.Shelf
				if shelf, err = s.Store.Shelf(ctx, s.ID, "ann", true); err == nil && len(shelf.Folders) > 0 {
					_, err = s.Store.Change(ctx, s.ID, "ann", conversations.Edit{NowMs: 1, Seen: shelf, Folders: &conversations.Folders{
						List: shelf.Folders[1:], Stale: shelf.Stale.With(shelf.Folders[0].Number),
					}})
				}
			}
			if !busy(err) && !fault.Is(err, fault.FolderUnknown) {
				t.Error(err)
			}
		}
	})
	check := func(when string) {
		t.Helper()
		s.account("ann", peers)
		shelf, err := s.Store.Shelf(ctx, s.ID, "ann", true)
		if err != nil {
			t.Fatal(err)
		}
		rows, _, err := s.Store.Rows(ctx, s.ID, "ann", "", 1000, true)
		for _, r := range rows {
			if left := r.Folders &^ (shelf.Live() | shelf.Stale); err != nil || left != 0 {
				t.Errorf("%s: %s is in folders %v, there are %v, stale %v, %v", when, r.Peer, r.Folders.Numbers(), shelf.Folders, shelf.Stale.Numbers(), err)
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
	shelf, err := s.Store.Shelf(ctx, s.ID, "ann", true)
	if err != nil || len(shelf.Folders) > 0 || shelf.Stale != 0 || shelf.Kept != 0 {
		t.Errorf("all folders are deleted, the shelf is %+v, %v", shelf, err)
	}
}

// TestDeleteRace deletes and clears a conversation while messages come and go:
// what is unread can be read, and what the list shows is not hidden.
func TestDeleteRace(t *testing.T) {
	s := newSized(t)
	if err := s.Seed(t.Context(), "account ann\naccount bob\n"); err != nil {
		t.Fatal(err)
	}
	tenant, ctx := s.Tenant(t), t.Context()
	c := tenant.Conversations
	var seq atomic.Uint32
	check := func() {
		t.Helper()
		rows, err := s.Store.PeerRows(ctx, s.ID, "ann", []string{"bob"}, true)
		if err != nil {
			t.Fatal(err)
		}
		r := rows[0]
		if r.Cleared != nil && r.LastKey != nil && !r.Cleared.Before(*r.LastKey) {
			t.Errorf("the list shows %s, which is hidden up to %s", r.LastKey, r.Cleared)
		}
		h, err := tenant.Messages.History(ctx, messages.Range{User: "ann", Peer: "bob", Limit: messages.MaxPage})
		if err != nil {
			t.Fatal(err)
		}
		var unread int64
		for _, m := range h.Messages {
			if m.From == "bob" && m.Ordinal > max(r.Read, r.Skipped) {
				unread++
			}
		}
		if unread != r.Unread() {
			t.Errorf("%d are unread, %d of them are in the history", r.Unread(), unread)
		}
	}
	for range 8 {
		scramble(3, func(r *rand.Rand) {
			for range 4 {
				var err error
				switch n := r.IntN(4); n {
				case 0, 1:
					s.Clock.Move(time.Second)
					err = s.Seed(ctx, fmt.Sprintf("message %s %d\n", []string{"bob ann", "ann bob"}[n], seq.Add(1)))
				case 2:
					err = c.Delete(ctx, "ann", "bob", r.IntN(3) > 0, delivery.Origin{})
				case 3:
					err = c.Clear(ctx, "ann", "bob", delivery.Origin{})
				}
				if !busy(err) {
					t.Error(err)
				}
			}
		})
		check()
	}
}

// TestLastCounted: a message that its row has not counted yet is not hidden with
// the others.
func TestLastCounted(t *testing.T) {
	a := newArrival(t)
	if err := a.w.Seed(t.Context(), "account ann\naccount bob\nmessages ann bob 2\nmessage bob ann 3\n"); err != nil {
		t.Fatal(err)
	}
	a.w.Clock.Move(time.Second)
	row := a.row()
	late := a.message(3)
	late.Generation = row.InGeneration
	late.Content = messages.Content{Elements: []messages.Element{testkit.Text("late")}}
	if _, err := a.w.Store.PutMessage(t.Context(), a.w.ID, late); err != nil {
		t.Fatal(err)
	}
	key, err := a.w.Store.LastCounted(t.Context(), a.w.ID, "bob", row)
	if err != nil || key == nil || key.Seq != 3 || key.Time != late.Time-1 {
		t.Errorf("the last one that is counted is %v, %v", key, err)
	}
	if key, err = a.w.Store.LastCounted(t.Context(), a.w.ID, "bob", conversations.Row{Peer: "nobody"}); err != nil || key != nil {
		t.Errorf("of nothing the last one is %v, %v", key, err)
	}
}

// TestForgetKept: rows with data, drafts and the shelf go with the account.
func TestForgetKept(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	if err := w.Seed(t.Context(), "account ann\naccounts 30\nfolder ann work u1 u2\ndraft ann u3 hello\nfan ann 30\n"); err != nil {
		t.Fatal(err)
	}
	pages := 1
	for more := true; more; pages++ {
		var err error
		if more, err = w.Tenant(t).Conversations.Forget(t.Context(), "ann"); err != nil {
			t.Fatal(err)
		}
	}
	rows, _, err := w.Store.Rows(t.Context(), w.ID, "ann", "", 1000, true)
	if err != nil || len(rows) > 0 {
		t.Errorf("%d rows are left, %v", len(rows), err)
	}
	shelf, err := w.Store.Shelf(t.Context(), w.ID, "ann", true)
	if err != nil || shelf.Kept != 0 || shelf.Version != 0 || shelf.Folders != nil {
		t.Errorf("the shelf is left: %+v, %v", shelf, err)
	}
	drafts, err := w.Store.Drafts(t.Context(), w.ID, "ann", []string{"u3"})
	if err != nil || drafts[0] != "" {
		t.Errorf("a draft is left: %q, %v", drafts, err)
	}
	if pages < 3 {
		t.Errorf("%d pages for 31 items", pages)
	}
}
