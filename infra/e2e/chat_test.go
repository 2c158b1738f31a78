package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/coder/websocket"
)

// sent is the body of the answer of message.send.
type sent struct {
	Key     string `json:"MsgKey"`
	Seq     uint32 `json:"MsgSeq"`
	Time    int64  `json:"MsgTime"`
	Ordinal int64
}

// readEvent is the body of the event message.read.
type readEvent struct {
	Reader      string `json:"From_Account"`
	Peer        string `json:"To_Account"`
	ReadOrdinal int64
	Unread      *int64
	TimeMs      int64
}

// chat has the users of TestChat: two users with two devices each.
type chat struct {
	*app
	phone, web       *device // alice's
	desktop, browser *device // bob's
}

func (c chat) devices() []*device { return []*device{c.phone, c.web, c.desktop, c.browser} }

// waitForTexts waits until each device has exactly the messages with these texts.
func (c chat) waitForTexts(t *testing.T, texts []string, devices ...*device) {
	t.Helper()
	for _, d := range devices {
		peer := "bob"
		if d.user == "bob" {
			peer = "alice"
		}
		eventually(t, fmt.Sprintf("%s has %v", d, texts), func() bool { return slices.Equal(d.inbox.texts(peer), texts) })
	}
}

// TestChat lets two users chat from two devices each, over HTTP, over WebSockets and
// through the server API. They read messages, and one device is offline for a while.
func TestChat(t *testing.T) {
	shared.failOnFault(t)
	a := newApp(t, shared.endpoints(), nil, "alice", "bob")
	c := chat{
		app: a, phone: a.device(t, "alice", "iPhone", "a-phone"), web: a.device(t, "alice", "Web", "a-web"),
		desktop: a.device(t, "bob", "Windows", "b-desktop"), browser: a.device(t, "bob", "Web", "b-browser"),
	}
	ctx := deadline(t)
	var ack sent
	// With these numbers, messages have the same order whether or not they fall into the
	// same second.
	random := map[string]int{"alice": 7, "bob": 8}
	say := func(from *device, to, words string, seq uint32) sent {
		t.Helper()
		ack = sent{}
		if err := from.call(ctx, "message.send", fields{"To_Account": to, "MsgSeq": seq, "MsgRandom": random[from.user], "MsgBody": text(words)}, &ack); err != nil {
			t.Fatalf("%s sends %q: %v", from, words, err)
		}
		if ack.Seq != seq || ack.Key != fmt.Sprintf("%d_%d_%d", seq, random[from.user], ack.Time) {
			t.Fatalf("%s sends %q: got %+v", from, words, ack)
		}
		return ack
	}

	// Over the WebSocket, in both directions. The device that sends gets no frame.
	first := say(c.phone, "bob", "one", 1)
	if first.Ordinal != 1 {
		t.Errorf("the first message: got offset %d, want 1", first.Ordinal)
	}
	c.waitForTexts(t, []string{"one"}, c.web, c.desktop, c.browser)
	if got := say(c.browser, "alice", "two", 1).Ordinal; got != 1 {
		t.Errorf("the first message of the other direction: got offset %d, want 1", got)
	}
	c.waitForTexts(t, []string{"one", "two"}, c.web)
	c.waitForTexts(t, []string{"two"}, c.phone)
	c.waitForTexts(t, []string{"one", "two"}, c.desktop)
	c.waitForTexts(t, []string{"one"}, c.browser)

	// Over HTTP, first with an instance, whose device gets no frame, then without one.
	if err := a.call(ctx, "alice", "a-phone", "message.send", fields{"To_Account": "bob", "MsgSeq": 2, "MsgRandom": 7, "MsgBody": text("three"), "CloudCustomData": "extra"}, &ack); err != nil || ack.Ordinal != 2 {
		t.Fatalf("over HTTP: got %+v, %v, want offset 2", ack, err)
	}
	c.waitForTexts(t, []string{"one", "two", "three"}, c.web, c.desktop)
	c.waitForTexts(t, []string{"one", "three"}, c.browser)
	if err := a.call(ctx, "bob", "", "message.send", fields{"To_Account": "alice", "MsgSeq": 2, "MsgRandom": 8, "MsgBody": text("four")}, &ack); err != nil || ack.Ordinal != 2 {
		t.Fatalf("over HTTP: got %+v, %v, want offset 2", ack, err)
	}
	c.waitForTexts(t, []string{"one", "two", "three", "four"}, c.web, c.desktop)
	c.waitForTexts(t, []string{"one", "three", "four"}, c.browser)
	c.waitForTexts(t, []string{"two", "four"}, c.phone)

	// A repeat over HTTP of a send over the WebSocket has the same answer, and no device
	// gets a new message.
	again := sent{}
	if err := a.call(ctx, "alice", "a-phone", "message.send", fields{"To_Account": "bob", "MsgSeq": 1, "MsgRandom": 7, "MsgBody": text("one")}, &again); err != nil || again != first {
		t.Errorf("a repeat over HTTP: got %+v, %v, want %+v", again, err, first)
	}

	sendByREST(t, c)
	c.waitForTexts(t, []string{"one", "two", "three", "four", "five", "six"}, c.web)
	c.waitForTexts(t, []string{"one", "two", "three", "four", "five", "six", "seven"}, c.desktop)

	// By sync and history, devices get the messages of which they got no frame.
	want := []string{"one", "two", "three", "four", "five", "six", "seven"}
	for i, d := range c.devices() {
		peer, call := "bob", callFunc(d.call)
		if d.user == "bob" {
			peer = "alice"
		}
		if i%2 == 1 {
			call = a.overHTTP(d)
		}
		if _, err := d.inbox.sync(ctx, call); err != nil {
			t.Fatalf("sync of %s: %v", d, err)
		}
		if got := d.inbox.texts(peer); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", d, got, want)
		}
	}
	checkReading(t, c)
	checkHistoryPages(t, c)
	checkOfflineDevice(t, c)
	for _, d := range c.devices() {
		d.inbox.checkConsistent(t)
		for _, f := range d.allFrames() {
			if f.GatewayError != "" {
				t.Errorf("%s: got an error of API Gateway: %s", d, f.raw)
			}
		}
	}
}

// overHTTP calls operations over HTTP, as a device does.
func (a *app) overHTTP(d *device) callFunc { return a.overHTTPAs(d.user, d.instance) }

// sendByREST lets the backend send in the name of alice: with SyncOtherMachine 1 to the
// devices of both users, without it to those of bob only.
func sendByREST(t *testing.T, c chat) {
	var reply struct {
		MsgKey, MsgID string
		MsgTime       int64
	}
	send := func(words string, seq, sync int) {
		t.Helper()
		in := fields{"From_Account": "alice", "To_Account": "bob", "MsgSeq": seq, "MsgRandom": 9, "MsgBody": text(words)}
		if sync != 0 {
			in["SyncOtherMachine"] = sync
		}
		if err := c.v4("openim/sendmsg", in, &reply); err != nil {
			t.Fatalf("sendmsg %q: %v", words, err)
		}
		if want := fmt.Sprintf("%d_9_%d", seq, reply.MsgTime); reply.MsgKey != want {
			t.Errorf("sendmsg %q: got key %s, want %s", words, reply.MsgKey, want)
		}
	}
	send("five", 5, 1)
	c.waitForTexts(t, []string{"one", "two", "three", "four", "five"}, c.web, c.desktop)
	c.waitForTexts(t, []string{"two", "four", "five"}, c.phone)
	send("six", 6, 1)
	c.waitForTexts(t, []string{"two", "four", "five", "six"}, c.phone)
	// Without SyncOtherMachine: in alice's history, not delivered to her devices.
	send("seven", 7, 0)
	c.waitForTexts(t, []string{"one", "three", "four", "five", "six", "seven"}, c.browser)
	for _, d := range []*device{c.phone, c.web} {
		if slices.Contains(d.inbox.texts("bob"), "seven") {
			t.Errorf("%s received a message without SyncOtherMachine", d)
		}
	}
}

// checkReading lets bob read and checks that the read cursor reaches the devices of alice
// and the other device of bob.
func checkReading(t *testing.T, c chat) {
	ctx := deadline(t)
	// alice sent one, three, five, six, seven: offsets 1 to 5.
	c.unread(t, "bob", "alice", 5)
	if r := c.browser.inbox.row("alice"); r.Unread != 5 || r.ReadOrdinal != 0 || r.InOrdinal != 5 || r.OutOrdinal != 2 {
		t.Errorf("bob's row: got %+v", r)
	}
	var reply struct{ ReadOrdinal, Unread int64 }
	read := func(d *device, request fields, offset, unread int64) {
		t.Helper()
		request["To_Account"] = "alice"
		if err := d.call(ctx, "message.read", request, &reply); err != nil || reply.ReadOrdinal != offset || reply.Unread != unread {
			t.Fatalf("message.read %v: got %+v, %v, want %d and %d", request, reply, err, offset, unread)
		}
	}
	read(c.browser, fields{"Ordinal": 2}, 2, 3)
	c.checkReadEvents(t, 2, 3)
	c.unread(t, "bob", "alice", 3)
	// To read up to a lower offset changes nothing and delivers nothing.
	read(c.browser, fields{"Ordinal": 1}, 2, 3)
	// To read everything, from the desktop over HTTP: now the browser gets the event.
	if err := c.call(ctx, "bob", "b-desktop", "message.read", fields{"To_Account": "alice"}, &reply); err != nil || reply.ReadOrdinal != 5 || reply.Unread != 0 {
		t.Fatalf("message.read over HTTP: got %+v, %v", reply, err)
	}
	eventually(t, "the event message.read reaches the other devices", func() bool {
		return len(c.browser.events("message.read")) == 1 && len(c.phone.events("message.read")) == 2 && len(c.web.events("message.read")) == 2
	})
	if n := len(c.desktop.events("message.read")); n != 1 {
		t.Errorf("bob's desktop: got %d events, want only the one that the browser caused", n)
	}
	c.unread(t, "bob", "alice", 0)
	// The backend reads for alice: both of her devices get the event.
	if err := c.v4("openim/admin_set_msg_read", fields{"Report_Account": "alice", "Peer_Account": "bob"}, nil); err != nil {
		t.Fatal(err)
	}
	eventually(t, "alice's events", func() bool {
		return len(c.phone.events("message.read")) == 3 && len(c.web.events("message.read")) == 3 &&
			len(c.browser.events("message.read")) == 2 && len(c.desktop.events("message.read")) == 2
	})
	c.unread(t, "alice", "bob", 0)
	// A device that got no event learns the read cursors by sync.
	for _, u := range []struct {
		user, peer        string
		read, peer1, in1  int64
		outgoing, unread1 int64
	}{{"bob", "alice", 5, 2, 5, 2, 0}, {"alice", "bob", 2, 5, 2, 5, 0}} {
		b := newInbox(u.user)
		rows, err := b.sync(ctx, c.overHTTPAs(u.user, "fresh"))
		if err != nil || len(rows) != 1 {
			t.Fatalf("sync of %s: got %+v, %v", u.user, rows, err)
		}
		r := rows[0]
		if r.Peer != u.peer || r.ReadOrdinal != u.read || r.PeerReadOrdinal != u.peer1 || r.InOrdinal != u.in1 || r.OutOrdinal != u.outgoing || r.Unread != u.unread1 {
			t.Errorf("sync of %s: got %+v, want %+v", u.user, r, u)
		}
	}
}

// checkReadEvents waits for the events that bob's browser caused by reading.
func (c chat) checkReadEvents(t *testing.T, offset, unread int64) {
	t.Helper()
	for _, d := range []*device{c.phone, c.web, c.desktop} {
		eventually(t, "message.read on "+d.String(), func() bool { return len(d.events("message.read")) == 1 })
		var m readEvent
		if err := json.Unmarshal(d.events("message.read")[0].Body, &m); err != nil {
			t.Fatal(err)
		}
		if m.Reader != "bob" || m.Peer != "alice" || m.ReadOrdinal != offset || m.TimeMs == 0 {
			t.Errorf("%s: got %+v", d, m)
		}
		switch own := d.user == "bob"; {
		case own && (m.Unread == nil || *m.Unread != unread):
			t.Errorf("%s: got %v unread, want %d", d, m.Unread, unread)
		case !own && m.Unread != nil:
			t.Errorf("%s: the peer gets the count of unread messages: %d", d, *m.Unread)
		}
	}
}

// unread checks that the server API and a list of conversations have the same count of
// unread messages.
func (c chat) unread(t *testing.T, user, peer string, want int64) {
	t.Helper()
	total := struct {
		All int64 `json:"AllC2CUnreadMsgNum"`
	}{-1}
	if err := c.v4("openim/get_c2c_unread_msg_num", fields{"To_Account": user}, &total); err != nil || total.All != want {
		t.Errorf("unread of %s by REST: got %v, %v, want %d", user, total.All, err, want)
	}
	var one struct {
		List []struct {
			Peer   string `json:"Peer_Account"`
			Unread int64  `json:"C2CUnreadMsgNum"`
		} `json:"C2CUnreadMsgNumList"`
	}
	if err := c.v4("openim/get_c2c_unread_msg_num", fields{"To_Account": user, "Peer_Account": []string{peer}}, &one); err != nil || len(one.List) != 1 || one.List[0].Unread != want || one.List[0].Peer != peer {
		t.Errorf("unread of %s from %s by REST: got %+v, %v, want %d", user, peer, one.List, err, want)
	}
	var list struct {
		Conversations []row
		Complete      bool
	}
	if err := c.call(deadline(t), user, "", "conversation.list", fields{}, &list); err != nil || len(list.Conversations) != 1 || !list.Complete {
		t.Fatalf("conversation.list of %s: got %+v, %v", user, list, err)
	}
	if r := list.Conversations[0]; r.Peer != peer || r.Unread != want || r.LastMsg == nil || r.LastMsg.Preview == "" {
		t.Errorf("conversation.list of %s: got %+v, want %d unread from %s", user, r, want, peer)
	}
}

// checkHistoryPages reads a conversation in pages of three messages, and then what lies
// between two keys.
func checkHistoryPages(t *testing.T, c chat) {
	ctx := deadline(t)
	whole := c.desktop.inbox.keys("alice")
	var got []string
	until, rounds := "", 0
	for complete := false; !complete; rounds++ {
		list, done, next, err := history(ctx, c.desktop.call, "alice", "", until, 3)
		if err != nil || rounds > 5 {
			t.Fatalf("page %d: %v", rounds, err)
		}
		keys := make([]string, len(list))
		for i, m := range list {
			keys[i] = m.Key
		}
		got = append(keys, got...)
		until, complete = next, done
	}
	if !slices.Equal(got, whole) || rounds < 3 {
		t.Errorf("history in %d pages: got %v, want %v", rounds, got, whole)
	}
	list, complete, _, err := history(ctx, c.overHTTP(c.web), "bob", whole[1], whole[4], 20)
	if err != nil || !complete || len(list) != 2 || list[0].Key != whole[2] || list[1].Key != whole[3] {
		t.Errorf("between two keys: got %+v, complete %t, %v, want %v", list, complete, err, whole[2:4])
	}
}

// checkOfflineDevice lets bob's desktop miss more than one page of history and connect
// again.
func checkOfflineDevice(t *testing.T, c chat) {
	ctx := deadline(t)
	c.desktop.cutConnection()
	const missed = 130
	calls := make(chan error, missed)
	for i := range missed {
		go func() {
			from, to := "alice", "bob"
			if i%3 == 0 {
				from, to = to, from
			}
			send := fields{"To_Account": to, "MsgSeq": 1000 + i, "MsgRandom": i, "MsgBody": text(fmt.Sprintf("missed %d", i))}
			var err error
			// On a busy machine not every send gets its turn in the 6 s of a call. It is refused
			// as busy, and a client sends again.
			_ = await(ctx, maxWait, func() bool {
				err = c.call(ctx, from, "elsewhere", "message.send", send, nil)
				return codeOf(err) != 60007
			})
			calls <- err
		}()
	}
	for range missed {
		if err := <-calls; err != nil {
			t.Fatal(err)
		}
	}
	before := len(c.desktop.inbox.keys("alice"))
	if err := c.desktop.connect(ctx); err != nil {
		t.Fatal(err)
	}
	rows, err := c.desktop.inbox.sync(ctx, c.desktop.call)
	if err != nil || len(rows) != 1 {
		t.Fatalf("sync after being offline: got %+v, %v", rows, err)
	}
	want := storedKeys(t, c.app, "alice", "bob")
	if len(want) != before+missed {
		t.Errorf("stored: got %d messages, want %d", len(want), before+missed)
	}
	c.desktop.inbox.checkComplete(t, c.desktop.String(), "alice", want)
	// The devices that stayed connected got every frame once.
	for _, d := range []*device{c.phone, c.web, c.browser} {
		peer := "bob"
		if d.user == "bob" {
			peer = "alice"
		}
		eventually(t, d.String()+" has everything", func() bool { return len(d.inbox.gaps(peer)) == 0 && len(d.inbox.keys(peer)) == len(want) })
		d.inbox.checkComplete(t, d.String(), peer, want)
		if n := d.inbox.repeated(); n > 1 { // TestChat itself repeats one send
			t.Errorf("%s: got %d repeats", d, n)
		}
	}
	c.desktop.mu.Lock()
	conn := c.desktop.conn
	c.desktop.mu.Unlock()
	if err := conn.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Errorf("a normal close: %v", err)
	}
}

// overHTTPAs calls operations over HTTP, as an instance of a user.
func (a *app) overHTTPAs(user, instance string) callFunc {
	return func(ctx context.Context, action string, in, out any) error {
		return a.call(ctx, user, instance, action, in, out)
	}
}

// TestSameNumbers sends many messages with the same MsgSeq and MsgRandom in the same
// second, from both users. Each one is stored, and reaches every device.
func TestSameNumbers(t *testing.T) {
	shared.failOnFault(t)
	a := newApp(t, shared.endpoints(), nil, "alice", "bob")
	devices := []*device{a.device(t, "alice", "Web", "a-web"), a.device(t, "bob", "Web", "b-web")}
	const each = 8
	type outcome struct {
		words, key string
		err        error
	}
	done := make(chan outcome)
	for i := range each {
		for _, from := range []string{"alice", "bob"} {
			to := map[string]string{"alice": "bob", "bob": "alice"}[from]
			words := fmt.Sprintf("%s %d", from, i)
			for range 2 { // the same call twice makes one message
				go func() {
					var ack sent
					err := a.call(deadline(t), from, "", "message.send", fields{"To_Account": to, "MsgSeq": 1, "MsgRandom": 1, "MsgBody": text(words)}, &ack)
					done <- outcome{words, ack.Key, err}
				}()
			}
		}
	}
	keys := map[string]string{}
	for range 4 * each {
		o := <-done
		if before, again := keys[o.words]; o.err != nil || again && before != o.key {
			t.Errorf("%s: got %s and %s, %v", o.words, before, o.key, o.err)
		}
		keys[o.words] = o.key
	}
	want := storedKeys(t, a, "alice", "bob")
	if len(want) != 2*each {
		t.Errorf("%d messages are stored, want %d: %v", len(want), 2*each, want)
	}
	for i, d := range devices {
		peer := []string{"bob", "alice"}[i]
		eventually(t, d.String()+" has everything", func() bool { return len(d.inbox.keys(peer)) == 2*each })
		d.inbox.checkComplete(t, d.String(), peer, want)
		for _, m := range d.inbox.timeline(peer) {
			if keys[m.text()] != m.Key {
				t.Errorf("%s: %q has the key %s, it was acknowledged as %s", d, m.text(), m.Key, keys[m.text()])
			}
		}
	}
}

// storedKeys reads the keys of a conversation, in order, as a backend does.
func storedKeys(t *testing.T, a *app, user, peer string) []string {
	t.Helper()
	var keys []string
	last := ""
	for {
		in := fields{"Operator_Account": user, "Peer_Account": peer, "MaxCnt": 100, "MinTime": 0, "MaxTime": 4294967295}
		if last != "" {
			in["LastMsgKey"] = last
		}
		var page struct {
			Complete   int
			MsgCnt     int
			LastMsgKey string
			MsgList    []struct{ MsgKey string }
		}
		if err := a.v4("openim/admin_getroammsg", in, &page); err != nil {
			t.Fatalf("admin_getroammsg: %v", err)
		}
		if page.MsgCnt != len(page.MsgList) {
			t.Errorf("admin_getroammsg: MsgCnt %d, and %d messages", page.MsgCnt, len(page.MsgList))
		}
		part := make([]string, len(page.MsgList))
		for i, m := range page.MsgList {
			part[i] = m.MsgKey
		}
		keys = append(part, keys...)
		if last = page.LastMsgKey; page.Complete == 1 {
			return keys
		}
	}
}
