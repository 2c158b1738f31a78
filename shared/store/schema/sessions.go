package schema

// Sessions is the devices of users, and their presence.
const Sessions Aggregate = "sessions"

func sessions() Descriptor {
	return Descriptor{
		Aggregate: Sessions, Table: Live,
		Reads: []string{get, getMany}, Writes: []string{update, remove},
		Kinds: []Kind{{In: sessionForm(), SK: skSession, Prefix: skSession}},
	}
}

const skSession = "-"

// Attributes of a session
const (
	SessionLast         Attribute = "l"   // list: last end of a connection: time in ms, reason, platform, instance
	SessionStatus       Attribute = "st"  // text: custom status
	SessionWatches      Attribute = "w"   // number: subscriptions to the user's presence so far
	SessionUnwatched    Attribute = "wn"  // number: the same when nobody was subscribed any more
	SessionNotified     Attribute = "an"  // text: state of presence that the watchers know
	SessionNotifiedTime Attribute = "ant" // number, ms: time of that state

	SessionSlot     Family = "s." // map: connection that holds the slot {slot}
	SessionPrevious Family = "p." // map: connection that held the slot {slot} before, or a device that is not closed yet (docs/adr/0005, 0024)
	SessionEnd      Family = "e." // number, ms: when the connection of the mobile device {platform}.{instance} ended; at most 10, of 7 days, none that signed out
	SessionKick     Family = "k." // number, ms: when the user kicked the device {instance}; for 5 minutes
)

// Attributes of a connection, in `s.{slot}` and `p.{slot}` of a session
const (
	ConnectionID         Attribute = "c" // text: id of API Gateway
	ConnectionInstance   Attribute = "i" // text: installation of the app
	ConnectionPlatform   Attribute = "f" // text: platform
	ConnectionOpened     Attribute = "t" // number, ms: when it was opened
	ConnectionBackground Attribute = "b" // boolean: true if the app is in the background
)

func sessionForm() Form { return Form{Kind: "S", ID: "user"} }

// SessionKey is the session of a user.
func SessionKey(app int64, user string) Key {
	return Key{PK: sessionForm().pk(app, user), SK: skSession}
}
