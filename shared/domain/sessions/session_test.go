package sessions_test

import (
	"testing"
	"time"

	"parley/shared/domain/sessions"
)

// TestAgeOfAConnection shows when a connection is alive, when it may not be open yet, and
// when the connection before it still serves.
func TestAgeOfAConnection(t *testing.T) {
	now := time.UnixMilli(1_700_000_000_123)
	ofAge := func(age time.Duration) sessions.Device {
		return sessions.Device{Current: sessions.Connection{ID: "c2", Instance: "i", OpenedAt: now.Add(-age).UnixMilli()}}
	}
	const ms = time.Millisecond
	for _, c := range []struct {
		age          time.Duration
		alive, young bool
	}{
		{0, true, true}, {-time.Minute, true, true}, {30*time.Second - ms, true, true}, {30 * time.Second, true, false},
		{2 * time.Hour, true, false}, {2*time.Hour + 5*time.Minute - ms, true, false}, {2*time.Hour + 5*time.Minute, false, false},
	} {
		d := ofAge(c.age)
		if d.Alive(now) != c.alive || d.Young(now) != c.young {
			t.Errorf("a connection of %s: alive %t, young %t, want %t, %t", c.age, d.Alive(now), d.Young(now), c.alive, c.young)
		}
	}
	previous := func(instance string) *sessions.Connection { return &sessions.Connection{ID: "c1", Instance: instance} }
	for _, c := range []struct {
		name     string
		age      time.Duration
		previous *sessions.Connection
		want     string
	}{
		{"the connection of the same installation, for 30 seconds", 29 * time.Second, previous("i"), "c1"},
		{"no longer after 30 seconds", 30 * time.Second, previous("i"), ""},
		{"not the connection of another installation", time.Second, previous("j"), ""},
		{"no connection before", time.Second, nil, ""},
	} {
		d := ofAge(c.age)
		d.Previous = c.previous
		if got := d.Predecessor(now); got != c.want {
			t.Errorf("%s: predecessor %q, want %q", c.name, got, c.want)
		}
	}
}
