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
	NoticeRequest         NoticeKind = iota + 1 // a user asks to join: to the owner and the admins
	NoticeAccepted                              // to the user who asked
	NoticeRefused                               // to the user who asked
	NoticeRemoved                               // to the user who was removed
	NoticeDestroyed                             // to all members
	NoticeCreated                               // to the owner's devices
	NoticeAdded                                 // to the user who was added without being asked
	NoticeLeft                                  // to the devices of the user who left
	NoticeAdmin                                 // to the user who was made an admin
	NoticeNoAdmin                               // to the user who is not an admin any more
	NoticeReclaimed                             // to all members
	NoticeInvited                               // to the user who is invited and has to agree
	NoticeInviteAccepted                        // to the user who invited
	NoticeInviteRefused                         // to the user who invited
	NoticeOfApplication                         // what the application says
	NoticeMuted                                 // to the user who was muted
	NoticeInviteToConfirm                       // an invitation that the owner and the admins decide on
	NoticeRequestHandled                        // to the owner and the admins
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
