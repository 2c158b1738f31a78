package timeline

import (
	"slices"

	"parley/shared/domain/content"
	"parley/shared/fault"
)

// KeyFaults lists the faults of ParseKey.
func KeyFaults() []fault.Code {
	return []fault.Code{fault.KeyInvalid}
}

// DeleteForUserFaults lists the faults of DeleteForUser.
func DeleteForUserFaults() []fault.Code {
	return []fault.Code{fault.DeleteRangeLimit}
}

// RecallFaults lists the faults of Recall.
func RecallFaults() []fault.Code {
	return []fault.Code{fault.AlreadyRecalled, fault.MessageUnknown, fault.RecallTooLate}
}

// EditFaults lists the faults of Edit, besides those of the permission to write to the
// other user.
func EditFaults() []fault.Code {
	return slices.Concat(content.Faults(), []fault.Code{fault.AlreadyRecalled, fault.EditConflict, fault.MessageUnknown})
}

// ReactFaults lists the faults of React with a new reaction, besides those of the
// permission to write to the other user.
func ReactFaults() []fault.Code {
	return []fault.Code{fault.AlreadyReacted, fault.ReactionLimit, fault.ReactionUserLimit, fault.TargetUnknown}
}

// UnreactFaults lists the faults of React that takes a reaction back, besides those of
// the permission to write to the other user.
func UnreactFaults() []fault.Code {
	return []fault.Code{fault.NotReacted, fault.TargetUnknown}
}

// ReadExtensionsFaults lists the faults of ExtensionsFor and ExtensionsOf.
func ReadExtensionsFaults() []fault.Code {
	return []fault.Code{fault.AppLimit, fault.NotExtensible, fault.TargetUnknown}
}

// ExtensionsFaults lists the faults of ChangeExtensions, and those of its items.
func ExtensionsFaults() []fault.Code {
	return slices.Concat(ReadExtensionsFaults(), []fault.Code{fault.EditConflict, fault.ExtensionConflict, fault.ExtensionLimit})
}
