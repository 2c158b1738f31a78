package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
)

// groupMessage is a message of a group, in an event and in a history.
type groupMessage struct {
	Group string `json:"GroupId"`
	From  string `json:"From_Account"`
	Seq   int64  `json:"MsgSeq"`
	Body  []struct {
		Content struct{ Text string } `json:"MsgContent"`
	} `json:"MsgBody"`
	Tip   *struct{ Type int } `json:"Tip"`
	Flags int                 `json:"MsgFlagBits"`
}

// text is what the message says: its text, or the number of its tip.
func (m groupMessage) text() string {
	switch {
	case m.Tip != nil:
		return fmt.Sprintf("tip %d", m.Tip.Type)
	case len(m.Body) == 0:
		return "recalled"
	}
	return m.Body[0].Content.Text
}

// notices returns the types of the notices about a group that a device has received.
func (d *device) notices(group string) []int {
	var list []int
	for _, f := range d.events("group.notice") {
		var n struct {
			Type  int
			Group string `json:"GroupId"`
		}
		if json.Unmarshal(f.Body, &n) == nil && n.Group == group {
			list = append(list, n.Type)
		}
	}
	return list
}

// groupMessages returns the messages of a group that a device has received by frames, by number. A
// message that came twice must be the same.
func (d *device) groupMessages(t *testing.T, group string) map[int64]groupMessage {
	t.Helper()
	list := make(map[int64]groupMessage)
	for _, f := range d.events("message.new") {
		var m groupMessage
		if err := json.Unmarshal(f.Body, &m); err != nil || m.Group != group {
			continue
		}
		if old, again := list[m.Seq]; again && (old.From != m.From || old.text() != m.text()) {
			t.Errorf("%s received two messages %d: %q and %q", d, m.Seq, old.text(), m.text())
		}
		list[m.Seq] = m
	}
	return list
}

// groupHistory returns the whole history of a group as a user sees it, page by page.
func (d *device) groupHistory(t *testing.T, group string) []groupMessage {
	t.Helper()
	var all []groupMessage
	request := fields{"GroupId": group, "Limit": 50}
	for {
		var page struct {
			List     []groupMessage `json:"GroupMsgList"`
			Complete bool
			Next     string
		}
		if err := d.call(deadline(t), "message.history", request, &page); err != nil {
			t.Fatalf("history of %s: %v", d, err)
		}
		all = append(page.List, all...)
		if page.Complete {
			return all
		}
		request["To"] = page.Next
	}
}

// do calls an operation and fails the test if it is refused.
func (d *device) do(t *testing.T, action string, in fields) {
	t.Helper()
	if err := d.call(deadline(t), action, in, nil); err != nil {
		t.Fatalf("%s calls %s %v: %v", d, action, in, err)
	}
}

// TestGroup lets users create a group, join it, and write to it at the same time. Each message has a
// number of its own, and every device ends with all of them. Then the owner destroys the group.
func TestGroup(t *testing.T) {
	shared.failOnFault(t)
	a := newApp(t, shared.endpoints(), nil, "alice", "bob", "carol")
	alice, bob, carol := a.device(t, "alice", "iPhone", "a"), a.device(t, "bob", "Web", "b"), a.device(t, "carol", "Windows", "c")

	alice.do(t, "group.create", fields{"Type": "Public", "Name": "Chess", "GroupId": "chess", "MemberList": []string{"bob"}})
	eventually(t, "bob is notified of the group", func() bool {
		return slices.Contains(bob.notices("chess"), 7) && bob.groupMessages(t, "chess")[1].text() == "tip 1"
	})

	// Carol asks to join, and alice accepts.
	carol.do(t, "group.join", fields{"GroupId": "chess", "RemarkInfo": "I play"})
	eventually(t, "alice is notified of the request", func() bool { return slices.Contains(alice.notices("chess"), 1) })
	alice.do(t, "group.approve", fields{"GroupId": "chess", "User_Account": "carol"})
	eventually(t, "carol is notified of the answer", func() bool { return slices.Contains(carol.notices("chess"), 2) })

	// Three members write at the same time.
	const each = 15
	var wg sync.WaitGroup
	for _, d := range []*device{alice, bob, carol} {
		wg.Go(func() {
			for i := range each {
				request := fields{"GroupId": "chess", "MsgRandom": i + 1, "MsgBody": text(fmt.Sprintf("%s %d", d.user, i))}
				if err := d.call(deadline(t), "message.send", request, nil); err != nil {
					t.Errorf("%s sends %d: %v", d, i, err)
				}
			}
		})
	}
	wg.Wait()
	last := int64(2 + 3*each)
	history := alice.groupHistory(t, "chess")
	if int64(len(history)) != last {
		t.Fatalf("the history has %d messages, want %d", len(history), last)
	}
	for i, m := range history {
		if m.Seq != int64(i+1) {
			t.Fatalf("message %d has the number %d", i+1, m.Seq)
		}
	}
	for _, d := range []*device{alice, bob, carol} {
		eventually(t, fmt.Sprintf("%s has all messages of the others", d), func() bool {
			got := d.groupMessages(t, "chess")
			return !slices.ContainsFunc(history[2:], func(m groupMessage) bool { return m.From != d.user && got[m.Seq].text() != m.text() })
		})
	}
	if got := carol.groupHistory(t, "chess"); len(got) != 3*each+1 || got[0].Seq != 2 {
		t.Errorf("carol, who joined with message 2, sees %d messages", len(got))
	}

	// Bob reads all, and alice takes a message back.
	var read struct{ ReadOrdinal, Unread int64 }
	if err := bob.call(deadline(t), "message.read", fields{"GroupId": "chess"}, &read); err != nil || read.ReadOrdinal != last || read.Unread != 0 {
		t.Errorf("bob reads: got %+v, %v, want number %d and nothing unread", read, err, last)
	}
	mine := slices.IndexFunc(history, func(m groupMessage) bool { return m.From == "alice" && m.Tip == nil })
	alice.do(t, "message.recall", fields{"GroupId": "chess", "MsgKey": fmt.Sprint(history[mine].Seq)})
	eventually(t, "bob is notified of the recall", func() bool { return len(bob.events("message.recalled")) == 1 })
	if got := bob.groupHistory(t, "chess")[mine].text(); got != "recalled" {
		t.Errorf("the recalled message says %q", got)
	}

	alice.do(t, "group.destroy", fields{"GroupId": "chess"})
	for _, d := range []*device{alice, bob, carol} {
		eventually(t, fmt.Sprintf("%s is notified that the group is destroyed", d), func() bool { return slices.Contains(d.notices("chess"), 5) })
		err := d.call(deadline(t), "message.send", fields{"GroupId": "chess", "MsgRandom": 99, "MsgBody": text("late")}, nil)
		if codeOf(err) != 10010 {
			t.Errorf("%s writes to the destroyed group: %v, want 10010", d, err)
		}
	}
}

// TestLargeGroup sends to a group of over 100 members: a worker delivers the message to the devices of
// the members who are online, and to nobody else.
func TestLargeGroup(t *testing.T) {
	shared.failOnFault(t)
	users := []string{"alice", "outsider"}
	for i := range 120 {
		users = append(users, fmt.Sprintf("u%d", i))
	}
	a := newApp(t, shared.endpoints(), fields{"LoginPolicy": "multi", "Edition": "premium"}, users...)
	if err := a.v4("group_open_http_svc/create_group", fields{"Type": "Public", "Name": "Large", "GroupId": "large", "Owner_Account": "alice"}, nil); err != nil {
		t.Fatal(err)
	}
	for part := range slices.Chunk(users[2:], 60) {
		var list []fields
		for _, user := range part {
			list = append(list, fields{"Member_Account": user})
		}
		if err := a.v4("group_open_http_svc/add_group_member", fields{"GroupId": "large", "MemberList": list, "Silence": 1}, nil); err != nil {
			t.Fatal(err)
		}
	}
	alice, outsider := a.device(t, "alice", "Web", "a"), a.device(t, "outsider", "Web", "o")
	online := []*device{a.device(t, "u0", "Web", "x"), a.device(t, "u59", "iPhone", "y"), a.device(t, "u119", "Windows", "z")}
	for i := range 3 {
		alice.do(t, "message.send", fields{"GroupId": "large", "MsgRandom": i + 1, "MsgBody": text(fmt.Sprint("hello ", i))})
	}
	for _, d := range online {
		eventually(t, fmt.Sprintf("%s has the messages", d), func() bool {
			got := d.groupMessages(t, "large")
			return len(got) == 3 && got[1].text() == "hello 0" && got[2].text() == "hello 1" && got[3].text() == "hello 2"
		})
	}
	if n := len(outsider.events("message.new")); n > 0 {
		t.Errorf("a user who is not a member has received %d messages", n)
	}
}
