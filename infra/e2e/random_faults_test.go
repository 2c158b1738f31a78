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

// randomFaults sends 300 messages between two users while faults are injected at random.
type randomFaults struct {
	*app
	cloud      *cloud
	random     *rand.Rand     // used by the goroutine of the test only
	receivers  []*device      // the devices that receive, two of each user
	faultsOver chan struct{}  // closed when no more faults are injected
	receiving  sync.WaitGroup // the goroutines of receivers

	mu    sync.Mutex
	acked map[string]string // keys by text
	tries int               // calls of message.send
}

const (
	messageCount = 300
	senderCount  = 8
	// idempotencyWindow is how long a repeat of a send makes no second message.
	idempotencyWindow = 120 * time.Second
)

// testRandomFaults checks that every acknowledged message is stored exactly once, that
// every device ends with the whole timeline in order, each message once, and that the
// count of unread messages is that of the stored messages after the read cursor.
func testRandomFaults(t *testing.T, c *cloud) {
	n := seed(t)
	c.stack.Faults.Reseed(n)
	s := &randomFaults{
		app: newApp(t, c.endpoints(), nil, "alice", "bob"), cloud: c, random: rand.New(rand.NewPCG(n, 1)),
		faultsOver: make(chan struct{}), acked: map[string]string{},
	}
	for _, user := range []string{"alice", "bob"} {
		for _, platform := range []string{"Android", "Web"} {
			s.receivers = append(s.receivers, s.newDevice(user, platform, user+platform))
		}
	}
	for _, d := range s.receivers {
		if err := d.connect(deadline(t)); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(d.cutConnection)
	}
	rules, kills := s.rules()
	if err := c.stack.Faults.Add(rules...); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	for i, d := range s.receivers {
		s.receiving.Go(func() { s.keepConnected(d, rand.New(rand.NewPCG(n, uint64(10+i)))) })
	}
	var sending sync.WaitGroup
	for i := range senderCount {
		sending.Go(func() { s.send(t, i, rand.New(rand.NewPCG(n, uint64(100+i)))) })
	}
	sending.Wait()
	took := time.Since(began)
	fired := c.stack.Faults.Fired()
	c.stack.Faults.Clear()
	close(s.faultsOver)
	s.receiving.Wait()
	for i, r := range rules[:kills] {
		if fired[i] == 0 {
			t.Errorf("%s of %s %s was never injected", r.Do, r.On, r.Operation)
		}
	}
	killed := 0
	for _, count := range fired[:kills] {
		killed += count
	}
	t.Logf("seed %d: %d messages in %v with %d tries; %d kills; other faults %v", n, messageCount, took.Round(time.Millisecond), s.tries, killed, fired[kills:])
	if !t.Failed() {
		s.compare(t)
	}
}

// rules returns the rules of the faults. The first ones, as many as kills says, kill a
// function before or after one of its calls, chosen at random.
func (s *randomFaults) rules() (rules []fault.Rule, kills int) {
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
		fault.Rule{On: fault.OnDynamoDB, Do: fault.CloseAfter, Rate: 0.005},
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
		fault.Rule{On: fault.OnPost, Do: fault.CloseBefore, Rate: 0.01},
	), len(rules)
}

// keepConnected connects a device, ends its connection at random, and synchronizes after
// each connect.
func (s *randomFaults) keepConnected(d *device, random *rand.Rand) {
	for {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		if !d.connected() {
			if d.connect(ctx) == nil {
				_, _ = d.inbox.sync(ctx, d.call) // if it fails, the next sync pulls more
			}
		}
		cancel()
		select {
		case <-s.faultsOver:
			return
		case <-time.After(time.Duration(100+random.IntN(400)) * time.Millisecond):
		}
		if random.IntN(4) == 0 {
			d.cutConnection()
		}
	}
}

// send sends the messages of one sender. It repeats each message with the same MsgSeq and
// MsgRandom until it is acknowledged, and some messages once more after that.
func (s *randomFaults) send(t *testing.T, sender int, random *rand.Rand) {
	from, to := "alice", "bob"
	if sender%2 == 1 {
		from, to = to, from
	}
	call := s.overHTTPAs(from, fmt.Sprintf("sender%d", sender))
	if sender >= senderCount-2 { // these two use WebSockets
		d := s.newDevice(from, []string{"Windows", "Mac"}[sender%2], fmt.Sprintf("sender%d", sender))
		defer func() { d.cutConnection() }()
		call = func(ctx context.Context, action string, in, out any) error {
			if !d.connected() {
				if err := d.connect(ctx); err != nil {
					return err
				}
			}
			return d.call(ctx, action, in, out)
		}
	}
	for i := sender; i < messageCount; i += senderCount {
		words := fmt.Sprintf("%s says %d", from, i)
		request := fields{"To_Account": to, "MsgSeq": i, "MsgRandom": random.Uint32(), "MsgBody": text(words)}
		repeats := 1
		if random.IntN(10) == 0 {
			repeats = 2
		}
		for range repeats {
			key, err := s.sendUntilAcked(call, request)
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

// sendUntilAcked repeats a send until it is acknowledged, and returns the key of the
// message.
func (s *randomFaults) sendUntilAcked(call callFunc, request fields) (string, error) {
	total, cancel := context.WithTimeout(context.Background(), idempotencyWindow-10*time.Second)
	defer cancel()
	for {
		s.mu.Lock()
		s.tries++
		s.mu.Unlock()
		ctx, done := context.WithTimeout(total, 8*time.Second)
		var ack sent
		err := call(ctx, "message.send", request, &ack)
		done()
		var refused errCode
		switch {
		case err == nil:
			return ack.Key, nil
		case errors.As(err, &refused) && refused.code != 91000 && refused.code != 60008 && refused.code != 60007:
			return "", err // a repeat would get the same answer
		case total.Err() != nil:
			return "", fmt.Errorf("not acknowledged in time: %w", err)
		}
	}
}

// compare lets all devices connect and synchronize, and compares what they have with what
// is stored.
func (s *randomFaults) compare(t *testing.T) {
	ctx := deadline(t)
	want := storedKeys(t, s.app, "alice", "bob")
	if !slices.Equal(want, storedKeys(t, s.app, "bob", "alice")) {
		t.Errorf("the two sides of the conversation differ")
	}
	if len(want) != messageCount || len(s.acked) != messageCount {
		t.Errorf("%d messages are stored and %d were acknowledged, want %d each", len(want), len(s.acked), messageCount)
	}
	for words, key := range s.acked {
		if n := count(want, key); n != 1 {
			t.Errorf("%s, acknowledged as %s, is stored %d times", words, key, n)
		}
	}
	for _, d := range s.receivers {
		peer := map[string]string{"alice": "bob", "bob": "alice"}[d.user]
		if !d.connected() {
			if err := d.connect(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := d.inbox.sync(ctx, d.call); err != nil {
			t.Fatal(err)
		}
		d.inbox.checkComplete(t, d.String(), peer, want)
		t.Logf("%s: %d frames of messages were repeats", d, d.inbox.repeated())
		for _, m := range d.inbox.timeline(peer) {
			if s.acked[m.text()] != m.Key {
				t.Errorf("%s has %q with the key %s, it was acknowledged as %s", d, m.text(), m.Key, s.acked[m.text()])
			}
		}
	}
	s.unread(t)
}

// unread reads a part of the messages and checks the counts of unread messages.
func (s *randomFaults) unread(t *testing.T) {
	incoming := int64(messageCount / 2)
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
		if _, err := fresh.sync(deadline(t), s.overHTTPAs("bob", "fresh")); err != nil || fresh.row("alice").Unread != incoming-read {
			t.Errorf("sync after reading %d: got %+v, %v, want %d unread", read, fresh.row("alice"), err, incoming-read)
		}
	}
}

// count returns how often a list contains one.
func count(list []string, one string) (n int) {
	for _, s := range list {
		if s == one {
			n++
		}
	}
	return n
}
