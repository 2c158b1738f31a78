package store_test

import (
	"context"
	"testing"

	"parley/shared/domain/conversations"
	"parley/shared/domain/delivery"
	"parley/shared/domain/messages"
	"parley/shared/store"
	"parley/shared/testkit"
)

// An arrival is one message from ann to bob: its ordinal, and whether it is quiet.
type arrival struct {
	*testing.T
	w          *testkit.World
	generation int64
}

func newArrival(t *testing.T) *arrival {
	w := testkit.NewWorld(t, server, testkit.Options{})
	return &arrival{T: t, w: w, generation: w.Clock.Now().UnixMilli()}
}

func (a *arrival) message(ordinal int64) messages.Message {
	return messages.Message{
		Key: messages.Key{Time: a.w.Clock.Now().Unix(), Seq: uint32(ordinal)}, From: "ann", To: "bob",
		Ordinal: ordinal, Generation: a.generation, Expires: a.w.Clock.Now().Unix() + 1000,
	}
}

func (a *arrival) at(m messages.Message) messages.Arrival {
	return messages.Arrival{Message: m, NowMs: a.w.Clock.Now().UnixMilli(), Preview: "hi", RowExpires: m.Expires}
}

func (a *arrival) arrive(ordinal int64, quiet bool) {
	a.Helper()
	m := a.message(ordinal)
	m.NoUnread = quiet
	if _, err := a.w.Store.Arrive(a.Context(), a.w.ID, a.at(m)); err != nil {
		a.Fatal(err)
	}
}

func (a *arrival) read(upTo int64) conversations.ReadMark {
	a.Helper()
	mark, err := a.w.Tenant(a.T).Conversations.Read(a.Context(), "bob", "ann", &upTo, delivery.Origin{})
	if err != nil {
		a.Fatal(err)
	}
	return mark
}

func (a *arrival) row() conversations.Row {
	a.Helper()
	rows, _, err := a.w.Store.Rows(a.Context(), a.w.ID, "bob", "", 1000, true)
	if err != nil || len(rows) != 1 {
		a.Fatalf("%d rows, %v", len(rows), err)
	}
	return rows[0]
}

func (a *arrival) wants(when string, read, unread int64) {
	a.Helper()
	if r := a.row(); r.Read != read || r.Unread() != unread {
		a.Errorf("%s: read %d, unread %d, want %d and %d", when, r.Read, r.Unread(), read, unread)
	}
}

// The first message of a count to arrive need not be the first that was sent.
func TestArriveOutOfOrder(t *testing.T) {
	a := newArrival(t)
	a.arrive(3, false)
	a.wants("the third came", 0, 1) // 1 and 2 may be long gone
	a.arrive(2, false)
	a.wants("the second came late", 0, 2)
	a.arrive(1, false)
	a.arrive(1, false)
	a.arrive(2, false)
	a.wants("all came", 0, 3)
	a.read(2)
	a.arrive(1, false)
	a.wants("two are read", 2, 1)
}

// A device may read what history shows before the receiver's row has counted it.
func TestReadBeforeArrival(t *testing.T) {
	a := newArrival(t)
	a.arrive(2, false)
	if got := a.read(1); got.Ordinal != 1 || got.Unread != 1 {
		t.Errorf("read up to 1: %+v", got)
	}
	a.arrive(1, false)
	a.wants("the first came, which was read before", 1, 1)
}

// A read position that is only a guess is told to nobody.
func TestReadNothing(t *testing.T) {
	a := newArrival(t)
	if err := a.w.Seed(t.Context(), "account ann\naccount bob\nmessage ann bob 1\n"); err != nil {
		t.Fatal(err)
	}
	a.generation++ // as if bob's row had gone and come again
	a.arrive(5, false)
	if got := a.read(2); got.Ordinal != 0 || got.Unread != 1 {
		t.Errorf("read less than what was skipped: %+v", got)
	}
	rows, _, err := a.w.Store.Rows(t.Context(), a.w.ID, "ann", "", 1000, true)
	if err != nil || rows[0].PeerRead != 0 {
		t.Errorf("ann is told that %d are read, %v", rows[0].PeerRead, err)
	}
}

// Quiet messages do not count, whether they come late, again, or before and
// after a read position.
func TestQuietArrivals(t *testing.T) {
	a := newArrival(t)
	a.arrive(1, false)
	a.arrive(3, false)
	a.arrive(2, true)
	a.arrive(2, true)
	a.wants("a quiet one came late and again", 0, 2)
	a.arrive(4, true)
	a.arrive(5, false)
	a.wants("another", 0, 3)
	a.read(2)
	a.wants("two are read", 2, 2)
	a.read(4)
	a.wants("four are read", 4, 1)
	a.arrive(6, true)
	a.read(6)
	a.wants("all are read", 6, 0)
	for n := range int64(40) {
		a.arrive(7+n, n%4 != 0)
		a.arrive(7+n, n%4 != 0)
	}
	a.wants("30 of 40 are quiet", 6, 10)
	a.read(45)
	a.wants("all but the last are read", 45, 0)
	a.arrive(47, false)
	a.wants("one more", 45, 1)
}

// A send may die before its message arrives, and be tried again when many later
// ones have come. Those that are read take no room of those that are not.
func TestQuietComesLate(t *testing.T) {
	a := newArrival(t)
	for n := range int64(10) {
		a.arrive(n+1, true)
	}
	a.read(10)
	for n := int64(12); n <= 18; n++ {
		a.arrive(n, true)
	}
	a.wants("all but the first of eight came", 10, 1)
	a.arrive(11, true)
	a.arrive(11, true)
	a.wants("it came, and again", 10, 0)
	for n := int64(19); n <= 40; n++ {
		if n != 35 {
			a.arrive(n, true)
		}
	}
	a.wants("more than the row has room for, but one", 10, 1)
	a.arrive(35, true)
	a.arrive(35, true)
	a.wants("that one came late, and again", 10, 0)
	a.arrive(41, false)
	a.wants("one that counts", 10, 1)
}

// A quiet first message of a count, and the first of a second count.
func TestQuietFirst(t *testing.T) {
	a := newArrival(t)
	a.arrive(2, true)
	a.arrive(1, true)
	a.wants("two quiet ones in disorder", 0, 0)
	a.arrive(3, false)
	a.wants("and one that counts", 0, 1)
	a.generation++
	a.arrive(1, false)
	a.wants("a new count", 0, 1)
}

// recalling is a store where each message is recalled as soon as it stands.
type recalling struct {
	*store.Store
	recall func(context.Context, messages.Message) error
}

func (r recalling) PutMessage(ctx context.Context, app int64, m messages.Message) (*messages.Message, error) {
	stands, err := r.Store.PutMessage(ctx, app, m)
	if err != nil {
		return nil, err
	}
	return stands, r.recall(ctx, m)
}

// What is recalled by another device while it is still being sent is not unread,
// be it the first message of a conversation or a later one.
func TestRecalledBeforeArrival(t *testing.T) {
	a := newArrival(t)
	if err := a.w.Seed(t.Context(), "account ann\naccount bob\n"); err != nil {
		t.Fatal(err)
	}
	svc := a.w.Tenant(t).Messages
	svc.Parallel = func(ctx context.Context, run ...func(context.Context) error) error {
		for _, f := range run {
			if err := f(ctx); err != nil {
				return err
			}
		}
		return nil
	}
	sending := svc
	sending.Store = recalling{a.w.Store, func(ctx context.Context, m messages.Message) error {
		return svc.Recall(ctx, messages.Actor{Trusted: true}, m.From, m.To, m.Key)
	}}
	for n := range uint32(2) {
		_, err := sending.Send(t.Context(), messages.Draft{
			From: "ann", To: "bob", Random: n, Trusted: true, Content: messages.Content{Elements: []messages.Element{testkit.Text("hi")}},
		})
		if err != nil {
			t.Fatal(err)
		}
		a.wants("a recalled message came", 0, 0)
	}
}

// A message that does not become the last one is still a change to tell.
func TestNoLastIsTold(t *testing.T) {
	a := newArrival(t)
	m := a.message(1)
	m.NoLast = true
	if _, err := a.w.Store.Arrive(t.Context(), a.w.ID, a.at(m)); err != nil {
		t.Fatal(err)
	}
	page, err := a.w.Tenant(t).Conversations.Sync(t.Context(), "bob", a.w.Clock.Now().UnixMilli(), conversations.Cut{Limit: 10})
	if err != nil || len(page.Rows) != 1 || page.Rows[0].In != 1 || page.Rows[0].TimeMs != 0 {
		t.Errorf("the receiver's sync: %+v, %v", page, err)
	}
	_, err = a.w.Store.Claim(t.Context(), a.w.ID, messages.ClaimRequest{
		From: "bob", To: "ann", Hash: 1, NoLast: true, NowMs: a.w.Clock.Now().UnixMilli() + 5, Expires: m.Expires,
		Key: messages.Key{Time: a.w.Clock.Now().Unix(), Seq: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	page, err = a.w.Tenant(t).Conversations.Sync(t.Context(), "bob", a.w.Clock.Now().UnixMilli()+5, conversations.Cut{Limit: 10})
	if err != nil || len(page.Rows) != 1 || page.Rows[0].Out != 1 {
		t.Errorf("the sender's sync: %+v, %v", page, err)
	}
}

// A batch that began within the window stays one to its end.
func TestClaimAtTheWindowsEnd(t *testing.T) {
	a := newArrival(t)
	now := a.w.Clock.Now()
	claim := func(after int64) messages.Claim {
		t.Helper()
		c, err := a.w.Store.Claim(t.Context(), a.w.ID, messages.ClaimRequest{
			From: "ann", To: "bob", Hash: 7, NowMs: now.UnixMilli() + after*1000, Expires: now.Unix() + 1000,
			Key: messages.Key{Time: now.Unix(), Seq: 1},
		})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if first, again := claim(0), claim(125); first != again {
		t.Errorf("claim %+v, then %+v", first, again)
	}
}

// A mark that died between the two rows is told as a change when it is repeated.
func TestReadAgain(t *testing.T) {
	a := newArrival(t)
	if err := a.w.Seed(t.Context(), "account ann\naccount bob\nmessage ann bob 1\n"); err != nil {
		t.Fatal(err)
	}
	one := int64(1)
	if _, _, err := a.w.Store.MarkRead(t.Context(), a.w.ID, "bob", "ann", &one, a.w.Clock.Now().UnixMilli()); err != nil {
		t.Fatal(err)
	}
	a.w.Clock.Move(60e9)
	since := a.w.Clock.Now().UnixMilli()
	a.read(1)
	page, err := a.w.Tenant(t).Conversations.Sync(t.Context(), "ann", since, conversations.Cut{Limit: 10})
	if err != nil || len(page.Rows) != 1 || page.Rows[0].PeerRead != 1 {
		t.Errorf("ann's sync after the repeat: %+v, %v", page, err)
	}
}
