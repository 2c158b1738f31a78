package sessions

import (
	"cmp"
	"slices"
	"time"
)

const (
	// pushReach is how long push reaches a mobile device after its last connection.
	pushReach = 7 * 24 * time.Hour
	// MaxEnds is how many disconnected mobile devices of a user are remembered. If
	// there are more, those that have been disconnected for the longest are removed.
	MaxEnds = 10
	// kickWindow is how long a kick is remembered, so that a repeat of it is answered
	// like the first call.
	kickWindow = 5 * time.Minute
)

// An End is a device whose connection has ended.
type End struct {
	Platform Platform
	Instance string // empty if it is not known
	Time     int64  // ms
}

// Reachable reports whether push still reaches a device whose connection has ended.
func (e End) Reachable(now time.Time) bool {
	return e.Platform.Mobile() && now.UnixMilli()-e.Time < pushReach.Milliseconds()
}

// LastEnd says when and why the last connection of a user ended.
type LastEnd struct {
	Time     int64 // ms
	Reason   string
	Platform Platform
	Instance string // empty if it is not known
}

// reasonRefused is the reason of a connection that got a slot and was then refused by
// its account.
const reasonRefused = "refused"

// SignedOut reports whether the connection ended because the device must not be
// reached any more, or does not want to be.
func (l LastEnd) SignedOut() bool {
	return slices.Contains([]string{"logout", "kicked", "deleted", "banned", "replaced", reasonRefused}, l.Reason)
}

// Ended returns the end of the user's last connection, or nil if no connection has
// ended. If the disconnect event of a connection was missed, the connection counts as
// ended when it reached its maximum age, Life.
func (s Session) Ended(now time.Time) *LastEnd {
	last := s.Last
	for _, d := range s.Devices {
		end := d.Current.OpenedAt + Life.Milliseconds()
		if end <= now.UnixMilli() && (last == nil || end > last.Time) {
			last = &LastEnd{Time: end, Reason: "lost", Platform: d.Current.Platform, Instance: d.Current.Instance}
		}
	}
	return last
}

// PushTargets lists the devices that are not connected and that push reaches, the device that
// was connected last first. If the disconnect event of a connection was missed, the
// connection counts as ended when it reached its maximum age, Life.
func (s Session) PushTargets(now time.Time) []End {
	ends := slices.Clone(s.Ends)
	for _, d := range s.Devices {
		if !d.Alive(now) {
			ends = append(ends, End{d.Current.Platform, d.Current.Instance, d.Current.OpenedAt + Life.Milliseconds()})
		}
	}
	if l := s.Last; l != nil && !l.SignedOut() {
		ends = append(ends, End{l.Platform, l.Instance, l.Time})
	}
	slices.SortStableFunc(ends, func(a, b End) int { return cmp.Compare(b.Time, a.Time) })
	var list []End
	for _, e := range ends {
		same := func(o End) bool { return o.Platform == e.Platform && (e.Instance == "" || o.Instance == e.Instance) }
		if e.Reachable(now) && !slices.ContainsFunc(list, same) && !slices.ContainsFunc(s.Devices, func(d Device) bool {
			return d.Alive(now) && same(End{Platform: d.Current.Platform, Instance: d.Current.Instance})
		}) {
			list = append(list, e)
		}
	}
	return list
}

// endsToRemove returns the ends that need not be remembered: those that push does not
// reach any more, and the oldest if there are more than MaxEnds.
func (s Session) endsToRemove(now time.Time) []End {
	ends := slices.Clone(s.Ends)
	slices.SortStableFunc(ends, func(a, b End) int { return cmp.Compare(b.Time, a.Time) })
	for i, e := range ends {
		if i == MaxEnds || !e.Reachable(now) {
			return ends[i:]
		}
	}
	return nil
}
