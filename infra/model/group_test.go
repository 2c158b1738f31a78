package model

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/infra/testkit"
	"parley/shared/domain/accounts"
	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/delivery"
	"parley/shared/domain/groupchat"
	"parley/shared/domain/groups"
	"parley/shared/domain/timeline"
	"parley/shared/fault"
	"parley/shared/store"
)

// modelGroup is the group into which all senders of a schedule send.
const modelGroup = "g"

// groupSeeds is how many schedules of a group run by default.
const groupSeeds = 600

// A groupSend is one message that a user sends to the group, however many calls it takes.
type groupSend struct {
	from     string
	random   uint32
	trusted  bool // a backend sends, in the name of a user who is not a member
	noUnread bool
	acked    []ackedSend
}

// An ackedSend is a call of a send that succeeded, even if the sender did not get the answer.
type ackedSend struct {
	number       int64
	begun, ended time.Time
}

func (l *groupSend) String() string { return fmt.Sprintf("send %d of %s", l.random, l.from) }

// A groupSchedule is a schedule in which some users send to one group at the same time, and the
// group changes now and then. Functions die, calls fail, and calls are doubled, as the seed decides.
type groupSchedule struct {
	*schedule
	sends []*groupSend
}

func (g *groupSchedule) run(ctx context.Context) {
	s := g.schedule
	senders := []string{"ann", "bob", "cid", "dan", "eve"}[:2+s.rng.IntN(4)]
	s.note("begin", "senders %d, odds %+v", len(senders), s.odds)
	if err := g.makeGroup(ctx, senders); err != nil {
		s.dbError = err
		return
	}
	for i, user := range senders {
		actions := 2 + s.rng.IntN(5)
		s.spawn(user, func(a *actor) {
			for range actions {
				g.send(ctx, a, user, i == len(senders)-1 && len(senders) > 2)
			}
		})
	}
	if s.rng.IntN(2) == 0 {
		s.spawn("change", func(a *actor) {
			for n := range 1 + s.rng.IntN(3) {
				g.tip(ctx, a, n)
			}
		})
	}
	s.loop()
	s.noFaults = true
	s.move(time.Minute)
	s.spawn("quiet", func(a *actor) { g.attempt(ctx, a, g.newSend("ann", false)) })
	s.loop()
	g.check(ctx)
}

// makeGroup makes the group. The last of three or more senders is not a member of it.
func (g *groupSchedule) makeGroup(ctx context.Context, users []string) error {
	s := g.schedule
	for _, u := range users {
		if err := s.store.Accounts.CreateAccount(ctx, s.app, accounts.Account{ID: u, Created: startTime}, startTime, 0); err != nil {
			return err
		}
	}
	n := groups.NewGroup{Prefix: "@", Group: groups.Group{ID: modelGroup, Type: groups.Public, Name: "group", Owner: users[0]}}
	for i, u := range users[1:] {
		if i == 0 || i < len(users)-2 {
			n.Members = append(n.Members, groups.NewMember{User: u, Role: groups.Member})
		}
	}
	_, err := s.t.Groups.Create(ctx, groups.Actor{Application: true}, n)
	return err
}

func (g *groupSchedule) newSend(user string, trusted bool) *groupSend {
	l := &groupSend{from: user, random: uint32(len(g.sends) + 1), trusted: trusted, noUnread: g.rng.IntN(5) == 0}
	g.sends = append(g.sends, l)
	return l
}

// attempt makes one call of a send, and reports whether its answer is known.
func (g *groupSchedule) attempt(ctx context.Context, a *actor, l *groupSend) bool {
	s, busy := g.schedule, false
	begun := s.now
	known, _ := s.invoke(ctx, a, l.String(), nil, func(ctx context.Context) error {
		sent, err := s.t.GroupChat.Send(ctx, groupchat.SendRequest{
			Actor: groupchat.Actor{User: l.from, Issued: s.now, Trusted: l.trusted}, Group: modelGroup, Random: l.random, ExcludedFromUnread: l.noUnread,
			Content: content.Content{Elements: []content.Element{testkit.Text(l.String())}}, Origin: delivery.Origin{User: l.from},
		})
		o := opOf(ctx)
		switch {
		case fault.Is(err, fault.Conflict):
			s.stats["group sends in progress"]++
			busy = true
			return nil
		case err == nil && !o.dead && !sent.Dropped:
			l.acked = append(l.acked, ackedSend{int64(sent.Seq), begun, s.now})
		case err == nil && sent.Dropped:
			s.stats["group sends dropped"]++
		}
		return err
	})
	s.stats["group calls"]++
	return known && !busy
}

// send sends a message as a client does: it repeats the call until it gets an answer, or gives up.
// The network may double a call.
func (g *groupSchedule) send(ctx context.Context, a *actor, user string, trusted bool) {
	s := g.schedule
	l := g.newSend(user, trusted)
	if s.rng.IntN(4) == 0 {
		s.stats["group calls doubled"]++
		s.spawn(user+"'", func(b *actor) {
			for range s.rng.IntN(6) {
				b.pause()
			}
			g.attempt(ctx, b, l)
		})
	}
	for range 5 {
		if g.attempt(ctx, a, l) {
			return
		}
		switch s.rng.IntN(10) {
		case 0, 1, 2:
			s.move(time.Duration(1+s.rng.IntN(12)) * time.Second)
		case 3:
			s.move(time.Duration(285+s.rng.IntN(30)) * time.Second)
			s.stats["group repeats around the end of the window"]++
		case 4:
			return
		}
		a.pause()
	}
}

// tip tells the members of a change of the group.
func (g *groupSchedule) tip(ctx context.Context, a *actor, n int) {
	s := g.schedule
	_, _ = s.invoke(ctx, a, "tip", nil, func(ctx context.Context) error {
		s.t.GroupChat.Tip(ctx, groups.Group{ID: modelGroup, Type: groups.Public, Active: true}, groups.Tip{
			Kind: groups.TipRemoved, By: fmt.Sprint("admin", n), Users: []string{"zoe"}, Members: 3,
		})
		return nil
	})
	s.stats["group tips"]++
	a.pause()
}

// check compares what is stored with what was acknowledged.
func (g *groupSchedule) check(ctx context.Context) {
	s := g.schedule
	id := chat.OfGroup(modelGroup)
	page, err := s.store.Timeline.Timeline(ctx, s.app, timeline.HistoryRange{Chat: id, Limit: 1000, Strong: true})
	if err != nil || !page.Done {
		s.dbError = err
		return
	}
	slices.Reverse(page.Messages)
	counted, last := int64(0), int64(0)
	byIdentity := make(map[string][]timeline.Message)
	for i, m := range page.Messages {
		s.note("check", "%d: %d of %s at %d, counted %d", m.Offset, m.Random, m.From, m.Time, m.Counted)
		if m.Offset != int64(i)+1 {
			s.problem("I2: number %d follows %d", m.Offset, i)
		}
		if m.Time < last {
			s.problem("the time of message %d is before that of the message before it", m.Offset)
		}
		if last = m.Time; !m.ExcludedFromUnread {
			counted++
		}
		if m.Counted != counted {
			s.problem("message %d counts %d messages up to it, want %d", m.Offset, m.Counted, counted)
		}
		who := fmt.Sprint(m.From, " ", m.Random)
		byIdentity[who] = append(byIdentity[who], m)
	}
	for who, list := range byIdentity {
		for i := 1; i < len(list); i++ {
			// A repeat after the window is a new message. The first one may have been stored a while after
			// the send was claimed.
			if apart := list[i].Time - list[i-1].Time; apart < int64((groupchat.Window-2*timeout)/time.Second) {
				s.problem("I3: %s is stored as %d and as %d, %d s apart", who, list[i-1].Offset, list[i].Offset, apart)
			}
		}
	}
	for _, l := range g.sends {
		for _, acked := range l.acked {
			n := acked.number
			if n < 1 || n > int64(len(page.Messages)) || page.Messages[n-1].From != l.from || page.Messages[n-1].Random != l.random {
				s.problem("I1: %s was acknowledged as number %d, which is another message", l, n)
			}
		}
	}
	head, err := s.store.GroupChat.Head(ctx, s.app, modelGroup)
	if err != nil {
		s.dbError = err
		return
	}
	if n := int64(len(page.Messages)); head.Number != n || head.Counted != counted || head.LastTime != last || head.Shown != n {
		s.problem("the head is %+v, want number %d, counted %d, time %d", *head, n, counted, last)
	}
	s.stats["group messages"] += len(page.Messages)
}

// playGroup runs the schedule of a seed. If DynamoDB Local does not answer, it starts again.
func playGroup(ctx context.Context, db *store.Store, seed uint64) *groupSchedule {
	for try := 0; ; try++ {
		g := &groupSchedule{schedule: newSchedule(seed, lastApp.Add(1)+1_500_000_000, db, server)}
		if g.run(ctx); g.dbError == nil {
			return g
		}
		if try == 2 {
			g.problems = []string{fmt.Sprintf("DynamoDB Local does not answer: %v", g.dbError)}
			return g
		}
	}
}

// TestModelOfGroups runs many schedules in which users send to one group at the same time, and
// reports those that break a rule: numbers without gaps (I2), no message twice (I3), what is
// acknowledged is stored (I1), and times in the order of the numbers. With MODEL_SEED it runs a
// single one and prints its trace.
func TestModelOfGroups(t *testing.T) {
	db := server.Store(step)
	if os.Getenv("MODEL_SEED") != "" {
		g := playGroup(t.Context(), db, number64(t, 0, "MODEL_SEED"))
		t.Logf("seed %d\n%s", g.seed, strings.Join(g.trace, "\n"))
		for _, p := range g.problems {
			t.Error(p)
		}
		return
	}
	count, from := number64(t, groupSeeds, "MODEL_SEEDS", "PARLEY_SEEDS"), number64(t, 1, "MODEL_FROM")
	if testing.Short() {
		count = min(count, 200)
	}
	var (
		wg     sync.WaitGroup
		mu     sync.Mutex
		failed []*schedule
		total  = make(stats)
		next   atomic.Uint64
	)
	for range workers {
		wg.Go(func() {
			for n := next.Add(1) - 1; n < count; n = next.Add(1) - 1 {
				g := playGroup(t.Context(), db, from+n)
				mu.Lock()
				for name, n := range g.stats {
					total[name] += n
				}
				if len(g.problems) > 0 {
					failed = append(failed, g.schedule)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	t.Logf("%d schedules of a group from seed %d\n%s", count, from, total)
	report(t, "TestModelOfGroups", failed)
}

// TestModelOfGroupsIsDeterministic checks that two runs of a seed do exactly the same.
func TestModelOfGroupsIsDeterministic(t *testing.T) {
	db := server.Store(step)
	for seed := range uint64(5) {
		a, b := playGroup(t.Context(), db, seed), playGroup(t.Context(), db, seed)
		if a.traceHash() != b.traceHash() {
			t.Errorf("seed %d: two runs differ:\n%s\n\n%s", seed, strings.Join(a.trace, "\n"), strings.Join(b.trace, "\n"))
		}
	}
}
