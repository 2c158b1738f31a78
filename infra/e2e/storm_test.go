package e2e

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/infra/local/fault"
)

// storm is 300 messages between two users while everything goes wrong.
type storm struct {
	*app
	cloud  *cloud
	random *rand.Rand // of the test's own goroutine
	ends   []*device  // receivers, two of each user
	calm   chan struct{}
	life   sync.WaitGroup

	mu    sync.Mutex
	acked map[string]string // text: key
	tries int
}

const (
	messages = 300
	senders  = 8
	// window is how long a repeated send is the same send.
	window = 120 * time.Second
)

// testStorm: every acknowledged message is stored exactly once; every device
// ends with the whole timeline, in order, once; unread is what is stored less
// what is read.
func testStorm(t *testing.T, c *cloud) {
	n := seed(t)
	c.stack.Faults.Reseed(n)
	s := &storm{
		app: newApp(t, c.place(), nil, "alice", "bob"), cloud: c, random: rand.New(rand.NewPCG(n, 1)),
		calm: make(chan struct{}), acked: map[string]string{},
	}
	for _, user := range []string{"alice", "bob"} {
		for _, platform := range []string{"Android", "Web"} {
			s.ends = append(s.ends, s.newDevice(user, platform, user+platform))
		}
	}
	for _, d := range s.ends {
		if err := d.connect(deadline(t)); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(d.drop)
	}
	rules, kills := s.rules()
	if err := c.stack.Faults.Add(rules...); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	for i, d := range s.ends {
		s.life.Go(func() { s.live(d, rand.New(rand.NewPCG(n, uint64(10+i)))) })
	}
	var sending sync.WaitGroup
	for i := range senders {
		sending.Go(func() { s.send(t, i, rand.New(rand.NewPCG(n, uint64(100+i)))) })
	}
	sending.Wait()
	took := time.Since(began)
	fired := c.stack.Faults.Fired()
	c.stack.Faults.Clear()
	close(s.calm)
	s.life.Wait()
	for i, r := range rules[:kills] {
		if fired[i] == 0 {
			t.Errorf("%s of %s %s never struck", r.Do, r.On, r.Operation)
		}
	}
	killed := 0
	for _, count := range fired[:kills] {
		killed += count
	}
	t.Logf("seed %d: %d messages in %v with %d tries; %d kills; other faults %v", n, messages, took.Round(time.Millisecond), s.tries, killed, fired[kills:])
	if !t.Failed() {
		s.settle(t)
	}
}

// rules are the faults, first those that kill functions: each on a call that
// chance picks, before it is made or after.
func (s *storm) rules() (rules []fault.Rule, kills int) {
	for _, k := range []struct {
		on, operation, function string
		within                  int
	}{
		{fault.OnDynamoDB, "PutItem", "client.message.send", 120}, {fault.OnDynamoDB, "PutItem", "", 120},
		{fault.OnDynamoDB, "UpdateItem", "client.message.send", 200}, {fault.OnDynamoDB, "UpdateItem", "client.message.send", 200},
		{fault.OnDynamoDB, "BatchGetItem", "client.message.send", 200}, {fault.OnDynamoDB, "GetItem", "client.message.send", 60},
		{fault.OnDynamoDB, "Query", "client.session.sync", 4}, {fault.OnDynamoDB, "Query", "client.message.history", 2},
		{fault.OnDynamoDB, "UpdateItem", "client.session.connect", 4}, {fault.OnDynamoDB, "UpdateItem", "client.session.disconnect", 4},
		{fault.OnSQS, "SendMessage", "", 4}, {fault.OnPost, "", "client.message.send", 200}, {fault.OnPost, "", "worker.delivery.delivery", 3},
	} {
		for _, do := range []string{fault.KillBefore, fault.KillAfter} {
			rules = append(rules, fault.Rule{On: k.on, Do: do, Operation: k.operation, Function: k.function, Nth: 1 + s.random.IntN(k.within)})
		}
	}
	return append(rules,
		fault.Rule{On: fault.OnDynamoDB, Do: fault.Throttle, Rate: 0.05},
		fault.Rule{On: fault.OnDynamoDB, Do: fault.CutAfter, Rate: 0.005},
		fault.Rule{On: fault.OnDynamoDB, Do: fault.Conflict, Rate: 0.05},
		fault.Rule{On: fault.OnDynamoDB, Do: fault.Stale, Rate: 0.1},
		fault.Rule{On: fault.OnDynamoDB, Do: fault.Unprocessed, Rate: 0.05},
		fault.Rule{On: fault.OnSQS, Do: fault.Repeat, Rate: 0.2},
		fault.Rule{On: fault.OnSQS, Do: fault.Drop, Rate: 0.2},
		fault.Rule{On: fault.OnPost, Do: fault.Fail, Rate: 0.3},
		fault.Rule{On: fault.OnPost, Do: fault.Drop, Rate: 0.05},
		fault.Rule{On: fault.OnPost, Do: fault.Repeat, Rate: 0.05},
		fault.Rule{On: fault.OnPost, Do: fault.Reorder, Rate: 0.1, DelayMS: 500},
		fault.Rule{On: fault.OnPost, Do: fault.Delay, Rate: 0.05, DelayMS: 200},
		fault.Rule{On: fault.OnPost, Do: fault.Throttle, Rate: 0.02},
		fault.Rule{On: fault.OnPost, Do: fault.Cut, Rate: 0.01},
	), len(rules)
}

// live keeps a device connected, cuts its connection at random, and lets it pull
// what it missed each time it is back.
func (s *storm) live(d *device, random *rand.Rand) {
	for {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		if !d.connected() {
			if d.connect(ctx) == nil {
				_, _ = d.inbox.sync(ctx, d.call) // what fails is pulled the next time
			}
		}
		cancel()
		select {
		case <-s.calm:
			return
		case <-time.After(time.Duration(100+random.IntN(400)) * time.Millisecond):
		}
		if random.IntN(4) == 0 {
			d.drop()
		}
	}
}

// send sends a sender's part of the messages, each with the same numbers until
// it is acknowledged, and some once more after that.
func (s *storm) send(t *testing.T, sender int, random *rand.Rand) {
	from, to := "alice", "bob"
	if sender%2 == 1 {
		from, to = to, from
	}
	call := s.doorOf(from, fmt.Sprintf("sender%d", sender))
	if sender >= senders-2 { // these two use the WebSocket door
		d := s.newDevice(from, []string{"Windows", "Mac"}[sender%2], fmt.Sprintf("sender%d", sender))
		defer func() { d.drop() }()
		call = func(ctx context.Context, action string, in, out any) error {
			if !d.connected() {
				if err := d.connect(ctx); err != nil {
					return err
				}
			}
			return d.call(ctx, action, in, out)
		}
	}
	for i := sender; i < messages; i += senders {
		words := fmt.Sprintf("%s says %d", from, i)
		request := fields{"To_Account": to, "MsgSeq": i, "MsgRandom": random.Uint32(), "MsgBody": text(words)}
		repeats := 1
		if random.IntN(10) == 0 {
			repeats = 2
		}
		for range repeats {
			key, err := s.untilAcked(call, request)
			if err != nil {
				t.Errorf("%s: %v", words, err)
				return
			}
			s.mu.Lock()
			if before, again := s.acked[words]; again && before != key {
				t.Errorf("%s was acknowledged as %s and as %s", words, before, key)
			}
			s.acked[words] = key
			s.mu.Unlock()
		}
	}
}

func (s *storm) untilAcked(call caller, request fields) (string, error) {
	whole, cancel := context.WithTimeout(context.Background(), window-10*time.Second)
	defer cancel()
	for {
		s.mu.Lock()
		s.tries++
		s.mu.Unlock()
		ctx, done := context.WithTimeout(whole, 8*time.Second)
		var ack sent
		err := call(ctx, "message.send", request, &ack)
		done()
		var refused errCode
		switch {
		case err == nil:
			return ack.Key, nil
		case errors.As(err, &refused) && refused.code != 91000 && refused.code != 60008 && refused.code != 60007:
			return "", err // no repeat would help
		case whole.Err() != nil:
			return "", fmt.Errorf("not acknowledged in time: %w", err)
		}
	}
}

// settle lets the devices come back after the storm and compares.
func (s *storm) settle(t *testing.T) {
	ctx := deadline(t)
	want := stored(t, s.app, "alice", "bob")
	if !slices.Equal(want, stored(t, s.app, "bob", "alice")) {
		t.Errorf("the two sides of the conversation differ")
	}
	if len(want) != messages || len(s.acked) != messages {
		t.Errorf("%d messages are stored and %d were acknowledged, want %d each", len(want), len(s.acked), messages)
	}
	for words, key := range s.acked {
		if n := count(want, key); n != 1 {
			t.Errorf("%s, acknowledged as %s, is stored %d times", words, key, n)
		}
	}
	for _, d := range s.ends {
		peer := map[string]string{"alice": "bob", "bob": "alice"}[d.user]
		if !d.connected() {
			if err := d.connect(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := d.inbox.sync(ctx, d.call); err != nil {
			t.Fatal(err)
		}
		d.inbox.whole(t, d.String(), peer, want)
		t.Logf("%s: %d frames of messages were repeats", d, d.inbox.repeated())
		for _, m := range d.inbox.timeline(peer) {
			if s.acked[m.text()] != m.Key {
				t.Errorf("%s has %q as %s, it was acknowledged as %s", d, m.text(), m.Key, s.acked[m.text()])
			}
		}
	}
	s.unread(t)
}

// unread marks a part as read and compares the counts.
func (s *storm) unread(t *testing.T) {
	incoming := int64(messages / 2)
	for _, read := range []int64{0, 40, 41, incoming} {
		if read > 0 {
			if err := s.call(deadline(t), "bob", "", "message.read", fields{"To_Account": "alice", "Ordinal": read}, nil); err != nil {
				t.Fatal(err)
			}
		}
		total := struct {
			All int64 `json:"AllC2CUnreadMsgNum"`
		}{-1}
		if err := s.v4("openim/get_c2c_unread_msg_num", fields{"To_Account": "bob"}, &total); err != nil || total.All != incoming-read {
			t.Errorf("unread after reading %d: got %v, %v, want %d", read, total.All, err, incoming-read)
		}
		fresh := newInbox("bob")
		if _, err := fresh.sync(deadline(t), s.doorOf("bob", "fresh")); err != nil || fresh.row("alice").Unread != incoming-read {
			t.Errorf("sync after reading %d: got %+v, %v, want %d unread", read, fresh.row("alice"), err, incoming-read)
		}
	}
}

func count(list []string, one string) (n int) {
	for _, s := range list {
		if s == one {
			n++
		}
	}
	return n
}
