package direct

import (
	"slices"

	"parley/shared/domain/content"
	"parley/shared/fault"
)

// PermissionFaults lists why a user may not write to another.
func PermissionFaults() []fault.Code {
	return []fault.Code{
		fault.Blocked, fault.Muted, fault.NeitherFriend, fault.ReceiverNotFriend, fault.ReceiverUnknown, fault.SenderNotFriend, fault.SenderUnknown,
	}
}

// SendFaults lists the faults of Send and Forward.
func SendFaults() []fault.Code {
	return slices.Concat(PermissionFaults(), content.Faults(), []fault.Code{fault.KeyInvalid})
}

// BatchFaults lists the faults of SendBatch, and those of its items.
func BatchFaults() []fault.Code {
	return slices.Concat(content.Faults(), []fault.Code{fault.BatchTooLarge, fault.ReceiverUnknown, fault.SenderUnknown})
}

// ImportFaults lists the faults of Import.
func ImportFaults() []fault.Code {
	return slices.Concat(content.Faults(), []fault.Code{fault.ReceiverUnknown, fault.SenderUnknown})
}

// MergedFaults lists the faults of ReadMergedPart.
func MergedFaults() []fault.Code {
	return []fault.Code{fault.KeyInvalid, fault.MessageUnknown}
}
