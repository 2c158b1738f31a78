package groupchat_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/infra/testkit"
	"parley/shared/app"
	"parley/shared/domain/chat"
	"parley/shared/domain/groupchat"
	"parley/shared/domain/groups"
	"parley/shared/domain/timeline"
	"parley/shared/fault"
)

const (
	chainSenders = 64
	chainEach    = 4 // messages of each sender
)

// A chainSender is a member who sends one message after the other. Its function dies now and then.
type chainSender struct {
	fixture
	user   string
	random *rand.Rand
	kill   *testkit.Interruption
	tenant app.Tenant
	kills  int
	// waiting is held by the sender who moves the clock for all who wait.
	waiting *sync.Mutex
	acked   map[uint32]int64 // numbers of messages by their random
}

// TestChainUnderLoad lets 64 members send to one group at the same time, while their functions die
// before or after a call to DynamoDB, at random. Each sender repeats a send until it is
// acknowledged. The numbers have no gap (docs/data-model.md §1, I2), no message is stored twice (I3),
// and each acknowledged message is stored under its number (I1).
func TestChainUnderLoad(t *testing.T) {
	f := newFixture(t, groups.Public)
	senders, waiting := make([]*chainSender, chainSenders), &sync.Mutex{}
	var accounts, members []string
	for i := range senders {
		kill := &testkit.Interruption{}
		s := &chainSender{
			fixture: f, user: fmt.Sprint("s", i), random: testkit.Rand(uint64(i) + 1), kill: kill, waiting: waiting, acked: make(map[uint32]int64),
			tenant: f.TenantWith(t, nil, func(p *app.Parts) { p.Store = server.Store(kill.DynamoDB) }),
		}
		senders[i], accounts, members = s, append(accounts, "account "+s.user), append(members, s.user)
	}
	f.seed(append(accounts, "member g "+strings.Join(members, " "))...)
	f.connect("ann", "s0", "s1")
	began := f.Clock.Now()
	testkit.NoErrors(t, testkit.Together(chainSenders, func(i int) error {
		for n := range chainEach {
			if err := senders[i].send(uint32(n) + 1); err != nil {
				return fmt.Errorf("%s sends %d: %w", senders[i].user, n+1, err)
			}
		}
		return nil
	}))
	kills, passed := 0, f.Clock.Now().Sub(began)
	for _, s := range senders {
		kills += s.kills
	}
	t.Logf("%d functions died, %v passed", kills, passed)
	if kills < chainSenders || passed >= groupchat.Window {
		t.Errorf("%d functions died in %v, want at least %d within the window of %v", kills, passed, chainSenders, groupchat.Window)
	}

	page, err := f.Store.Timeline.Timeline(t.Context(), f.ID, timeline.HistoryRange{Chat: chat.OfGroup("g"), Limit: 1000, Strong: true})
	if err != nil || !page.Done {
		t.Fatalf("the timeline: %v, complete %t", err, page.Done)
	}
	if got := len(page.Messages); got != chainSenders*chainEach {
		t.Errorf("%d messages are stored, want %d", got, chainSenders*chainEach)
	}
	stored := make(map[string]int64)
	for i, m := range page.Messages { // the newest one is the first
		if want := int64(len(page.Messages) - i); m.Offset != want || int64(m.Seq) != want || m.Counted != want {
			t.Errorf("got a message with number %d, MsgSeq %d and count %d, want %d", m.Offset, m.Seq, m.Counted, want)
		}
		send := fmt.Sprint(m.From, " ", m.Random)
		if other, again := stored[send]; again {
			t.Errorf("%s is stored as %d and as %d", send, m.Offset, other)
		}
		stored[send] = m.Offset
	}
	for _, s := range senders {
		for random, number := range s.acked {
			if got := stored[fmt.Sprint(s.user, " ", random)]; got != number {
				t.Errorf("send %d of %s was acknowledged as %d and is stored as %d", random, s.user, number, got)
			}
		}
	}
	// A call that died may have left the head behind. The next send makes it whole.
	last := int64(chainSenders*chainEach) + 1
	f.Clock.Move(time.Second)
	if got := f.send(f.request("ann", 1)); got != last {
		t.Errorf("the next message has number %d, want %d", got, last)
	}
	if h := f.head(); h.Number != last || h.Counted != last || h.Shown != last {
		t.Errorf("got the head %+v, want number %d", h, last)
	}
}

// send sends a message until it is acknowledged. Each of the first calls may die.
func (s *chainSender) send(random uint32) error {
	for try := 0; ; try++ {
		s.Clock.Move(20 * time.Millisecond)
		begun := s.Clock.Now()
		if try < 3 && s.random.IntN(2) == 0 {
			s.kill.At, s.kill.After = len(s.kill.Calls())+1+s.random.IntN(10), s.random.IntN(2) == 0
		}
		sent, err := s.tenant.GroupChat.Send(s.t.Context(), s.request(s.user, random))
		died := s.kill.Killed()
		s.kill.Restart()
		switch {
		case died:
			s.kills++ // even if the call has an answer: it is lost
		case err == nil && !sent.Dropped:
			s.acked[random] = int64(sent.Seq)
			return nil
		case err != nil && !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.Throttled):
			return err
		}
		// The group has too many messages in this second, or the dead call still has the claim. All
		// who wait do so at the same time.
		s.waiting.Lock()
		if left := 100*time.Millisecond - s.Clock.Now().Sub(begun); left > 0 {
			s.Clock.Move(left)
		}
		s.waiting.Unlock()
	}
}
