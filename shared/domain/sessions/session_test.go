package sessions_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/shared/domain/accounts"
	"parley/shared/domain/sessions"
	"parley/shared/fault"
	"parley/shared/retry"
)

// TestPlace has every policy with every platform (core spec §5).
func TestPlace(t *testing.T) {
	platforms := []string{"Android", "iPhone", "iPad", "Windows", "Mac", "Linux", "Web", "MiniProgram"}
	for policy, want := range map[sessions.Policy]string{
		sessions.Single: "x x x x x x x x",
		sessions.Dual:   "x x x x x x w w",
		sessions.Triple: "m m m d d d w w",
		sessions.Multi:  "Android iPhone iPad Windows Mac Linux Web Web",
		"":              "x x x x x x w w", // as Dual, the default
	} {
		var got []string
		for _, name := range platforms {
			p, err := sessions.ParsePlatform(name)
			if err != nil {
				t.Fatalf("ParsePlatform(%q): %v", name, err)
			}
			got = append(got, policy.Place(p))
		}
		if got := strings.Join(got, " "); got != want {
			t.Errorf("policy %q: places %s, want %s", policy, got, want)
		}
		if got, want := policy.Valid(), policy != ""; got != want {
			t.Errorf("policy %q is valid: %t, want %t", policy, got, want)
		}
	}
	for _, p := range []sessions.Policy{"Single", "dual ", "x"} {
		if p.Valid() {
			t.Errorf("policy %q is valid", p)
		}
	}
	for _, name := range []string{"", "android", "IPHONE", "iOS", "Web ", "w"} {
		if p, err := sessions.ParsePlatform(name); !fault.Is(err, fault.PlatformRefused) || p != "" {
			t.Errorf("ParsePlatform(%q) = %q, %v, want %s", name, p, err, fault.PlatformRefused)
		}
	}
}

func TestDevice(t *testing.T) {
	now := time.UnixMilli(1_700_000_000_123)
	since := func(age time.Duration) sessions.Device {
		return sessions.Device{Now: sessions.Link{Connection: "c2", Instance: "i", Since: now.Add(-age).UnixMilli()}}
	}
	const ms = time.Millisecond
	for _, c := range []struct {
		age          time.Duration
		alive, young bool
	}{
		{0, true, true}, {-time.Minute, true, true}, {30*time.Second - ms, true, true}, {30 * time.Second, true, false},
		{2 * time.Hour, true, false}, {2*time.Hour + 5*time.Minute - ms, true, false}, {2*time.Hour + 5*time.Minute, false, false},
	} {
		d := since(c.age)
		if d.Alive(now) != c.alive || d.Young(now) != c.young {
			t.Errorf("a connection of %s: alive %t, young %t, want %t, %t", c.age, d.Alive(now), d.Young(now), c.alive, c.young)
		}
	}
	previous := func(instance string) *sessions.Link { return &sessions.Link{Connection: "c1", Instance: instance} }
	for _, c := range []struct {
		name     string
		age      time.Duration
		previous *sessions.Link
		want     string
	}{
		{"the same installation, young", 29 * time.Second, previous("i"), "c1"},
		{"the same installation, just not young", 30 * time.Second, previous("i"), ""},
		{"another installation", time.Second, previous("j"), ""},
		{"none", time.Second, nil, ""},
	} {
		d := since(c.age)
		d.Previous = c.previous
		if got := d.Predecessor(now); got != c.want {
			t.Errorf("%s: predecessor %q, want %q", c.name, got, c.want)
		}
	}
}

// memory is the session of one user, held to the needs of each attempt as the
// database holds it.
type memory struct {
	slots  map[string]sessions.Device
	goes   map[string]sessions.Device // Leaving, by slot
	takes  []sessions.Take
	before func() // what happens to the session between two attempts
	left   []string
	err    error

	watched bool
	account *accounts.Account
}

func (m *memory) devices() []sessions.Device {
	var list []sessions.Device
	for _, slot := range slices.Sorted(maps.Keys(m.slots)) {
		list = append(list, m.slots[slot])
	}
	return list
}

func (m *memory) TakeSlot(_ context.Context, _ int64, _ string, t sessions.Take) (sessions.Session, bool, error) {
	if m.err != nil {
		return sessions.Session{}, false, m.err
	}
	if m.takes = append(m.takes, t); m.before != nil {
		m.before()
	}
	before := m.session()
	if d, there := m.slots[t.Slot]; there && d.Now.Connection == t.Link.Connection {
		return before, false, nil
	}
	for _, n := range t.Needs {
		d, there := m.slots[n.Slot]
		ok := !there
		switch n.Held {
		case sessions.Free:
			ok = ok || d.Now.Instance == t.Link.Instance || d.Now.Since <= n.Dead
		case sessions.Peer:
			ok = ok || (d.Now.Instance != t.Link.Instance && slices.Contains(t.Link.Platform.Alike(), d.Now.Platform))
		case sessions.Exactly:
			ok = d.Now.Connection == n.Connection
		}
		if !ok {
			return before, false, nil
		}
	}
	for _, slot := range append(t.Empty, t.Slot) {
		if d, there := m.slots[slot]; there && d.Now.Instance != t.Link.Instance {
			m.leaves(d)
		}
	}
	for _, slot := range t.Empty {
		delete(m.slots, slot)
	}
	m.put(t.Slot, t.Link)
	return before, true, nil
}

func (m *memory) session() sessions.Session {
	s := sessions.Session{Devices: m.devices()}
	for _, slot := range slices.Sorted(maps.Keys(m.goes)) {
		s.Leaving = append(s.Leaving, m.goes[slot])
	}
	if m.watched {
		s.Watches = 1
	}
	return s
}

func (m *memory) leaves(d sessions.Device) {
	if m.goes == nil {
		m.goes = make(map[string]sessions.Device)
	}
	m.goes[d.Slot] = d
}

func (m *memory) Expel(_ context.Context, _ int64, _ string, e sessions.Expulsion) (bool, error) {
	for _, d := range e.Devices {
		if m.slots[d.Slot].Now.Connection != d.Now.Connection {
			return false, m.err
		}
	}
	for _, d := range e.Devices {
		m.left = append(m.left, fmt.Sprintf("%s %s %s", d.Slot, d.Now.Connection, e.Last.Reason))
		delete(m.slots, d.Slot)
		m.leaves(d)
	}
	return true, m.err
}

func (m *memory) Tidy(_ context.Context, _ int64, _ string, t sessions.Tidying) error {
	for _, d := range t.Leaving {
		if m.goes[d.Slot].Now.Connection != d.Now.Connection {
			return nil
		}
	}
	for _, d := range t.Leaving {
		delete(m.goes, d.Slot)
	}
	return m.err
}

func (m *memory) AccountNow(context.Context, int64, string) (*accounts.Account, error) {
	return m.account, m.err
}

func (m *memory) put(slot string, link sessions.Link) {
	if m.slots == nil {
		m.slots = make(map[string]sessions.Device)
	}
	d := sessions.Device{Slot: slot, Now: link}
	if old, ok := m.slots[slot]; ok {
		d.Previous = &old.Now
	}
	m.slots[slot] = d
}

func (m *memory) LeaveSlot(_ context.Context, _ int64, _, slot, connection string, last sessions.Last) (bool, error) {
	m.left = append(m.left, fmt.Sprintf("%s %s %s %s %s %d", slot, connection, last.Reason, last.Platform, last.Instance, last.Time))
	if m.slots[slot].Now.Connection == connection {
		delete(m.slots, slot)
	}
	return m.watched, m.err
}

func (m *memory) SignOut(_ context.Context, _ int64, _, slot, instance string, last sessions.Last) (bool, error) {
	m.left = append(m.left, fmt.Sprintf("%q %s %s", slot, instance, last.Reason))
	for _, d := range m.slots {
		if d.Now.Instance == instance {
			delete(m.slots, d.Slot)
		}
	}
	return m.watched, m.err
}

func (m *memory) SetBackground(_ context.Context, _ int64, _, slot, instance string, background bool) (bool, error) {
	m.left = append(m.left, fmt.Sprintf("%q %s %t", slot, instance, background))
	return instance != "nobody", m.err
}

func (m *memory) Sessions(context.Context, int64, []string) ([]sessions.Session, error) {
	return []sessions.Session{m.session()}, m.err
}

func (m *memory) ForgetSession(_ context.Context, _ int64, user string) error {
	m.left = append(m.left, "forget "+user)
	return m.err
}

type kicker struct{ kicked []string }

func (k *kicker) Kick(_ context.Context, d sessions.Device, reason string) error {
	k.kicked = append(k.kicked, d.Now.Connection+" "+reason)
	return nil
}

func (k *kicker) Drop(ctx context.Context, d sessions.Device) error { return k.Kick(ctx, d, "dropped") }

// line is one of a script: a device connects, "PLATFORM INSTANCE", and the
// connections that it costs; what is written "sleep D" moves the clock.
type line struct{ does, kicked string }

// TestConnect plays scripts. The connection of the n-th line is named n.
func TestConnect(t *testing.T) {
	for _, c := range []struct {
		name        string
		policy      sessions.Policy
		native, web int
		script      []line
	}{
		{"one place, one device", sessions.Single, 0, 0, []line{
			{"iPhone a", ""}, {"iPhone a", ""}, {"iPhone b", "2"}, {"Web w", "3"}, {"MiniProgram p", "4"}, {"Mac m", "5"},
		}},
		{"a device that is long dead", sessions.Triple, 1, 1, []line{
			{"iPhone a", ""}, {"sleep 2h4m59s", ""}, {"iPhone b", "1"}, {"sleep 2h5m", ""}, {"iPhone c", ""},
		}},
		{"three of one platform, then a fourth", sessions.Dual, 3, 1, []line{
			{"iPhone a", ""}, {"iPhone b", ""}, {"iPhone c", ""}, {"iPhone d", "1"}, {"iPhone e", "2"}, {"iPhone a", "3"},
		}},
		{"a renewal makes a connection young", sessions.Dual, 2, 1, []line{
			{"iPhone a", ""}, {"iPhone b", ""}, {"iPhone a", ""}, {"iPhone c", "2"}, {"iPhone d", "3"},
		}},
		{"another platform takes the whole place", sessions.Dual, 3, 10, []line{
			{"iPhone a", ""}, {"iPhone b", ""}, {"Web w", ""}, {"Web v", ""}, {"Android c", "1 2"}, {"iPad d", "5"}, {"MiniProgram p", ""},
		}},
		{"single with ten browsers", sessions.Single, 1, 10, []line{
			{"Web a", ""}, {"Web b", ""}, {"MiniProgram c", ""}, {"Web d", ""}, {"Mac m", "1 2 3 4"}, {"Web e", "5"},
		}},
		{"the limit of the web is not that of others", sessions.Multi, 1, 2, []line{
			{"Web a", ""}, {"Web b", ""}, {"iPhone c", ""}, {"iPhone d", "3"}, {"MiniProgram e", "1"}, {"iPad f", ""},
		}},
		{"more than the most", sessions.Multi, 99, 99, []line{
			{"iPad a", ""}, {"iPad b", ""}, {"iPad c", ""}, {"iPad d", "1"},
			{"Web a", ""}, {"Web b", ""}, {"Web c", ""}, {"Web d", ""}, {"Web e", ""}, {"Web f", ""}, {"Web g", ""}, {"Web h", ""},
			{"Web i", ""}, {"Web j", ""}, {"Web k", "5"},
		}},
		{"dead devices make room before living ones", sessions.Dual, 2, 1, []line{
			{"iPhone a", ""}, {"iPhone b", ""}, {"sleep 2h", ""}, {"iPhone b", ""}, {"sleep 6m", ""}, {"iPhone c", ""}, {"iPhone d", "4"},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			now := time.UnixMilli(1_700_000_000_000)
			m := &memory{}
			s := sessions.Service{
				Policy: c.policy, Native: c.native, Web: c.web, Store: m, Now: func() time.Time { return now }, Again: retry.Retrier{Wait: never},
			}
			for i, l := range c.script {
				k := &kicker{}
				s.Kicker = k
				platform, instance, _ := strings.Cut(l.does, " ")
				if platform == "sleep" {
					d, err := time.ParseDuration(instance)
					if err != nil {
						t.Fatal(err)
					}
					now = now.Add(d)
					continue
				}
				now = now.Add(time.Millisecond)
				n := fmt.Sprint(i + 1)
				_, err := s.Connect(t.Context(), "alice", sessions.Link{Connection: n, Instance: instance, Platform: sessions.Platform(platform)})
				if err != nil {
					t.Fatalf("%s: %v", l.does, err)
				}
				slices.Sort(k.kicked)
				if got := strings.ReplaceAll(strings.Join(k.kicked, " "), " replaced", ""); got != l.kicked {
					t.Errorf("%s: %s kicked %q, want %q", n, l.does, got, l.kicked)
				}
				seen := make(map[string]bool)
				for _, d := range m.slots {
					if seen[d.Now.Instance+" "+s.Policy.Place(d.Now.Platform)] {
						t.Errorf("%s: %s holds two slots: %+v", n, d.Now.Instance, m.slots)
					}
					seen[d.Now.Instance+" "+s.Policy.Place(d.Now.Platform)] = true
				}
			}
		})
	}
}

// TestConnectFresh: a client that has no connection replaces another client of the
// same installation, which is kicked; a renewal kicks nobody.
func TestConnectFresh(t *testing.T) {
	now := time.UnixMilli(1_700_000_000_000)
	k := &kicker{}
	s := sessions.Service{
		Policy: sessions.Dual, Native: 2, Web: 1, Store: &memory{}, Now: func() time.Time { return now }, Again: retry.Retrier{Wait: never}, Kicker: k,
	}
	for i, c := range []struct {
		instance string
		fresh    bool
		want     string
	}{
		{"a", true, ""}, {"b", true, ""}, {"a", false, ""}, {"a", true, "3 replaced"}, {"a", true, "4 replaced"}, {"b", false, ""},
	} {
		k.kicked = nil
		link := sessions.Link{Connection: fmt.Sprint(i + 1), Instance: c.instance, Platform: "iPhone", Fresh: c.fresh}
		if _, err := s.Connect(t.Context(), "alice", link); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(k.kicked, " "); got != c.want {
			t.Errorf("connection %d of %s, fresh %t: kicked %q, want %q", i+1, c.instance, c.fresh, got, c.want)
		}
	}
	now = now.Add(3 * time.Hour)
	k.kicked = nil
	if _, err := s.Connect(t.Context(), "alice", sessions.Link{Connection: "7", Instance: "a", Platform: "iPhone", Fresh: true}); err != nil {
		t.Fatal(err)
	}
	if len(k.kicked) != 0 {
		t.Errorf("a connection that is long dead: kicked %q, want nobody", k.kicked)
	}
}

// TestConnectAttempts: an attempt that meets another state is made again from
// what it met, and the usual one is the first.
func TestConnectAttempts(t *testing.T) {
	now := time.UnixMilli(1_700_000_000_000)
	link := func(n string) sessions.Link {
		return sessions.Link{Connection: "c" + n, Instance: n, Platform: "iPhone", Since: now.UnixMilli()}
	}
	m, k := &memory{}, &kicker{}
	s := sessions.Service{Policy: sessions.Dual, Native: 3, Store: m, Kicker: k, Now: func() time.Time { return now }, Again: retry.Retrier{Wait: never}}
	for range 2 { // a renewal finds its slot at once
		m.takes = nil
		if _, err := s.Connect(t.Context(), "alice", link("a")); err != nil || len(m.takes) != 1 {
			t.Errorf("%d attempts, %v, want 1", len(m.takes), err)
		}
	}
	// Whatever an attempt rests on has changed by the time it is made.
	moves := 0
	m.before = func() {
		if moves++; moves <= 10 {
			m.put("x", link(fmt.Sprint("other", moves)))
			m.put("x.2", link(fmt.Sprint("more", moves)))
			m.put("x.3", link(fmt.Sprint("most", moves)))
		}
	}
	m.takes = nil
	var waits []int64
	s.Again.Wait = func(_ context.Context, d time.Duration) { waits = append(waits, d.Milliseconds()) }
	if _, err := s.Connect(t.Context(), "alice", link("b")); err != nil || len(m.takes) != 11 || len(m.slots) != 3 {
		t.Errorf("%d attempts, %v, slots %+v, want 11 attempts", len(m.takes), err, m.slots)
	}
	if want := []int64{2, 4, 8, 16, 32, 64, 128, 200, 200}; !slices.Equal(waits, want) {
		t.Errorf("waits of %d ms, want %d: the second attempt is made at once", waits, want)
	}
	if len(k.kicked) != 1 {
		t.Errorf("kicked %q, want one", k.kicked)
	}
	moves = -1000
	if _, err := s.Connect(t.Context(), "alice", link("d")); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a session that never rests: %v, want %s", err, fault.Unavailable)
	}
	broken := errors.New("no table")
	s.Store = &memory{err: broken}
	if _, err := s.Connect(t.Context(), "alice", link("a")); !errors.Is(err, broken) {
		t.Errorf("the store fails: %v, want %v", err, broken)
	}
	for _, instance := range []string{"", strings.Repeat("i", 65)} {
		m := &memory{}
		s.Store = m
		if _, err := s.Connect(t.Context(), "alice", sessions.Link{Instance: instance, Platform: "Web"}); !fault.Is(err, fault.Invalid) || len(m.takes) > 0 {
			t.Errorf("an instance of %d bytes: %v, attempts %+v", len(instance), err, m.takes)
		}
	}
}

// never waits.
func never(context.Context, time.Duration) {}

// fails is the error of a call that also tells whether the user is watched.
func fails(_ bool, err error) error { return err }
