package presence_test

import (
	"testing"
	"time"

	"parley/shared/domain/presence"
	"parley/shared/domain/sessions"
)

func TestOf(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	ago := func(d time.Duration) int64 { return now.Add(-d).UnixMilli() }
	device := func(slot string, p sessions.Platform, age time.Duration) sessions.Device {
		return sessions.Device{Slot: slot, Now: sessions.Link{Connection: slot, Instance: "i" + slot, Platform: p, Since: ago(age)}}
	}
	last := func(d time.Duration, reason string, p sessions.Platform) *sessions.Last {
		return &sessions.Last{Time: ago(d), Reason: reason, Platform: p}
	}
	const week = 7 * 24 * time.Hour
	for _, c := range []struct {
		name    string
		session sessions.Session
		state   presence.State
		devices int
		lastMs  int64
	}{
		{"never signed in", sessions.Session{}, presence.Offline, 0, 0},
		{"one device", sessions.Session{Devices: []sessions.Device{device("x", "iPhone", 0)}}, presence.Online, 1, 0},
		{"one of two is dead", sessions.Session{Devices: []sessions.Device{device("x", "iPhone", sessions.Life), device("w", "Web", time.Minute)}},
			presence.Online, 2, 0}, // the phone can be reached by push
		{"online after a sign-out elsewhere", sessions.Session{
			Devices: []sessions.Device{device("w", "Web", time.Minute)}, Last: last(time.Second, "logout", "iPhone"),
		}, presence.Online, 1, 0},
		{"a moment before a connection is too old", sessions.Session{Devices: []sessions.Device{device("x", "Android", sessions.Life-time.Millisecond)}},
			presence.Online, 1, 0},
		{"an end that nobody noticed, mobile", sessions.Session{Devices: []sessions.Device{device("x", "Android", sessions.Life+time.Hour)}},
			presence.PushOnline, 1, ago(time.Hour)},
		{"an end that nobody noticed, web", sessions.Session{Devices: []sessions.Device{device("w", "Web", sessions.Life+time.Hour)}},
			presence.Offline, 0, ago(time.Hour)},
		{"such an end before a noticed one", sessions.Session{
			Devices: []sessions.Device{device("x", "Android", sessions.Life+time.Hour)}, Last: last(time.Minute, "closed", "Web"),
		}, presence.PushOnline, 1, ago(time.Minute)},
		{"a browser that came and went after a phone", sessions.Session{
			Ends: []sessions.End{{Platform: "iPhone", Instance: "p", Time: ago(time.Hour)}}, Last: last(time.Minute, "closed", "Web"),
		}, presence.PushOnline, 1, ago(time.Minute)},
		{"a browser that signed out after a phone", sessions.Session{
			Ends: []sessions.End{{Platform: "iPhone", Instance: "p", Time: ago(time.Hour)}}, Last: last(time.Minute, "logout", "Web"),
		}, presence.PushOnline, 1, ago(time.Minute)},
		{"two phones, one a week ago", sessions.Session{
			Ends: []sessions.End{{Platform: "iPhone", Instance: "p", Time: ago(week)}, {Platform: "iPad", Instance: "q", Time: ago(time.Hour)}},
			Last: last(time.Hour, "closed", "iPad"),
		}, presence.PushOnline, 1, ago(time.Hour)},
		{"a phone away, another one here", sessions.Session{
			Devices: []sessions.Device{device("x", "Android", time.Minute)},
			Ends:    []sessions.End{{Platform: "iPhone", Instance: "p", Time: ago(time.Hour)}},
		}, presence.Online, 2, 0},
		{"mobile, closed", sessions.Session{Last: last(0, "closed", "iPad")}, presence.PushOnline, 1, ago(0)},
		{"mobile, gone", sessions.Session{Last: last(week-time.Millisecond, "gone", "Android")}, presence.PushOnline, 1, ago(week - time.Millisecond)},
		{"mobile, a week ago", sessions.Session{Last: last(week, "closed", "iPhone")}, presence.Offline, 0, ago(week)},
		{"mobile, signed out", sessions.Session{Last: last(time.Second, "logout", "iPhone")}, presence.Offline, 0, ago(time.Second)},
		{"mobile, kicked", sessions.Session{Last: last(time.Second, "kicked", "iPhone")}, presence.Offline, 0, ago(time.Second)},
		{"mobile, replaced by another device", sessions.Session{Last: last(time.Second, "replaced", "iPhone")}, presence.Offline, 0, ago(time.Second)},
		{"desktop, closed", sessions.Session{Last: last(time.Second, "closed", "Mac")}, presence.Offline, 0, ago(time.Second)},
		{"web, closed", sessions.Session{Last: last(time.Second, "closed", "Web")}, presence.Offline, 0, ago(time.Second)},
		{"mini program, closed", sessions.Session{Last: last(time.Second, "closed", "MiniProgram")}, presence.Offline, 0, ago(time.Second)},
	} {
		p := presence.Of(c.session, now)
		if p.State != c.state || len(p.Devices) != c.devices || p.LastMs != c.lastMs {
			t.Errorf("%s: %+v, want %s with %d devices, last %d", c.name, p, c.state, c.devices, c.lastMs)
		}
	}
}
