// Package sessions knows which devices of a user are connected: which device holds
// which slot, which devices lose their slots, and which connections a frame is
// delivered to.
package sessions

import (
	"slices"
	"time"
)

// MaxInstance is the maximum length of the id of an installation, in bytes.
const MaxInstance = 64

const (
	// Life is the maximum age of a connection. API Gateway closes a connection after
	// two hours; if a slot is older than Life, its disconnect event was missed.
	Life = 2*time.Hour + 5*time.Minute
	// youngAge is how long a new connection may not be open yet. Until then a post
	// to it may fail as gone although the device is there, and the connection before
	// it still receives frames.
	youngAge = 30 * time.Second
)

// A Connection is one WebSocket connection of a device.
type Connection struct {
	ID       string
	Instance string
	Platform Platform
	OpenedAt int64 // when it was opened, ms
	// Background: the app is not in front. The device still receives events, except
	// those of typing, and if it is a mobile device it receives pushes as well.
	Background bool
	// Fresh: the client that opens the connection has no other one. A connection that
	// the same installation still holds belongs to another client, which must be told
	// that it is replaced. Fresh is not stored.
	Fresh bool
	// Issued is when the signature was made that opened the connection. Connect checks
	// that the account still accepts it. If Issued is zero, Connect does not check the
	// account: no signature opened the connection. Issued is not stored.
	Issued time.Time
}

// A Device is the content of a slot: the connection that holds it, and the
// connection that held it before.
type Device struct {
	Slot     string
	Current  Connection
	Previous *Connection
}

// Alive reports whether the device can still be connected.
func (d Device) Alive(now time.Time) bool {
	return now.UnixMilli()-d.Current.OpenedAt < Life.Milliseconds()
}

// Young reports whether the connection may not be open yet.
func (d Device) Young(now time.Time) bool {
	return now.UnixMilli()-d.Current.OpenedAt < youngAge.Milliseconds()
}

// Predecessor returns the connection that the same installation held before, for the
// first 30 seconds of the new one: frames are posted to both. It is empty if there is
// no such connection. Example: alice's phone renews its connection c1 by c2. For 30
// seconds frames are posted to c1 and c2, since c2 may not be open yet.
func (d Device) Predecessor(now time.Time) string {
	if d.Previous == nil || !d.Young(now) || d.Previous.Instance != d.Current.Instance || d.Previous.ID == d.Current.ID {
		return ""
	}
	return d.Previous.ID
}

// Serves reports whether a connection belongs to the device: it holds the slot, or it
// is the predecessor of the connection that does.
func (d Device) Serves(connection string, now time.Time) bool {
	return d.Current.ID == connection || d.Predecessor(now) == connection
}

// A Session is all devices of a user.
type Session struct {
	User    string
	Devices []Device
	// Leaving are the devices that have lost their slot and may not be closed yet. The
	// call that took the slot closes them and then removes them from Leaving. If that
	// call dies in between, a later call closes them. Example: alice's new phone takes
	// the slot of her old one, and the call dies. The old phone is Leaving, until the
	// repeat of the call has closed it.
	Leaving []Device
	// Ends are the mobile devices that are not connected and have not signed out.
	Ends []End
	// Kicks are the devices that the user has kicked in the last minutes.
	Kicks []End
	// Last is the end of the user's last connection. It is nil if the user never had a
	// connection, or has opened another one since.
	Last *LastEnd
	// Status is the custom status that the user has set, or empty.
	Status string
	// Watches grows by one with every subscription to the user's presence. Unwatched is
	// the value of Watches at which a worker found that nobody subscribes any more.
	// Example: bob and carol subscribe to alice, so Watches is 2. Both unsubscribe, and
	// the next worker that looks for watchers sets Unwatched to 2. Dave subscribes, so
	// Watches is 3: alice is watched again.
	Watches, Unwatched int64
	// NotifiedState is the state that was delivered to the watchers last. It is empty if
	// a watcher has subscribed since, who may have received another state.
	NotifiedState string
}

// changed returns when a device last got or lost a slot.
func (s Session) changed() time.Time {
	var ms int64
	if s.Last != nil {
		ms = s.Last.Time
	}
	for _, d := range s.Devices {
		ms = max(ms, d.Current.OpenedAt)
	}
	return time.UnixMilli(ms)
}

// Watched reports whether somebody may subscribe to the user's presence.
func (s Session) Watched() bool { return s.Watches != s.Unwatched }

// Serves reports whether a connection belongs to one of the user's devices.
func (s Session) Serves(connection string, now time.Time) bool {
	return slices.ContainsFunc(s.Devices, func(d Device) bool { return d.Serves(connection, now) })
}
