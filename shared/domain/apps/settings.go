package apps

import (
	"time"

	"parley/shared/domain/accounts"
	"parley/shared/domain/groups"
	"parley/shared/domain/sessions"
)

// Settings, Limits and Features are the table of what can differ between applications. Each
// field is one row: its tags are the rule (see Row), and its comment says what it sets. The
// check of a new value, the stored form, the operator's JSON and docs/limits.md follow from
// the table, so a new setting or limit is one new field.

// Settings are what an operator can set for an application. The zero value of a setting is
// its default.
type Settings struct {
	// name for the operator
	Name string `stored:"n" bytes:"100"`
	// plan of the vendor, which sets limits and features
	Edition Edition `stored:"ed" values:"developer standard premium" default:"developer" always:"true" source:"docs/spec/tencent §13"`
	// every call of the application is refused
	Disabled bool `stored:"off"`
	// which platforms of a user may be online together
	LoginPolicy sessions.Policy `stored:"lp" values:"single dual triple multi" default:"dual" always:"true" source:"docs/spec/tencent §5"`
	// days for which messages are stored
	RetentionDays int `stored:"rd" default:"7 7 30" min:"3" max:"365" cap:"7 365 365" source:"docs/spec/tencent §13"`
	// accounts can be deleted
	DeleteAllowed bool `stored:"da" default:"1 0 0" source:"docs/spec/tencent §4.3"`
	// devices of one native platform that may be online at once
	NativeInstances int `stored:"ni" default:"1" max:"3" cap:"1 1 3" source:"docs/spec/tencent §5"`
	// browsers and mini programs that may be online at once
	WebInstances int `stored:"wi" default:"1" max:"10" cap:"1 1 10" source:"docs/spec/tencent §5"`
	// the most devices that the operator expects online at once, of all applications of the deployment together; 0: not known
	PeakOnline int `stored:"po" max:"100000000" source:"docs/data-model.md §4"`
	// a user may write to friends only
	FriendsOnly bool `stored:"fo" source:"docs/spec/tencent §8.0"`
	// if the receiver blocks the sender, the receiver never sees the message, and the sender gets no error
	BlockSilently bool `stored:"bs" source:"docs/spec/tencent §8.0"`
	// a friend request without a wording is refused
	RequestWording bool `stored:"rw" source:"docs/spec/tencent §8.0"`
	// seconds for which a sender may recall a message
	RecallSeconds int `stored:"rs" default:"120" max:"604800" source:"docs/divergences.md"`
	// MB of 1,048,576 bytes that a message may state as the size of a picture or a sound
	PictureMB int `stored:"pm" default:"28" max:"10000" source:"docs/spec/tencent §3"`
	// MB that a message may state as the size of a file or a video
	FileMB int `stored:"fm" default:"100" max:"10000" source:"docs/spec/tencent §3"`
	// what happens to a friend request to a user who has not chosen
	Allow accounts.FriendRequestPolicy `stored:"al" values:"any confirm deny" default:"any" source:"docs/spec/tencent §8.0"`
	// users can follow each other
	Follow bool `stored:"fw" cap:"0 1 1" source:"docs/spec/tencent §8.16"`
	// a user who is invited to a group becomes a member only after accepting
	InviteeConfirms bool `stored:"ic" source:"docs/spec/tencent §17.0"`
	// members of every group see the messages from before they joined, if the group does not say something else
	HistoryBeforeJoin bool `stored:"gh" cap:"0 0 1" source:"docs/spec/tencent §16.1"`
	// days after which a group is destroyed in which nobody has sent a message, and whose profile nobody has changed; 0: never
	GroupIdleDays int `stored:"gi" max:"3650" source:"docs/spec/tencent §16.1"`

	// Override replaces limits of the edition.
	Override Limits `json:"-"`
	// ProfileFields and FriendFields are the custom fields of profiles and of friends
	// (docs/spec/tencent §7.0, §8.0).
	ProfileFields []Field `json:"-"`
	FriendFields  []Field `json:"-"`
	// GroupFields and MemberFields are the custom fields of groups and of their members
	// (docs/spec/tencent §16.6).
	GroupFields  []groups.Field `json:"-"`
	MemberFields []groups.Field `json:"-"`
}

// Limits are the numbers of an edition that an operator can replace.
//
// The maximum values have reasons: one call counts all accounts; one query reads the
// conversations of a user's list; the names of all friend lists are in one item, which every
// change of a friend writes; the bucket of the exports deletes objects after 35 days; a
// broadcast to a group reads all its members. The other numbers only mean more pages of items.
type Limits struct {
	// accounts of the application; 0: no limit
	Accounts int `stored:"la" default:"100 0 0" max:"100000" source:"docs/spec/tencent §4.1"`
	// conversations in a user's list
	Conversations int `stored:"lc" default:"100 100 500" max:"500" source:"docs/spec/tencent §9"`
	// friends of a user
	Friends int `stored:"lf" default:"3000" max:"10000" source:"docs/spec/tencent §8.0"`
	// users whom a user blocks
	Blocked int `stored:"lb" default:"1000" max:"10000" source:"docs/spec/tencent §8.0"`
	// friend lists of a user
	Lists int `stored:"ll" default:"32" max:"100" source:"docs/spec/tencent §8.0"`
	// pending friend requests to a user
	Requests int `stored:"lr" default:"100" max:"1000" source:"docs/spec/tencent §8.0"`
	// users whom a user follows
	Following int `stored:"lw" default:"5000" max:"10000" source:"docs/spec/tencent §8.16"`
	// users whose presence a user watches
	Watched int `stored:"ls" default:"3000" max:"10000" source:"docs/spec/tencent §5"`
	// days for which the hourly exports of messages are stored
	HistoryDays int `stored:"lh" default:"7" max:"30" source:"docs/spec/tencent §11.2"`
	// members of a group
	GroupMembers int `stored:"gm" default:"20 200 2000" cap:"20 2000 6000" max:"6000" source:"docs/spec/tencent §16.1"`
	// groups of the application; 0: no limit
	Groups int `stored:"gn" default:"100 0 0" max:"1000000" source:"docs/spec/tencent §16.1"`
	// groups that are created on a day (UTC), less those that are destroyed on it
	NewGroups int `stored:"gd" default:"10000" max:"1000000" source:"docs/spec/tencent §16.1"`
	// groups that a user is a member of
	JoinedGroups int `stored:"gj" default:"50 500 3000" cap:"50 1000 3000" max:"3000" source:"docs/spec/tencent §13.1"`
}

// Features are what an edition includes and nobody can set.
type Features struct {
	// folders and standard labels of conversations
	Folders bool `default:"0 0 1" source:"docs/spec/tencent §9.3"`
	// extensions of messages
	Extensions bool `default:"0 0 1" source:"docs/spec/tencent §6.11"`
	// counters of groups
	GroupCounters bool `default:"0 0 1" source:"docs/spec/tencent §20.0"`
	// messages to some members of a group only
	Directed bool `default:"0 0 1" source:"docs/spec/tencent §18.3"`
	// read receipts of messages in groups
	GroupReceipts bool `default:"0 0 1" source:"docs/spec/tencent §18.10"`
	// the id of a deleted account cannot be imported again for 90 days
	ReserveDeletedIDs bool `default:"0 1 1" source:"docs/spec/tencent §4.3"`
}

// An Edition is a plan of the vendor.
type Edition string

// The editions, in the order of the defaults that a row has for them.
const (
	Developer Edition = "developer"
	Standard  Edition = "standard"
	Premium   Edition = "premium"
)

// index returns the place of an edition among the defaults of a row. An unknown edition,
// which check refuses, has the defaults of the first one.
func (e Edition) index() int {
	switch e {
	case Standard:
		return 1
	case Premium:
		return 2
	default:
		return 0
	}
}

// A Field is a custom field that an application declares. An admin may always read and
// write it.
type Field struct {
	Name       string `json:"w"`           // name of the field, at most 8 letters
	UserReads  bool   `json:"r,omitempty"` // users may read it
	UserWrites bool   `json:"u,omitempty"` // users may write it
}

// EffectiveSettings are what holds for an application: what is set for it, and the defaults of its
// edition for what is not set.
type EffectiveSettings struct {
	Settings
	Limits
	Features
}

// InForce returns what holds for an application with these settings.
func (s Settings) InForce() EffectiveSettings { return s.inForce(Table()) }

func (s Settings) inForce(rows []Row) EffectiveSettings {
	f := EffectiveSettings{Settings: s, Limits: s.Override}
	edition := s.Edition.index()
	for _, r := range rows {
		r.resolve(&f, edition)
	}
	return f
}

// Retention returns how long messages are stored.
func (f EffectiveSettings) Retention() time.Duration {
	return time.Duration(f.RetentionDays) * 24 * time.Hour
}

// RecallWindow returns how long a sender may recall a message.
func (f EffectiveSettings) RecallWindow() time.Duration {
	return time.Duration(f.RecallSeconds) * time.Second
}

const (
	connectQuota = 500 // new connections a second of an AWS account
	minSpread    = 10  // seconds; enough for 4,000 devices
)

// Spread returns over how many seconds clients spread their reconnects after the
// server has closed their connections. It keeps the connects of all clients together
// under 80% of the AWS quota (docs/data-model.md §4). Example: 100,000 devices need
// 250 seconds. Spread uses the number that the operator expects, because a count of
// the devices that are online would cost a write at each connect.
func (s Settings) Spread() int {
	const perSecond = connectQuota * 8 / 10
	return max(minSpread, (s.PeakOnline+perSecond-1)/perSecond)
}
