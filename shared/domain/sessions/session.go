// Package sessions knows where a user is connected: which device holds which
// slot, which one has to go, and which connections a frame goes to.
package sessions

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"parley/shared/fault"
)

// A Policy says how many platforms of a user may be online at once (core spec §5).
type Policy string

// The policies. How many devices of a platform may be online is for the
// application to say.
const (
	Single Policy = "single" // one platform
	Dual   Policy = "dual"   // the web and one other; the default
	Triple Policy = "triple" // the web, one mobile, one desktop
	Multi  Policy = "multi"  // every platform
)

// Valid reports whether p is one of the four.
func (p Policy) Valid() bool {
	switch p {
	case Single, Dual, Triple, Multi:
		return true
	}
	return false
}

// A Platform is what a client runs on.
type Platform string

// ParsePlatform returns the platform of a name that clients use.
func ParsePlatform(name string) (Platform, error) {
	switch p := Platform(name); p {
	case "Android", "iPhone", "iPad", "Windows", "Mac", "Linux", "Web", "MiniProgram":
		return p, nil
	}
	return "", fault.New(fault.PlatformRefused, "platform is one of Android, iPhone, iPad, Windows, Mac, Linux, Web, MiniProgram")
}

// class is the group of platforms a policy counts as one.
func (p Platform) class() string {
	switch p {
	case "Web", "MiniProgram":
		return "w"
	case "Windows", "Mac", "Linux":
		return "d"
	default:
		return "m"
	}
}

// Mobile reports whether a device of the platform can be reached by push when it
// has no connection.
func (p Platform) Mobile() bool { return p.class() == "m" }

// Alike returns the platforms that count as the same one: a mini program runs in
// a kind of browser.
func (p Platform) Alike() []Platform {
	if p.class() == "w" {
		return []Platform{"Web", "MiniProgram"}
	}
	return []Platform{p}
}

// alike reports whether two platforms count as one.
func (p Platform) alike(other Platform) bool { return p.Alike()[0] == other.Alike()[0] }

// Place names where a policy puts the devices of a platform. Platforms of one
// place exclude each other; devices of one platform share it, up to a limit.
func (p Policy) Place(platform Platform) string {
	switch class := platform.class(); p {
	case Single:
		return "x"
	case Triple:
		return class
	case Multi:
		return string(platform.Alike()[0])
	default:
		if class == "w" {
			return "w"
		}
		return "x"
	}
}

// The most devices of one platform that an application can allow (core spec §5).
const (
	MaxNative = 3
	MaxWeb    = 10
)

// slots lists all slots of a place, also those that a lower limit leaves unused:
// x, x.2, x.3, ...
func slots(place string) []string {
	n := MaxNative
	switch place {
	case "x", "w", "Web": // the web is in x where the policy is single
		n = MaxWeb
	}
	list := []string{place}
	for i := 2; i <= n; i++ {
		list = append(list, place+"."+strconv.Itoa(i))
	}
	return list
}

// placeOf is the place of a slot.
func placeOf(slot string) string {
	place, _, _ := strings.Cut(slot, ".")
	return place
}

// MaxInstance bounds the id of an installation in bytes.
const MaxInstance = 64

const (
	// Life is how old a connection can be: the service cuts it after two hours,
	// and a slot that is older was left by a disconnect that was missed.
	Life = 2*time.Hour + 5*time.Minute
	// young is the age under which a connection that is gone may only be one
	// that is not open yet, and its predecessor still serves.
	young = 30 * time.Second
)

// A Link is one connection of a device.
type Link struct {
	Connection string
	Instance   string
	Platform   Platform
	Since      int64 // when it was opened, ms
	// Background: the app is not in front; it is told only what a push would say.
	Background bool
	// Fresh: the client that opens it has no other connection. One that the same
	// installation still holds belongs to another client, which has to hear that
	// it is replaced. It is not kept.
	Fresh bool
	// Issued is when the signature was made that opened the connection. It is not
	// stored: Connect asks the account whether it still accepts it. Zero: the
	// account is not asked, which is for connections that no signature opened.
	Issued time.Time
}

// A Device is a slot that is taken: its connection, and the one before it.
type Device struct {
	Slot     string
	Now      Link
	Previous *Link
}

// Alive reports whether the device can still be connected.
func (d Device) Alive(now time.Time) bool {
	return now.UnixMilli()-d.Now.Since < Life.Milliseconds()
}

// Young reports whether the connection may not be open yet.
func (d Device) Young(now time.Time) bool {
	return now.UnixMilli()-d.Now.Since < young.Milliseconds()
}

// Predecessor returns the connection that the same installation held until a
// moment ago; frames go to both until it is closed. Empty when there is none.
func (d Device) Predecessor(now time.Time) string {
	if d.Previous == nil || !d.Young(now) || d.Previous.Instance != d.Now.Instance || d.Previous.Connection == d.Now.Connection {
		return ""
	}
	return d.Previous.Connection
}

// Serves reports whether a connection is one of the device's: the one that holds
// the slot, or in the middle of a renewal the one before it.
func (d Device) Serves(connection string, now time.Time) bool {
	return d.Now.Connection == connection || d.Predecessor(now) == connection
}

// A Session is all of a user's devices.
type Session struct {
	User    string
	Devices []Device
	// Leaving are devices that have lost their slot and may not be closed yet: the
	// call that took the slot closes them and then removes them from here. They are
	// left only by a call that ended in between; the next call closes them.
	Leaving []Device
	// Ends are the mobile devices that are not connected and have not signed out.
	Ends []End
	// Kicks are the devices that the user has kicked a moment ago.
	Kicks []End
	// Last is the end of the user's last connection, nil where there was none, or
	// another connection was opened since.
	Last *Last
	// Status is what the user chose to show, empty where nothing.
	Status string
	// Watches grows with every subscription to the user's status. Unwatched is
	// what it was when nobody was left.
	Watches, Unwatched int64
	// Told is the state that watchers were told last; empty where a new one may
	// have been told another.
	Told string
}

// changed is when a device was last put into a slot or taken out of one.
func (s Session) changed() time.Time {
	var ms int64
	if s.Last != nil {
		ms = s.Last.Time
	}
	for _, d := range s.Devices {
		ms = max(ms, d.Now.Since)
	}
	return time.UnixMilli(ms)
}

// Watched reports whether somebody may have subscribed to the user's status.
func (s Session) Watched() bool { return s.Watches != s.Unwatched }

// Serves reports whether a connection is one of the user's devices'.
func (s Session) Serves(connection string, now time.Time) bool {
	return slices.ContainsFunc(s.Devices, func(d Device) bool { return d.Serves(connection, now) })
}

// An End is a device whose connection has ended.
type End struct {
	Platform Platform
	Instance string // empty where it is not known
	Time     int64  // ms
}

const (
	// reach is how long push reaches a mobile device after its last connection.
	reach = 7 * 24 * time.Hour
	// MaxEnds is how many devices of a user that are not connected are kept. Of
	// more, those that have been away for the longest go.
	MaxEnds = 10
	// repeat is how long a kick is remembered, so that its repeat has its answer.
	repeat = 5 * time.Minute
)

// Reachable reports whether push still reaches a device whose connection ended.
func (e End) Reachable(now time.Time) bool {
	return e.Platform.Mobile() && now.UnixMilli()-e.Time < reach.Milliseconds()
}

// SignedOut reports whether a connection ended because the device may not, or
// does not want to, be reached any more.
func (l Last) SignedOut() bool {
	return slices.Contains([]string{"logout", "kicked", "deleted", "banned", "replaced", refused}, l.Reason)
}

// refused is the reason of a connection whose account was found void once it had
// its slot.
const refused = "refused"

// Ended is the end of the user's last connection, nil where there was none. A
// connection whose end nobody noticed ended when it was as old as one can be.
func (s Session) Ended(now time.Time) *Last {
	last := s.Last
	for _, d := range s.Devices {
		end := d.Now.Since + Life.Milliseconds()
		if end <= now.UnixMilli() && (last == nil || end > last.Time) {
			last = &Last{Time: end, Reason: "lost", Platform: d.Now.Platform, Instance: d.Now.Instance}
		}
	}
	return last
}

// Away lists the devices that are not connected and that push reaches, the one
// that was connected last at the head. A connection whose end nobody noticed
// counts as ended when it was as old as one can be.
func (s Session) Away(now time.Time) []End {
	ends := slices.Clone(s.Ends)
	for _, d := range s.Devices {
		if !d.Alive(now) {
			ends = append(ends, End{d.Now.Platform, d.Now.Instance, d.Now.Since + Life.Milliseconds()})
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
			return d.Alive(now) && same(End{Platform: d.Now.Platform, Instance: d.Now.Instance})
		}) {
			list = append(list, e)
		}
	}
	return list
}

// untidy returns the ends that need not be kept: those that push does not reach
// any more, and the oldest of too many.
func (s Session) untidy(now time.Time) []End {
	ends := slices.Clone(s.Ends)
	slices.SortStableFunc(ends, func(a, b End) int { return cmp.Compare(b.Time, a.Time) })
	for i, e := range ends {
		if i == MaxEnds || !e.Reachable(now) {
			return ends[i:]
		}
	}
	return nil
}
