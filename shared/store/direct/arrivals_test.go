package direct_test

import (
	"context"
	"testing"
	"time"

	"parley/infra/testkit"
	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/delivery"
	"parley/shared/domain/direct"
	"parley/shared/domain/inbox"
	"parley/shared/domain/push"
	"parley/shared/domain/timeline"
	"parley/shared/parallel"
)

// arrivals counts messages from ann to bob on bob's row, in one epoch.
type arrivals struct {
	*testing.T
	w     *testkit.World
	epoch int64
}

func newArrivals(t *testing.T) *arrivals {
	w := testkit.NewWorld(t, server, testkit.Options{})
	return &arrivals{T: t, w: w, epoch: w.Clock.Now().UnixMilli()}
}

func (a *arrivals) message(offset int64) timeline.Message {
	return timeline.Message{
		Key: timeline.Key{Time: a.w.Clock.Now().Unix(), Seq: uint32(offset)}, From: "ann", Chat: chat.Between("ann", "bob"),
		Offset: offset, Epoch: a.epoch, Expires: a.w.Clock.Now().Unix() + 1000,
	}
}

func (a *arrivals) arrival(m timeline.Message) direct.Arrival {
	return direct.Arrival{Message: m, NowMs: a.w.Clock.Now().UnixMilli(), Preview: "hi", RowExpires: m.Expires}
}

func (a *arrivals) arrive(offset int64, noUnread bool) {
	a.Helper()
	m := a.message(offset)
	m.ExcludedFromUnread = noUnread
	if _, err := a.w.Store.Direct.CountArrival(a.Context(), a.w.ID, a.arrival(m)); err != nil {
		a.Fatal(err)
	}
}

func (a *arrivals) read(upTo int64) inbox.ReadCursorMoved {
	a.Helper()
	cursor, err := a.w.Tenant(a.T).Inbox.MarkRead(a.Context(), "bob", chat.Between("bob", "ann"), &upTo, delivery.Origin{})
	if err != nil {
		a.Fatal(err)
	}
	return cursor
}

func (a *arrivals) row() inbox.Row {
	a.Helper()
	rows, _, err := a.w.Store.Inbox.RowsAfter(a.Context(), a.w.ID, "bob", chat.ID{}, 1000, true)
	if err != nil || len(rows) != 1 {
		a.Fatalf("%d rows, %v", len(rows), err)
	}
	return rows[0]
}

func (a *arrivals) wants(when string, read, unread int64) {
	a.Helper()
	if r := a.row(); r.ReadOffset != read || r.Unread() != unread {
		a.Errorf("%s: read %d, unread %d, want %d and %d", when, r.ReadOffset, r.Unread(), read, unread)
	}
}

// The first message that the row counts need not be the first one that was sent.
func TestMessagesArriveInAnyOrder(t *testing.T) {
	a := newArrivals(t)
	a.arrive(3, false)
	a.wants("message 3 came", 0, 1) // 1 and 2 are taken as gone
	a.arrive(2, false)
	a.wants("message 2 came late", 0, 2)
	a.arrive(1, false)
	a.arrive(1, false)
	a.arrive(2, false)
	a.wants("all messages came", 0, 3)
	a.read(2)
	a.arrive(1, false)
	a.wants("two messages are read", 2, 1)
}

// A device can read a message, which the history shows, before the row has counted it.
func TestReadBeforeTheRowCountsTheMessage(t *testing.T) {
	a := newArrivals(t)
	a.arrive(2, false)
	if got := a.read(1); got.Offset != 1 || got.Unread != 1 {
		t.Errorf("read up to 1: %+v", got)
	}
	a.arrive(1, false)
	a.wants("message 1 came, which was read before", 1, 1)
}

// If the user has read nothing that the row counts, the sender is not notified.
func TestReadOfGoneMessagesIsNotReported(t *testing.T) {
	a := newArrivals(t)
	if err := a.w.Seed(t.Context(), "account ann\naccount bob\nmessage ann bob 1\n"); err != nil {
		t.Fatal(err)
	}
	a.epoch++ // as if bob's row had expired and begun again
	a.arrive(5, false)
	if got := a.read(2); got.Offset != 0 || got.Unread != 1 {
		t.Errorf("read up to a message that is gone: %+v", got)
	}
	rows, _, err := a.w.Store.Inbox.RowsAfter(t.Context(), a.w.ID, "ann", chat.ID{}, 1000, true)
	if err != nil || rows[0].PeerReadOffset != 0 {
		t.Errorf("ann's row says that %d messages are read, %v", rows[0].PeerReadOffset, err)
	}
}

// Messages that are excluded from unread do not count, whether they come late, come again,
// or are before or after the read cursor.
func TestExcludedMessagesDoNotCount(t *testing.T) {
	a := newArrivals(t)
	a.arrive(1, false)
	a.arrive(3, false)
	a.arrive(2, true)
	a.arrive(2, true)
	a.wants("an excluded message came late, and again", 0, 2)
	a.arrive(4, true)
	a.arrive(5, false)
	a.wants("another excluded one and one that counts", 0, 3)
	a.read(2)
	a.wants("two messages are read", 2, 2)
	a.read(4)
	a.wants("four messages are read", 4, 1)
	a.arrive(6, true)
	a.read(6)
	a.wants("all messages are read", 6, 0)
	for n := range int64(40) {
		a.arrive(7+n, n%4 != 0)
		a.arrive(7+n, n%4 != 0)
	}
	a.wants("30 of 40 are excluded", 6, 10)
	a.read(45)
	a.wants("all but the last are read", 45, 0)
	a.arrive(47, false)
	a.wants("one more message", 45, 1)
}

// A send may stop before its message is counted, and be repeated after many later
// messages. Excluded messages that are read need no room in the row.
func TestExcludedMessageComesLate(t *testing.T) {
	a := newArrivals(t)
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
	a.wants("it came, and came again", 10, 0)
	for n := int64(19); n <= 40; n++ {
		if n != 35 {
			a.arrive(n, true)
		}
	}
	a.wants("more than the row has room for, without one", 10, 1)
	a.arrive(35, true)
	a.arrive(35, true)
	a.wants("that one came late, and came again", 10, 0)
	a.arrive(41, false)
	a.wants("one that counts", 10, 1)
}

// An epoch can begin with an excluded message, and a second epoch can follow.
func TestEpochBeginsWithAnExcludedMessage(t *testing.T) {
	a := newArrivals(t)
	a.arrive(2, true)
	a.arrive(1, true)
	a.wants("two excluded messages in the wrong order", 0, 0)
	a.arrive(3, false)
	a.wants("and one that counts", 0, 1)
	a.epoch++
	a.arrive(1, false)
	a.wants("a new epoch", 0, 1)
}

// recalling is a store that recalls each message as soon as it is stored.
type recalling struct {
	timeline.Store
	recall func(context.Context, timeline.Message) error
}

func (r recalling) PutMessage(ctx context.Context, app int64, m timeline.Message) (*timeline.Message, error) {
	stored, err := r.Store.PutMessage(ctx, app, m)
	if err != nil {
		return nil, err
	}
	return stored, r.recall(ctx, m)
}

// A message that another device recalls while it is being sent is not unread, whether it
// is the first message of a conversation or a later one.
func TestMessageRecalledBeforeItIsCounted(t *testing.T) {
	a := newArrivals(t)
	if err := a.w.Seed(t.Context(), "account ann\naccount bob\n"); err != nil {
		t.Fatal(err)
	}
	w := a.w
	inOrder := func(store timeline.Store) timeline.Service {
		return timeline.New(w.ID, timeline.Settings{Recallable: time.Minute}, nil, store, w.Store.Timeline, w.Store.Timeline, w.Tenant(t).Delivery, nil, w.Clock, parallel.Sequence{})
	}
	recall := func(ctx context.Context, m timeline.Message) error {
		return inOrder(w.Store.Timeline).Recall(ctx, timeline.Actor{Trusted: true}, m.From, chat.Between(m.From, m.To()), m.Key)
	}
	sending := direct.New(
		w.ID, direct.Settings{Retention: time.Hour}, direct.NewSenderCheck(w.ID, direct.CheckSettings{}, nil, w.Store.Direct, w.Clock), w.Store.Direct, w.Store.Direct, w.Store.Merged,
		inOrder(recalling{w.Store.Timeline, recall}), w.Tenant(t).Delivery, push.New(w.ID, w.PushJobs, w.Clock), w.Clock, parallel.Sequence{},
	)
	for n := range uint32(2) {
		_, err := sending.Send(t.Context(), direct.SendRequest{
			From: "ann", To: "bob", Random: n, Trusted: true, Content: content.Content{Elements: []content.Element{testkit.Text("hi")}},
		})
		if err != nil {
			t.Fatal(err)
		}
		a.wants("a recalled message was counted", 0, 0)
	}
}

// A message with NoLast does not become the last message, but a sync returns the row.
func TestSyncReturnsRowsOfMessagesWithNoLast(t *testing.T) {
	a := newArrivals(t)
	m := a.message(1)
	m.ExcludedFromLast = true
	if _, err := a.w.Store.Direct.CountArrival(t.Context(), a.w.ID, a.arrival(m)); err != nil {
		t.Fatal(err)
	}
	page, err := a.w.Tenant(t).Inbox.Sync(t.Context(), "bob", a.w.Clock.Now().UnixMilli(), inbox.PageRequest{Limit: 10})
	if err != nil || len(page.Rows) != 1 || page.Rows[0].InOffset != 1 || page.Rows[0].TimeMs != 0 {
		t.Errorf("the receiver's sync: %+v, %v", page, err)
	}
	_, err = a.w.Tenant(t).Direct.Claim(t.Context(), direct.ClaimRequest{
		From: "bob", Chat: chat.Between("bob", "ann"), IdempotencyKey: 1, ExcludedFromLast: true, NowMs: a.w.Clock.Now().UnixMilli() + 5, Expires: m.Expires,
		Key: timeline.Key{Time: a.w.Clock.Now().Unix(), Seq: 1},
	}, direct.Window{})
	if err != nil {
		t.Fatal(err)
	}
	page, err = a.w.Tenant(t).Inbox.Sync(t.Context(), "bob", a.w.Clock.Now().UnixMilli()+5, inbox.PageRequest{Limit: 10})
	if err != nil || len(page.Rows) != 1 || page.Rows[0].OutOffset != 1 {
		t.Errorf("the sender's sync: %+v, %v", page, err)
	}
}

// A claim of a batch that began within the window is a repeat to its end, even if the
// window ends in between.
func TestRepeatOfABatchPastTheWindow(t *testing.T) {
	a := newArrivals(t)
	now := a.w.Clock.Now()
	claim := func(after int64) direct.Claim {
		t.Helper()
		c, err := a.w.Tenant(t).Direct.Claim(t.Context(), direct.ClaimRequest{
			From: "ann", Chat: chat.Between("ann", "bob"), IdempotencyKey: 7, NowMs: now.UnixMilli() + after*1000, Expires: now.Unix() + 1000,
			Key: timeline.Key{Time: now.Unix(), Seq: 1},
		}, direct.Window{})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if first, again := claim(0), claim(125); first != again {
		t.Errorf("claim %+v, then %+v", first, again)
	}
}

// If a call that marks as read stops between the two rows, its repeat writes the sender's
// row, and the sender's sync returns it.
func TestRepeatOfMarkReadReportsToTheSender(t *testing.T) {
	a := newArrivals(t)
	if err := a.w.Seed(t.Context(), "account ann\naccount bob\nmessage ann bob 1\n"); err != nil {
		t.Fatal(err)
	}
	one := int64(1)
	if _, _, err := a.w.Store.Inbox.MoveReadCursor(t.Context(), a.w.ID, "bob", chat.Between("bob", "ann"), &one, a.w.Clock.Now().UnixMilli()); err != nil {
		t.Fatal(err)
	}
	a.w.Clock.Move(60e9)
	since := a.w.Clock.Now().UnixMilli()
	a.read(1)
	page, err := a.w.Tenant(t).Inbox.Sync(t.Context(), "ann", since, inbox.PageRequest{Limit: 10})
	if err != nil || len(page.Rows) != 1 || page.Rows[0].PeerReadOffset != 1 {
		t.Errorf("ann's sync after the repeat: %+v, %v", page, err)
	}
}
