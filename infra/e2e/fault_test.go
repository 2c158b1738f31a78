package e2e

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/coder/websocket"

	"parley/infra/local"
	"parley/infra/local/backing"
	"parley/infra/local/fault"
	"parley/shared/domain/delivery"
)

// TestFaults runs tests that need a stack of their own, one after the other on the same
// stack: rules of faults apply to all calls of a stack.
func TestFaults(t *testing.T) {
	t.Parallel()
	c := ownCloud(t, local.Options{QueueRetry: time.Second, InstanceIdle: 2 * time.Second})
	t.Run("scale", func(t *testing.T) { testScale(t, c) })
	dead := newDeadConnections(t, c)
	t.Run("random faults", func(t *testing.T) { testRandomFaults(t, c) })
	t.Run("worker", func(t *testing.T) { testWorker(t, c) })
	t.Run("dead connections", func(t *testing.T) { dead.check(t) })
	t.Run("limits", func(t *testing.T) { testLimits(t, c) })
}

// testScale checks that parallel calls are served by several instances, each of which has
// one cold start, and that idle instances stop.
func testScale(t *testing.T, c *cloud) {
	c.failOnFault(t)
	a := newApp(t, c.endpoints(), nil, "alice", "bob")
	const calls, function = 50, "tencent.message.sendmsg"
	done := make(chan error, calls)
	for i := range calls {
		go func() {
			done <- a.v4("openim/sendmsg", fields{"From_Account": "alice", "To_Account": "bob", "MsgSeq": i, "MsgRandom": i, "MsgBody": text(fmt.Sprint(i))}, nil)
		}()
	}
	for range calls {
		if err := <-done; err != nil {
			t.Errorf("sendmsg: %v", err)
		}
	}
	cold, instances := 0, map[string]bool{}
	list := c.invocations(function)
	for _, r := range list {
		instances[r.Result.Instance] = true
		if r.Result.Cold {
			cold++
		}
		if r.Err != nil || r.Result.FunctionError != "" {
			t.Errorf("an invocation failed: %v, %s", r.Err, r.Result.FunctionError)
		}
	}
	if len(list) != calls {
		t.Errorf("got %d invocations, want %d", len(list), calls)
	}
	if cold < 3 || cold > 10 {
		t.Errorf("%d cold starts for %d calls at once, want 3 to 10", cold, calls)
	}
	if len(instances) != cold {
		t.Errorf("%d instances worked, %d were started", len(instances), cold)
	}
	eventually(t, "idle instances stop", func() bool { return c.stack.Functions.Stats().Running == 0 })
	if got := len(storedKeys(t, a, "alice", "bob")); got != calls {
		t.Errorf("%d messages are stored, want %d", got, calls)
	}
	if read := c.invocations("tencent.message.admin_getroammsg"); len(read) == 0 || !read[0].Result.Cold {
		t.Errorf("the next call had no cold start: %d invocations", len(read))
	}
	t.Logf("%d calls at once: %d instances", calls, len(instances))
}

// testWorker checks that the worker repeats a post that failed, and only to the
// connection to which it failed.
func testWorker(t *testing.T, c *cloud) {
	c.failOnFault(t)
	c.waitForEmptyQueues(t) // of the jobs of testRandomFaults
	a := newApp(t, c.endpoints(), nil, "alice", "bob")
	phone, web := a.device(t, "bob", "iPhone", "phone"), a.device(t, "bob", "Web", "web")
	id := c.connection(t, phone)
	for _, do := range []string{fault.Fail, fault.Throttle} {
		jobs, lines := len(c.invocations("worker.delivery.delivery")), len(c.reports("worker.delivery.delivery"))
		// The post in the call, its two retries, and the first three of the worker.
		if err := c.stack.Faults.Add(fault.Rule{On: fault.OnPost, Do: do, Name: id, Times: 6}); err != nil {
			t.Fatal(err)
		}
		if err := a.call(deadline(t), "alice", "", "message.send", fields{"To_Account": "bob", "MsgRandom": 1, "MsgBody": text(do)}, nil); err != nil {
			t.Fatal(err)
		}
		// An invocation is recorded after its log line.
		eventually(t, "the frame on the phone", func() bool {
			return len(c.reports("worker.delivery.delivery")) == lines+2 && len(c.invocations("worker.delivery.delivery")) == jobs+2
		})
		c.stack.Faults.Clear()
		eventually(t, "the frame on both", func() bool {
			return count(phone.inbox.texts("alice"), do) == 1 && count(web.inbox.texts("alice"), do) == 1
		})
		records := c.invocations("worker.delivery.delivery")[jobs:]
		for round, r := range records {
			var event struct{ Records []struct{ Body string } }
			var job delivery.Job
			if json.Unmarshal(r.Event, &event) != nil || len(event.Records) != 1 || json.Unmarshal([]byte(event.Records[0].Body), &job) != nil {
				t.Fatalf("the worker's event: %s", r.Event)
			}
			if len(job.Targets) != 1 || job.Targets[0].Connection != id || job.Attempt != round+1 {
				t.Errorf("%s, job %d: got %+v, want only the phone's connection", do, round, job)
			}
		}
		if got := c.reports("worker.delivery.delivery")[lines:]; len(got) != 2 || got[0].P != 3 || got[1].P != 1 {
			t.Errorf("%s: the worker's log lines are %+v, want 3 posts and then 1", do, got)
		}
	}
	if n := len(web.events("message.new")); n != 2 || web.inbox.repeated() != 0 || phone.inbox.repeated() != 0 {
		t.Errorf("the browser has %d frames, want 2 and no repeat", n)
	}
}

// waitForEmptyQueues waits until no job is in a queue and no worker runs one. The job of
// a worker that was killed is in the queue again after the visibility timeout.
func (c *cloud) waitForEmptyQueues(t *testing.T) {
	t.Helper()
	client := backing.Queues(c.stack.SQS.Endpoint())
	names := []types.QueueAttributeName{
		types.QueueAttributeNameApproximateNumberOfMessages, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible,
		types.QueueAttributeNameApproximateNumberOfMessagesDelayed,
	}
	worked := map[string]bool{}
	for _, f := range c.stack.Model.Functions {
		for _, q := range f.Queues {
			worked[q.Queue] = true
		}
	}
	var hidden time.Duration
	for _, q := range c.stack.Model.Queues {
		if worked[q.Name] {
			hidden = max(hidden, q.Visibility)
		}
	}
	left := ""
	err := await(t.Context(), maxWait+hidden, func() bool {
		left = ""
		for _, q := range c.stack.Model.Queues {
			if !worked[q.Name] {
				continue
			}
			out, err := client.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &q.URL, AttributeNames: names})
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range names {
				if n := out.Attributes[string(name)]; n != "0" {
					left += fmt.Sprintf(" %s of %s: %s;", name, q.Name, n)
				}
			}
		}
		return left == ""
	})
	if err != nil {
		t.Fatalf("the queues are not empty within %v:%s", maxWait+hidden, left)
	}
}

// deadConnections are connections that ended while the function of $disconnect was
// killed, so that their slots are still taken.
type deadConnections struct {
	*app
	cloud *cloud
	since time.Time
}

// youngAge is the age below which a connection that answers 410 may not be open yet.
const youngAge = 30 * time.Second

func newDeadConnections(t *testing.T, c *cloud) deadConnections {
	g := deadConnections{app: newApp(t, c.endpoints(), nil, "alice", "old", "new"), cloud: c}
	g.leave(t, "old")
	g.since = time.Now()
	return g
}

// leave connects a user, ends the connection, and kills the function of $disconnect.
func (g deadConnections) leave(t *testing.T, user string) {
	t.Helper()
	d := g.device(t, user, "Web", "web")
	rule := fault.Rule{On: fault.OnDynamoDB, Do: fault.KillBefore, Operation: "UpdateItem", Function: "client.session.disconnect", Times: 1}
	if err := g.cloud.stack.Faults.Add(rule); err != nil {
		t.Fatal(err)
	}
	d.cutConnection()
	eventually(t, "$disconnect is killed", func() bool { return g.cloud.stack.Faults.Fired()[0] == 1 })
	g.cloud.stack.Faults.Clear()
}

// posts sends a message to a user and returns how many posts the call made.
func (g deadConnections) posts(t *testing.T, user string, n int) float64 {
	t.Helper()
	before := len(g.cloud.reports("client.message.send"))
	if err := g.call(deadline(t), "alice", "", "message.send", fields{"To_Account": user, "MsgSeq": n, "MsgRandom": n, "MsgBody": text("anyone?")}, nil); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the log line of the send", func() bool { return len(g.cloud.reports("client.message.send")) == before+1 })
	return g.cloud.reports("client.message.send")[before].P
}

// check checks that a post that gets 410 empties the slot, unless the connection is so
// young that it may not be open yet.
func (g deadConnections) check(t *testing.T) {
	g.cloud.failOnFault(t)
	g.leave(t, "new")
	gone := g.cloud.stack.Gateway.Counters().Gone
	for n := range 2 {
		if got := g.posts(t, "new", n); got != 1 {
			t.Errorf("send %d to a young dead connection: got %g posts, want 1", n, got)
		}
	}
	eventually(t, "the dead connection is old", func() bool { return time.Since(g.since) > youngAge+time.Second })
	for n, want := range []float64{1, 0, 0} {
		if got := g.posts(t, "old", n); got != want {
			t.Errorf("send %d to an old dead connection: got %g posts, want %g", n, got, want)
		}
	}
	if got := g.cloud.stack.Gateway.Counters().Gone - gone; got != 3 {
		t.Errorf("%d posts were answered 410, want 3", got)
	}
}

// testLimits checks that a connection is closed if it is idle for too long or too old,
// and that the action p counts as traffic.
func testLimits(t *testing.T, c *cloud) {
	c.failOnFault(t)
	a := newApp(t, c.endpoints(), nil, "alice", "bob")
	defer c.stack.Faults.Clear()
	idleDevice, pinging := a.device(t, "alice", "Web", "silent"), a.device(t, "alice", "iPhone", "beating")
	const idle = 5 * time.Second
	c.stack.Faults.SetLimits(fault.Limits{Idle: idle})
	stop := make(chan struct{})
	go func() {
		ticker := time.NewTicker(idle / 20)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				_ = pinging.write(t.Context(), `{"action":"p"}`) // if it fails, the connection has ended
			case <-stop:
				return
			}
		}
	}()
	if got := idleDevice.waitForEnd(t); got != websocket.StatusGoingAway {
		t.Errorf("an idle connection: closed with %d, want %d", got, websocket.StatusGoingAway)
	}
	began := time.Now()
	eventually(t, "two idle times pass", func() bool { return time.Since(began) > 2*idle || !pinging.connected() })
	if !pinging.connected() {
		t.Error("a connection that sends p was closed as idle")
	}
	close(stop)
	c.stack.Faults.SetLimits(fault.Limits{Life: time.Second})
	if got := pinging.waitForEnd(t); got != websocket.StatusGoingAway {
		t.Errorf("an old connection: closed with %d, want %d", got, websocket.StatusGoingAway)
	}
	c.stack.Faults.SetLimits(fault.Limits{})
	eventually(t, "both sessions end", func() bool { return len(a.disconnects(t, c)) == 2 })
	// The device connects again, and gets what was sent meanwhile.
	if err := a.call(deadline(t), "bob", "", "message.send", fields{"To_Account": "alice", "MsgRandom": 1, "MsgBody": text("late")}, nil); err != nil {
		t.Fatal(err)
	}
	if err := pinging.connect(deadline(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := pinging.inbox.sync(deadline(t), pinging.call); err != nil || count(pinging.inbox.texts("bob"), "late") != 1 {
		t.Errorf("after the connection was closed: got %v, %v, want the message", pinging.inbox.texts("bob"), err)
	}
}
