// Package sessions knows where a user is connected: which device holds which
// slot, which one has to go, and which connections a frame goes to.
package sessions

import (
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
	Since      int64 // ms
	// Background: the app is not in front; it is told only what a push would say.
	Background bool
	// Fresh: the client that opens it has no other connection. One that the same
	// installation still holds belongs to another client, which has to hear that
	// it is replaced. It is not kept.
	Fresh bool
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
	if d.Previous == nil || !d.Young(now) || d.Previous.Instance != d.Now.Instance {
		return ""
	}
	return d.Previous.Connection
}

// A Session is all of a user's devices.
type Session struct {
	User    string
	Devices []Device
	// Last is the end of the user's last connection, nil where there was none.
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

// Watched reports whether somebody may have subscribed to the user's status.
func (s Session) Watched() bool { return s.Watches != s.Unwatched }

// reach is how long push reaches a mobile device after its last connection.
const reach = 7 * 24 * time.Hour

// Reachable reports whether push reaches the device of a connection that ended.
func (l *Last) Reachable(now time.Time) bool {
	return l != nil && l.Platform.Mobile() && !l.signedOut() && now.UnixMilli()-l.Time < reach.Milliseconds()
}

// signedOut reports whether a connection ended because the device may not, or
// does not want to, be reached any more.
func (l *Last) signedOut() bool {
	return slices.Contains([]string{"logout", "kicked", "deleted", "banned", "replaced"}, l.Reason)
}

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
