package presence_test

import (
	"testing"
	"time"

	"parley/shared/domain/presence"
	"parley/shared/domain/sessions"
)

// TestPresenceOfASession shows the presence that is derived from a session.
func TestPresenceOfASession(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	ago := func(d time.Duration) int64 { return now.Add(-d).UnixMilli() }
	device := func(slot string, p sessions.Platform, age time.Duration) sessions.Device {
		return sessions.Device{Slot: slot, Current: sessions.Connection{ID: slot, Instance: "i" + slot, Platform: p, OpenedAt: ago(age)}}
	}
	last := func(d time.Duration, reason string, p sessions.Platform) *sessions.LastEnd {
		return &sessions.LastEnd{Time: ago(d), Reason: reason, Platform: p}
	}
	const week = 7 * 24 * time.Hour
	for _, c := range []struct {
		name    string
		session sessions.Session
		state   presence.State
		devices int
		lastMs  int64
	}{
		{"a user who never signed in is Offline", sessions.Session{}, presence.Offline, 0, 0},
		{"a connected device is Online", sessions.Session{Devices: []sessions.Device{device("x", "iPhone", 0)}}, presence.Online, 1, 0},
		{"a phone past its maximum age is PushOnline beside an Online browser", sessions.Session{Devices: []sessions.Device{device("x", "iPhone", sessions.Life), device("w", "Web", time.Minute)}},
			presence.Online, 2, 0},
		{"a user is Online after another device has signed out", sessions.Session{
			Devices: []sessions.Device{device("w", "Web", time.Minute)}, Last: last(time.Second, "logout", "iPhone"),
		}, presence.Online, 1, 0},
		{"a connection is Online until its maximum age", sessions.Session{Devices: []sessions.Device{device("x", "Android", sessions.Life-time.Millisecond)}},
			presence.Online, 1, 0},
		{"a phone whose disconnect event was missed is PushOnline", sessions.Session{Devices: []sessions.Device{device("x", "Android", sessions.Life+time.Hour)}},
			presence.PushOnline, 1, ago(time.Hour)},
		{"a browser whose disconnect event was missed is Offline", sessions.Session{Devices: []sessions.Device{device("w", "Web", sessions.Life+time.Hour)}},
			presence.Offline, 0, ago(time.Hour)},
		{"the last end is the stored one, if a disconnect event was missed before it", sessions.Session{
			Devices: []sessions.Device{device("x", "Android", sessions.Life+time.Hour)}, Last: last(time.Minute, "closed", "Web"),
		}, presence.PushOnline, 1, ago(time.Minute)},
		{"a phone stays PushOnline after a browser has disconnected", sessions.Session{
			Ends: []sessions.End{{Platform: "iPhone", Instance: "p", Time: ago(time.Hour)}}, Last: last(time.Minute, "closed", "Web"),
		}, presence.PushOnline, 1, ago(time.Minute)},
		{"a phone stays PushOnline after a browser has signed out", sessions.Session{
			Ends: []sessions.End{{Platform: "iPhone", Instance: "p", Time: ago(time.Hour)}}, Last: last(time.Minute, "logout", "Web"),
		}, presence.PushOnline, 1, ago(time.Minute)},
		{"of two phones, the one that disconnected a week ago is Offline", sessions.Session{
			Ends: []sessions.End{{Platform: "iPhone", Instance: "p", Time: ago(week)}, {Platform: "iPad", Instance: "q", Time: ago(time.Hour)}},
			Last: last(time.Hour, "closed", "iPad"),
		}, presence.PushOnline, 1, ago(time.Hour)},
		{"a PushOnline phone is listed beside an Online one", sessions.Session{
			Devices: []sessions.Device{device("x", "Android", time.Minute)},
			Ends:    []sessions.End{{Platform: "iPhone", Instance: "p", Time: ago(time.Hour)}},
		}, presence.Online, 2, 0},
		{"a phone that has disconnected is PushOnline", sessions.Session{Last: last(0, "closed", "iPad")}, presence.PushOnline, 1, ago(0)},
		{"a phone whose connection was found gone is PushOnline for a week", sessions.Session{Last: last(week-time.Millisecond, "gone", "Android")}, presence.PushOnline, 1, ago(week - time.Millisecond)},
		{"a phone that disconnected a week ago is Offline", sessions.Session{Last: last(week, "closed", "iPhone")}, presence.Offline, 0, ago(week)},
		{"a phone that has signed out is Offline", sessions.Session{Last: last(time.Second, "logout", "iPhone")}, presence.Offline, 0, ago(time.Second)},
		{"a phone that was kicked is Offline", sessions.Session{Last: last(time.Second, "kicked", "iPhone")}, presence.Offline, 0, ago(time.Second)},
		{"a phone that another device has replaced is Offline", sessions.Session{Last: last(time.Second, "replaced", "iPhone")}, presence.Offline, 0, ago(time.Second)},
		{"a desktop that has disconnected is Offline", sessions.Session{Last: last(time.Second, "closed", "Mac")}, presence.Offline, 0, ago(time.Second)},
		{"a browser that has disconnected is Offline", sessions.Session{Last: last(time.Second, "closed", "Web")}, presence.Offline, 0, ago(time.Second)},
		{"a mini program that has disconnected is Offline", sessions.Session{Last: last(time.Second, "closed", "MiniProgram")}, presence.Offline, 0, ago(time.Second)},
	} {
		p := presence.FromSession(c.session, now)
		if p.State != c.state || len(p.Devices) != c.devices || p.LastMs != c.lastMs {
			t.Errorf("%s: %+v, want %s with %d devices, last %d", c.name, p, c.state, c.devices, c.lastMs)
		}
	}
}
