package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// A groupLoad is groups whose members are all online, with so many messages a second in each.
type groupLoad struct{ groups, online, rate int }

// groupLoads are the loads of groups that are measured.
func groupLoads() []groupLoad { return []groupLoad{{1, 500, 1}, {1, 500, 20}, {10, 50, 5}} }

func (l groupLoad) String() string {
	return fmt.Sprintf("%d group(s) of %d online, %d messages/s each", l.groups, l.online, l.rate)
}

// A crowd is the members of one group with their WebSockets.
type crowd struct {
	group         string
	authorization string // of the first member, who sends
	sockets       []*websocket.Conn

	mu      sync.Mutex
	planned map[uint32]time.Time // by MsgRandom: when the message was to be sent
	took    []time.Duration      // of each delivery, from that moment to the frame
	posts   int                  // frames at all members; one may have several messages
}

// measureGroups plays the loads of groups one after the other. The time of a delivery counts from the
// planned moment of the send to the frame at one member.
func (s *stack) measureGroups(ctx context.Context, length time.Duration, out *results) error {
	for _, l := range groupLoads() {
		if err := s.measureGroup(ctx, l, fmt.Sprint("crowd", s.seq.Add(1)), length, out); err != nil {
			return fmt.Errorf("%s: %w", l, err)
		}
	}
	return nil
}

func (s *stack) measureGroup(ctx context.Context, l groupLoad, name string, length time.Duration, out *results) error {
	crowds, err := s.gather(ctx, l, name)
	if err != nil {
		return err
	}
	defer func() {
		for _, c := range crowds {
			c.close()
		}
	}()
	before, err := cpuTimes(s.info.PID)
	if err != nil {
		return err
	}
	n := max(1, int(length.Seconds())*l.rate) // messages of each group
	began := time.Now()
	var group sync.WaitGroup
	errs := make(chan error, len(crowds))
	for _, c := range crowds {
		group.Go(func() { errs <- s.sendPaced(ctx, c, n, l.rate, began) })
	}
	group.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			return err
		}
	}
	want := n * l.online * l.groups
	took := waitForDeliveries(ctx, crowds, want)
	after, err := cpuTimes(s.info.PID)
	if err != nil {
		return err
	}
	if len(took) == 0 {
		return errors.New("no message arrived")
	}
	slices.Sort(took)
	out.add(Measure{Name: l.String() + ", deliveries that did not come", Goal: 0.5, Value: float64(want - len(took))})
	out.add(Measure{Name: l.String() + ", p50", Unit: "ms", Value: ms(took[len(took)/2])})
	out.add(Measure{Name: l.String() + ", p99", Unit: "ms", Value: ms(took[len(took)*99/100])})
	posts := 0
	for _, c := range crowds {
		c.mu.Lock()
		posts += c.posts
		c.mu.Unlock()
	}
	out.add(Measure{Name: l.String() + ", posts of a message", Value: float64(posts) / float64(n*l.groups)})
	used := since(before, after)
	for _, part := range parts() {
		m := Measure{Name: l.String() + ", CPU of a delivery, " + part, Unit: "µs", Value: float64(used[part].Microseconds()) / float64(len(took))}
		if part == "functions" {
			m.Goal = 32
		}
		out.add(m)
	}
	return nil
}

// gather makes the groups of a load, and opens the WebSockets of their members.
func (s *stack) gather(ctx context.Context, l groupLoad, name string) ([]*crowd, error) {
	var crowds []*crowd
	for g := range l.groups {
		id := fmt.Sprintf("%s-%d", name, g)
		users := make([]string, l.online)
		for i := range users {
			users[i] = fmt.Sprintf("%s-%d", id, i)
		}
		if err := s.importUsers(ctx, users); err != nil {
			return crowds, err
		}
		if err := s.command(ctx, "create_group", map[string]any{"Type": "Public", "Name": "bench", "GroupId": id, "Owner_Account": users[0]}); err != nil {
			return crowds, err
		}
		for part := range slices.Chunk(users[1:], 100) {
			members := make([]map[string]string, len(part))
			for i, user := range part {
				members[i] = map[string]string{"Member_Account": user}
			}
			if err := s.command(ctx, "add_group_member", map[string]any{"GroupId": id, "Silence": 1, "MemberList": members}); err != nil {
				return crowds, err
			}
		}
		c := &crowd{group: id, planned: make(map[uint32]time.Time)}
		c.authorization = fmt.Sprintf("UserSig %d %s %s", s.info.App, users[0], s.sign(users[0]))
		crowds = append(crowds, c)
		for _, user := range users {
			socket, err := s.open(ctx, user)
			if err != nil {
				return crowds, err
			}
			c.sockets = append(c.sockets, socket)
			go c.read(ctx, socket)
		}
	}
	return crowds, nil
}

// command calls a command of the server API for groups.
func (s *stack) command(ctx context.Context, name string, request map[string]any) error {
	query := url.Values{
		"sdkappid": {fmt.Sprint(s.info.App)}, "identifier": {"administrator"}, "usersig": {s.sign("administrator")}, "contenttype": {"json"},
	}
	body, err := json.Marshal(request)
	if err != nil {
		return err
	}
	var done struct {
		Code int    `json:"ErrorCode"`
		Info string `json:"ErrorInfo"`
	}
	if err := s.call(ctx, "/v4/group_open_http_svc/"+name+"?"+query.Encode(), "", body, &done); err != nil {
		return err
	}
	if done.Code != 0 {
		return fmt.Errorf("%s: %d %s", name, done.Code, done.Info)
	}
	return nil
}

// sendPaced sends n messages to a group, each at its planned moment, whether the earlier ones have
// arrived or not.
func (s *stack) sendPaced(ctx context.Context, c *crowd, n, rate int, began time.Time) error {
	errs := make(chan error, n)
	var group sync.WaitGroup
	for i := range n {
		planned := began.Add(time.Duration(i) * time.Second / time.Duration(rate))
		time.Sleep(time.Until(planned))
		random := s.seq.Add(1)
		c.mu.Lock()
		c.planned[random] = planned
		c.mu.Unlock()
		group.Go(func() {
			body := fmt.Sprintf(`{"GroupId":%q,"MsgRandom":%d,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":%q}}]}`, c.group, random, text)
			var a struct {
				Code  int    `json:"code"`
				Error string `json:"error"`
			}
			err := s.call(ctx, "/client/message.send", c.authorization, []byte(body), &a)
			if err == nil && a.Code != 0 {
				err = fmt.Errorf("send: %d %s", a.Code, a.Error)
			}
			errs <- err
		})
	}
	group.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// read receives the frames of one member until the WebSocket closes.
func (c *crowd) read(ctx context.Context, socket *websocket.Conn) {
	socket.SetReadLimit(1 << 20)
	for {
		_, frame, err := socket.Read(ctx)
		if err != nil {
			return
		}
		now := time.Now()
		type event struct {
			Body struct {
				Random uint32 `json:"MsgRandom"`
			} `json:"body"`
		}
		var e struct {
			event
			Events []event `json:"events"` // a large group's messages may come together
		}
		if json.Unmarshal(frame, &e) != nil {
			continue
		}
		c.mu.Lock()
		posted := false
		for _, e := range append(e.Events, e.event) {
			if planned, ok := c.planned[e.Body.Random]; ok {
				c.took = append(c.took, now.Sub(planned))
				posted = true
			}
		}
		if posted {
			c.posts++
		}
		c.mu.Unlock()
	}
}

func (c *crowd) close() {
	for _, socket := range c.sockets {
		_ = socket.CloseNow()
	}
}

// waitForDeliveries waits until so many deliveries have come, half a minute at most, and returns how
// long they took.
func waitForDeliveries(ctx context.Context, crowds []*crowd, want int) []time.Duration {
	for try := 0; ; try++ {
		var took []time.Duration
		for _, c := range crowds {
			c.mu.Lock()
			took = append(took, c.took...)
			c.mu.Unlock()
		}
		if len(took) >= want || try == 300 || ctx.Err() != nil {
			return took
		}
		time.Sleep(100 * time.Millisecond)
	}
}
