package sessions_test

import (
	"testing"
	"time"

	"parley/shared/domain/sessions"
)

// TestEndOfTheLastConnection: the end of a user's last connection is the latest of the
// stored end and of the ends of lost connections. A connection is lost if its
// disconnect event was missed; it ended when it reached its maximum age.
func TestEndOfTheLastConnection(t *testing.T) {
	now := time.UnixMilli(1_700_000_000_000)
	before := func(age time.Duration) int64 { return now.Add(-age).UnixMilli() }
	lost := func(instance string, ago time.Duration) sessions.Device {
		return sessions.Device{Current: sessions.Connection{ID: "c", Instance: instance, Platform: "Web", OpenedAt: before(sessions.Life + ago)}}
	}
	stored := func(ago time.Duration) *sessions.LastEnd {
		return &sessions.LastEnd{Time: before(ago), Reason: "closed", Instance: "stored"}
	}
	for _, c := range []struct {
		name    string
		session sessions.Session
		want    string // the installation; empty: no end
		ago     time.Duration
	}{
		{name: "none if the user never connected"},
		{"the stored end", sessions.Session{Last: stored(time.Minute)}, "stored", time.Minute},
		{"the stored end, while another connection is alive", sessions.Session{Last: stored(time.Minute), Devices: []sessions.Device{lost("a", -time.Millisecond)}}, "stored", time.Minute},
		{name: "none while the only connection is alive", session: sessions.Session{Devices: []sessions.Device{lost("a", -time.Millisecond)}}},
		{"a connection that has just reached its maximum age", sessions.Session{Devices: []sessions.Device{lost("a", 0)}}, "a", 0},
		{"a connection lost after the stored end", sessions.Session{Last: stored(time.Minute), Devices: []sessions.Device{lost("a", time.Second)}}, "a", time.Second},
		{"the stored end, if a connection was lost before it", sessions.Session{Last: stored(time.Minute), Devices: []sessions.Device{lost("a", time.Hour)}}, "stored", time.Minute},
		{"the later of two lost connections, which is the second", sessions.Session{Devices: []sessions.Device{lost("a", time.Hour), lost("b", time.Minute)}}, "b", time.Minute},
		{"the later of two lost connections, which is the first", sessions.Session{Devices: []sessions.Device{lost("a", time.Minute), lost("b", time.Hour)}}, "a", time.Minute},
	} {
		last := c.session.Ended(now)
		if (last != nil) != (c.want != "") {
			t.Errorf("%s: got %+v, want %q", c.name, last, c.want)
		} else if last != nil && (last.Instance != c.want || last.Time != before(c.ago)) {
			t.Errorf("%s: got %s at %d, want %s at %d", c.name, last.Instance, last.Time, c.want, before(c.ago))
		}
	}
}
