package groupchat_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"parley/shared/domain/chat"
	"parley/shared/domain/groupchat"
	"parley/shared/domain/groups"
	"parley/shared/domain/timeline"
	"parley/shared/fault"
	"parley/shared/store/schema"
)

// pushedTo returns the users to whom pushes were queued since the last call.
func (f fixture) pushedTo() []string {
	var users []string
	for _, q := range f.PushJobs.Take() {
		for _, d := range q.Job.Devices {
			users = append(users, d.User)
		}
	}
	slices.Sort(users)
	return users
}

// setOption sets the receive option of a member.
func (f fixture) setOption(user string, o groups.ReceiveOption) {
	f.t.Helper()
	f.set(schema.MemberKey(f.ID, "g", user), schema.MemberOption, int64(o))
}

// TestReceiveOptionsAndMentions: what is delivered and pushed to a member follows the member's
// option. A mention of the member, or of all, is in the row or the head.
func TestReceiveOptionsAndMentions(t *testing.T) {
	f := newFixture(t, groups.Public)
	f.seed("account dan", "account fay", "member g dan fay")
	for user, o := range map[string]groups.ReceiveOption{"bob": groups.Silent, "cid": groups.SilentButMentioned, "dan": groups.Discard, "fay": groups.Notify} {
		f.setOption(user, o)
		f.seed("connect "+user+" iPhone i1", "background "+user+" iPhone i1")
	}
	for i, c := range []struct {
		mentions []string
		pushed   string
	}{{nil, "[fay]"}, {[]string{"cid", "dan", "eve"}, "[cid fay]"}, {[]string{""}, "[cid fay]"}} {
		r := f.request("ann", uint32(i))
		r.Mentions = c.mentions
		f.send(r)
		if got := f.posted(); got != "bob cid fay" {
			t.Errorf("mentions %q: delivered to %q", c.mentions, got)
		}
		if got := fmt.Sprint(f.pushedTo()); got != c.pushed {
			t.Errorf("mentions %q: pushed to %s, want %s", c.mentions, got, c.pushed)
		}
	}
	if got := fmt.Sprint(f.mentions("cid"), f.mentions("dan"), f.mentions("bob"), f.head().MentionedAll); got != "[2] [2] [] 3" {
		t.Errorf("got the mentions %s, want [2] [2] [] 3", got)
	}
	for n := range uint32(25) {
		r := f.request("ann", 100+n)
		r.Mentions = []string{"cid"}
		f.send(r)
		f.Clock.Move(time.Second)
	}
	if got := f.mentions("cid"); len(got) != 20 || got[0] != 9 || got[19] != 28 {
		t.Errorf("got the mentions %d, want the newest 20 of 26", got)
	}
	r := f.request("ann", 200)
	r.Mentions = make([]string, groupchat.MaxMentions+2)
	for i := range r.Mentions[1:] {
		r.Mentions[i+1] = fmt.Sprint("u", i)
	}
	if _, err := f.tenant.GroupChat.Send(t.Context(), r); !fault.Is(err, fault.MentionLimit) {
		t.Errorf("31 mentions: got %v, want MentionLimit", err)
	}
	r.Mentions = r.Mentions[:groupchat.MaxMentions+1] // that of all members does not count
	f.send(r)
}

// TestRecallInGroup: a recalled message stays under its number without content, and is not unread,
// neither for its receivers nor, as an own message, for its sender.
func TestRecallInGroup(t *testing.T) {
	f := newFixture(t, groups.Public)
	f.connect("ann", "bob", "cid")
	for random, user := range []string{"ann", "bob", "ann"} {
		f.send(f.request(user, uint32(random)))
	}
	f.tenant.GroupChat.Tip(t.Context(), groups.Group{ID: "g", Type: groups.Public, Active: true}, groups.Tip{Kind: groups.TipJoined, Users: []string{"eve"}, Members: 4})
	f.Posts.Take()
	errs, err := f.tenant.GroupChat.Recall(t.Context(), "g", []int64{3, 4, 9, 0})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []fault.Code{0, fault.NotRecallable, fault.MessageUnknown, fault.MessageUnknown} {
		if (want == 0) != (errs[i] == nil) || (want != 0 && !fault.Is(errs[i], want)) {
			t.Errorf("recall %d: got %v, want %v", i, errs[i], want)
		}
	}
	if got := f.posted(); got != "ann bob cid" {
		t.Errorf("the event was posted to %q", got)
	}
	list := f.history("bob")
	if m := list[2]; !m.Recalled || len(m.Elements) != 0 || m.From != "ann" || m.Offset != 3 {
		t.Errorf("got %+v, want a recalled message", m)
	}
	for range 2 { // a repeat changes nothing
		for user, want := range map[string]int64{"ann": 1, "bob": 1, "cid": 2} {
			if got := f.unread(user); got != want {
				t.Errorf("%s has %d unread messages, want %d", user, got, want)
			}
		}
		if _, err := f.tenant.GroupChat.Recall(t.Context(), "g", []int64{3}); err != nil {
			t.Fatal(err)
		}
	}
	if errs, err := f.tenant.GroupChat.Recall(t.Context(), "g", []int64{1, 2}); err != nil || errs[0] != nil || errs[1] != nil {
		t.Errorf("recall: %v, %v", errs, err)
	}
	if got := f.unread("cid"); got != 0 {
		t.Errorf("cid has %d unread messages, want none", got)
	}
	changes, err := f.tenant.Timeline.Changes(t.Context(), "cid", chat.OfGroup("g"), timeline.LogRange{Limit: 50, Accept: func(timeline.Message) bool { return true }})
	if err != nil || numbers(changes.Messages) != " 1:ann:1 2:bob:2 3:ann:3" {
		t.Errorf("got the changes%s, %v", numbers(changes.Messages), err)
	}
}

// TestEditInGroup: the application and the sender edit a message; lists show the new text of the
// last one.
func TestEditInGroup(t *testing.T) {
	f := newFixture(t, groups.Public)
	f.send(f.request("bob", 1))
	id, key := chat.OfGroup("g"), timeline.KeyOfNumber(1)
	edit := func(by timeline.Actor, from, to string) error {
		_, err := f.tenant.Timeline.Edit(t.Context(), by, from, id, key, timeline.EditRequest{Elements: text(to).Elements})
		return err
	}
	user := timeline.Actor{Issued: f.Clock.Now()}
	if err := edit(timeline.Actor{Trusted: true}, "", "by the application"); err != nil {
		t.Fatal(err)
	}
	if err := edit(user, "bob", "by bob"); err != nil {
		t.Fatal(err)
	}
	if err := edit(user, "cid", "by cid"); !fault.Is(err, fault.MessageUnknown) {
		t.Errorf("cid edits bob's message: %v", err)
	}
	if err := edit(user, "eve", "by eve"); !fault.Is(err, fault.MemberUnknown) {
		t.Errorf("eve edits: %v", err)
	}
	m := f.history("cid")[0]
	if m.Preview() != "by bob" || m.Version != 2 || f.head().Preview != "by bob" {
		t.Errorf("got %+v and the head %+v", m, f.head())
	}
}

// TestDeleteOf: what a user has sent is gone for the members; the numbers stay, and the application
// sees that something was deleted.
func TestDeleteOf(t *testing.T) {
	f := newFixture(t, groups.Public)
	f.connect("cid")
	for random := range uint32(70) {
		f.send(f.request([]string{"bob", "ann"}[random%2], random))
		f.Clock.Move(time.Second)
	}
	f.send(f.request("bob", 100))
	f.Posts.Take()
	for range 2 {
		if err := f.tenant.GroupChat.DeleteOf(t.Context(), "g", "bob"); err != nil {
			t.Fatal(err)
		}
	}
	if got := f.history("cid"); len(got) != 35 || slices.ContainsFunc(got, func(m timeline.Message) bool { return m.From != "ann" }) {
		t.Errorf("cid sees%s, want the 35 messages of ann", numbers(got))
	}
	all := f.history("")
	if len(all) != 71 || !all[70].Deleted || all[70].From != "bob" || all[70].Elements != nil {
		t.Errorf("the application sees %d messages, the last one is %+v", len(all), all[70])
	}
	if got := f.posted(); got != "cid cid" {
		t.Errorf("posted to %q, want two events of at most 32 messages", got)
	}
	if h := f.head(); h.Preview != "" || h.Number != 71 {
		t.Errorf("got the head %+v", h)
	}
	if got := f.send(f.request("bob", 101)); got != 72 {
		t.Errorf("the next message has number %d, want 72", got)
	}
}

// TestClear: the history up to a number is hidden from everybody, and read. The numbers go on.
func TestClear(t *testing.T) {
	f := newFixture(t, groups.Public)
	for random := range uint32(5) {
		f.send(f.request("bob", random))
	}
	if err := f.tenant.GroupChat.Clear(t.Context(), "g", 3); err != nil {
		t.Fatal(err)
	}
	if got := numbers(f.history("ann")); got != " 4:bob:4 5:bob:5" {
		t.Errorf("ann sees%s", got)
	}
	if got := f.unread("ann"); got != 2 || f.head().Preview != "text 4" {
		t.Errorf("ann has %d unread messages, the head is %+v", got, f.head())
	}
	for _, upTo := range []int64{0, 2} {
		if err := f.tenant.GroupChat.Clear(t.Context(), "g", upTo); err != nil {
			t.Fatal(err)
		}
		if got := f.history("ann"); len(got) != 0 || f.unread("ann") != 0 || f.head().Preview != "" {
			t.Errorf("after a clear up to %d: ann sees%s, %d unread, the head is %+v", upTo, numbers(got), f.unread("ann"), f.head())
		}
	}
	if got := f.send(f.request("ann", 9)); got != 6 || numbers(f.history("cid")) != " 6:ann:6" {
		t.Errorf("the next message has number %d, cid sees%s", got, numbers(f.history("cid")))
	}
}

// TestHistoryBeforeTheJoin: a member sees what was sent after the join, unless the group shows more.
func TestHistoryBeforeTheJoin(t *testing.T) {
	f := newFixture(t, groups.Public)
	for random := range uint32(3) {
		f.send(f.request("bob", random))
	}
	f.set(schema.RowKey(f.ID, "cid", chat.OfGroup("g")), schema.RowJoinNumber, 2)
	if got := numbers(f.history("cid")); got != " 3:bob:3" {
		t.Errorf("cid sees%s, want message 3", got)
	}
	f.set(schema.GroupHeadKey(f.ID, "g"), schema.GroupHeadHistory, 1)
	if got := f.history("cid"); len(got) != 3 {
		t.Errorf("cid sees%s, want all", numbers(got))
	}
	if _, err := f.tenant.Timeline.History(t.Context(), timeline.HistoryRange{User: "eve", Chat: chat.OfGroup("g"), Limit: 1}); !fault.Is(err, fault.MemberUnknown) {
		t.Errorf("eve reads: %v, want MemberUnknown", err)
	}
}

// TestNumbers: a range of numbers has what is stored. What was cut is said, and so is what expired.
func TestNumbers(t *testing.T) {
	f := newFixture(t, groups.Public)
	read := func(upTo int64, count int) groupchat.Range {
		t.Helper()
		r, err := f.tenant.GroupChat.Numbers(t.Context(), "g", upTo, count)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := read(0, 5); r.Last >= r.First || r.Cut || r.Expired {
		t.Errorf("an empty group: %+v", r)
	}
	for random := range uint32(30) {
		f.send(f.request("bob", random))
		f.Clock.Move(time.Second)
	}
	for _, c := range []struct {
		upTo           int64
		count          int
		first, last    int64
		cut            bool
		numberOfStored int
	}{{0, 1, 30, 30, false, 1}, {0, 20, 11, 30, false, 20}, {0, 21, 11, 30, true, 20}, {5, 20, 1, 5, false, 5}, {99, 3, 28, 30, false, 3}} {
		r := read(c.upTo, c.count)
		if r.First != c.first || r.Last != c.last || r.Cut != c.cut || len(r.Messages) != c.numberOfStored || r.Messages[0].Offset != c.last || r.Expired {
			t.Errorf("%d up to %d: got %d to %d, cut %t, expired %t,%s", c.count, c.upTo, r.First, r.Last, r.Cut, r.Expired, numbers(r.Messages))
		}
	}
	f.Clock.Move(30*24*time.Hour - 16*time.Second) // the messages up to 15 expire, of the premium edition
	if r := read(20, 20); r.First != 16 || r.Last != 20 || !r.Expired || len(r.Messages) != 5 {
		t.Errorf("after some have expired: %d to %d, expired %t,%s", r.First, r.Last, r.Expired, numbers(r.Messages))
	}
}

// TestImportInGroup: past messages get the next numbers. They must not be older than what is there,
// and everything counts as read.
func TestImportInGroup(t *testing.T) {
	f := newFixture(t, groups.Public)
	g := groups.Group{ID: "g", Created: f.Clock.Now().Unix() - 1000}
	at := func(ago int64, random uint32) groupchat.Import {
		return groupchat.Import{From: "old", Random: random, Time: f.Clock.Now().Unix() - ago, Content: text(fmt.Sprint("past ", random))}
	}
	run := func(shown bool, list ...groupchat.Import) string {
		t.Helper()
		results, err := f.tenant.GroupChat.Import(t.Context(), g, list, shown)
		if err != nil {
			t.Fatal(err)
		}
		out := ""
		for _, r := range results {
			if r.Err != nil {
				out += " " + fault.Of(r.Err).Code.String()
			} else {
				out += fmt.Sprint(" ", r.Seq)
			}
		}
		return out
	}
	list := []groupchat.Import{at(1001, 1), at(500, 2), at(500, 3), at(600, 4), at(-1, 5), at(400, 6)}
	if got := run(false, list...); got != " invalid 1 2 invalid invalid 3" {
		t.Errorf("got%s", got)
	}
	if h := f.head(); h.Number != 3 || h.Shown != 0 || h.Counted != 0 {
		t.Errorf("got the head %+v", h)
	}
	if got := run(true, at(400, 6), at(400, 7)); got != " 3 4" {
		t.Errorf("a repeat: got%s, want 3 for the message that is there", got)
	}
	if h := f.head(); h.Preview != "past 7" || h.ShownMs != (f.Clock.Now().Unix()-400)*1000 {
		t.Errorf("got the head %+v", h)
	}
	f.send(f.request("bob", 1))
	if got := f.unread("cid"); got != 1 {
		t.Errorf("cid has %d unread messages, want 1", got)
	}
	if got := run(false, at(0, 8)); got != " 6" || f.unread("cid") != 0 {
		t.Errorf("got%s, and cid has %d unread messages, want none", got, f.unread("cid"))
	}
}
