package sessions_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"parley/shared/domain/sessions"
	"parley/shared/fault"
)

// TestSlot has every policy with every platform (core spec §5).
func TestSlot(t *testing.T) {
	platforms := []string{"Android", "iPhone", "iPad", "Windows", "Mac", "Linux", "Web", "MiniProgram"}
	for policy, want := range map[sessions.Policy]string{
		sessions.Single: "x x x x x x x x",
		sessions.Dual:   "x x x x x x w w",
		sessions.Triple: "m m m d d d w w",
		sessions.Multi:  "Android iPhone iPad Windows Mac Linux Web MiniProgram",
		"":              "x x x x x x w w", // as Dual, the default
	} {
		var got []string
		for _, name := range platforms {
			p, err := sessions.ParsePlatform(name)
			if err != nil {
				t.Fatalf("ParsePlatform(%q): %v", name, err)
			}
			got = append(got, policy.Slot(p))
		}
		if got := strings.Join(got, " "); got != want {
			t.Errorf("policy %q: slots %s, want %s", policy, got, want)
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

// memory keeps one slot.
type memory struct {
	slot string
	old  *sessions.Link
	took sessions.Link
	left string
	last sessions.Last
	err  error

	watched bool
}

func (m *memory) TakeSlot(_ context.Context, _ int64, _, slot string, link sessions.Link) (*sessions.Link, bool, error) {
	m.slot, m.took = slot, link
	return m.old, m.watched, m.err
}

func (m *memory) LeaveSlot(_ context.Context, _ int64, _, slot, connection string, last sessions.Last) (bool, error) {
	m.slot, m.left, m.last = slot, connection, last
	return m.watched, m.err
}

func (m *memory) Sessions(context.Context, int64, []string) ([]sessions.Session, error) {
	return nil, m.err
}

type kicker struct{ kicked string }

func (k *kicker) Kick(_ context.Context, link sessions.Link, reason string) error {
	k.kicked = link.Connection + " " + reason
	return nil
}

func TestConnect(t *testing.T) {
	now := time.UnixMilli(1_700_000_000_000)
	link := sessions.Link{Connection: "new", Instance: "i", Platform: "iPhone"}
	held := func(instance string, age time.Duration) *sessions.Link {
		return &sessions.Link{Connection: "old", Instance: instance, Since: now.Add(-age).UnixMilli()}
	}
	for _, c := range []struct {
		name   string
		old    *sessions.Link
		kicked string
	}{
		{"a free slot", nil, ""},
		{"the same installation", held("i", time.Second), ""},
		{"another one", held("j", time.Second), "old replaced"},
		{"another one that is still alive", held("j", sessions.Life-time.Millisecond), "old replaced"},
		{"another one that is long dead", held("j", sessions.Life), ""},
	} {
		m, k := &memory{old: c.old, watched: true}, &kicker{}
		s := sessions.Service{App: 1, Policy: sessions.Triple, Store: m, Kicker: k, Now: func() time.Time { return now }}
		if watched, err := s.Connect(t.Context(), "alice", link); err != nil || !watched {
			t.Fatalf("%s: watched %t, %v", c.name, watched, err)
		}
		if k.kicked != c.kicked {
			t.Errorf("%s: kicked %q, want %q", c.name, k.kicked, c.kicked)
		}
		if want := (sessions.Link{Connection: "new", Instance: "i", Platform: "iPhone", Since: now.UnixMilli()}); m.took != want || m.slot != "m" {
			t.Errorf("%s: slot %s holds %+v, want %+v", c.name, m.slot, m.took, want)
		}
	}
	for _, instance := range []string{"", strings.Repeat("i", 65)} {
		m := &memory{}
		s := sessions.Service{Store: m, Now: func() time.Time { return now }}
		bad := link
		bad.Instance = instance
		if _, err := s.Connect(t.Context(), "alice", bad); !fault.Is(err, fault.Invalid) || m.slot != "" {
			t.Errorf("an instance of %d bytes: %v, slot %q", len(instance), err, m.slot)
		}
	}
	broken := errors.New("no table")
	s := sessions.Service{Store: &memory{old: held("j", 0), err: broken}, Now: func() time.Time { return now }}
	if _, err := s.Connect(t.Context(), "alice", link); !errors.Is(err, broken) {
		t.Errorf("the store fails: %v, want %v", err, broken)
	}
}

func TestDisconnect(t *testing.T) {
	now := time.UnixMilli(1_700_000_000_000)
	m := &memory{watched: true}
	s := sessions.Service{Policy: sessions.Multi, Store: m, Now: func() time.Time { return now }}
	if watched, err := s.Disconnect(t.Context(), "alice", sessions.Link{Connection: "c", Platform: "Mac"}, "closed"); err != nil || !watched {
		t.Fatalf("watched %t, %v", watched, err)
	}
	if want := (sessions.Last{Time: now.UnixMilli(), Reason: "closed", Platform: "Mac"}); m.slot != "Mac" || m.left != "c" || m.last != want {
		t.Errorf("left slot %s of %s with %+v, want %+v", m.slot, m.left, m.last, want)
	}
}
