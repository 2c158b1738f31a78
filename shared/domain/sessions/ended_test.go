package sessions_test

import (
	"testing"
	"time"

	"parley/shared/domain/sessions"
)

// The end of a user's last connection is the latest of those that are known and
// of those that nobody noticed: a connection is lost once it is as old as one can
// be.
func TestEnded(t *testing.T) {
	now := time.UnixMilli(1_700_000_000_000)
	before := func(age time.Duration) int64 { return now.Add(-age).UnixMilli() }
	lost := func(instance string, ago time.Duration) sessions.Device {
		return sessions.Device{Now: sessions.Link{Connection: "c", Instance: instance, Platform: "Web", Since: before(sessions.Life + ago)}}
	}
	noticed := func(ago time.Duration) *sessions.Last {
		return &sessions.Last{Time: before(ago), Reason: "closed", Instance: "noticed"}
	}
	for _, c := range []struct {
		name    string
		session sessions.Session
		want    string // the installation, and when
		ago     time.Duration
	}{
		{name: "never connected"},
		{"noticed", sessions.Session{Last: noticed(time.Minute)}, "noticed", time.Minute},
		{"alive and noticed", sessions.Session{Last: noticed(time.Minute), Devices: []sessions.Device{lost("a", -time.Millisecond)}}, "noticed", time.Minute},
		{name: "alive alone", session: sessions.Session{Devices: []sessions.Device{lost("a", -time.Millisecond)}}},
		{"lost just now", sessions.Session{Devices: []sessions.Device{lost("a", 0)}}, "a", 0},
		{"lost after what was noticed", sessions.Session{Last: noticed(time.Minute), Devices: []sessions.Device{lost("a", time.Second)}}, "a", time.Second},
		{"lost before what was noticed", sessions.Session{Last: noticed(time.Minute), Devices: []sessions.Device{lost("a", time.Hour)}}, "noticed", time.Minute},
		{"two lost, the later second", sessions.Session{Devices: []sessions.Device{lost("a", time.Hour), lost("b", time.Minute)}}, "b", time.Minute},
		{"two lost, the later first", sessions.Session{Devices: []sessions.Device{lost("a", time.Minute), lost("b", time.Hour)}}, "a", time.Minute},
	} {
		last := c.session.Ended(now)
		if (last != nil) != (c.want != "") {
			t.Errorf("%s: got %+v, want %q", c.name, last, c.want)
		} else if last != nil && (last.Instance != c.want || last.Time != before(c.ago)) {
			t.Errorf("%s: got %s at %d, want %s at %d", c.name, last.Instance, last.Time, c.want, before(c.ago))
		}
	}
}
