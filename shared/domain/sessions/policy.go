package sessions

import (
	"strconv"
	"strings"

	"parley/shared/fault"
)

// A Policy says which platforms of a user may be online at the same time
// (docs/spec/tencent §5). How many devices of one platform may be online is a
// setting of the application: Settings.Native and Settings.Web.
type Policy string

// The policies.
const (
	Single Policy = "single" // one platform
	Dual   Policy = "dual"   // the web and one other platform; the default
	Triple Policy = "triple" // the web, one mobile and one desktop platform
	Multi  Policy = "multi"  // every platform
)

// A Platform is what a client runs on.
type Platform string

// ParsePlatform returns the platform with the name that a client sends.
func ParsePlatform(name string) (Platform, error) {
	switch p := Platform(name); p {
	case "Android", "iPhone", "iPad", "Windows", "Mac", "Linux", "Web", "MiniProgram":
		return p, nil
	}
	return "", fault.New(fault.PlatformRefused, "%s is one of Android, iPhone, iPad, Windows, Mac, Linux, Web, MiniProgram", fault.Platform)
}

// class returns the class of a platform: w for the web, d for desktop, m for
// mobile. The policy Triple gives each class one place.
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

// Mobile reports whether push can reach a device of the platform while it has no
// connection.
func (p Platform) Mobile() bool { return p.class() == "m" }

// Alike returns the platforms that count as the same platform as p, p included. A
// mini program runs in a kind of browser, so it counts as the web.
func (p Platform) Alike() []Platform {
	if p.class() == "w" {
		return []Platform{"Web", "MiniProgram"}
	}
	return []Platform{p}
}

// alike reports whether two platforms count as the same platform.
func (p Platform) alike(other Platform) bool { return p.Alike()[0] == other.Alike()[0] }

// SlotGroup returns the name of the place that a policy gives to the devices of a
// platform. Platforms that share a place exclude each other. Devices of one
// platform share a place, up to a limit. Example: under Dual, iPhone and Windows
// have the place x, and Web has the place w. If alice's PC connects, her iPhone
// loses its slot, and her browser keeps its own.
func (p Policy) SlotGroup(platform Platform) string {
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

// The highest number of devices of one platform that an application can allow
// (docs/spec/tencent §5).
const (
	MaxNative = 3
	MaxWeb    = 10
)

// slots returns the names of all slots of a place: x, x.2, x.3, ... It includes the
// slots past the application's limit, which an earlier, higher limit may have
// filled.
func slots(place string) []string {
	n := MaxNative
	switch place {
	case "x", "w", "Web": // under Single the web is in the place x
		n = MaxWeb
	}
	list := []string{place}
	for i := 2; i <= n; i++ {
		list = append(list, place+"."+strconv.Itoa(i))
	}
	return list
}

// placeOf returns the place of a slot. Example: the place of x.2 is x.
func placeOf(slot string) string {
	place, _, _ := strings.Cut(slot, ".")
	return place
}
