package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/infra/local"
	"parley/infra/local/fault"
)

// TestEveryFaultOfConnections injects every kind of fault that the local cloud has into
// the functions that open and close connections, which no call over HTTP invokes.
// Whatever the fault, a client that connects again after a refusal receives messages, the
// device that it replaces is closed, and a device that has disconnected does not prevent
// a later one from connecting.
func TestEveryFaultOfConnections(t *testing.T) {
	t.Parallel()
	c := ownCloud(t, local.Options{InstanceIdle: 3 * time.Second, QueueRetry: time.Second})
	// While there is any rule, calls go through the proxies. This one never matches.
	if err := c.stack.Faults.Add(fault.Rule{On: fault.OnDynamoDB, Do: fault.Delay, Function: "nobody"}); err != nil {
		t.Fatal(err)
	}
	v := &connectionScenarios{t: t, cloud: c, app: newApp(t, c.endpoints(), fields{"LoginPolicy": "single"}, "bob")}
	injected := make(map[string]int)
	for _, function := range []string{"client.session.authorizer", "client.session.connect", "client.session.disconnect", "client.session.default"} {
		for _, on := range []string{fault.OnDynamoDB, fault.OnSQS, fault.OnPost} {
			kinds := fault.Kinds(on)
			var rules []fault.Rule
			for _, do := range kinds {
				rules = append(rules, fault.Rule{On: on, Do: do, Function: function, Nth: 1 << 30})
			}
			seen, _, err := v.play(rules...)
			if err != nil {
				t.Fatalf("%s without a fault: %v", function, err)
			}
			for i, do := range kinds {
				if seen[i] == 0 {
					continue // the function makes no such call
				}
				rule := fault.Rule{On: on, Do: do, Function: function, Nth: 1 + pick(function+on+do, seen[i]), Times: 1}
				_, fired, err := v.play(rule)
				for try := 1; err != nil && try < maxTries; try++ { // the machine may be busy
					t.Logf("%s with %s on call %d of %s: %v", function, do, rule.Nth, on, err)
					_, fired, err = v.play(rule)
				}
				if err != nil {
					t.Errorf("%s with %s on call %d of %s: %v", function, do, rule.Nth, on, err)
				}
				injected[function] += fired[0]
			}
		}
	}
	for _, function := range []string{"client.session.authorizer", "client.session.connect", "client.session.disconnect"} {
		if injected[function] == 0 {
			t.Errorf("no fault was injected into %s", function)
		}
		t.Logf("faults injected into %s: %d", function, injected[function])
	}
}

// connectionScenarios plays one scenario several times, each time with a new user.
type connectionScenarios struct {
	t     *testing.T
	cloud *cloud
	app   *app
	users int
}

// play connects a first device of a new user. Then it adds the rules. A second device
// connects and replaces the first one, receives a message and disconnects. Then the rules
// are removed and a third device connects. play returns how many calls matched each rule
// and how many faults each rule injected.
func (v *connectionScenarios) play(rules ...fault.Rule) (seen, fired []int, err error) {
	a, ctx := v.app, deadline(v.t)
	v.users++
	user := fmt.Sprint("visitor", v.users)
	a.importUsers(v.t, user)
	before := a.newDevice(user, "Android", "before")
	if err := connectWithRetries(ctx, before); err != nil {
		return nil, nil, fmt.Errorf("the device before: %w", err)
	}
	defer before.cutConnection()
	if err := v.cloud.stack.Faults.Add(rules...); err != nil {
		return nil, nil, err
	}
	err = v.playSecondDevice(ctx, before, a.newDevice(user, "Android", "struck"))
	seen, fired = v.cloud.stack.Faults.RemoveRules(rules[0].Function)
	if err != nil {
		return seen, fired, err
	}
	after := a.newDevice(user, "Android", "after")
	if err := connectWithRetries(ctx, after); err != nil {
		return seen, fired, fmt.Errorf("the device after: %w", err)
	}
	defer after.cutConnection()
	if err := waitFor(ctx, "only the device after is connected", func() bool { return v.devices(ctx, user) == "after" }); err != nil {
		return seen, fired, err
	}
	return seen, fired, v.checkReceives(ctx, after, "after")
}

// playSecondDevice is the part of the scenario during which the rules exist.
func (v *connectionScenarios) playSecondDevice(ctx context.Context, before, d *device) error {
	if err := connectWithRetries(ctx, d); err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer d.cutConnection()
	// If the kick of the first device failed, it has no slot, and is closed at its next
	// frame.
	if err := waitFor(ctx, "the device before is closed", func() bool {
		_ = before.call(ctx, "session.sync", fields{}, nil)
		return !before.connected()
	}); err != nil {
		return err
	}
	if err := v.checkReceives(ctx, d, "hello"); err != nil {
		return err
	}
	var err error
	for range maxTries {
		if err = d.call(ctx, "message.shout", fields{}, nil); codeOf(err) == 60009 {
			break
		}
	}
	if codeOf(err) != 60009 {
		return fmt.Errorf("an unknown action: got %v, want 60009", err)
	}
	d.cutConnection()
	return waitFor(ctx, "$disconnect of both devices has ended", func() bool { return v.endedConnections(d.user) == 2 })
}

// endedConnections counts the finished invocations of $disconnect for a user.
func (v *connectionScenarios) endedConnections(user string) (n int) {
	for _, u := range v.app.disconnects(v.t, v.cloud) {
		if u == user {
			n++
		}
	}
	return n
}

// checkReceives sends a message to the user and returns an error if the device does not
// receive it.
func (v *connectionScenarios) checkReceives(ctx context.Context, d *device, words string) error {
	err := v.app.v4("openim/sendmsg", fields{"From_Account": "bob", "To_Account": d.user, "MsgRandom": 1, "MsgBody": text(words)}, nil)
	if err != nil {
		return err
	}
	return waitFor(ctx, "a message to "+d.String(), func() bool { return slices.Contains(d.inbox.texts("bob"), words) })
}

// devices lists the instances of a user that have a slot.
func (v *connectionScenarios) devices(ctx context.Context, user string) string {
	var out struct{ Devices []struct{ Instance string } }
	if err := v.app.call(ctx, user, "", "session.devices", fields{}, &out); err != nil {
		return err.Error()
	}
	var list []string
	for _, d := range out.Devices {
		list = append(list, d.Instance)
	}
	return strings.Join(list, " ")
}

// connectWithRetries connects as a client does: it tries again after a failure.
func connectWithRetries(ctx context.Context, d *device) error {
	var err error
	for range maxTries {
		if err = d.connect(ctx); err == nil {
			return nil
		}
	}
	return err
}

// waitFor waits for a condition. If it does not become true in time, the error names it.
func waitFor(ctx context.Context, what string, holds func() bool) error {
	if err := await(ctx, maxWait, holds); err != nil {
		return fmt.Errorf("not in time: %s", what)
	}
	return nil
}
