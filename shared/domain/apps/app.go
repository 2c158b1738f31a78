// Package apps holds the applications of a deployment: their editions and
// limits, their signing keys and their admins.
package apps

import (
	"cmp"
	"context"
	"time"

	"parley/shared/domain/accounts"
	"parley/shared/domain/sessions"
)

// An Edition is a plan; it sets the limits of an application (core spec §13).
type Edition string

// The editions.
const (
	Developer Edition = "developer"
	Standard  Edition = "standard"
	Premium   Edition = "premium"
)

// Limits are what an edition allows.
type Limits struct {
	Accounts      int // 0: no limit
	Conversations int // entries in a user's list
	DeleteAllowed bool
	RetentionDays int
	Friends       int  // in a user's friend table
	Blocked       int  // in a user's blocklist
	Lists         int  // friend lists of a user
	Requests      int  // pending friend requests to a user
	Following     int  // accounts that a user follows
	Watched       int  // accounts whose status a user subscribed to
	Native        int  // devices of one native platform that are online at once
	Web           int  // browsers and mini programs that are online at once
	Folders       bool // conversation groups and standard marks
	HistoryDays   int  // how long the hourly files of messages are kept
}

// common are the limits that every edition has (core spec §5, §8.0, §8.16, §13).
func (l Limits) common() Limits {
	l.Friends, l.Blocked, l.Lists, l.Requests, l.Following, l.Watched = 3000, 1000, 32, 100, 5000, 3000
	l.Native, l.Web = 1, 1 // premium may have more
	l.HistoryDays = 7      // core spec §11.2
	return l
}

// Limits returns the edition's numbers (core spec §4.3, §9, §12.2, §13).
func (e Edition) Limits() (Limits, bool) {
	switch e {
	case Developer:
		return Limits{Accounts: 100, Conversations: 100, DeleteAllowed: true, RetentionDays: 7}.common(), true
	case Standard:
		return Limits{Conversations: 100, RetentionDays: 7}.common(), true
	case Premium:
		return Limits{Conversations: 500, RetentionDays: 30, Folders: true}.common(), true
	}
	return Limits{}, false
}

// Settings are what an operator may set for an application.
type Settings struct {
	Name          string
	Edition       Edition
	Disabled      bool
	LoginPolicy   sessions.Policy
	RetentionDays int  // 0: the edition's; 3 to 365, in the developer edition at most its own
	DeleteAllowed bool // deletion of accounts where the edition does not include it
	// NativeInstances and WebInstances are how many devices of one native
	// platform, and of the web, may be online at once; 0: one. Editions below
	// premium have one (core spec §5, seed 003 on multi-device login).
	NativeInstances int
	WebInstances    int
	// PeakOnline is how many devices the operator expects to be online at once at
	// most, in all applications of the deployment; 0: not known.
	PeakOnline int
	// FriendsOnly: a user may write to friends only (core spec §8.0).
	FriendsOnly bool
	// BlockSilently: a message to who blocks its sender is dropped, and the
	// sender is told nothing (core spec §8.0).
	BlockSilently bool
	// RecallSeconds is for how long a sender may recall a message; 0: two minutes.
	RecallSeconds int
	// PictureMB and FileMB bound the sizes that messages say of pictures and sounds,
	// and of files and videos, in MB of 1,048,576 bytes; 0: 28 and 100.
	PictureMB, FileMB int
	// RequestWording: a friend request says why.
	RequestWording bool
	// Allow is what happens to friend requests to a user who has not chosen;
	// empty: AllowAny.
	Allow accounts.Allow
	// Follow: users can follow each other (core spec §8.16).
	Follow bool
	// ProfileFields and FriendFields are the custom fields of profiles and of
	// friends (core spec §7.0, §8.0).
	ProfileFields []Field
	FriendFields  []Field
	// Override replaces numbers of the edition where it is not 0. Its
	// RetentionDays and DeleteAllowed say nothing: they are settings of their own.
	Override Limits
}

// A Field is a custom field that an application declares.
type Field struct {
	Word string `json:"w"` // at most 8 letters
	// Who may do what besides an admin, who may do everything.
	UserReads  bool `json:"r,omitempty"`
	UserWrites bool `json:"u,omitempty"`
}

// Limits returns what is in force: the edition's numbers with the settings'.
func (s Settings) Limits() Limits {
	l, _ := s.Edition.Limits()
	if s.RetentionDays > 0 && (s.Edition != Developer || s.RetentionDays < l.RetentionDays) {
		l.RetentionDays = s.RetentionDays
	}
	l.DeleteAllowed = l.DeleteAllowed || s.DeleteAllowed
	for _, n := range []struct{ to, from *int }{
		{&l.Accounts, &s.Override.Accounts}, {&l.Conversations, &s.Override.Conversations},
		{&l.Friends, &s.Override.Friends}, {&l.Blocked, &s.Override.Blocked}, {&l.Lists, &s.Override.Lists},
		{&l.Requests, &s.Override.Requests}, {&l.Following, &s.Override.Following}, {&l.Watched, &s.Override.Watched},
		{&l.HistoryDays, &s.Override.HistoryDays},
	} {
		if *n.from > 0 {
			*n.to = *n.from
		}
	}
	if s.Edition == Premium {
		l.Native, l.Web = max(l.Native, s.NativeInstances), max(l.Web, s.WebInstances)
	}
	return l
}

const (
	defaultRecall    = 2 * time.Minute
	defaultPictureMB = 28
	defaultFileMB    = 100
)

// RecallWindow is for how long a sender may recall a message.
func (s Settings) RecallWindow() time.Duration {
	return cmp.Or(time.Duration(s.RecallSeconds)*time.Second, defaultRecall)
}

// Sizes are the most MB of pictures and sounds, and of files and videos.
func (s Settings) Sizes() (pictures, files int) {
	return cmp.Or(s.PictureMB, defaultPictureMB), cmp.Or(s.FileMB, defaultFileMB)
}

const (
	connectQuota = 500 // new connections a second of an AWS account
	leastSpread  = 10  // seconds; enough for 4,000 devices
)

// Spread is over how many seconds clients spread their reconnects after a cut by
// the server, so that all of them stay under 0.8 of the quota for connects
// (docs/data-model.md §4). Counting the devices online would cost every connect
// a write, so it rests on what the operator expects.
func (s Settings) Spread() int {
	const perSecond = connectQuota * 8 / 10
	return max(leastSpread, (s.PeakOnline+perSecond-1)/perSecond)
}

// An App is an application as the operator sees it.
type App struct {
	ID       int64
	Settings Settings
	Created  int64 // Unix seconds
	Updated  int64 // Unix seconds
	Keys     []Key
	Admins   []string
}

// A Key signs UserSigs. Its secret is sealed.
type Key struct {
	N       int
	Sealed  []byte
	Created int64 // Unix seconds
	Until   int64 // Unix seconds, 0 for ever
}

// InForce reports whether signatures of the key are accepted.
func (k Key) InForce(now time.Time) bool { return k.Until == 0 || now.Unix() < k.Until }

// IsAdmin reports whether user is an admin of the application.
func (a App) IsAdmin(user string) bool {
	for _, admin := range a.Admins {
		if admin == user {
			return true
		}
	}
	return false
}

// Retention is how long messages are kept.
func (a App) Retention() time.Duration {
	return time.Duration(a.Settings.Limits().RetentionDays) * 24 * time.Hour
}

// Store keeps applications.
type Store interface {
	// CreateApp writes the application with its first key, its admins and their
	// accounts, all or nothing; false when the id is taken.
	CreateApp(ctx context.Context, a App) (bool, error)
	// App reads an application whole; nil when there is none.
	App(ctx context.Context, id int64) (*App, error)
	// AppNow reads an application strongly; nil if there is none.
	AppNow(ctx context.Context, id int64) (*App, error)
	// Apps lists ids and names from after on, in order of id.
	Apps(ctx context.Context, after int64, limit int) ([]App, error)
	// SaveSettings replaces the settings; false when the app is not there.
	SaveSettings(ctx context.Context, id int64, s Settings, now int64) (bool, error)
	// AddKey adds a signing key and ends the older ones, all or nothing.
	AddKey(ctx context.Context, id int64, k Key, ended []Key) error
	PutAdmin(ctx context.Context, id int64, user string) error
	DeleteAdmin(ctx context.Context, id int64, user string) error
	// CountAccounts counts the app's accounts, and stops at most past limit.
	CountAccounts(ctx context.Context, id int64, limit int) (int, error)
	// SetAccountCount stores the number that a limited edition counts on from.
	SetAccountCount(ctx context.Context, id int64, n int) error
}

// Registrar makes sure that a user of an application has an account, within the
// limits of its edition.
type Registrar interface {
	Register(ctx context.Context, a App, user string) error
}

// Sealer closes and opens secrets; package seal has the real ones.
type Sealer interface {
	Seal(ctx context.Context, purpose string, secret []byte) ([]byte, error)
	Open(ctx context.Context, purpose string, sealed []byte) ([]byte, error)
}
