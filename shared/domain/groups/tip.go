package groups

import (
	"context"

	"parley/shared/domain/content"
)

// What a tip says is content of a message, so these types are those of package content.
type (
	// A Tip says what has changed in a group. It is in the history like a
	// message, and has a number of its own, if the type of the group says so.
	Tip = content.Tip
	// A TipKind says of which change a Tip is.
	TipKind = content.TipKind
	// A Change is one field of a profile with its new value.
	Change = content.Change
	// A ProfileField is a field of a group's profile that a Tip can name.
	ProfileField = content.ProfileField
)

// The kinds of tips.
const (
	TipJoined         = content.TipJoined
	TipLeft           = content.TipLeft
	TipRemoved        = content.TipRemoved
	TipAdminsAdded    = content.TipAdminsAdded
	TipAdminsRemoved  = content.TipAdminsRemoved
	TipProfileChanged = content.TipProfileChanged
	TipMemberChanged  = content.TipMemberChanged
)

// The fields of a profile that a Tip can name.
const (
	NameField         = content.NameField
	IntroductionField = content.IntroductionField
	NoticeField       = content.NoticeField
	FaceField         = content.FaceField
	OwnerField        = content.OwnerField
	CustomField       = content.CustomField
	MuteAllField      = content.MuteAllField
	JoinField         = content.JoinField
	InviteField       = content.InviteField
)

// A NoticeKind says of what a Notice is.
type NoticeKind int

// The kinds of notices.
const (
	NoticeRequest         NoticeKind = 1  // a user asks to join: to the owner and the admins
	NoticeAccepted        NoticeKind = 2  // to the user who asked
	NoticeRefused         NoticeKind = 3  // to the user who asked
	NoticeRemoved         NoticeKind = 4  // to the user who was removed
	NoticeDestroyed       NoticeKind = 5  // to all members
	NoticeCreated         NoticeKind = 6  // to the owner's devices
	NoticeAdded           NoticeKind = 7  // to the user who was added without being asked
	NoticeLeft            NoticeKind = 8  // to the devices of the user who left
	NoticeAdmin           NoticeKind = 9  // to the user who was made an admin
	NoticeNoAdmin         NoticeKind = 10 // to the user who is not an admin any more
	NoticeReclaimed       NoticeKind = 11 // to all members
	NoticeInvited         NoticeKind = 12 // to the user who is invited and has to agree
	NoticeInviteAccepted  NoticeKind = 13 // to the user who invited
	NoticeInviteRefused   NoticeKind = 14 // to the user who invited
	NoticeOfApplication   NoticeKind = 255
	NoticeMuted           NoticeKind = 17 // to the user who was muted
	NoticeInviteToConfirm NoticeKind = 24 // an invitation that the owner and the admins decide on
	NoticeRequestHandled  NoticeKind = 25 // to the owner and the admins
)

// A Notice says to single users what has happened to them in a group. It is not in the history of
// the group.
type Notice struct {
	Kind   NoticeKind
	Group  string
	Name   string // of the group
	By     string // the user who made the change; empty: the application
	User   string // whom it concerns, of a request or an invitation
	Reason string // what the user who made the change says
	// Text is what the application says, of NoticeOfApplication.
	Text         string
	MutedSeconds int64
	TimeMs       int64
}

// EventName implements delivery.Event.
func (Notice) EventName() string { return "group notice" }

// ProfileChanged is the event that fields of the profile of a group have new values.
type ProfileChanged struct {
	Group   string
	Changes []Change
	Version int64 // of the profile
}

// EventName implements delivery.Event.
func (ProfileChanged) EventName() string { return "group profile changed" }

// A Notifier notifies members of the changes of a group. After the change is stored nothing
// fails the call, so a Notifier returns no error: it logs what it could not deliver.
type Notifier interface {
	// Tip stores a tip in the history of a group and delivers it to the members, if groups of its
	// type have such tips. A group that is hidden until its first message has none.
	Tip(ctx context.Context, g Group, t Tip)
	// Notify delivers a notice to users.
	Notify(ctx context.Context, to []string, n Notice)
}
