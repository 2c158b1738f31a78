// Package v4 has what the server REST API and the client protocol share: the vendor's
// error numbers, the checks of request fields, and the wire form of messages,
// conversations, friends and profiles (docs/spec/tencent §1, §3, §7, §8, §12).
package v4

import (
	"maps"

	"parley/shared/fault"
)

// Numbers maps the codes of package fault to the vendor's error numbers.
type Numbers map[fault.Code]int

// Gateway returns the general numbers. The other tables change some of them, and have the
// rest from here (docs/spec/tencent §12.1, §12.2).
func Gateway() Numbers {
	return Numbers{
		fault.Internal: 91000, fault.Unavailable: 60008, fault.Throttled: 60007,
		fault.UnknownOperation: 60009, fault.Malformed: 60003, fault.Invalid: 60003,
		fault.BatchTooLarge: 70206, fault.Conflict: 60008, fault.AnswerTooLarge: 80002,
		fault.AppMissing: 60012, fault.AppUnknown: 60006, fault.AppDisabled: 60016,
		fault.AppNoKey: 70016, fault.AppLimit: 72001,
		fault.CallerMissing: 60004, fault.SignatureMissing: 70002, fault.SignatureMalformed: 70003,
		fault.SignatureExpired: 70001, fault.SignatureMismatch: 70009, fault.SignatureUser: 70013,
		fault.SignatureApp: 70014, fault.SignatureRevoked: 70052, fault.NotAdmin: 60010,
		fault.Banned: 70051, fault.PlatformRefused: 70114, fault.CallerUnknown: 70107, fault.SignatureEarly: 70005,
		fault.AccountUnknown: 70107, fault.SenderUnknown: 20003, fault.ReceiverUnknown: 90012,
		fault.AccountQuota: 70398, fault.AccountReserved: 70402, fault.DeletionRefused: 71000,
		fault.TextTooLong:  40601,
		fault.BodyNotArray: 90007, fault.BodyInvalid: 90010, fault.BodyEmpty: 90002,
		fault.BodyTooLarge: 93000, fault.Muted: 20012, fault.Blocked: 20007,
		fault.MessageUnknown: 20022, fault.KeyInvalid: 90054,

		fault.FieldUnknown: 40009, fault.FieldValue: 40605, fault.FieldType: 40610,
		fault.FieldHidden: 40007, fault.FieldReadOnly: 40008,
		fault.FriendLimit: 30010, fault.PeerFriendLimit: 30014, fault.ListLimit: 30011, fault.RequestLimit: 30012,
		fault.BlockLimit: 30013, fault.RequestsForbidden: 30009, fault.RequestsDenied: 30516,
		fault.RequestPending: 30539, fault.RequestUnknown: 30614, fault.AlreadyFriends: 30001,
		fault.NotFriend: 30001, fault.AlreadyBlocked: 30001, fault.NotBlocked: 30001,
		fault.BlocksPeer: 30515, fault.BlockedByPeer: 30525,
		fault.NeitherFriend: 20009, fault.SenderNotFriend: 20010, fault.ReceiverNotFriend: 20011,
		fault.FollowLimit: 32100, fault.FollowerLimit: 32101, fault.WatchLimit: 72012,
		fault.AlreadyRecalled: 20023, fault.RecallTooLate: 20016, fault.EditConflict: 20028,
		fault.ReactionLimit: 23005, fault.ReactionUserLimit: 23006, fault.AlreadyReacted: 23007, fault.NotReacted: 23009, fault.TargetUnknown: 23004,
		fault.NotExtensible: 23002, fault.ExtensionConflict: 23001, fault.ExtensionLimit: 23003,
		fault.FolderUnknown: 51009, fault.FolderLimit: 51010, fault.FolderName: 51011, fault.DataLimit: 51008, fault.PinLimit: 51012,
		fault.ExportMissing: 1004, fault.ExportExpired: 1005,
		fault.GroupUnknown: 10010, fault.GroupIDInvalid: 10015, fault.GroupIDTaken: 10021, fault.GroupIDOwned: 10025,
		fault.NotPermitted: 10007, fault.MemberUnknown: 10007, fault.GroupFull: 10014, fault.GroupMembersLimit: 10038,
		fault.AlreadyMember: 10013, fault.GroupLimit: 10058, fault.GroupDailyLimit: 10006, fault.JoinedLimit: 10037,
		fault.OwnerCannotLeave: 10009, fault.GroupMuted: 10017, fault.RequestHandled: 10024, fault.MentionLimit: 10053,
		fault.MembersTooMany: 10054, fault.NotRecallable: 10032, fault.NotDeletable: 10034, fault.DeleteRangeLimit: 10051,
		fault.NothingToDelete: 10052, fault.NoReceipt: 10062, fault.AttributeKey: 10045, fault.AttributeValue: 10046,
		fault.AttributeLimit: 10047, fault.AttributeSize: 10048, fault.AttributeUnknown: 10050, fault.AttributeConflict: 10056,
		fault.AttributeRate: 10049, fault.CounterLimit: 10063,
	}
}

// Login returns the numbers of im_open_login_svc (docs/spec/tencent §4).
func Login() Numbers {
	return Gateway().with(Numbers{
		fault.Internal: 70500, fault.Unavailable: 70169, fault.Malformed: 70402, fault.Invalid: 70402,
		fault.NotAdmin: 70403,
	})
}

// OpenIM returns the numbers of openim (docs/spec/tencent §6).
func OpenIM() Numbers {
	return Gateway().with(Numbers{
		fault.Malformed: 90001, fault.Invalid: 90001, fault.NotAdmin: 90009, fault.BatchTooLarge: 90011,
		fault.AccountUnknown: 90048,
		fault.AppLimit:       10059, // what another edition has are features of groups
	})
}

// Profile returns the numbers of profile (docs/spec/tencent §7, §12.3).
func Profile() Numbers {
	return Gateway().with(Numbers{
		fault.Internal: 40006, fault.Malformed: 40001, fault.Invalid: 40001, fault.BatchTooLarge: 40001,
		fault.NotAdmin: 40004, fault.AccountUnknown: 40003,
	})
}

// Relations returns the numbers of sns and follow (docs/spec/tencent §8, §12.4).
func Relations() Numbers {
	return Gateway().with(Numbers{
		fault.Internal: 30006, fault.Unavailable: 30007, fault.Conflict: 30008,
		fault.Malformed: 30001, fault.Invalid: 30001, fault.BatchTooLarge: 30001, fault.NotAdmin: 30004,
		fault.AccountUnknown: 30003, fault.TextTooLong: 30001,
		fault.FieldUnknown: 30001, fault.FieldValue: 30001, fault.FieldType: 30001,
		fault.FieldHidden: 30001, fault.FieldReadOnly: 30001,
	})
}

// Config returns the numbers of openconfigsvr (docs/spec/tencent §10).
func Config() Numbers {
	return Gateway().with(Numbers{
		fault.Internal: 130014, fault.Unavailable: 130014, fault.Malformed: 130001, fault.Invalid: 130001,
	})
}

// Extension returns the numbers of openim_msg_ext_http_svc (docs/spec/tencent §6.11).
func Extension() Numbers {
	return Gateway().with(Numbers{
		fault.Internal: 10002, fault.Unavailable: 10002, fault.Malformed: 10004, fault.Invalid: 10004,
		fault.KeyInvalid: 10004, fault.NotAdmin: 10007, fault.AppLimit: 10008,
	})
}

// Groups returns the numbers of group_open_http_svc and group_open_attr_http_svc
// (docs/spec/tencent §12).
func Groups() Numbers {
	return Gateway().with(Numbers{
		fault.Internal: 10002, fault.Unavailable: 10002, fault.Conflict: 10002, fault.Malformed: 10004, fault.Invalid: 10004,
		fault.BatchTooLarge: 10005, fault.AnswerTooLarge: 10018, fault.NotAdmin: 10007,
		fault.AccountUnknown: 10019, fault.SenderUnknown: 10019, fault.ReceiverUnknown: 10019, fault.TextTooLong: 10004,
		fault.FieldUnknown: 10004, fault.FieldValue: 10004, fault.FieldType: 10004, fault.FieldHidden: 10007, fault.FieldReadOnly: 10007,
		fault.BodyTooLarge: 80002, fault.BodyNotArray: 10004, fault.BodyInvalid: 10004, fault.BodyEmpty: 10004, fault.Muted: 10017,
		fault.MessageUnknown: 10030, fault.RecallTooLate: 10031, fault.AlreadyRecalled: 10030, fault.AppLimit: 10059, fault.KeyInvalid: 10004,
		fault.RequestUnknown: 10024,
	})
}

// Contacts returns the numbers of recentcontact (docs/spec/tencent §9, §12.5).
func Contacts() Numbers {
	return Gateway().with(Numbers{
		fault.Internal: 50004, fault.Unavailable: 50005, fault.Conflict: 50004,
		fault.Malformed: 50002, fault.Invalid: 50002, fault.TextTooLong: 50002, fault.BatchTooLarge: 51006,
		fault.NotAdmin: 50003, fault.AccountUnknown: 50001, fault.AppLimit: 51013,
		fault.MemberUnknown: 51007, fault.GroupUnknown: 51007, fault.GroupIDInvalid: 51007,
	})
}

// History returns the numbers of open_msg_svc (docs/spec/tencent §11.2).
func History() Numbers {
	return Gateway().with(Numbers{
		fault.Internal: 1003, fault.Unavailable: 1003, fault.Malformed: 1001, fault.Invalid: 1002, fault.NotAdmin: 1002,
	})
}

// with returns a copy of n in which some numbers are replaced.
func (n Numbers) with(replaced Numbers) Numbers {
	out := maps.Clone(n)
	maps.Copy(out, replaced)
	return out
}

// Of returns the number and the sentence for an error. The sentence has the names that
// this protocol has for fields. For a fault of the server the
// sentence is general and says nothing of the cause. A code without a number in the table
// is a mistake of ours and becomes an internal error: the number 0 would be success.
func (n Numbers) Of(err error) (number int, text string) {
	const general = "internal error, please try again"
	if f := AsFieldError(err); f != nil {
		return f.Number, f.Text
	}
	e := fault.Of(err)
	number, mapped := n[e.Code]
	switch {
	case !mapped || number == 0:
		if number = n[fault.Internal]; number == 0 {
			number = Gateway()[fault.Internal]
		}
		return number, general
	case e.Code.Ours():
		return number, general
	}
	return number, e.Sentence(FieldName)
}
