// Package fault is the closed list of ways in which Parley refuses or fails.
//
// The domain answers with a code of this list and a sentence for the developer
// who reads it. A dialect maps codes to its vendor's numbers; nothing else does.
package fault

// Code says what went wrong, in the domain's own terms. A code is never reused
// or renumbered: logs and dashboards keep it.
type Code uint16

// The codes. The number is for logs; dialects have their own.
const (
	Internal    Code = 1 // a defect or an unexpected answer of a service we use
	Unavailable Code = 2 // a service we use did not answer in time
	Throttled   Code = 3 // a limit of rate was passed; try again later

	UnknownOperation Code = 10 // no such command or action
	Malformed        Code = 11 // the body is not the JSON that is expected
	Invalid          Code = 12 // a field is missing or has a value that is not allowed
	BatchTooLarge    Code = 13 // too many items in one call
	Conflict         Code = 14 // a concurrent change won
	AnswerTooLarge   Code = 15 // the answer is larger than the platform carries

	AppMissing  Code = 20 // no application named
	AppUnknown  Code = 21 // no such application
	AppDisabled Code = 22 // the application is switched off
	AppNoKey    Code = 23 // the application has no key that is in force
	AppLimit    Code = 24 // the application's edition does not include it

	CallerMissing      Code = 30 // no caller named
	SignatureMissing   Code = 31 // no signature
	SignatureMalformed Code = 32 // the signature cannot be decoded
	SignatureExpired   Code = 33 // the signature's time is over
	SignatureMismatch  Code = 34 // the signature was made with another key
	SignatureUser      Code = 35 // the signature is for another user
	SignatureApp       Code = 36 // the signature is for another application
	SignatureRevoked   Code = 37 // the signature was issued before the user's signatures were revoked
	NotAdmin           Code = 38 // the caller is not an admin of the application
	Banned             Code = 39 // the account is banned
	PlatformRefused    Code = 40 // the platform may not sign in
	CallerUnknown      Code = 41 // the caller is not an account, or one that is deleted
	SignatureEarly     Code = 42 // the signature is dated too far ahead of the server's clock

	AccountUnknown  Code = 50 // no such account
	SenderUnknown   Code = 51 // the sender is not imported
	ReceiverUnknown Code = 52 // the receiver is not imported
	AccountQuota    Code = 53 // the edition's number of accounts is used up
	AccountReserved Code = 54 // the id was deleted lately and cannot be taken again yet
	DeletionRefused Code = 55 // the edition does not allow deleting accounts
	TextTooLong     Code = 56 // a profile text is over its limit
	FieldUnknown    Code = 57 // a profile or friend field that does not exist
	FieldValue      Code = 58 // a value that a field does not take
	FieldType       Code = 59 // a value of another type than the field's

	BodyNotArray   Code = 60 // a message body that is not a list of elements
	BodyInvalid    Code = 61 // a message body whose elements are not in the documented form
	BodyTooLarge   Code = 62 // a message over the size limit
	Muted          Code = 63 // the sender is muted
	Blocked        Code = 64 // the receiver blocks the sender
	MessageUnknown Code = 65 // no such message
	KeyInvalid     Code = 66 // a message key that is not in its form
	BodyEmpty      Code = 67 // a message body without any element

	FieldHidden       Code = 70  // the caller may not read the field
	FieldFixed        Code = 71  // the caller may not write the field
	FriendLimit       Code = 80  // the user's friend table is full
	PeerFriendLimit   Code = 81  // the other user's friend table is full
	ListLimit         Code = 82  // the user has as many friend lists as there can be
	RequestLimit      Code = 83  // the other user has as many pending requests as there can be
	BlockLimit        Code = 84  // the user's blocklist is full
	RequestsForbidden Code = 85  // the user may not ask others to be friends
	RequestsDenied    Code = 86  // the other user takes no requests
	RequestPending    Code = 87  // the request is filed and waits for the other user
	RequestUnknown    Code = 88  // there is no such pending request
	AlreadyFriends    Code = 89  // the other user is in the friend table already
	NotFriend         Code = 90  // the other user is not in the friend table
	AlreadyBlocked    Code = 91  // the other user is in the blocklist already
	NotBlocked        Code = 92  // the other user is not in the blocklist
	BlocksPeer        Code = 93  // the user blocks the other user
	BlockedByPeer     Code = 94  // the other user blocks the user
	Strangers         Code = 95  // neither user is in the other's friend table
	SenderNotFriend   Code = 96  // the sender is not in the receiver's friend table
	ReceiverNotFriend Code = 97  // the receiver is not in the sender's friend table
	FollowLimit       Code = 100 // the user follows as many as there can be
	FollowerLimit     Code = 101 // the other user has as many followers as there can be
	WatchLimit        Code = 110 // the user watches the status of as many as there can be

	AlreadyRecalled   Code = 120 // the message is recalled already
	RecallTooLate     Code = 121 // the time in which its sender may recall a message is over
	EditConflict      Code = 122 // another change of the message came first
	ReactionLimit     Code = 123 // the user has as many reactions to the message as there can be
	AlreadyReacted    Code = 124 // the user has given this reaction already
	NotReacted        Code = 125 // the user has not given this reaction
	TargetUnknown     Code = 126 // there is no message to react to or to extend
	NotExtensible     Code = 127 // the message was sent without support for extensions
	ExtensionConflict Code = 128 // the pair has another version than the caller knows
	ExtensionLimit    Code = 129 // too many pairs, or too many changes in a minute

	FolderUnknown Code = 130 // the user has no such conversation group
	FolderLimit   Code = 131 // the user has as many conversation groups as there can be
	FolderName    Code = 132 // the name of a conversation group is over its limit
	KeptLimit     Code = 133 // the user has data on as many conversations as there can be
	PinLimit      Code = 134 // the user has pinned as many conversations as there can be

	ExportMissing Code = 140 // an hour has no file of messages, or not yet
	ExportExpired Code = 141 // the file of an hour is not kept any more
)

// Codes lists every code with its name, for tables and tests.
func Codes() map[Code]string {
	return map[Code]string{
		Internal: "internal", Unavailable: "unavailable", Throttled: "throttled",
		UnknownOperation: "unknown_operation", Malformed: "malformed", Invalid: "invalid",
		BatchTooLarge: "batch_too_large", Conflict: "conflict", AnswerTooLarge: "answer_too_large",
		AppMissing: "app_missing", AppUnknown: "app_unknown", AppDisabled: "app_disabled",
		AppNoKey: "app_no_key", AppLimit: "app_limit",
		CallerMissing: "caller_missing", SignatureMissing: "signature_missing",
		SignatureMalformed: "signature_malformed", SignatureExpired: "signature_expired",
		SignatureMismatch: "signature_mismatch", SignatureUser: "signature_user",
		SignatureApp: "signature_app", SignatureRevoked: "signature_revoked",
		NotAdmin: "not_admin", Banned: "banned", PlatformRefused: "platform_refused",
		CallerUnknown: "caller_unknown", SignatureEarly: "signature_early",
		AccountUnknown: "account_unknown", SenderUnknown: "sender_unknown",
		ReceiverUnknown: "receiver_unknown", AccountQuota: "account_quota",
		AccountReserved: "account_reserved", DeletionRefused: "deletion_refused",
		TextTooLong:  "text_too_long",
		BodyNotArray: "body_not_array", BodyInvalid: "body_invalid", BodyTooLarge: "body_too_large",
		Muted: "muted", Blocked: "blocked", MessageUnknown: "message_unknown", KeyInvalid: "key_invalid",
		BodyEmpty:         "body_empty",
		FieldUnknown:      "field_unknown",
		FieldValue:        "field_value",
		FieldType:         "field_type",
		FieldHidden:       "field_hidden",
		FieldFixed:        "field_fixed",
		FriendLimit:       "friend_limit",
		PeerFriendLimit:   "peer_friend_limit",
		ListLimit:         "list_limit",
		RequestLimit:      "request_limit",
		BlockLimit:        "block_limit",
		RequestsForbidden: "requests_forbidden",
		RequestsDenied:    "requests_denied",
		RequestPending:    "request_pending",
		RequestUnknown:    "request_unknown",
		AlreadyFriends:    "already_friends",
		NotFriend:         "not_friend",
		AlreadyBlocked:    "already_blocked",
		NotBlocked:        "not_blocked",
		BlocksPeer:        "blocks_peer",
		BlockedByPeer:     "blocked_by_peer",
		Strangers:         "strangers",
		SenderNotFriend:   "sender_not_friend",
		ReceiverNotFriend: "receiver_not_friend",
		FollowLimit:       "follow_limit",
		FollowerLimit:     "follower_limit",
		WatchLimit:        "watch_limit",
		AlreadyRecalled:   "already_recalled",
		RecallTooLate:     "recall_too_late",
		EditConflict:      "edit_conflict",
		ReactionLimit:     "reaction_limit",
		AlreadyReacted:    "already_reacted",
		NotReacted:        "not_reacted",
		TargetUnknown:     "target_unknown",
		NotExtensible:     "not_extensible",
		ExtensionConflict: "extension_conflict",
		ExtensionLimit:    "extension_limit",
		FolderUnknown:     "folder_unknown",
		FolderLimit:       "folder_limit",
		FolderName:        "folder_name",
		KeptLimit:         "kept_limit",
		PinLimit:          "pin_limit",
		ExportMissing:     "export_missing",
		ExportExpired:     "export_expired",
	}
}

// String returns the code's name as it stands in logs.
func (c Code) String() string {
	if name, ok := Codes()[c]; ok {
		return name
	}
	return "unknown"
}

// Ours reports whether the fault is Parley's and not the caller's. The caller is
// then told the dialect's general text, and the log the whole error.
func (c Code) Ours() bool { return c == Internal || c == Unavailable }
