package membership

import (
	"slices"

	"parley/shared/fault"
)

// ReadFaults lists the faults of the verbs that read members.
func ReadFaults() []fault.Code {
	return []fault.Code{fault.BatchTooLarge, fault.GroupIDInvalid, fault.GroupUnknown}
}

// ViewFaults lists the faults of View and of its items, and of Members and Specified for a user.
func ViewFaults() []fault.Code { return append(ReadFaults(), fault.NotPermitted) }

// LeaveFaults lists the faults of Leave.
func LeaveFaults() []fault.Code {
	return append(ReadFaults(), fault.Conflict, fault.MemberUnknown, fault.OwnerCannotLeave)
}

// ApplyFaults lists the faults of Apply.
func ApplyFaults() []fault.Code {
	return append(ReadFaults(), fault.AccountUnknown, fault.AlreadyMember, fault.Conflict, fault.GroupFull, fault.JoinedLimit, fault.NotPermitted, fault.TextTooLong)
}

// InviteFaults lists the faults of Invite.
func InviteFaults() []fault.Code { return append(AddFaults(), fault.TextTooLong) }

// AnswerFaults lists the faults of AnswerRequest.
func AnswerFaults() []fault.Code {
	return append(ReadFaults(), fault.AccountUnknown, fault.Conflict, fault.GroupFull, fault.JoinedLimit, fault.NotPermitted, fault.RequestHandled,
		fault.RequestUnknown, fault.TextTooLong)
}

// RemoveFaults lists the faults of Remove.
func RemoveFaults() []fault.Code {
	return slices.Concat(ReadFaults(), []fault.Code{fault.Conflict, fault.NotPermitted})
}

// AddFaults lists the faults of Add.
func AddFaults() []fault.Code {
	return slices.Concat(RemoveFaults(), []fault.Code{fault.AccountUnknown, fault.GroupFull, fault.JoinedLimit})
}

// UpdateFaults lists the faults of Update and Transfer.
func UpdateFaults() []fault.Code {
	return slices.Concat(RemoveFaults(), []fault.Code{fault.FieldReadOnly, fault.FieldUnknown, fault.MemberUnknown, fault.TextTooLong})
}

// SetUnreadFaults lists the faults of SetUnread.
func SetUnreadFaults() []fault.Code { return append(ReadFaults(), fault.MemberUnknown) }

// JoinedFaults lists the faults of JoinedBy.
func JoinedFaults() []fault.Code { return []fault.Code{fault.AccountUnknown} }
