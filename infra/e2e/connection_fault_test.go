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

// TestEveryFaultOfConnections plays every kind of fault that the local cloud knows
// against the functions that open and close connections, which no call over HTTP
// reaches. Whatever strikes, a client that dials again after a refusal is connected
// and receives messages, the device that it has replaced is closed, and a device
// that has left does not stand in its way.
func TestEveryFaultOfConnections(t *testing.T) {
	t.Parallel()
	c := ownCloud(t, local.Options{InstanceIdle: 3 * time.Second, QueueRetry: time.Second})
	// A rule that never strikes keeps the proxies in the path.
	if err := c.stack.Faults.Add(fault.Rule{On: fault.OnDynamoDB, Do: fault.Delay, Function: "nobody"}); err != nil {
		t.Fatal(err)
	}
	v := &visits{t: t, cloud: c, app: newApp(t, c.place(), fields{"LoginPolicy": "single"}, "bob")}
	struck := make(map[string]int)
	for _, function := range []string{"client.session.authorizer", "client.session.connect", "client.session.disconnect", "client.session.default"} {
		for _, on := range []string{fault.OnDynamoDB, fault.OnSQS, fault.OnPost} {
			kinds := fault.Kinds(on)
			var rules []fault.Rule
			for _, do := range kinds {
				rules = append(rules, fault.Rule{On: on, Do: do, Function: function, Nth: 1 << 30})
			}
			seen, _, err := v.visit(rules...)
			if err != nil {
				t.Fatalf("%s without a fault: %v", function, err)
			}
			for i, do := range kinds {
				if seen[i] == 0 {
					continue // the function makes no such call
				}
				rule := fault.Rule{On: on, Do: do, Function: function, Nth: 1 + pick(function+on+do, seen[i]), Times: 1}
				_, fired, err := v.visit(rule)
				for try := 1; err != nil && try < tries; try++ { // a busy machine
					t.Logf("%s with %s on call %d of %s: %v", function, do, rule.Nth, on, err)
					_, fired, err = v.visit(rule)
				}
				if err != nil {
					t.Errorf("%s with %s on call %d of %s: %v", function, do, rule.Nth, on, err)
				}
				struck[function] += fired[0]
			}
		}
	}
	for _, function := range []string{"client.session.authorizer", "client.session.connect", "client.session.disconnect"} {
		if struck[function] == 0 {
			t.Errorf("nothing has struck %s", function)
		}
		t.Logf("%s was struck %d times", function, struck[function])
	}
}

// visits are visits of users, each of whom comes once.
type visits struct {
	t     *testing.T
	cloud *cloud
	app   *app
	users int
}

// visit lets a user connect with an old device, and, with the rules in force, with a
// new one that replaces it, which then receives a message and leaves. In the end a
// third device connects. It returns how many calls fitted each rule and how often
// each has struck.
func (v *visits) visit(rules ...fault.Rule) (seen, fired []int, err error) {
	a, ctx := v.app, deadline(v.t)
	v.users++
	user := fmt.Sprint("visitor", v.users)
	a.importUsers(v.t, user)
	before := a.newDevice(user, "Android", "before")
	if err := dialAgain(ctx, before); err != nil {
		return nil, nil, fmt.Errorf("the device before: %w", err)
	}
	defer before.drop()
	if err := v.cloud.stack.Faults.Add(rules...); err != nil {
		return nil, nil, err
	}
	err = v.struck(ctx, before, a.newDevice(user, "Android", "struck"))
	seen, fired = v.cloud.stack.Faults.Take(rules[0].Function)
	if err != nil {
		return seen, fired, err
	}
	after := a.newDevice(user, "Android", "after")
	if err := dialAgain(ctx, after); err != nil {
		return seen, fired, fmt.Errorf("the device after: %w", err)
	}
	defer after.drop()
	if err := until(ctx, "only the device after is connected", func() bool { return v.devices(ctx, user) == "after" }); err != nil {
		return seen, fired, err
	}
	return seen, fired, v.told(ctx, after, "after")
}

// struck is what a user does while rules are in force.
func (v *visits) struck(ctx context.Context, before, d *device) error {
	if err := dialAgain(ctx, d); err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer d.drop()
	// A device that was not told to go has no slot, and is closed at its next frame.
	if err := until(ctx, "the device before is closed", func() bool {
		_ = before.call(ctx, "session.sync", fields{}, nil)
		return !before.connected()
	}); err != nil {
		return err
	}
	if err := v.told(ctx, d, "hello"); err != nil {
		return err
	}
	var err error
	for range tries {
		if err = d.call(ctx, "message.shout", fields{}, nil); codeOf(err) == 60009 {
			break
		}
	}
	if codeOf(err) != 60009 {
		return fmt.Errorf("an unknown action: got %v, want 60009", err)
	}
	d.drop()
	return until(ctx, "both devices' $disconnect are over", func() bool { return v.left(d.user) == 2 })
}

// left counts the $disconnects of a user that are over.
func (v *visits) left(user string) (n int) {
	for _, u := range v.app.disconnects(v.t, v.cloud) {
		if u == user {
			n++
		}
	}
	return n
}

// told reports whether a message reaches a device.
func (v *visits) told(ctx context.Context, d *device, words string) error {
	err := v.app.v4("openim/sendmsg", fields{"From_Account": "bob", "To_Account": d.user, "MsgRandom": 1, "MsgBody": text(words)}, nil)
	if err != nil {
		return err
	}
	return until(ctx, "a message to "+d.String(), func() bool { return slices.Contains(d.inbox.texts("bob"), words) })
}

// devices lists the installations of a user that hold a slot.
func (v *visits) devices(ctx context.Context, user string) string {
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

// dialAgain connects as a client does: a refusal that is the server's fault is
// followed by another try.
func dialAgain(ctx context.Context, d *device) error {
	var err error
	for range tries {
		if err = d.connect(ctx); err == nil {
			return nil
		}
	}
	return err
}

// until waits for a condition, and says which one has not come to hold.
func until(ctx context.Context, what string, holds func() bool) error {
	if err := await(ctx, patience, holds); err != nil {
		return fmt.Errorf("not in time: %s", what)
	}
	return nil
}
