package groupchat_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/infra/testkit"
	"parley/shared/app"
	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/groupchat"
	"parley/shared/domain/groups"
	"parley/shared/domain/idempotency"
	"parley/shared/domain/timeline"
	"parley/shared/dynamo"
	"parley/shared/fault"
	"parley/shared/store/schema"
)

// A fixture is a world with the group "g".
type fixture struct {
	*testkit.World
	t      *testing.T
	tenant app.Tenant
}

// newFixture makes a group of a type with the owner ann and the members bob and cid.
func newFixture(t *testing.T, kind groups.Type) fixture {
	t.Helper()
	w := testkit.NewWorld(t, server, testkit.Options{})
	f := fixture{w, t, w.Tenant(t)}
	verb := "group"
	if kind == groups.Work {
		verb = "hidden-group"
	}
	f.seed("account ann Ann", "account bob", "account cid", "account eve", verb+" g "+string(kind)+" ann", "member g bob cid")
	if kind == groups.Work {
		f.set(schema.GroupHeadKey(w.ID, "g"), schema.GroupHeadInactive, 1)
	}
	return f
}

func (f fixture) seed(lines ...string) {
	f.t.Helper()
	if err := f.Seed(f.t.Context(), strings.Join(lines, "\n")); err != nil {
		f.t.Fatal(err)
	}
}

// set writes an attribute of an item, past the store.
func (f fixture) set(key schema.Key, a dynamo.Attribute, value int64) {
	f.t.Helper()
	if err := f.SetAttributes(f.t.Context(), schema.Core, key, dynamo.Item{string(a): dynamo.Num(value)}); err != nil {
		f.t.Fatal(err)
	}
}

func text(s string) content.Content {
	return content.Content{Elements: []content.Element{testkit.Text(s)}}
}

// request is a send of a member.
func (f fixture) request(user string, random uint32) groupchat.SendRequest {
	return groupchat.SendRequest{
		Actor: groupchat.Actor{User: user, Issued: f.Clock.Now()}, Group: "g", Random: random, Content: text(fmt.Sprint("text ", random)),
	}
}

// send sends and returns the number of the message.
func (f fixture) send(r groupchat.SendRequest) int64 {
	f.t.Helper()
	sent, err := f.tenant.GroupChat.Send(f.t.Context(), r)
	if err != nil {
		f.t.Fatalf("send %d: %v", r.Random, err)
	}
	return int64(sent.Seq)
}

func (f fixture) head() groups.Head {
	f.t.Helper()
	h, err := f.Store.GroupChat.Head(f.t.Context(), f.ID, "g")
	if err != nil || h == nil {
		f.t.Fatalf("head: %v, %v", h, err)
	}
	return *h
}

func (f fixture) history(user string) []timeline.Message {
	f.t.Helper()
	h, err := f.tenant.Timeline.History(f.t.Context(), timeline.HistoryRange{User: user, Chat: chat.OfGroup("g"), Limit: 100, Strong: true})
	if err != nil || !h.Complete {
		f.t.Fatalf("history of %q: %v, complete %t", user, err, h.Complete)
	}
	return h.Messages
}

func numbers(list []timeline.Message) string {
	var b strings.Builder
	for _, m := range list {
		fmt.Fprintf(&b, " %d:%s:%d", m.Offset, m.From, m.Counted)
	}
	return b.String()
}

func (f fixture) unread(user string) int64 {
	f.t.Helper()
	rows, err := f.tenant.Inbox.GetConversations(f.t.Context(), user, []chat.ID{chat.OfGroup("g")})
	if err != nil || len(rows) != 1 {
		f.t.Fatalf("row of %s: %v, %v", user, rows, err)
	}
	return rows[0].Unread()
}

// TestNumbersAreConsecutive: messages of members, of the application and tips share one count. Only
// what counts as unread is counted, and a member's own messages are not unread.
func TestNumbersAreConsecutive(t *testing.T) {
	f := newFixture(t, groups.Public)
	excluded := f.request("bob", 2)
	excluded.ExcludedFromUnread = true
	byApplication := f.request("eve", 3)
	byApplication.Trusted = true
	for i, got := range []int64{f.send(f.request("bob", 1)), f.send(excluded), f.send(byApplication)} {
		if want := int64(i + 1); got != want {
			t.Errorf("got number %d, want %d", got, want)
		}
	}
	f.tenant.GroupChat.Tip(t.Context(), groups.Group{ID: "g", Type: groups.Public, Active: true}, groups.Tip{Kind: groups.TipLeft, By: "eve", Members: 3})
	f.send(f.request("ann", 4))
	if got, want := numbers(f.history("")), " 1:bob:1 2:bob:1 3:eve:2 4:eve:2 5:ann:3"; got != want {
		t.Errorf("got%s, want%s", got, want)
	}
	if h := f.head(); h.Number != 5 || h.Counted != 3 || h.Shown != 5 || h.Sender != "ann" || h.Preview != "text 4" {
		t.Errorf("got the head %+v", h)
	}
	for user, want := range map[string]int64{"ann": 2, "bob": 2, "cid": 3} {
		if got := f.unread(user); got != want {
			t.Errorf("%s has %d unread messages, want %d", user, got, want)
		}
	}
}

// TestRepeatsOfSends: within five minutes, a repeat gets the number of the first call, whether the
// sender is a member or not, and however much was sent since.
func TestRepeatsOfSends(t *testing.T) {
	f := newFixture(t, groups.Public)
	outsider := f.request("eve", 7)
	outsider.Trusted = true
	first, other := f.send(f.request("bob", 7)), f.send(outsider)
	if first == other {
		t.Errorf("two senders got the number %d", first)
	}
	for random := range uint32(40) { // more than the row of bob has room for
		f.send(f.request("bob", 100+random))
		f.Clock.Move(5 * time.Second)
	}
	if got := f.send(f.request("bob", 7)); got != first {
		t.Errorf("the repeat of the member got number %d, want %d", got, first)
	}
	if got := f.send(outsider); got != other {
		t.Errorf("the repeat of the other sender got number %d, want %d", got, other)
	}
	for random := range uint32(40) {
		if got, want := f.send(f.request("bob", 100+random)), int64(random)+3; got != want {
			t.Errorf("the repeat of send %d got number %d, want %d", random, got, want)
		}
	}
	f.Clock.Move(groupchat.Window)
	if again, others := f.send(f.request("bob", 7)), f.send(outsider); again != 43 || others != 44 {
		t.Errorf("after the window: got the numbers %d and %d, want 43 and 44", again, others)
	}
}

// TestTakeover: a send that was claimed and not stored is in progress for the time Takeover. Then a repeat
// takes it over. It counts once among the own messages of the sender.
func TestTakeover(t *testing.T) {
	for _, user := range []string{"bob", "eve"} {
		t.Run(user, func(t *testing.T) {
			f := newFixture(t, groups.Public)
			f.send(f.request("ann", 1))
			r := f.request(user, 7)
			r.Trusted = user == "eve"
			f.claim(r)
			f.Clock.Move(groupchat.Takeover - time.Second)
			if _, err := f.tenant.GroupChat.Send(t.Context(), r); !fault.Is(err, fault.Conflict) {
				t.Errorf("a second before: got %v, want Conflict", err)
			}
			f.Clock.Move(time.Second)
			if got := f.send(r); got != 2 {
				t.Errorf("got number %d, want 2", got)
			}
			if got := f.send(r); got != 2 {
				t.Errorf("the repeat got number %d, want 2", got)
			}
			if user == "bob" && f.unread("bob") != 1 {
				t.Errorf("bob has %d unread messages, want that of ann", f.unread("bob"))
			}
		})
	}
}

// claim makes the claim of a send that dies before it stores anything.
func (f fixture) claim(r groupchat.SendRequest) {
	f.t.Helper()
	id := chat.OfGroup("g")
	send := idempotency.PastSend{IdempotencyKey: uint64(r.Random), Time: f.Clock.Now().Unix(), Seq: uint32(f.head().Number)}
	if r.Trusted {
		if _, err := f.Store.GroupChat.ClaimBeside(f.t.Context(), f.ID, r.User, id, send, 0, nil); err != nil {
			f.t.Fatal(err)
		}
		return
	}
	from, err := f.Store.GroupChat.Sender(f.t.Context(), f.ID, "g", r.User, true)
	if err != nil {
		f.t.Fatal(err)
	}
	w := groupchat.ClaimWrite{Group: "g", User: r.User, Seen: from.MemberRow, Sends: append(slices.Clone(from.Sends), send), Counts: true, Now: send.Time}
	if written, _, err := f.Store.GroupChat.WriteClaim(f.t.Context(), f.ID, w); err != nil || !written {
		f.t.Fatalf("claim: %t, %v", written, err)
	}
}

// TestWhoMaySend: each refusal has its fault.
func TestWhoMaySend(t *testing.T) {
	f := newFixture(t, groups.Public)
	trusted := func(user string, own bool) groupchat.SendRequest {
		r := f.request(user, 1)
		r.Trusted, r.Own = true, own
		return r
	}
	refuses := func(what string, r groupchat.SendRequest, want fault.Code) {
		t.Helper()
		if _, err := f.tenant.GroupChat.Send(t.Context(), r); fault.Of(err).Code != want {
			t.Errorf("%s: got %v, want %s", what, err, want)
		}
	}
	refuses("not a member", f.request("eve", 1), fault.MemberUnknown)
	refuses("not an account", trusted("nobody", true), fault.SenderUnknown)
	unknown := f.request("bob", 1)
	unknown.Group = "h"
	refuses("no group", unknown, fault.GroupUnknown)
	unknown.Group = ""
	refuses("no id", unknown, fault.GroupIDInvalid)
	f.set(schema.RowKey(f.ID, "bob", chat.OfGroup("g")), schema.RowMutedUntil, f.Clock.Now().Unix()+1)
	refuses("muted", f.request("bob", 1), fault.GroupMuted)
	refuses("muted, by the application in the user's name", trusted("bob", false), fault.GroupMuted)
	f.set(schema.GroupHeadKey(f.ID, "g"), schema.GroupHeadMuteAll, 1)
	refuses("all muted", f.request("cid", 1), fault.GroupMuted)
	refuses("all muted, not a member", trusted("eve", false), fault.GroupMuted)
	if got := f.send(f.request("ann", 1)); got != 1 {
		t.Errorf("the owner: number %d", got)
	}
	if got := f.send(trusted("eve", true)); got != 2 {
		t.Errorf("the application: number %d", got)
	}
	f.set(schema.AccountKey(f.ID, "ann"), schema.AccountGroupsMutedUntil, f.Clock.Now().Unix()+1)
	refuses("muted in all groups", f.request("ann", 2), fault.Muted)
	f.set(schema.GroupHeadKey(f.ID, "g"), schema.GroupHeadDestroyed, 1)
	refuses("destroyed", trusted("eve", true), fault.GroupUnknown)
}

// TestActivation: a group of colleagues is hidden until its owner, or the application, sends.
func TestActivation(t *testing.T) {
	f := newFixture(t, groups.Work)
	if _, err := f.tenant.GroupChat.Send(t.Context(), f.request("bob", 1)); !fault.Is(err, fault.NotPermitted) {
		t.Errorf("a member sends first: got %v, want NotPermitted", err)
	}
	f.tenant.GroupChat.Tip(t.Context(), groups.Group{ID: "g", Type: groups.Work}, groups.Tip{Kind: groups.TipJoined, Users: []string{"eve"}})
	if got := f.send(f.request("ann", 1)); got != 1 {
		t.Errorf("the owner's message has number %d, want 1: nothing is told of a group that is not active", got)
	}
	list, err := f.Store.Groups.Groups(t.Context(), f.ID, []string{"g"})
	if err != nil || !list[0].Active || f.head().Inactive {
		t.Errorf("after the message: profile %+v (%v), head %+v", list[0], err, f.head())
	}
	if got := f.send(f.request("bob", 2)); got != 2 {
		t.Errorf("bob's message has number %d", got)
	}
}

// TestRate: of the messages of a second, 40 are stored if their priority is high, 36 if it is
// normal, and 24 if it is low. The others are dropped, and their senders get no error. A repeat of a
// message that is stored is not dropped.
func TestRate(t *testing.T) {
	for priority, want := range map[timeline.Priority]int{timeline.High: 40, timeline.Normal: 36, 0: 36, timeline.Low: 24} {
		f := newFixture(t, groups.Public)
		stored := 0
		for random := range uint32(45) {
			r := f.request("bob", random)
			r.Priority = priority
			sent, err := f.tenant.GroupChat.Send(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			if !sent.Dropped {
				stored++
			}
		}
		if stored != want || f.head().Number != int64(want) {
			t.Errorf("priority %d: %d are stored, want %d", priority, stored, want)
		}
		if got := f.send(f.request("bob", 3)); got != 4 {
			t.Errorf("priority %d: the repeat has number %d, want 4", priority, got)
		}
		f.Clock.Move(time.Second)
		r := f.request("bob", 100)
		if got := f.send(r); got != int64(want)+1 {
			t.Errorf("priority %d: a second later the message has number %d, want %d", priority, got, want+1)
		}
	}
}

// TestDirectedMessages: only their receivers and their sender see them. They do not count as unread,
// and lists do not show them.
func TestDirectedMessages(t *testing.T) {
	f := newFixture(t, groups.Public)
	f.connect("ann", "bob", "cid")
	f.send(f.request("cid", 1))
	f.Posts.Take()
	r := f.request("ann", 2)
	r.Receivers, r.Mentions = []string{"bob", "eve"}, []string{"bob", "cid"}
	f.send(r)
	if got, want := f.posted(), "ann bob"; got != want {
		t.Errorf("posted to %q, want %q", got, want)
	}
	for user, want := range map[string]int{"ann": 2, "bob": 2, "cid": 1, "": 2} {
		if got := f.history(user); len(got) != want {
			t.Errorf("%q sees%s, want %d messages", user, numbers(got), want)
		}
	}
	if f.unread("bob") != 1 || f.head().Preview != "text 1" || f.head().Number != 2 {
		t.Errorf("bob has %d unread messages, the head is %+v", f.unread("bob"), f.head())
	}
	if got := f.mentions("cid"); got != nil {
		t.Errorf("cid is mentioned by a message that is not for cid: %d", got)
	}
	r.Receivers = make([]string, groupchat.MaxReceivers+1)
	if _, err := f.tenant.GroupChat.Send(t.Context(), r); !fault.Is(err, fault.BatchTooLarge) {
		t.Errorf("got %v, want BatchTooLarge", err)
	}
}

func (f fixture) connect(users ...string) {
	f.t.Helper()
	for _, user := range users {
		if err := f.Connect(f.t.Context(), f.tenant, user, "Web", "w1"); err != nil {
			f.t.Fatal(err)
		}
	}
}

// posted returns the users to whose devices something was posted since the last call.
func (f fixture) posted() string {
	var users []string
	for _, p := range f.Posts.Take() {
		user, _, _ := strings.Cut(p.Connection, "/")
		users = append(users, user)
	}
	slices.Sort(users)
	return strings.Join(users, " ")
}

func (f fixture) mentions(user string) []int64 {
	list := f.Item(f.t, schema.Core, schema.RowKey(f.ID, user, chat.OfGroup("g"))).IntSet(schema.RowMentions)
	slices.Sort(list)
	return list
}
