package fault

// A Class says who has to act on a fault. A dialect chooses the status of an answer by
// the class, so that a new code needs no new line there.
type Class string

// The classes.
const (
	ClassCaller    Class = "caller"     // the call is wrong: its repeat gets the same answer
	ClassIdentity  Class = "identity"   // the call does not prove who makes it
	ClassNotServed Class = "not served" // the application or the account may not use the service
	ClassConflict  Class = "conflict"   // another call came first: the caller reads again and decides
	ClassQuota     Class = "quota"      // a limit of the edition, of the user or of the rate is reached
	ClassOurs      Class = "ours"       // Parley failed: the repeat of the call may succeed
)

// Class returns the class of the code. A code that is not listed, and so was never
// meant for a caller, is ours.
func (c Code) Class() Class {
	switch c {
	case CallerMissing, SignatureMissing, SignatureMalformed, SignatureExpired, SignatureMismatch, SignatureUser, SignatureApp,
		SignatureRevoked, SignatureEarly:
		return ClassIdentity
	case AppMissing, AppUnknown, AppDisabled, AppNoKey, Banned, PlatformRefused, CallerUnknown:
		return ClassNotServed
	case Conflict, EditConflict, ExtensionConflict, AttributeConflict:
		return ClassConflict
	case Throttled, AppLimit, AccountQuota, FriendLimit, PeerFriendLimit, ListLimit, RequestLimit, BlockLimit, FollowLimit,
		FollowerLimit, WatchLimit, ReactionLimit, ReactionUserLimit, ExtensionLimit, FolderLimit, DataLimit, PinLimit,
		GroupFull, GroupMembersLimit, GroupLimit, GroupDailyLimit, JoinedLimit, MentionLimit, MembersTooMany, DeleteRangeLimit, AttributeLimit,
		AttributeSize, AttributeRate, CounterLimit:
		return ClassQuota
	case UnknownOperation, Malformed, Invalid, BatchTooLarge, AnswerTooLarge, NotAdmin,
		AccountUnknown, SenderUnknown, ReceiverUnknown, AccountReserved, DeletionRefused, TextTooLong,
		FieldUnknown, FieldValue, FieldType, FieldHidden, FieldReadOnly,
		BodyNotArray, BodyInvalid, BodyTooLarge, BodyEmpty, Muted, Blocked, MessageUnknown, KeyInvalid,
		RequestsForbidden, RequestsDenied, RequestPending, RequestUnknown, AlreadyFriends, NotFriend, AlreadyBlocked, NotBlocked,
		BlocksPeer, BlockedByPeer, NeitherFriend, SenderNotFriend, ReceiverNotFriend,
		AlreadyRecalled, RecallTooLate, AlreadyReacted, NotReacted, TargetUnknown, NotExtensible,
		FolderUnknown, FolderName, ExportMissing, ExportExpired,
		GroupUnknown, GroupIDInvalid, GroupIDTaken, GroupIDOwned, NotPermitted, AlreadyMember, OwnerCannotLeave, GroupMuted, RequestHandled,
		NotRecallable, NotDeletable, NothingToDelete, NoReceipt, AttributeKey, AttributeValue, AttributeUnknown, MemberUnknown:
		return ClassCaller
	case Internal, Unavailable:
		return ClassOurs
	default:
		return ClassOurs
	}
}
