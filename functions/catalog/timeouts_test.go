package catalog

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"parley/shared/domain/accounts"
	"parley/shared/domain/groupchat"
	"parley/shared/domain/idempotency"
	"parley/shared/domain/sessions"
	"parley/shared/domain/timeline"
	"parley/shared/op"
	"parley/shared/retry"
	"parley/shared/timeouts"
)

// TestTimesAgree holds the relations between the times that rules depend on.
func TestTimesAgree(t *testing.T) {
	less := func(what string, a, b time.Duration) {
		if a >= b {
			t.Errorf("%s: %s is not less than %s", what, a, b)
		}
	}
	less("a caller gets an answer before API Gateway stops waiting", timeouts.LongestCall, timeouts.Gateway)
	less("a read of changes goes back further than a call can last", timeouts.LongestCall, timeouts.Overlap)
	less("a client that got no answer repeats within the idempotency window", timeouts.Gateway+timeouts.Overlap, timeline.IdempotencyWindow)
	less("a client that got no answer repeats within the window of other calls", timeouts.Gateway+timeouts.Overlap, accounts.RepeatWindow)
	less("a session outlives the 2 hours of a connection", 2*time.Hour, sessions.Life)

	less("a removal ends before Lambda and SQS give up on it", accounts.SweepTimeout, timeouts.LongestCall)

	// A unit of work makes all its tries before a call ends.
	p, waits, next := retry.Contended(), time.Duration(0), time.Duration(0)
	for i := range p.Tries - 1 {
		if i >= p.ImmediateRetries {
			next = min(max(2*next, p.First), p.Most)
			waits += next
		}
	}
	less("the waits of a unit of work", waits, timeouts.Call/2)

	// A send that cannot claim is refused before its call ends.
	claim := idempotency.ClaimPolicy()
	less("a claim leaves half of a call", claim.Leave, timeouts.Call/2)
	less("a claim has tries for the longest call", timeouts.LongestCall, time.Duration(claim.Tries)*claim.Most)
}

// TestOperationsKeepTheTimes checks every operation: a caller waits for it no longer than
// API Gateway does, and a worker does not get a job again while it may still work on it.
func TestOperationsKeepTheTimes(t *testing.T) {
	visibility := queueVisibility(t)
	queues, senders := 0, 0
	for _, o := range All() {
		if sends(o) {
			senders++
		}
		for _, trigger := range o.Triggers {
			switch {
			case trigger.HTTP != "" || trigger.Socket != "" || trigger.Authorizer:
				if o.Timeout > timeouts.LongestCall {
					t.Errorf("%s may run %s, and a call at most %s", o.Name, o.Timeout, timeouts.LongestCall)
				}
			case trigger.Queue != "":
				queues++
				if got := visibility[string(trigger.Queue)]; got < 6*o.Timeout {
					t.Errorf("%s runs up to %s, and its queue delivers a job again after %s, want at least six times as long", o.Name, o.Timeout, got)
				}
			}
		}
		if sends(o) && o.Timeout+timeouts.ClockError >= groupchat.Takeover {
			t.Errorf("%s may run %s, and another call takes its send over after %s", o.Name, o.Timeout, groupchat.Takeover)
		}
		if writesChanges(o) && o.Timeout+timeouts.ClockError > timeouts.Overlap {
			t.Errorf("%s may write a change %s after its time, and a sync looks back %s", o.Name, o.Timeout, timeouts.Overlap)
		}
	}
	if queues < 3 || senders < 3 {
		t.Errorf("%d operations have a queue and %d send to groups, want at least 3 and 3", queues, senders)
	}
}

// sends reports whether an operation claims a send to a group, and stores the message.
func sends(o op.Operation) bool {
	access := o.Declared().Access
	return slices.Contains(access, "write dedup") && slices.Contains(access, "write group-heads")
}

// writesChanges reports whether an operation that is called writes what devices read by "what
// has changed since".
func writesChanges(o op.Operation) bool {
	worker := strings.HasPrefix(o.Name, "worker.")
	return !worker && (slices.Contains(o.Declared().Access, "write conversations") || slices.Contains(o.Declared().Access, "write messages"))
}

// queueVisibility returns the visibility timeouts of the queues in the templates, by the
// names that package queue has for them.
func queueVisibility(t *testing.T) map[string]time.Duration {
	files, err := filepath.Glob(filepath.Join(root, "infra/stacks/*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[string]time.Duration)
	for _, file := range append(files, filepath.Join(root, "template.yaml")) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var stack struct {
			Resources map[string]struct {
				Type       string    `yaml:"Type"`
				Properties yaml.Node `yaml:"Properties"`
			} `yaml:"Resources"`
		}
		if err := yaml.Unmarshal(text, &stack); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for name, r := range stack.Resources {
			if r.Type != "AWS::SQS::Queue" {
				continue
			}
			var p struct {
				Seconds int `yaml:"VisibilityTimeout"`
			}
			if err := r.Properties.Decode(&p); err != nil {
				t.Fatalf("%s: %s: %v", file, name, err)
			}
			out[strings.ToLower(name)] = time.Duration(p.Seconds) * time.Second
		}
	}
	return out
}
