package groupchat

import (
	"slices"

	"parley/shared/domain/content"
	"parley/shared/fault"
)

// GroupFaults lists why there is no such group.
func GroupFaults() []fault.Code { return []fault.Code{fault.GroupIDInvalid, fault.GroupUnknown} }

// WriterFaults lists why a member may not write to a group.
func WriterFaults() []fault.Code {
	return slices.Concat(GroupFaults(), []fault.Code{fault.GroupMuted, fault.MemberUnknown, fault.Muted, fault.NotPermitted, fault.SenderUnknown})
}

// SendFaults lists the faults of Send.
func SendFaults() []fault.Code {
	return slices.Concat(WriterFaults(), content.Faults(), []fault.Code{fault.AppLimit, fault.BatchTooLarge, fault.Conflict, fault.MentionLimit})
}

// RecallFaults lists the faults of Recall, and those of its items.
func RecallFaults() []fault.Code {
	return slices.Concat(GroupFaults(), []fault.Code{fault.AlreadyRecalled, fault.MessageUnknown, fault.NotRecallable})
}

// ImportFaults lists the faults of Import, and those of its items.
func ImportFaults() []fault.Code {
	return slices.Concat(GroupFaults(), content.Faults(), []fault.Code{fault.Conflict})
}

// SendReceiptsFaults lists the faults of SendReceipts.
func SendReceiptsFaults() []fault.Code {
	return slices.Concat(GroupFaults(), []fault.Code{fault.AppLimit, fault.MemberUnknown})
}

// ReceiptFaults lists the faults of CountReceipts, with those of its items, and of Readers.
func ReceiptFaults() []fault.Code {
	return slices.Concat(GroupFaults(), []fault.Code{fault.AppLimit, fault.MessageUnknown, fault.NoReceipt})
}
