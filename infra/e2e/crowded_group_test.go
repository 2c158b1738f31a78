package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// crowdMembers is how many members the group has. PARLEY_E2E_MEMBERS is another number, for example
// 6000, the most that a group may have. Every second member is online.
const crowdMembers = 1000

// TestCrowdedGroup sends to a group with very many members. Every member who is online receives every
// message, without a sync, and nobody else receives anything.
func TestCrowdedGroup(t *testing.T) {
	t.Parallel()
	members := crowdMembers
	if given := os.Getenv("PARLEY_E2E_MEMBERS"); given != "" {
		var err error
		if members, err = strconv.Atoi(given); err != nil {
			t.Fatal(err)
		}
	}
	c := newStateDir(t).start(t, "-memory")
	users := make([]string, members)
	for i := range users {
		users[i] = fmt.Sprintf("u%04d", i)
	}
	settings := fields{"LoginPolicy": "multi", "Edition": "premium", "Override": fields{"GroupMembers": 6000}}
	a := newApp(t, c.app().endpoints, settings, append(users, "outsider")...)
	began := time.Now()
	group := fields{"Type": "Public", "Name": "Crowd", "GroupId": "crowd", "Owner_Account": users[0], "MaxMemberCount": members}
	if err := a.v4("group_open_http_svc/create_group", group, nil); err != nil {
		t.Fatal(err)
	}
	for part := range slices.Chunk(users[1:], 100) {
		var list []fields
		for _, user := range part {
			list = append(list, fields{"Member_Account": user})
		}
		if err := a.v4("group_open_http_svc/add_group_member", fields{"GroupId": "crowd", "MemberList": list, "Silence": 1}, nil); err != nil {
			t.Fatal(err)
		}
	}
	var info struct {
		MemberNum  int
		MemberList []json.RawMessage
	}
	if err := a.v4("group_open_http_svc/get_group_member_info", fields{"GroupId": "crowd", "Limit": 6000}, &info); err != nil || info.MemberNum != members || len(info.MemberList) != members {
		t.Fatalf("%d members, %d are listed, %v, want %d", info.MemberNum, len(info.MemberList), err, members)
	}
	t.Logf("%d members were added in %v", members, time.Since(began).Round(time.Millisecond))

	began = time.Now()
	online := members / 2
	sockets := a.openMany(t, online+1, func(i int) *device {
		if i == online {
			return a.newDevice("outsider", "Web", "o")
		}
		return a.newDevice(users[2*i], "Web", "w")
	})
	if t.Failed() {
		return
	}
	t.Logf("%d WebSockets were opened in %v", online, time.Since(began).Round(time.Millisecond))
	before := a.counters(t).Gateway

	// Messages one after the other, and then some at once.
	random := 0
	for _, messages := range []int{1, 1, 1, 10} {
		var (
			wait  sync.WaitGroup
			took  = make([]time.Duration, online)
			texts = make(map[string]bool)
		)
		for i := range messages {
			texts[fmt.Sprint("message ", i, " of ", messages, " at ", before.Posts)] = true
		}
		sent := time.Now()
		for i := range online {
			wait.Go(func() {
				if err := sockets[i].receiveAll(t, texts); err != nil {
					t.Errorf("the member %s: %v", users[2*i], err)
				}
				took[i] = time.Since(sent)
			})
		}
		for words := range texts {
			random++
			sender := users[2*random-1] // is not online, and sends by HTTP
			in := fields{"GroupId": "crowd", "MsgRandom": random, "MsgBody": text(words)}
			wait.Go(func() {
				if err := a.call(deadline(t), sender, "", "message.send", in, nil); err != nil {
					t.Errorf("send %q: %v", words, err)
				}
			})
		}
		wait.Wait()
		if t.Failed() {
			return
		}
		slices.Sort(took)
		after := a.counters(t).Gateway
		t.Logf("%d message(s): the first member had all after %v, half of them after %v, the last after %v; %d posts, %d slow",
			messages, took[0].Round(time.Millisecond), took[online/2].Round(time.Millisecond), took[online-1].Round(time.Millisecond),
			after.Posts-before.Posts, after.Slow-before.Slow)
		before = after
	}
	// A message to the outsider is the first frame that the outsider receives.
	if err := a.call(deadline(t), users[1], "", "message.send", fields{"To_Account": "outsider", "MsgRandom": 1, "MsgBody": text("only you")}, nil); err != nil {
		t.Fatal(err)
	}
	sockets[online].extendDeadline(t)
	if _, got, err := sockets[online].readFrame(); err != nil || !containsText(got, "only you") {
		t.Errorf("the outsider received %s, %v", got, err)
	}
	c.interrupt(t)
}

// containsText reports whether a frame, or one of its events, is a message with this text.
func containsText(payload []byte, words string) bool {
	return slices.Contains(textsOf(payload), words)
}

// textsOf returns the texts of the messages in a frame.
func textsOf(payload []byte) (list []string) {
	var f frame
	if json.Unmarshal(payload, &f) != nil {
		return nil
	}
	for _, e := range append(f.Events, f) {
		var m groupMessage
		if e.Event == "message.new" && json.Unmarshal(e.Body, &m) == nil {
			list = append(list, m.text())
		}
	}
	return list
}

// receiveAll reads frames until every one of the texts has come.
func (r *rawSocket) receiveAll(t *testing.T, texts map[string]bool) error {
	missing := make(map[string]bool)
	for words := range texts {
		missing[words] = true
	}
	for len(missing) > 0 {
		r.extendDeadline(t)
		_, payload, err := r.readFrame()
		if err != nil {
			return fmt.Errorf("%d messages did not come: %w", len(missing), err)
		}
		for _, words := range textsOf(payload) {
			delete(missing, words)
		}
	}
	return nil
}
