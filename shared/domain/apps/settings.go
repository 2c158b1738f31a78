package apps

import (
	"cmp"
	"time"

	"parley/shared/domain/accounts"
	"parley/shared/domain/sessions"
)

// Settings are what an operator can set for an application.
type Settings struct {
	Name        string
	Edition     Edition
	Disabled    bool
	LoginPolicy sessions.Policy
	// RetentionDays is from 3 to 365; 0: the number of the edition. In the developer
	// edition it can only shorten the retention.
	RetentionDays int
	// DeleteAllowed allows the deletion of accounts if the edition does not include
	// it.
	DeleteAllowed bool
	// NativeInstances and WebInstances are how many devices of one native platform,
	// and how many browsers, may be online at once; 0: one. They have an effect in the
	// premium edition only (docs/spec/tencent §5; the vendor's page Features,
	// Multi-device login).
	NativeInstances int
	WebInstances    int
	// PeakOnline is the maximum number of devices that the operator expects to be
	// online at once, of all applications of the deployment together; 0: not known.
	PeakOnline int
	// FriendsOnly: a user may write to friends only (docs/spec/tencent §8.0).
	FriendsOnly bool
	// BlockSilently: if the receiver blocks the sender, the receiver never sees the
	// message, and the sender gets no error (docs/spec/tencent §8.0,
	// docs/divergences.md).
	BlockSilently bool
	// RecallSeconds is how long a sender may recall a message; 0: two minutes.
	RecallSeconds int
	// PictureMB and FileMB are the maximum sizes that a message may state: PictureMB
	// for pictures and sounds, FileMB for files and videos. A MB is 1,048,576 bytes.
	// 0 means 28 for PictureMB and 100 for FileMB.
	PictureMB, FileMB int
	// RequestWording: a friend request without a wording is refused.
	RequestWording bool
	// Allow is what happens to a friend request to a user who has not chosen; empty:
	// AllowAny.
	Allow accounts.FriendRequestPolicy
	// Follow: users can follow each other (docs/spec/tencent §8.16).
	Follow bool
	// ProfileFields and FriendFields are the custom fields of profiles and of friends
	// (docs/spec/tencent §7.0, §8.0).
	ProfileFields []Field
	FriendFields  []Field
	// Override replaces numbers of the edition. A number of 0 replaces nothing. The
	// RetentionDays and DeleteAllowed of Override have no effect, because the settings
	// of the same names do this.
	Override Limits
}

// A Field is a custom field that an application declares. An admin may always read and
// write it.
type Field struct {
	Name       string `json:"w"`           // name of the field, at most 8 letters
	UserReads  bool   `json:"r,omitempty"` // users may read it
	UserWrites bool   `json:"u,omitempty"` // users may write it
}

// Limits returns the limits that hold for the application: those of the edition,
// changed by the settings.
func (s Settings) Limits() Limits {
	l, _ := s.Edition.Limits()
	if s.RetentionDays > 0 && (s.Edition != Developer || s.RetentionDays < l.RetentionDays) {
		l.RetentionDays = s.RetentionDays
	}
	l.DeleteAllowed = l.DeleteAllowed || s.DeleteAllowed
	for _, n := range []struct{ limit, override *int }{
		{&l.Accounts, &s.Override.Accounts}, {&l.Conversations, &s.Override.Conversations},
		{&l.Friends, &s.Override.Friends}, {&l.Blocked, &s.Override.Blocked}, {&l.Lists, &s.Override.Lists},
		{&l.Requests, &s.Override.Requests}, {&l.Following, &s.Override.Following}, {&l.Watched, &s.Override.Watched},
		{&l.HistoryDays, &s.Override.HistoryDays},
	} {
		if *n.override > 0 {
			*n.limit = *n.override
		}
	}
	if s.Edition == Premium {
		l.Native, l.Web = max(l.Native, s.NativeInstances), max(l.Web, s.WebInstances)
	}
	return l
}

const (
	defaultRecallWindow = 2 * time.Minute
	defaultPictureMB    = 28
	defaultFileMB       = 100
)

// RecallWindow returns how long a sender may recall a message.
func (s Settings) RecallWindow() time.Duration {
	return cmp.Or(time.Duration(s.RecallSeconds)*time.Second, defaultRecallWindow)
}

// Sizes returns the maximum sizes in MB: of pictures and sounds, and of files and
// videos.
func (s Settings) Sizes() (pictures, files int) {
	return cmp.Or(s.PictureMB, defaultPictureMB), cmp.Or(s.FileMB, defaultFileMB)
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
