// Package fault is the closed list of reasons for which Parley refuses a call or
// fails.
//
// The domain returns a code of this list and a sentence for the developer who
// calls. Only a dialect maps the codes to the error numbers of its vendor.
package fault

// Code says what went wrong, in the domain's own terms. A code never gets another
// number, and the number of a removed code is not used again, because logs and
// dashboards refer to it.
type Code uint16

// The codes. The numbers are for logs only; each dialect has its own numbers.
const (
	Internal    Code = 1 // a defect of Parley, or an unexpected answer of a service that it uses
	Unavailable Code = 2 // a service that Parley uses did not answer in time
	Throttled   Code = 3 // a rate limit is exceeded; the caller can try again later

	UnknownOperation Code = 10 // there is no such command or action
	Malformed        Code = 11 // the body is not the JSON that the operation expects
	Invalid          Code = 12 // a field is missing or has a value that is not allowed
	BatchTooLarge    Code = 13 // the call has too many items
	Conflict         Code = 14 // another call changed the same data first
	AnswerTooLarge   Code = 15 // the answer is larger than the platform can carry

	AppMissing  Code = 20 // the call names no application
	AppUnknown  Code = 21 // there is no such application
	AppDisabled Code = 22 // the application is disabled
	AppNoKey    Code = 23 // the application has no key that is in force
	AppLimit    Code = 24 // the edition of the application does not include the feature

	CallerMissing      Code = 30 // the call names no caller
	SignatureMissing   Code = 31 // the call has no signature
	SignatureMalformed Code = 32 // the signature cannot be decoded
	SignatureExpired   Code = 33 // the signature has expired
	SignatureMismatch  Code = 34 // the signature was made with another key
	SignatureUser      Code = 35 // the signature is for another user
	SignatureApp       Code = 36 // the signature is for another application
	SignatureRevoked   Code = 37 // the signature was issued before the user's signatures were revoked
	NotAdmin           Code = 38 // the caller is not an admin of the application
	Banned             Code = 39 // the account is banned
	PlatformRefused    Code = 40 // devices of this platform may not connect
	CallerUnknown      Code = 41 // the caller is not an account, or the account was deleted
	SignatureEarly     Code = 42 // the signature is dated too far ahead of the server's clock

	AccountUnknown  Code = 50 // there is no such account
	SenderUnknown   Code = 51 // the sender is not an account
	ReceiverUnknown Code = 52 // the receiver is not an account
	AccountQuota    Code = 53 // the application has as many accounts as its edition allows
	AccountReserved Code = 54 // the id of a deleted account cannot be imported again yet
	DeletionRefused Code = 55 // the edition does not allow deleting accounts
	TextTooLong     Code = 56 // a text of a profile is too long
	FieldUnknown    Code = 57 // a profile has no such field, or a friend entry has no such field
	FieldValue      Code = 58 // the field does not accept the value
	FieldType       Code = 59 // the value does not have the type of the field

	BodyNotArray   Code = 60 // the message body is not a list of elements
	BodyInvalid    Code = 61 // an element of the message body does not have its documented form
	BodyTooLarge   Code = 62 // the message is larger than the limit
	Muted          Code = 63 // the sender is muted
	Blocked        Code = 64 // the receiver blocks the sender
	MessageUnknown Code = 65 // there is no such message
	KeyInvalid     Code = 66 // the message key does not have the form of a key
	BodyEmpty      Code = 67 // the message body has no element

	FieldHidden       Code = 70  // the caller may not read the field
	FieldReadOnly     Code = 71  // the caller may not write the field
	FriendLimit       Code = 80  // the user's friend table is full
	PeerFriendLimit   Code = 81  // the other user's friend table is full
	ListLimit         Code = 82  // the user has the maximum number of friend lists
	RequestLimit      Code = 83  // the other user has the maximum number of pending requests
	BlockLimit        Code = 84  // the user's blocklist is full
	RequestsForbidden Code = 85  // the user may not send friend requests
	RequestsDenied    Code = 86  // the other user does not accept friend requests
	RequestPending    Code = 87  // the request is stored; the other user has not answered it yet
	RequestUnknown    Code = 88  // there is no such pending request
	AlreadyFriends    Code = 89  // the other user is already in the friend table
	NotFriend         Code = 90  // the other user is not in the friend table
	AlreadyBlocked    Code = 91  // the other user is already in the blocklist
	NotBlocked        Code = 92  // the other user is not in the blocklist
	BlocksPeer        Code = 93  // the user blocks the other user
	BlockedByPeer     Code = 94  // the other user blocks the user
	NeitherFriend     Code = 95  // neither user is in the other user's friend table
	SenderNotFriend   Code = 96  // the sender is not in the receiver's friend table
	ReceiverNotFriend Code = 97  // the receiver is not in the sender's friend table
	FollowLimit       Code = 100 // the user follows the maximum number of accounts
	FollowerLimit     Code = 101 // the other user has the maximum number of followers
	WatchLimit        Code = 110 // the user watches the presence of the maximum number of accounts

	AlreadyRecalled   Code = 120 // the message is already recalled
	RecallTooLate     Code = 121 // the time in which the sender may recall the message is over
	EditConflict      Code = 122 // another call changed the message first
	ReactionLimit     Code = 123 // the user has the maximum number of reactions to the message
	AlreadyReacted    Code = 124 // the user has already given this reaction
	NotReacted        Code = 125 // the user has not given this reaction
	TargetUnknown     Code = 126 // there is no message to react to, or to attach an extension to
	NotExtensible     Code = 127 // the message was sent without support for extensions
	ExtensionConflict Code = 128 // the extension has another version than the caller knows
	ExtensionLimit    Code = 129 // the message has too many extensions, or too many changes of them in a minute

	FolderUnknown Code = 130 // the user has no such folder
	FolderLimit   Code = 131 // the user has the maximum number of folders
	FolderName    Code = 132 // the name of the folder is too long
	DataLimit     Code = 133 // the user has data (a pin, labels, ...) on the maximum number of conversations
	PinLimit      Code = 134 // the user has pinned the maximum number of conversations

	ExportMissing Code = 140 // the hour has no export, or does not have it yet
	ExportExpired Code = 141 // the export of the hour is not stored any more

	GroupUnknown      Code = 150 // there is no such group, or it was destroyed
	GroupIDInvalid    Code = 151 // no group can have this id
	GroupIDTaken      Code = 152 // another group has the id
	GroupIDOwned      Code = 153 // a group that the caller owns has the id
	NotPermitted      Code = 154 // the role of the user does not allow it, or the type of the group does not
	GroupFull         Code = 155 // the group has as many members as it may have
	GroupMembersLimit Code = 156 // the edition does not allow so many members in a group
	AlreadyMember     Code = 157 // the user is a member of the group already
	GroupLimit        Code = 158 // the application has as many groups as its edition allows
	GroupDailyLimit   Code = 159 // the application has created as many groups today as it may
	JoinedLimit       Code = 160 // the user is a member of as many groups as a user may be
	OwnerCannotLeave  Code = 161 // the owner may not leave a group of this type
	GroupMuted        Code = 162 // the user, or the whole group, is muted in the group
	RequestHandled    Code = 163 // somebody has already answered the request or the invitation
	MentionLimit      Code = 164 // the message mentions too many members
	MembersTooMany    Code = 165 // the group has too many members for one answer: ask for pages
	NotRecallable     Code = 166 // a message of this kind cannot be recalled
	NotDeletable      Code = 167 // a message of this kind cannot be deleted
	DeleteRangeLimit  Code = 168 // the range of messages to delete is too large
	NothingToDelete   Code = 169 // there are no messages to delete
	NoReceipt         Code = 170 // the message was sent without a request for receipts
	AttributeKey      Code = 171 // the key of an attribute is too long
	AttributeValue    Code = 172 // the value of an attribute is too long
	AttributeLimit    Code = 173 // the group has too many attributes
	AttributeSize     Code = 174 // the attributes of the group are too large together
	AttributeUnknown  Code = 175 // the attribute to delete does not exist
	AttributeConflict Code = 176 // another call changed the attributes first
	CounterLimit      Code = 177 // the group has too many counters
	MemberUnknown     Code = 178 // the user is not a member of the group
	AttributeRate     Code = 179 // the attributes of the group are changed too often
	ReactionUserLimit Code = 180 // as many members of the group as may have given the message this reaction
)

// Codes returns every code with its name, for tables and tests.
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
		FieldReadOnly:     "field_fixed",
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
		NeitherFriend:     "strangers",
		SenderNotFriend:   "sender_not_friend",
		ReceiverNotFriend: "receiver_not_friend",
		FollowLimit:       "follow_limit",
		FollowerLimit:     "follower_limit",
		WatchLimit:        "watch_limit",
		AlreadyRecalled:   "already_recalled",
		RecallTooLate:     "recall_too_late",
		EditConflict:      "edit_conflict",
		ReactionLimit:     "reaction_limit",
		ReactionUserLimit: "reaction_user_limit",
		AlreadyReacted:    "already_reacted",
		NotReacted:        "not_reacted",
		TargetUnknown:     "target_unknown",
		NotExtensible:     "not_extensible",
		ExtensionConflict: "extension_conflict",
		ExtensionLimit:    "extension_limit",
		FolderUnknown:     "folder_unknown",
		FolderLimit:       "folder_limit",
		FolderName:        "folder_name",
		DataLimit:         "data_limit",
		PinLimit:          "pin_limit",
		ExportMissing:     "export_missing",
		ExportExpired:     "export_expired",
		GroupUnknown:      "group_unknown",
		GroupIDInvalid:    "group_id_invalid",
		GroupIDTaken:      "group_id_taken",
		GroupIDOwned:      "group_id_owned",
		NotPermitted:      "not_permitted",
		GroupFull:         "group_full",
		GroupMembersLimit: "group_members_limit",
		AlreadyMember:     "already_member",
		GroupLimit:        "group_limit",
		GroupDailyLimit:   "group_daily_limit",
		JoinedLimit:       "joined_limit",
		OwnerCannotLeave:  "owner_cannot_leave",
		GroupMuted:        "group_muted",
		RequestHandled:    "request_handled",
		MentionLimit:      "mention_limit",
		MembersTooMany:    "members_too_many",
		NotRecallable:     "not_recallable",
		NotDeletable:      "not_deletable",
		DeleteRangeLimit:  "delete_range_limit",
		NothingToDelete:   "nothing_to_delete",
		NoReceipt:         "no_receipt",
		AttributeKey:      "attribute_key",
		AttributeValue:    "attribute_value",
		AttributeLimit:    "attribute_limit",
		AttributeSize:     "attribute_size",
		AttributeUnknown:  "attribute_unknown",
		AttributeConflict: "attribute_conflict",
		CounterLimit:      "counter_limit",
		AttributeRate:     "attribute_rate",
		MemberUnknown:     "member_unknown",
	}
}

// String returns the name of the code, as logs show it.
func (c Code) String() string {
	if name, ok := Codes()[c]; ok {
		return name
	}
	return "unknown"
}

// Ours reports whether Parley caused the fault, and not the caller. Then the caller
// gets a general text of the dialect, and only the log gets the whole error.
func (c Code) Ours() bool { return c.Class() == ClassOurs }
