package relations

import (
	"slices"

	"parley/shared/fault"
)

// AccountFaults lists the faults of the verbs that only need an account: Check,
// CheckBlocks and RequireAccount.
func AccountFaults() []fault.Code {
	return []fault.Code{fault.AccountUnknown}
}

// AddFaults lists the faults of Add, and those of its items.
func AddFaults() []fault.Code {
	return []fault.Code{
		fault.AccountUnknown, fault.Conflict, fault.FriendLimit, fault.ListLimit, fault.PeerFriendLimit, fault.TextTooLong, fault.AlreadyFriends,
		fault.BlockedByPeer, fault.BlocksPeer, fault.RequestLimit, fault.RequestPending, fault.RequestsDenied, fault.RequestsForbidden,
	}
}

// AcceptFaults lists the faults of Accept, and those of its items.
func AcceptFaults() []fault.Code {
	return []fault.Code{
		fault.AccountUnknown, fault.Conflict, fault.FriendLimit, fault.ListLimit, fault.PeerFriendLimit, fault.RequestUnknown, fault.TextTooLong,
	}
}

// RejectFaults lists the faults of Reject, and those of its items.
func RejectFaults() []fault.Code {
	return []fault.Code{fault.Conflict, fault.RequestUnknown}
}

// MarkRequestsReadFaults lists the faults of MarkRequestsRead.
func MarkRequestsReadFaults() []fault.Code {
	return []fault.Code{fault.Conflict}
}

// ImportFaults lists the faults of Import, and those of its items.
func ImportFaults() []fault.Code {
	return []fault.Code{
		fault.AccountUnknown, fault.BlockedByPeer, fault.BlocksPeer, fault.Conflict, fault.FieldReadOnly,
		fault.FieldType, fault.FieldUnknown, fault.FriendLimit, fault.ListLimit, fault.TextTooLong,
	}
}

// UpdateFaults lists the faults of Update, and those of its items.
func UpdateFaults() []fault.Code {
	return []fault.Code{
		fault.AccountUnknown, fault.Conflict, fault.FieldReadOnly, fault.FieldType,
		fault.FieldUnknown, fault.ListLimit, fault.NotFriend, fault.TextTooLong,
	}
}

// DeleteFaults lists the faults of Delete and DeleteAllFriends, and those of the items.
func DeleteFaults() []fault.Code {
	return []fault.Code{fault.AccountUnknown, fault.Conflict, fault.NotFriend}
}

// BlockFaults lists the faults of Block, and those of its items.
func BlockFaults() []fault.Code {
	return []fault.Code{fault.AccountUnknown, fault.AlreadyBlocked, fault.BlockLimit, fault.Conflict}
}

// UnblockFaults lists the faults of Unblock, and those of its items.
func UnblockFaults() []fault.Code {
	return []fault.Code{fault.AccountUnknown, fault.Conflict, fault.NotBlocked}
}

// ListFaults lists the faults of AddToList, DeleteLists, RemoveFromList and RenameList,
// and those of the items.
func ListFaults() []fault.Code {
	return []fault.Code{fault.AccountUnknown, fault.Conflict, fault.NotFriend}
}

// CreateListsFaults lists the faults of CreateLists, and those of its items.
func CreateListsFaults() []fault.Code {
	return slices.Concat(ListFaults(), []fault.Code{fault.ListLimit})
}
