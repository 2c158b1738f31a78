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

	AccountUnknown  Code = 50 // no such account
	SenderUnknown   Code = 51 // the sender is not imported
	ReceiverUnknown Code = 52 // the receiver is not imported
	AccountQuota    Code = 53 // the edition's number of accounts is used up
	AccountReserved Code = 54 // the id was deleted lately and cannot be taken again yet
	DeletionRefused Code = 55 // the edition does not allow deleting accounts
	TextTooLong     Code = 56 // a profile text is over its limit

	BodyNotArray   Code = 60 // a message body that is not a list of elements
	BodyInvalid    Code = 61 // a message body whose elements are not in the documented form
	BodyTooLarge   Code = 62 // a message over the size limit
	Muted          Code = 63 // the sender is muted
	Blocked        Code = 64 // the receiver blocks the sender
	MessageUnknown Code = 65 // no such message
	KeyInvalid     Code = 66 // a message key that is not in its form
	BodyEmpty      Code = 67 // a message body without any element
)

// Codes lists every code with its name, for tables and tests.
func Codes() map[Code]string {
	return map[Code]string{
		Internal: "internal", Unavailable: "unavailable", Throttled: "throttled",
		UnknownOperation: "unknown_operation", Malformed: "malformed", Invalid: "invalid",
		BatchTooLarge: "batch_too_large", Conflict: "conflict",
		AppMissing: "app_missing", AppUnknown: "app_unknown", AppDisabled: "app_disabled",
		AppNoKey: "app_no_key", AppLimit: "app_limit",
		CallerMissing: "caller_missing", SignatureMissing: "signature_missing",
		SignatureMalformed: "signature_malformed", SignatureExpired: "signature_expired",
		SignatureMismatch: "signature_mismatch", SignatureUser: "signature_user",
		SignatureApp: "signature_app", SignatureRevoked: "signature_revoked",
		NotAdmin: "not_admin", Banned: "banned", PlatformRefused: "platform_refused",
		AccountUnknown: "account_unknown", SenderUnknown: "sender_unknown",
		ReceiverUnknown: "receiver_unknown", AccountQuota: "account_quota",
		AccountReserved: "account_reserved", DeletionRefused: "deletion_refused",
		TextTooLong:  "text_too_long",
		BodyNotArray: "body_not_array", BodyInvalid: "body_invalid", BodyTooLarge: "body_too_large",
		Muted: "muted", Blocked: "blocked", MessageUnknown: "message_unknown", KeyInvalid: "key_invalid",
		BodyEmpty: "body_empty",
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
