package sweep

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"

	"parley/shared/app"
	"parley/shared/domain/accounts"
	"parley/shared/fault"
	"parley/shared/store"
	"parley/shared/testkit"
)

var server *testkit.Server

func TestMain(m *testing.M) { testkit.Main(m, &server) }

func TestOperations(t *testing.T) { testkit.Cases(t, server, Operations()) }

var errKilled = errors.New("killed")

// A mortal is a function that dies at one of its calls to AWS, before the call or
// after it, and from then on makes none.
type mortal struct {
	mu    sync.Mutex
	at    int // the call, from 1; 0: none
	after bool
	calls int
	dead  bool
	trace []string
}

func (m *mortal) call(name string, do func() error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dead {
		return errKilled
	}
	m.calls++
	m.trace = append(m.trace, name)
	m.dead = m.calls == m.at
	if m.dead && !m.after {
		return errKilled
	}
	err := do()
	if m.dead {
		return errKilled
	}
	return err
}

// live lets the function start anew, and not die again.
func (m *mortal) live() { m.dead, m.at = false, 0 }

func (m *mortal) hook(o *dynamodb.Options) {
	o.Retryer = aws.NopRetryer{}
	o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("Mortal",
			func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (out middleware.InitializeOutput, meta middleware.Metadata, err error) {
				name := strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%T", in.Parameters), "*dynamodb."), "Input")
				err = m.call(name, func() (err error) {
					out, meta, err = next.HandleInitialize(ctx, in)
					return err
				})
				return out, meta, err
			}), middleware.After)
	})
}

// mortalQueue is the queue as a mortal sees it.
type mortalQueue struct {
	*mortal
	jobs *testkit.Jobs[accounts.Removal]
}

func (q mortalQueue) Send(ctx context.Context, r accounts.Removal, delay time.Duration) error {
	return q.call("SendMessage", func() error { return q.jobs.Send(ctx, r, delay) })
}

// A cemetery is a world whose account alice, with conversations, is deleted.
type cemetery struct {
	*testing.T
	w    *testkit.World
	m    *mortal
	jobs []accounts.Removal // in the queue
}

func newCemetery(t *testing.T, m *mortal, conversations int) *cemetery {
	w := testkit.NewWorld(t, server, testkit.Options{Edition: "developer"})
	c := &cemetery{T: t, w: w, m: m}
	if err := w.Seed(t.Context(), "account alice\nconnect alice iPhone i1\n"); err != nil {
		t.Fatal(err)
	}
	for i := range conversations {
		c.row("alice", fmt.Sprintf("peer%d", i))
	}
	c.row("peer7", "alice")
	w.App = w.Fresh(func(p *app.Parts) {
		p.Store = server.Store(m.hook)
		p.Removal = mortalQueue{m, w.Removals}
	})
	return c
}

// row writes a row of a conversation.
func (c *cemetery) row(user, peer string) {
	c.Helper()
	if err := c.w.Set(c.Context(), store.Core, store.PeerKey(c.w.ID, user, peer), store.Item{"i": testkit.Number(1)}); err != nil {
		c.Fatal(err)
	}
}

// tenant is the domain without a mortal.
func (c *cemetery) tenant() app.Tenant {
	c.Helper()
	a, err := c.w.Fresh(nil).Apps.Get(c.Context(), c.w.ID)
	if err != nil {
		c.Fatal(err)
	}
	return c.w.Fresh(nil).For(&a)
}

// bury deletes the account as a caller does who repeats a call that failed.
func (c *cemetery) bury() {
	c.Helper()
	a, err := c.w.Fresh(nil).Apps.Get(c.Context(), c.w.ID)
	if err != nil {
		c.Fatal(err)
	}
	for tries := 0; ; tries++ {
		_, err := c.w.App.For(&a).Accounts.Delete(c.Context(), []string{"alice"})
		c.collect()
		if err == nil {
			return
		}
		if !c.m.dead || tries > 0 {
			c.Fatalf("delete: %v", err)
		}
		c.m.live()
	}
}

func (c *cemetery) collect() {
	for _, q := range c.w.Removals.Take() {
		c.jobs = append(c.jobs, q.Job)
	}
}

// work runs the worker for one job as SQS does: a job whose call fails comes again
// after the visibility timeout.
func (c *cemetery) work(job accounts.Removal) {
	c.Helper()
	body, err := json.Marshal(job)
	if err != nil {
		c.Fatal(err)
	}
	event := fmt.Sprintf(`{"Records":[{"messageId":"m1","body":%q}]}`, body)
	answer, _, err := c.w.Invoke(c.Context(), &Operations()[0], []byte(event))
	c.collect()
	if c.m.dead { // whatever a dead function answers does not arrive
		c.m.live()
		c.jobs = append(c.jobs, job)
		c.w.Clock.Move(180 * time.Second)
		return
	}
	if err != nil || string(answer) != `{"batchItemFailures":[]}` {
		c.Fatalf("the worker answers %s, %v", answer, err)
	}
	c.w.Clock.Move(time.Second)
}

// drain works until the queue is empty.
func (c *cemetery) drain() {
	c.Helper()
	for n := 0; len(c.jobs) > 0; n++ {
		if n == 100 {
			c.Fatalf("the queue does not become empty: %+v", c.jobs)
		}
		job := c.jobs[0]
		c.jobs = c.jobs[1:]
		c.work(job)
	}
}

// keys lists the sort keys of a user's partition.
func (c *cemetery) keys(user string) []string {
	c.Helper()
	var keys []string
	for _, item := range c.w.Items(c, store.Core, store.UserPK(c.w.ID, user)) {
		keys = append(keys, item["sk"].(*types.AttributeValueMemberS).Value)
	}
	return keys
}

// TestKilled kills the functions that delete an account at each of their calls to
// AWS, before and after it. With a repeat of the call that failed, or the job that
// comes again, in the end nothing of the account is left but its tombstone.
func TestKilled(t *testing.T) {
	const conversations = 30 // two pages
	well := &mortal{}
	c := newCemetery(t, well, conversations)
	c.bury()
	c.drain()
	c.rest("nobody dies")
	t.Logf("%d calls: %s", well.calls, strings.Join(well.trace, " "))
	if well.calls < 15 {
		t.Fatalf("only %d calls", well.calls)
	}
	for at := 1; at <= well.calls; at++ {
		for _, after := range []bool{false, true} {
			name := fmt.Sprintf("%d %s %s", at, map[bool]string{false: "before", true: "after"}[after], well.trace[at-1])
			t.Run(name, func(t *testing.T) {
				m := &mortal{at: at, after: after}
				c := newCemetery(t, m, conversations)
				c.bury()
				c.drain()
				if m.at != 0 {
					t.Error("nobody was killed")
				}
				c.rest(name)
			})
		}
	}
}

// rest checks that nothing is left of alice, that her peers kept their side, and
// that her id is free.
func (c *cemetery) rest(when string) {
	c.Helper()
	if keys := c.keys("alice"); !slices.Equal(keys, []string{"ACC"}) {
		c.Errorf("%s: alice has %q, want ACC alone", when, keys)
	}
	if keys := c.keys("peer7"); !slices.Equal(keys, []string{"K#c#alice"}) {
		c.Errorf("%s: peer7 has %q, want its conversation", when, keys)
	}
	accountsOf := c.tenant().Accounts
	if a, err := accountsOf.Get(c.Context(), "alice"); err != nil || a.Alive() || !a.Swept {
		c.Errorf("%s: the tombstone is %+v, %v", when, a, err)
	}
	if sessions, err := c.w.Store.Sessions(c.Context(), c.w.ID, []string{"alice"}); err != nil || len(sessions[0].Devices) != 0 {
		c.Errorf("%s: alice is connected: %+v, %v", when, sessions, err)
	}
	if n, err := c.w.Store.CountAccounts(c.Context(), c.w.ID, 2); err != nil || n != 1 {
		c.Errorf("%s: %d accounts are in the index, %v, want the admin's alone", when, n, err)
	}
	if err := accountsOf.Import(c.Context(), accounts.Draft{ID: "alice"}); err != nil {
		c.Errorf("%s: import: %v", when, err)
	}
}

// TestReborn: an id cannot be imported before the data of the deleted account is
// gone, and from then on no job takes anything, however often it comes.
func TestReborn(t *testing.T) {
	c := newCemetery(t, &mortal{}, 300)
	c.bury()
	for n := 0; ; n++ {
		err := c.tenant().Accounts.Import(t.Context(), accounts.Draft{ID: "alice", Nick: "anew"})
		left := len(c.keys("alice")) - 1
		if err == nil {
			if left != 0 {
				t.Fatalf("imported while %d rows of old are left", left)
			}
			break
		}
		if !fault.Is(err, fault.AccountReserved) || n > 10 {
			t.Fatalf("import %d: %v", n, err)
		}
		job := c.jobs[0]
		c.jobs = append(c.jobs[1:], job) // and again
		c.work(job)
	}
	c.row("alice", "newpeer")
	first := c.jobs[0]
	c.drain()
	c.work(first)
	if keys := c.keys("alice"); !slices.Equal(keys, []string{"ACC", "K#c#newpeer"}) {
		t.Errorf("alice has %q, want the new conversation", keys)
	}
	a, err := c.tenant().Accounts.Get(t.Context(), "alice")
	if err != nil || !a.Alive() || a.Nick != "anew" {
		t.Errorf("alice is %+v, %v", a, err)
	}
	// Signatures of the life before stay void.
	if err := a.Serves(accounts.Caller{Issued: time.Unix(1_700_000_000, 0)}, c.w.Clock.Now()); !fault.Is(err, fault.SignatureRevoked) {
		t.Errorf("a signature of the life before: %v, want %s", err, fault.SignatureRevoked)
	}
	if err := a.Serves(accounts.Caller{Issued: c.w.Clock.Now()}, c.w.Clock.Now()); err != nil {
		t.Errorf("a signature of now: %v", err)
	}
	// The next death is another one: its job does not touch what is left of this.
	c.w.Clock.Move(time.Second)
	c.bury()
	c.work(first)
	if keys := c.keys("alice"); len(keys) != 2 {
		t.Errorf("a job of the first death removed something of the second: %q are left", keys)
	}
	c.drain()
	if keys := c.keys("alice"); len(keys) != 1 {
		t.Errorf("alice has %q, want ACC alone", keys)
	}
}

// TestStragglers: a call that was under way when the account was deleted writes
// after the first sweep, and a device connects.
func TestStragglers(t *testing.T) {
	c := newCemetery(t, &mortal{}, 1)
	c.bury()
	c.work(c.jobs[0])
	c.row("alice", "late")
	if err := c.w.Connect(t.Context(), c.tenant(), "alice", "Web", "late"); err != nil {
		t.Fatal(err)
	}
	if n := len(c.jobs); n != 2 || !c.jobs[1].Again {
		t.Fatalf("jobs %+v, want the second removal", c.jobs)
	}
	c.work(c.jobs[1])
	c.jobs = nil
	c.rest("after the second sweep")
}

// TestRace lets workers, repeats of the call and imports run at once: nothing of
// the new life is lost, nothing of the old one stays.
func TestRace(t *testing.T) {
	for round := range 2 {
		c := newCemetery(t, &mortal{}, 40)
		c.bury()
		ctx, job := t.Context(), c.jobs[0]
		run := c.tenant().Accounts
		var workers, importer sync.WaitGroup
		stop := make(chan struct{})
		for i := range 2 {
			workers.Go(func() {
				r := job
				r.Again = i%2 == 1
				for {
					select {
					case <-stop:
						return
					default:
						if err := run.Sweep(ctx, r); err != nil {
							t.Errorf("sweep: %v", err)
							return
						}
					}
				}
			})
		}
		importer.Go(func() {
			for {
				err := run.Import(ctx, accounts.Draft{ID: "alice"})
				if err == nil {
					break
				}
				if !fault.Is(err, fault.AccountReserved) {
					t.Errorf("import: %v", err)
					return
				}
			}
			for i := range 20 {
				c.row("alice", fmt.Sprintf("new%d", i))
			}
		})
		importer.Wait()
		close(stop)
		workers.Wait()
		found := map[string]bool{}
		for _, k := range c.keys("alice") {
			found[strings.TrimRight(k, "0123456789")] = true
		}
		if got := slices.Sorted(maps.Keys(found)); len(c.keys("alice")) != 21 || !slices.Equal(got, []string{"ACC", "K#c#new"}) {
			t.Fatalf("round %d: alice has %q, want ACC and 20 new rows", round, c.keys("alice"))
		}
	}
}
