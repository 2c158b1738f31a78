package background

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/infra/testkit"
	"parley/shared/app"
	"parley/shared/domain/accounts"
	"parley/shared/domain/background"
	"parley/shared/domain/chat"
	"parley/shared/dynamo"
	"parley/shared/dynamo/calls"
	"parley/shared/fault"
	"parley/shared/store/schema"
)

// interruptedQueue is the queue of a function that can be killed.
type interruptedQueue struct {
	*testkit.Interruption
	jobs *testkit.Jobs[accounts.Removal]
}

func (q interruptedQueue) Send(ctx context.Context, r accounts.Removal, delay time.Duration) error {
	return q.Call("SendMessage", func() error { return q.jobs.Send(ctx, r, delay) })
}

// A deletion is a world in which the account alice, with conversations, is deleted.
type deletion struct {
	*testing.T
	w    *testkit.World
	kill *testkit.Interruption
	jobs []accounts.Removal // in the queue
}

func newDeletion(t *testing.T, kill *testkit.Interruption, conversations int) *deletion {
	w := testkit.NewWorld(t, server, testkit.Options{Edition: "developer"})
	d := &deletion{T: t, w: w, kill: kill}
	if err := w.Seed(t.Context(), "account alice\nconnect alice iPhone i1\n"); err != nil {
		t.Fatal(err)
	}
	for i := range conversations {
		d.row("alice", fmt.Sprintf("peer%d", i))
	}
	d.row("peer7", "alice")
	w.App = w.NewApp(func(p *app.Parts) {
		p.Store = server.Store(kill.DynamoDB)
		p.Removal = interruptedQueue{kill, w.RemovalJobs}
	})
	return d
}

// row writes a row of a conversation.
func (d *deletion) row(user, peer string) {
	d.Helper()
	if err := d.w.SetAttributes(d.Context(), schema.Core, schema.RowKey(d.w.ID, user, chat.Between(user, peer)), dynamo.Item{"i": testkit.Number(1)}); err != nil {
		d.Fatal(err)
	}
}

// tenant returns the services of the application, without the interruption.
func (d *deletion) tenant() app.Tenant {
	d.Helper()
	a, err := d.w.NewApp(nil).Apps.Get(d.Context(), d.w.ID)
	if err != nil {
		d.Fatal(err)
	}
	return d.w.NewApp(nil).For(&a)
}

// deleteAccount deletes alice. If the call fails because the function was killed, it
// repeats the call.
func (d *deletion) deleteAccount() {
	d.Helper()
	a, err := d.w.NewApp(nil).Apps.Get(d.Context(), d.w.ID)
	if err != nil {
		d.Fatal(err)
	}
	for tries := 0; ; tries++ {
		_, err := d.w.App.For(&a).Accounts.Delete(d.Context(), []string{"alice"})
		d.collect()
		if err == nil {
			return
		}
		if !d.kill.Killed() || tries > 0 {
			d.Fatalf("delete: %v", err)
		}
		d.kill.Restart()
	}
}

// collect moves the jobs that were sent into d.jobs.
func (d *deletion) collect() {
	for _, q := range d.w.RemovalJobs.Take() {
		d.jobs = append(d.jobs, q.Job)
	}
}

// work runs the worker for one job as SQS does: if the worker is killed, the job is
// delivered again after the visibility timeout.
func (d *deletion) work(job accounts.Removal) {
	d.Helper()
	body, err := json.Marshal(background.Job{Removal: &job})
	if err != nil {
		d.Fatal(err)
	}
	event := fmt.Sprintf(`{"Records":[{"messageId":"m1","body":%q}]}`, body)
	answer, _, err := d.w.Invoke(d.Context(), &Operations()[0], []byte(event))
	d.collect()
	if d.kill.Killed() { // what a killed function answers is lost
		d.kill.Restart()
		d.jobs = append(d.jobs, job)
		d.w.Clock.Move(180 * time.Second)
		return
	}
	if err != nil || string(answer) != `{"batchItemFailures":[]}` {
		d.Fatalf("the worker answers %s, %v", answer, err)
	}
	d.w.Clock.Move(time.Second)
}

// drain works until the queue is empty.
func (d *deletion) drain() {
	d.Helper()
	for n := 0; len(d.jobs) > 0; n++ {
		if n == 100 {
			d.Fatalf("the queue does not become empty: %+v", d.jobs)
		}
		job := d.jobs[0]
		d.jobs = d.jobs[1:]
		d.work(job)
	}
}

// keys lists the sort keys of what belongs to a user in the table core.
func (d *deletion) keys(user string) []string {
	d.Helper()
	var keys []string
	for _, pk := range testkit.UserPartitions(d.w.ID, user) {
		for _, item := range d.w.PartitionItems(d, schema.Core, pk) {
			keys = append(keys, item["sk"].(*calls.Text).Value)
		}
	}
	return keys
}

// TestKillAtEachCall kills the functions that delete an account at each of their calls to
// AWS, before it and after it. The caller repeats a call that failed, and SQS delivers a
// job again. In the end nothing of the account is left but its tombstone.
func TestKillAtEachCall(t *testing.T) {
	const conversations = 30 // two pages
	none := &testkit.Interruption{}
	d := newDeletion(t, none, conversations)
	d.deleteAccount()
	d.drain()
	d.checkRemoved("without a kill")
	calls := none.Calls()
	t.Logf("%d calls: %s", len(calls), strings.Join(calls, " "))
	if len(calls) < 15 {
		t.Fatalf("only %d calls", len(calls))
	}
	for at := 1; at <= len(calls); at++ {
		for _, after := range []bool{false, true} {
			name := fmt.Sprintf("%d %s %s", at, map[bool]string{false: "before", true: "after"}[after], calls[at-1])
			t.Run(name, func(t *testing.T) {
				kill := &testkit.Interruption{At: at, After: after}
				d := newDeletion(t, kill, conversations)
				d.deleteAccount()
				d.drain()
				if kill.At != 0 {
					t.Error("no function was killed")
				}
				d.checkRemoved(name)
			})
		}
	}
}

// checkRemoved checks that nothing of alice is left but the tombstone, that peer7 still
// has its row, and that the id can be imported.
func (d *deletion) checkRemoved(when string) {
	d.Helper()
	if keys := d.keys("alice"); !slices.Equal(keys, []string{"ACC"}) {
		d.Errorf("%s: alice has %q, want ACC alone", when, keys)
	}
	if keys := d.keys("peer7"); !slices.Equal(keys, []string{"K#c#alice"}) {
		d.Errorf("%s: peer7 has %q, want its row", when, keys)
	}
	service := d.tenant().Accounts
	if a, err := service.Get(d.Context(), "alice"); err != nil || a.Alive() || !a.Swept {
		d.Errorf("%s: the tombstone is %+v, %v", when, a, err)
	}
	if sessions, err := d.w.Store.Sessions.Sessions(d.Context(), d.w.ID, []string{"alice"}); err != nil || len(sessions[0].Devices) != 0 {
		d.Errorf("%s: alice is connected: %+v, %v", when, sessions, err)
	}
	if n, err := d.w.Store.Apps.CountAccounts(d.Context(), d.w.ID, 2); err != nil || n != 1 {
		d.Errorf("%s: %d accounts are in the index, %v, want the admin's alone", when, n, err)
	}
	if err := service.Import(d.Context(), accounts.Import{ID: "alice"}); err != nil {
		d.Errorf("%s: import: %v", when, err)
	}
}

// TestImportAfterDeletion checks that an id cannot be imported before the data of the
// deleted account is removed, and that after the import no job removes anything, however
// often it is delivered.
func TestImportAfterDeletion(t *testing.T) {
	d := newDeletion(t, &testkit.Interruption{}, 300)
	d.deleteAccount()
	for n := 0; ; n++ {
		err := d.tenant().Accounts.Import(t.Context(), accounts.Import{ID: "alice", Nick: "anew"})
		left := len(d.keys("alice")) - 1
		if err == nil {
			if left != 0 {
				t.Fatalf("imported while %d old rows are left", left)
			}
			break
		}
		if !fault.Is(err, fault.AccountReserved) || n > 10 {
			t.Fatalf("import %d: %v", n, err)
		}
		job := d.jobs[0]
		d.jobs = append(d.jobs[1:], job) // the job is delivered twice
		d.work(job)
	}
	d.row("alice", "newpeer")
	first := d.jobs[0]
	d.drain()
	d.work(first)
	if keys := d.keys("alice"); !slices.Equal(keys, []string{"ACC", "K#c#newpeer"}) {
		t.Errorf("alice has %q, want the new conversation", keys)
	}
	a, err := d.tenant().Accounts.Get(t.Context(), "alice")
	if err != nil || !a.Alive() || a.Nick != "anew" {
		t.Errorf("alice is %+v, %v", a, err)
	}
	// Signatures that were made before the deletion stay refused.
	if err := a.Serves(accounts.Caller{Issued: time.Unix(1_700_000_000, 0)}, d.w.Clock.Now()); !fault.Is(err, fault.SignatureRevoked) {
		t.Errorf("a signature from before the deletion: %v, want %s", err, fault.SignatureRevoked)
	}
	if err := a.Serves(accounts.Caller{Issued: d.w.Clock.Now()}, d.w.Clock.Now()); err != nil {
		t.Errorf("a new signature: %v", err)
	}
	// A second deletion has a job of its own: the job of the first one does nothing.
	d.w.Clock.Move(time.Second)
	d.deleteAccount()
	d.work(first)
	if keys := d.keys("alice"); len(keys) != 2 {
		t.Errorf("the job of the first deletion removed data: %q are left", keys)
	}
	d.drain()
	if keys := d.keys("alice"); len(keys) != 1 {
		t.Errorf("alice has %q, want ACC alone", keys)
	}
}

// TestSecondSweep checks that the second removal removes a row that a running call wrote
// after the first removal, and a device that connected after it.
func TestSecondSweep(t *testing.T) {
	d := newDeletion(t, &testkit.Interruption{}, 1)
	d.deleteAccount()
	d.work(d.jobs[0])
	d.row("alice", "late")
	if err := d.w.Connect(t.Context(), d.tenant(), "alice", "Web", "late"); err != nil {
		t.Fatal(err)
	}
	if n := len(d.jobs); n != 2 || !d.jobs[1].Again {
		t.Fatalf("jobs %+v, want the second sweep", d.jobs)
	}
	d.work(d.jobs[1])
	d.jobs = nil
	d.checkRemoved("after the second sweep")
}

// TestConcurrentImport runs workers and an import at the same time: nothing of the new
// account is lost, and nothing of the deleted one is left.
func TestConcurrentImport(t *testing.T) {
	for round := range 2 {
		d := newDeletion(t, &testkit.Interruption{}, 40)
		d.deleteAccount()
		ctx, job := t.Context(), d.jobs[0]
		service := d.tenant().Accounts
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
						if err := service.Sweep(ctx, r); err != nil {
							t.Errorf("sweep: %v", err)
							return
						}
					}
				}
			})
		}
		importer.Go(func() {
			for {
				err := service.Import(ctx, accounts.Import{ID: "alice"})
				if err == nil {
					break
				}
				if !fault.Is(err, fault.AccountReserved) {
					t.Errorf("import: %v", err)
					return
				}
			}
			for i := range 20 {
				d.row("alice", fmt.Sprintf("new%d", i))
			}
		})
		importer.Wait()
		close(stop)
		workers.Wait()
		kinds := map[string]bool{}
		for _, k := range d.keys("alice") {
			kinds[strings.TrimRight(k, "0123456789")] = true
		}
		if got := slices.Sorted(maps.Keys(kinds)); len(d.keys("alice")) != 21 || !slices.Equal(got, []string{"ACC", "K#c#new"}) {
			t.Fatalf("round %d: alice has %q, want ACC and 20 new rows", round, d.keys("alice"))
		}
	}
}
