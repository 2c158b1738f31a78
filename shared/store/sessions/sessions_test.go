package sessions_test

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

	"parley/infra/testkit"
	"parley/shared/clock"
	"parley/shared/domain/sessions"
)

// kicks records the devices that were kicked.
type kicks struct {
	mu   sync.Mutex
	list []string
}

func (k *kicks) Kick(_ context.Context, d sessions.Device, _ string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.list = append(k.list, d.Current.Instance+" "+d.Current.ID)
	return nil
}

func (k *kicks) CloseSilently(ctx context.Context, d sessions.Device) error {
	return k.Kick(ctx, d, "")
}

// A tickingClock never shows the same time twice, so that it is always certain which device
// is older. It waits in real time, which the clock of a world does not.
type tickingClock struct{ *testkit.Clock }

// Now implements clock.Clock.
func (c tickingClock) Now() time.Time {
	c.Move(time.Millisecond)
	return c.Clock.Now()
}

// Wait implements clock.Clock.
func (tickingClock) Wait(ctx context.Context, d time.Duration) { clock.System{}.Wait(ctx, d) }

// Many devices connect at once. The limit holds, each device without a slot is kicked
// once, and no device with a slot is kicked.
func TestLimitHoldsForConnectsAtOnce(t *testing.T) {
	for _, c := range []struct {
		policy      sessions.Policy
		native, web int
		platforms   []sessions.Platform
		alive       int
	}{
		{sessions.Dual, 1, 1, []sessions.Platform{"iPhone"}, 1},
		{sessions.Dual, 3, 1, []sessions.Platform{"iPhone"}, 3},
		{sessions.Multi, 1, 10, []sessions.Platform{"Web", "MiniProgram"}, 10},
		{sessions.Single, 2, 10, []sessions.Platform{"Web", "Android"}, 0}, // 1 to 10 devices of one platform
		{sessions.Triple, 2, 1, []sessions.Platform{"Android", "iPad"}, 0}, // 1 or 2 devices
	} {
		t.Run(fmt.Sprintf("%s %d %d %s", c.policy, c.native, c.web, c.platforms), func(t *testing.T) {
			w, k := testkit.NewWorld(t, server, testkit.Options{}), &kicks{}
			set := sessions.Settings{Policy: c.policy, Native: c.native, Web: c.web}
			s := sessions.New(w.ID, set, w.Store.Sessions, k, tickingClock{w.Clock})
			const devices = 14
			var group sync.WaitGroup
			for n := range devices {
				group.Go(func() {
					connection := sessions.Connection{
						ID: fmt.Sprintf("c%02d", n), Instance: fmt.Sprintf("i%02d", n), Platform: c.platforms[n%len(c.platforms)],
					}
					if _, err := s.Connect(t.Context(), "alice", connection); err != nil {
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
			for _, device := range k.list {
				kicked[device]++
			}
			most, platform := c.native, list[0].Current.Platform
			if platform.Alike()[0] == "Web" {
				most = c.web
			}
			for _, d := range list {
				if kicked[d.Current.Instance+" "+d.Current.ID] > 0 {
					t.Errorf("%s was kicked and has a slot", d.Current.Instance)
				}
				if d.Current.Platform.Alike()[0] != platform.Alike()[0] {
					t.Errorf("%s and %s are online", platform, d.Current.Platform)
				}
			}
			if len(list) > most || (c.alive > 0 && len(list) != c.alive) || len(list)+len(kicked) != devices {
				t.Errorf("%d have slots, %d were kicked; want %d devices, at most %d with slots", len(list), len(kicked), devices, most)
			}
			for device, n := range kicked {
				if n != 1 {
					t.Errorf("%s was kicked %d times", device, n)
				}
			}
		})
	}
}

// Devices connect one after the other, and each time the oldest one is kicked.
func TestOldestDeviceIsKicked(t *testing.T) {
	w, k := testkit.NewWorld(t, server, testkit.Options{}), &kicks{}
	s := sessions.New(w.ID, sessions.Settings{Policy: sessions.Dual, Native: 3}, w.Store.Sessions, k, tickingClock{w.Clock})
	for n := range 20 {
		name := fmt.Sprint(n)
		if _, err := s.Connect(t.Context(), "alice", sessions.Connection{ID: name, Instance: name, Platform: "Mac"}); err != nil {
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

// Devices of a few installations connect, renew their connections and disconnect at the
// same time. An installation never holds two slots. If its last step was to connect, it
// holds a slot, unless it was kicked.
func TestInstallationHoldsOneSlot(t *testing.T) {
	w, k := testkit.NewWorld(t, server, testkit.Options{}), &kicks{}
	s := sessions.New(w.ID, sessions.Settings{Policy: sessions.Dual, Native: 3}, w.Store.Sessions, k, tickingClock{w.Clock})
	var group sync.WaitGroup
	last := make([]string, 5)
	for n := range last {
		group.Go(func() {
			instance := fmt.Sprintf("i%d", n)
			for round := range 12 {
				connection := sessions.Connection{ID: fmt.Sprintf("%s-%d", instance, round), Instance: instance, Platform: "iPad"}
				if _, err := s.Connect(t.Context(), "alice", connection); err != nil {
					t.Error(err)
				}
				last[n] = instance + " " + connection.ID
				switch {
				case round == 11:
				case round%3 == 0:
					if _, err := s.Disconnect(t.Context(), "alice", connection, "closed"); err != nil {
						t.Error(err)
					}
				case round%3 == 1:
					old := connection
					old.ID = fmt.Sprintf("%s-%d", instance, round-1)
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
		holds[d.Current.Instance+" "+d.Current.ID]++
	}
	if len(list) == 0 || len(list) > 3 || len(holds) != len(list) {
		t.Errorf("%d slots are held: %v", len(list), holds)
	}
	for _, device := range last {
		if kicked := slices.Contains(k.list, device); kicked == (holds[device] == 1) {
			t.Errorf("%s holds %d slots, kicked: %t", device, holds[device], kicked)
		}
	}
}

// If a device is kicked while it renews its connection, both connections are closed.
func TestKickDuringARenewalClosesBothConnections(t *testing.T) {
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
	check("kicked during a renewal", want)
	if err := w.Seed(t.Context(), strings.ReplaceAll(seed, "alice", "bob")+"sleep 30s\nconnect bob Android a1\n"); err != nil {
		t.Fatal(err)
	}
	check("kicked after a renewal", []string{"post bob/i1b", "close bob/i1b"})
}

// An installation signs out, whichever slot it holds. If it is not connected, the end of
// its last connection becomes a sign-out; the end of another installation's does not.
func TestSignOutOfAnInstallation(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	s := sessions.New(w.ID, sessions.Settings{Policy: sessions.Multi, Native: 3}, w.Store.Sessions, &kicks{}, tickingClock{w.Clock})
	connection := func(name string) sessions.Connection {
		return sessions.Connection{ID: "c-" + name, Instance: name, Platform: "iPhone"}
	}
	for _, name := range []string{"a", "b", "c"} {
		if _, err := s.Connect(t.Context(), "alice", connection(name)); err != nil {
			t.Fatal(err)
		}
	}
	wants := func(what string, err error, reason, instance string, names ...string) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		list, err := w.Store.Sessions.Sessions(t.Context(), w.ID, []string{"alice"})
		if err != nil {
			t.Fatal(err)
		}
		got := make(map[string]bool)
		for _, d := range list[0].Devices {
			got[d.Current.Instance] = true
		}
		if have := slices.Sorted(maps.Keys(got)); !slices.Equal(have, names) {
			t.Errorf("%s: connected are %q, want %q", what, have, names)
		}
		if l := list[0].Last; l == nil || l.Reason != reason || l.Instance != instance || l.Platform != "iPhone" {
			t.Errorf("%s: last %+v, want %s of %s", what, l, reason, instance)
		}
	}
	wants("b signs out", errorOf(s.Logout(t.Context(), "alice", connection("b"))), "logout", "b", "a", "c")
	wants("the connection of b closes", errorOf(s.Disconnect(t.Context(), "alice", connection("b"), "closed")), "logout", "b", "a", "c")
	wants("c signs out over HTTP", errorOf(s.Logout(t.Context(), "alice", sessions.Connection{Instance: "c"})), "logout", "c", "a")
	wants("a closes", errorOf(s.Disconnect(t.Context(), "alice", connection("a"), "closed")), "closed", "a")
	wants("c signs out again", errorOf(s.Logout(t.Context(), "alice", sessions.Connection{Instance: "c"})), "closed", "a")
	wants("a signs out without a connection", errorOf(s.Logout(t.Context(), "alice", sessions.Connection{Instance: "a"})), "logout", "a")
	if _, err := s.Logout(t.Context(), "nobody", connection("a")); err != nil {
		t.Errorf("a user without a session signs out: %v", err)
	}
	page := sessions.Connection{ID: "page", Instance: "page", Platform: "Web"} // the session remembers only Last of it
	_, err1 := s.Connect(t.Context(), "bob", page)
	_, err2 := s.Disconnect(t.Context(), "bob", page, "closed")
	_, err3 := s.Logout(t.Context(), "bob", sessions.Connection{Instance: "page"})
	list, err4 := w.Store.Sessions.Sessions(t.Context(), w.ID, []string{"bob"})
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		t.Fatalf("a page that was closed signs out: %v", err)
	}
	if l := list[0].Last; l == nil || l.Reason != "logout" {
		t.Errorf("a page that was closed signs out: last %+v", l)
	}
}

// An installation is marked as in the background, whichever slot it holds. A new
// connection is not.
func TestBackgroundOfAnInstallation(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	s := sessions.New(w.ID, sessions.Settings{Policy: sessions.Multi, Native: 3}, w.Store.Sessions, &kicks{}, tickingClock{w.Clock})
	connection := func(name string) sessions.Connection {
		return sessions.Connection{ID: name, Instance: name, Platform: "iPhone"}
	}
	for _, name := range []string{"a", "b", "c"} {
		if _, err := s.Connect(t.Context(), "alice", connection(name)); err != nil {
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
			if d.Current.Background {
				got += d.Current.Instance
			}
		}
		if got != want {
			t.Errorf("%s: in the background are %q, want %q", what, got, want)
		}
	}
	wants("a goes to the background", s.SetBackground(t.Context(), "alice", connection("a"), true), "a")
	wants("c over HTTP", s.SetBackground(t.Context(), "alice", sessions.Connection{Instance: "c"}, true), "ac")
	wants("c again", s.SetBackground(t.Context(), "alice", connection("c"), true), "ac")
	wants("a comes back", s.SetBackground(t.Context(), "alice", sessions.Connection{Instance: "a"}, false), "c")
	wants("a again", s.SetBackground(t.Context(), "alice", connection("a"), false), "c")
	wants("b was never in the background", s.SetBackground(t.Context(), "alice", connection("b"), false), "c")
	renewed := connection("c")
	renewed.ID = "c-2"
	wants("c is renewed", errorOf(s.Connect(t.Context(), "alice", renewed)), "")
	if err := s.SetBackground(t.Context(), "nobody", connection("a"), true); err == nil {
		t.Error("a device that is not connected is set to the background")
	}
	if list, err := w.Store.Sessions.Sessions(t.Context(), w.ID, []string{"nobody"}); err != nil || len(list[0].Devices) > 0 {
		t.Errorf("a device was made: %+v, %v", list, err)
	}
	if more, err := s.RemoveData(t.Context(), "alice"); more || err != nil {
		t.Errorf("forget: %t, %v", more, err)
	}
	if list, err := s.Devices(t.Context(), "alice"); err != nil || len(list) > 0 {
		t.Errorf("devices of a forgotten session: %+v, %v", list, err)
	}
}

// errorOf returns the error of a call that also returns whether the user is watched.
func errorOf(_ bool, err error) error { return err }
