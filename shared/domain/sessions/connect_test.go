package sessions_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/infra/testkit"
	"parley/shared/domain/sessions"
	"parley/shared/fault"
)

// A step of a script. "PLATFORM INSTANCE" connects a device, and kicked are the
// connections that are kicked by it. "sleep D" moves the clock.
type step struct{ action, kicked string }

// TestConnect shows which connections a new connection displaces. The connection of the
// n-th step has the id n.
func TestConnect(t *testing.T) {
	for _, c := range []struct {
		name        string
		policy      sessions.Policy
		native, web int
		script      []step
	}{
		{"under single, each device displaces the one before", sessions.Single, 0, 0, []step{
			{"iPhone a", ""}, {"iPhone a", ""}, {"iPhone b", "2"}, {"Web w", "3"}, {"MiniProgram p", "4"}, {"Mac m", "5"},
		}},
		{"a connection older than its maximum age is not kicked", sessions.Triple, 1, 1, []step{
			{"iPhone a", ""}, {"sleep 2h4m59s", ""}, {"iPhone b", "1"}, {"sleep 2h5m", ""}, {"iPhone c", ""},
		}},
		{"with a limit of three, a fourth device displaces the oldest", sessions.Dual, 3, 1, []step{
			{"iPhone a", ""}, {"iPhone b", ""}, {"iPhone c", ""}, {"iPhone d", "1"}, {"iPhone e", "2"}, {"iPhone a", "3"},
		}},
		{"a renewed connection is not the oldest any more", sessions.Dual, 2, 1, []step{
			{"iPhone a", ""}, {"iPhone b", ""}, {"iPhone a", ""}, {"iPhone c", "2"}, {"iPhone d", "3"},
		}},
		{"another platform of the same place displaces all devices there", sessions.Dual, 3, 10, []step{
			{"iPhone a", ""}, {"iPhone b", ""}, {"Web w", ""}, {"Web v", ""}, {"Android c", "1 2"}, {"iPad d", "5"}, {"MiniProgram p", ""},
		}},
		{"under single, a desktop displaces all browsers", sessions.Single, 1, 10, []step{
			{"Web a", ""}, {"Web b", ""}, {"MiniProgram c", ""}, {"Web d", ""}, {"Mac m", "1 2 3 4"}, {"Web e", "5"},
		}},
		{"the web has a limit of its own", sessions.Multi, 1, 2, []step{
			{"Web a", ""}, {"Web b", ""}, {"iPhone c", ""}, {"iPhone d", "3"}, {"MiniProgram e", "1"}, {"iPad f", ""},
		}},
		{"a limit is at most 3 native devices and 10 browsers", sessions.Multi, 99, 99, []step{
			{"iPad a", ""}, {"iPad b", ""}, {"iPad c", ""}, {"iPad d", "1"},
			{"Web a", ""}, {"Web b", ""}, {"Web c", ""}, {"Web d", ""}, {"Web e", ""}, {"Web f", ""}, {"Web g", ""}, {"Web h", ""},
			{"Web i", ""}, {"Web j", ""}, {"Web k", "5"},
		}},
		{"a dead device loses its slot before a live one", sessions.Dual, 2, 1, []step{
			{"iPhone a", ""}, {"iPhone b", ""}, {"sleep 2h", ""}, {"iPhone b", ""}, {"sleep 6m", ""}, {"iPhone c", ""}, {"iPhone d", "4"},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			clock := testkit.NewClock(time.UnixMilli(1_700_000_000_000))
			store := &fakeStore{}
			set := sessions.Settings{Policy: c.policy, Native: c.native, Web: c.web}
			for i, step := range c.script {
				k := &kicker{}
				s := sessions.New(0, set, store, k, clock)
				platform, instance, _ := strings.Cut(step.action, " ")
				if platform == "sleep" {
					d, err := time.ParseDuration(instance)
					if err != nil {
						t.Fatal(err)
					}
					clock.Move(d)
					continue
				}
				clock.Move(time.Millisecond)
				n := fmt.Sprint(i + 1)
				_, err := s.Connect(t.Context(), "alice", sessions.Connection{ID: n, Instance: instance, Platform: sessions.Platform(platform)})
				if err != nil {
					t.Fatalf("%s: %v", step.action, err)
				}
				slices.Sort(k.kicked)
				if got := strings.ReplaceAll(strings.Join(k.kicked, " "), " replaced", ""); got != step.kicked {
					t.Errorf("%s: %s kicked %q, want %q", n, step.action, got, step.kicked)
				}
				seen := make(map[string]bool)
				for _, d := range store.slots {
					if seen[d.Current.Instance+" "+c.policy.SlotGroup(d.Current.Platform)] {
						t.Errorf("%s: %s holds two slots: %+v", n, d.Current.Instance, store.slots)
					}
					seen[d.Current.Instance+" "+c.policy.SlotGroup(d.Current.Platform)] = true
				}
			}
		})
	}
}

// TestFreshConnectionKicksSameInstallation: a fresh connection kicks the connection of
// the same installation, since it belongs to another client. A renewal kicks nobody.
func TestFreshConnectionKicksSameInstallation(t *testing.T) {
	clock := testkit.NewClock(time.UnixMilli(1_700_000_000_000))
	k := &kicker{}
	s := sessions.New(0, sessions.Settings{Policy: sessions.Dual, Native: 2, Web: 1}, &fakeStore{}, k, clock)
	for i, c := range []struct {
		instance string
		fresh    bool
		want     string
	}{
		{"a", true, ""}, {"b", true, ""}, {"a", false, ""}, {"a", true, "3 replaced"}, {"a", true, "4 replaced"}, {"b", false, ""},
	} {
		k.kicked = nil
		conn := sessions.Connection{ID: fmt.Sprint(i + 1), Instance: c.instance, Platform: "iPhone", Fresh: c.fresh}
		if _, err := s.Connect(t.Context(), "alice", conn); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(k.kicked, " "); got != c.want {
			t.Errorf("connection %d of %s, fresh %t: kicked %q, want %q", i+1, c.instance, c.fresh, got, c.want)
		}
	}
	clock.Move(3 * time.Hour)
	k.kicked = nil
	if _, err := s.Connect(t.Context(), "alice", sessions.Connection{ID: "7", Instance: "a", Platform: "iPhone", Fresh: true}); err != nil {
		t.Fatal(err)
	}
	if len(k.kicked) != 0 {
		t.Errorf("a connection past its maximum age: kicked %q, want nobody", k.kicked)
	}
}

// TestClaimIsRetriedFromTheSessionItMet: a renewal needs one claim. If a claim fails,
// the next one is made from the session that the failed one has returned.
func TestClaimIsRetriedFromTheSessionItMet(t *testing.T) {
	clock := testkit.NewClock(time.UnixMilli(1_700_000_000_000))
	conn := func(n string) sessions.Connection {
		return sessions.Connection{ID: "c" + n, Instance: n, Platform: "iPhone", OpenedAt: clock.Now().UnixMilli()}
	}
	store, k := &fakeStore{}, &kicker{}
	s := sessions.New(0, sessions.Settings{Policy: sessions.Dual, Native: 3}, store, k, clock)
	for range 2 { // the first connect, and then a renewal
		store.claims = nil
		if _, err := s.Connect(t.Context(), "alice", conn("a")); err != nil || len(store.claims) != 1 {
			t.Errorf("%d claims, %v, want 1", len(store.claims), err)
		}
	}
	// Before each of the first ten claims, other devices take the slots.
	changes := 0
	store.beforeClaim = func() {
		if changes++; changes <= 10 {
			store.put("x", conn(fmt.Sprint("other", changes)))
			store.put("x.2", conn(fmt.Sprint("more", changes)))
			store.put("x.3", conn(fmt.Sprint("most", changes)))
		}
	}
	store.claims = nil
	var waits []int64
	clock.OnWait = func(_ context.Context, d time.Duration) { waits = append(waits, d.Milliseconds()) }
	if _, err := s.Connect(t.Context(), "alice", conn("b")); err != nil || len(store.claims) != 11 || len(store.slots) != 3 {
		t.Errorf("%d claims, %v, slots %+v, want 11 claims", len(store.claims), err, store.slots)
	}
	if want := []int64{2, 4, 8, 16, 32, 64, 128, 200, 200}; !slices.Equal(waits, want) {
		t.Errorf("waits of %d ms, want %d: the second claim is made at once", waits, want)
	}
	if len(k.kicked) != 1 {
		t.Errorf("kicked %q, want one", k.kicked)
	}
	changes = -1000
	if _, err := s.Connect(t.Context(), "alice", conn("d")); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a session that changes before each claim: %v, want %s", err, fault.Unavailable)
	}
	broken := errors.New("no table")
	s = sessions.New(0, sessions.Settings{Policy: sessions.Dual, Native: 3}, &fakeStore{err: broken}, k, clock)
	if _, err := s.Connect(t.Context(), "alice", conn("a")); !errors.Is(err, broken) {
		t.Errorf("the store fails: %v, want %v", err, broken)
	}
	for _, instance := range []string{"", strings.Repeat("i", 65)} {
		store := &fakeStore{}
		s := sessions.New(0, sessions.Settings{Policy: sessions.Dual, Native: 3}, store, k, clock)
		if _, err := s.Connect(t.Context(), "alice", sessions.Connection{Instance: instance, Platform: "Web"}); !fault.Is(err, fault.Invalid) || len(store.claims) > 0 {
			t.Errorf("an instance of %d bytes: %v, claims %+v", len(instance), err, store.claims)
		}
	}
}

// TestPolicyOrLimitIsLowered: devices that connected under an earlier policy lose their
// slots when a device connects that excludes them under the new policy. Devices that
// connected under a higher limit count towards a lower one.
func TestPolicyOrLimitIsLowered(t *testing.T) {
	clock := testkit.NewClock(time.UnixMilli(1_700_000_000_000))
	store, k := &fakeStore{}, &kicker{}
	set := sessions.Settings{Policy: sessions.Multi, Native: 3, Web: 10}
	connect := func(platform sessions.Platform, instance, kicked string) {
		t.Helper()
		clock.Move(time.Millisecond)
		k.kicked = nil
		s := sessions.New(0, set, store, k, clock)
		if _, err := s.Connect(t.Context(), "alice", sessions.Connection{ID: instance, Instance: instance, Platform: platform}); err != nil {
			t.Fatal(err)
		}
		slices.Sort(k.kicked)
		if got := strings.ReplaceAll(strings.Join(k.kicked, " "), " replaced", ""); got != kicked {
			t.Errorf("%s on %s kicked %q, want %q", instance, platform, got, kicked)
		}
	}
	connect("Android", "a", "")
	connect("iPad", "b", "")
	connect("Web", "w", "")
	connect("Web", "v", "")
	connect("Web", "u", "")
	set.Policy = sessions.Dual
	connect("Android", "c", "b") // another Android may stay, there can be three
	connect("iPhone", "d", "a c")
	set.Web = 2
	connect("Web", "t", "") // browsers in the slots of the other policy are not counted
	set.Web = 1
	connect("Web", "t", "u v w")
	set.Policy = sessions.Single
	connect("Web", "t", "d")
	if got := len(store.slots); got != 2 { // the connection that t had before is not kicked
		t.Errorf("%d slots, want 2: %+v", got, store.slots)
	}
	set.Policy = sessions.Multi
	set.Web = 10
	for _, name := range []string{"1", "2", "3", "4"} {
		connect("Web", name, "")
	}
	set.Web = 3
	connect("Web", "5", "1 2")
}
