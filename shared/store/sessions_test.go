package store_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/shared/domain/sessions"
	"parley/shared/retry"
	"parley/shared/testkit"
)

// kicks keeps who was kicked.
type kicks struct {
	mu   sync.Mutex
	list []string
}

func (k *kicks) Kick(_ context.Context, d sessions.Device, _ string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.list = append(k.list, d.Now.Instance+" "+d.Now.Connection)
	return nil
}

func (k *kicks) Drop(ctx context.Context, d sessions.Device) error { return k.Kick(ctx, d, "") }

// ticks is a clock of which no two readings are the same, so that who is older
// is always certain.
func ticks(w *testkit.World) func() time.Time {
	return func() time.Time {
		w.Clock.Move(time.Millisecond)
		return w.Clock.Now()
	}
}

// TestConnectsAtOnce: however many devices connect at the same time, the limit
// holds, each of the others is told to go once, and none goes that has a slot.
func TestConnectsAtOnce(t *testing.T) {
	for _, c := range []struct {
		policy      sessions.Policy
		native, web int
		platforms   []sessions.Platform
		alive       int
	}{
		{sessions.Dual, 1, 1, []sessions.Platform{"iPhone"}, 1},
		{sessions.Dual, 3, 1, []sessions.Platform{"iPhone"}, 3},
		{sessions.Multi, 1, 10, []sessions.Platform{"Web", "MiniProgram"}, 10},
		{sessions.Single, 2, 10, []sessions.Platform{"Web", "Android"}, 0}, // 1 to 10, of one platform
		{sessions.Triple, 2, 1, []sessions.Platform{"Android", "iPad"}, 0}, // 1 or 2
	} {
		t.Run(fmt.Sprintf("%s %d %d %s", c.policy, c.native, c.web, c.platforms), func(t *testing.T) {
			w, k := testkit.NewWorld(t, server, testkit.Options{}), &kicks{}
			s := w.Tenant(t).Sessions
			s.Policy, s.Native, s.Web, s.Kicker, s.Now, s.Again = c.policy, c.native, c.web, k, ticks(w), retry.Retrier{Wait: really}
			const devices = 14
			var group sync.WaitGroup
			for n := range devices {
				group.Go(func() {
					link := sessions.Link{
						Connection: fmt.Sprintf("c%02d", n), Instance: fmt.Sprintf("i%02d", n), Platform: c.platforms[n%len(c.platforms)],
					}
					if _, err := s.Connect(t.Context(), "alice", link); err != nil {
						t.Error(err)
					}
				})
			}
			group.Wait()
			list, err := s.Devices(t.Context(), "alice")
			if err != nil {
				t.Fatal(err)
			}
			kicked := make(map[string]int)
			for _, who := range k.list {
				kicked[who]++
			}
			most, platform := c.native, list[0].Now.Platform
			if platform.Alike()[0] == "Web" {
				most = c.web
			}
			for _, d := range list {
				if kicked[d.Now.Instance+" "+d.Now.Connection] > 0 {
					t.Errorf("%s was kicked and has a slot", d.Now.Instance)
				}
				if d.Now.Platform.Alike()[0] != platform.Alike()[0] {
					t.Errorf("%s and %s are online", platform, d.Now.Platform)
				}
			}
			if len(list) > most || (c.alive > 0 && len(list) != c.alive) || len(list)+len(kicked) != devices {
				t.Errorf("%d have slots, %d were kicked; want %d devices, at most %d with slots", len(list), len(kicked), devices, most)
			}
			for who, n := range kicked {
				if n != 1 {
					t.Errorf("%s was kicked %d times", who, n)
				}
			}
		})
	}
}

// TestOldestGoes: one after the other, it is always the oldest that goes.
func TestOldestGoes(t *testing.T) {
	w, k := testkit.NewWorld(t, server, testkit.Options{}), &kicks{}
	s := w.Tenant(t).Sessions
	s.Policy, s.Native, s.Kicker, s.Now, s.Again = sessions.Dual, 3, k, ticks(w), retry.Retrier{Wait: really}
	for n := range 20 {
		name := fmt.Sprint(n)
		if _, err := s.Connect(t.Context(), "alice", sessions.Link{Connection: name, Instance: name, Platform: "Mac"}); err != nil {
			t.Fatal(err)
		}
	}
	var want []string
	for n := range 17 {
		want = append(want, fmt.Sprintf("%d %d", n, n))
	}
	if !slices.Equal(k.list, want) {
		t.Errorf("kicked %q, want %q", k.list, want)
	}
}

// TestComeAndGo: devices of a few installations connect, renew and leave at the
// same time. Whatever happens, an installation holds one slot, does not kick
// itself, and holds its slot if its last step was to connect and nobody kicked it.
func TestComeAndGo(t *testing.T) {
	w, k := testkit.NewWorld(t, server, testkit.Options{}), &kicks{}
	s := w.Tenant(t).Sessions
	s.Policy, s.Native, s.Kicker, s.Now, s.Again = sessions.Dual, 3, k, ticks(w), retry.Retrier{Wait: really}
	var group sync.WaitGroup
	last := make([]string, 5)
	for n := range last {
		group.Go(func() {
			instance := fmt.Sprintf("i%d", n)
			for round := range 12 {
				link := sessions.Link{Connection: fmt.Sprintf("%s-%d", instance, round), Instance: instance, Platform: "iPad"}
				if _, err := s.Connect(t.Context(), "alice", link); err != nil {
					t.Error(err)
				}
				last[n] = instance + " " + link.Connection
				switch {
				case round == 11:
				case round%3 == 0:
					if _, err := s.Disconnect(t.Context(), "alice", link, "closed"); err != nil {
						t.Error(err)
					}
				case round%3 == 1:
					old := link
					old.Connection = fmt.Sprintf("%s-%d", instance, round-1)
					if _, err := s.Disconnect(t.Context(), "alice", old, "closed"); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	group.Wait()
	list, err := s.Devices(t.Context(), "alice")
	if err != nil {
		t.Fatal(err)
	}
	holds := make(map[string]int)
	for _, d := range list {
		holds[d.Now.Instance+" "+d.Now.Connection]++
	}
	if len(list) == 0 || len(list) > 3 || len(holds) != len(list) {
		t.Errorf("%d slots are held: %v", len(list), holds)
	}
	for _, who := range last {
		if kicked := slices.Contains(k.list, who); kicked == (holds[who] == 1) {
			t.Errorf("%s holds %d slots, kicked: %t", who, holds[who], kicked)
		}
	}
}

// TestTakeOverInRenewal: both connections of a device that has to go are closed.
func TestTakeOverInRenewal(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	seed := "connect alice iPhone i1\nreconnect alice iPhone i1 i1b\n"
	if err := w.Seed(t.Context(), seed+"connect alice Android a1\n"); err != nil {
		t.Fatal(err)
	}
	want := []string{"post alice/i1", "close alice/i1", "post alice/i1b", "close alice/i1b"}
	check := func(what string, want []string) {
		t.Helper()
		var got []string
		for _, line := range w.Effects() {
			line, _, _ = strings.Cut(line, " {")
			got = append(got, line)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	check("taken over in a renewal", want)
	if err := w.Seed(t.Context(), strings.ReplaceAll(seed, "alice", "bob")+"sleep 30s\nconnect bob Android a1\n"); err != nil {
		t.Fatal(err)
	}
	check("taken over after one", []string{"post bob/i1b", "close bob/i1b"})
}

// TestSignOut: by installation, wherever it is; and where it is not connected,
// the end of its last connection becomes a sign-out, but nobody else's.
func TestSignOut(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	s := w.Tenant(t).Sessions
	s.Native, s.Now = 3, ticks(w)
	link := func(name string) sessions.Link {
		return sessions.Link{Connection: "c-" + name, Instance: name, Platform: "iPhone"}
	}
	for _, name := range []string{"a", "b", "c"} {
		if _, err := s.Connect(t.Context(), "alice", link(name)); err != nil {
			t.Fatal(err)
		}
	}
	wants := func(what string, err error, reason, instance string, names ...string) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		list, err := w.Store.Sessions(t.Context(), w.ID, []string{"alice"})
		if err != nil {
			t.Fatal(err)
		}
		got := make(map[string]bool)
		for _, d := range list[0].Devices {
			got[d.Now.Instance] = true
		}
		if have := slices.Sorted(maps.Keys(got)); !slices.Equal(have, names) {
			t.Errorf("%s: connected are %q, want %q", what, have, names)
		}
		if l := list[0].Last; l == nil || l.Reason != reason || l.Instance != instance || l.Platform != "iPhone" {
			t.Errorf("%s: last %+v, want %s of %s", what, l, reason, instance)
		}
	}
	wants("b signs out", fails(s.Logout(t.Context(), "alice", link("b"))), "logout", "b", "a", "c")
	wants("its connection closes", fails(s.Disconnect(t.Context(), "alice", link("b"), "closed")), "logout", "b", "a", "c")
	wants("c over HTTP", fails(s.Logout(t.Context(), "alice", sessions.Link{Instance: "c"})), "logout", "c", "a")
	wants("a closes", fails(s.Disconnect(t.Context(), "alice", link("a"), "closed")), "closed", "a")
	wants("c signs out again", fails(s.Logout(t.Context(), "alice", sessions.Link{Instance: "c"})), "closed", "a")
	wants("a signs out, not connected", fails(s.Logout(t.Context(), "alice", sessions.Link{Instance: "a"})), "logout", "a")
	if _, err := s.Logout(t.Context(), "nobody", link("a")); err != nil {
		t.Errorf("a user without a session signs out: %v", err)
	}
	page := sessions.Link{Connection: "page", Instance: "page", Platform: "Web"} // nothing but Last is kept of it
	_, err1 := s.Connect(t.Context(), "bob", page)
	_, err2 := s.Disconnect(t.Context(), "bob", page, "closed")
	_, err3 := s.Logout(t.Context(), "bob", sessions.Link{Instance: "page"})
	list, err4 := w.Store.Sessions(t.Context(), w.ID, []string{"bob"})
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		t.Fatalf("a closed page signs out: %v", err)
	}
	if l := list[0].Last; l == nil || l.Reason != "logout" {
		t.Errorf("a closed page signs out: last %+v", l)
	}
}

// TestBackground: the mark is the installation's, wherever its slot is, and goes
// with its connection.
func TestBackground(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	s := w.Tenant(t).Sessions
	s.Native, s.Now = 3, ticks(w)
	link := func(name string) sessions.Link {
		return sessions.Link{Connection: name, Instance: name, Platform: "iPhone"}
	}
	for _, name := range []string{"a", "b", "c"} {
		if _, err := s.Connect(t.Context(), "alice", link(name)); err != nil {
			t.Fatal(err)
		}
	}
	wants := func(what string, err error, want string) {
		t.Helper()
		list, err2 := s.Devices(t.Context(), "alice")
		if err != nil || err2 != nil {
			t.Fatalf("%s: %v, %v", what, err, err2)
		}
		got := ""
		for _, d := range list {
			if d.Now.Background {
				got += d.Now.Instance
			}
		}
		if got != want {
			t.Errorf("%s: in the background are %q, want %q", what, got, want)
		}
	}
	wants("a", s.SetBackground(t.Context(), "alice", link("a"), true), "a")
	wants("c over HTTP", s.SetBackground(t.Context(), "alice", sessions.Link{Instance: "c"}, true), "ac")
	wants("c again", s.SetBackground(t.Context(), "alice", link("c"), true), "ac")
	wants("a comes back", s.SetBackground(t.Context(), "alice", sessions.Link{Instance: "a"}, false), "c")
	wants("a again", s.SetBackground(t.Context(), "alice", link("a"), false), "c")
	wants("b was never away", s.SetBackground(t.Context(), "alice", link("b"), false), "c")
	renewed := link("c")
	renewed.Connection = "c-2"
	wants("c is renewed", fails(s.Connect(t.Context(), "alice", renewed)), "")
	if err := s.SetBackground(t.Context(), "nobody", link("a"), true); err == nil {
		t.Error("a device that is not connected is marked")
	}
	if list, err := w.Store.Sessions(t.Context(), w.ID, []string{"nobody"}); err != nil || len(list[0].Devices) > 0 {
		t.Errorf("the mark has made a device: %+v, %v", list, err)
	}
	if more, err := s.Forget(t.Context(), "alice"); more || err != nil {
		t.Errorf("forget: %t, %v", more, err)
	}
	if list, err := s.Devices(t.Context(), "alice"); err != nil || len(list) > 0 {
		t.Errorf("devices of a forgotten session: %+v, %v", list, err)
	}
}

// really waits: a world does not.
func really(_ context.Context, d time.Duration) { time.Sleep(d) }

// fails is the error of a call that also tells whether the user is watched.
func fails(_ bool, err error) error { return err }
