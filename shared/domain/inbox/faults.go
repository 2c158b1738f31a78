package inbox

import (
	"slices"

	"parley/shared/fault"
)

// AccountFaults lists the faults of the verbs that only need an account: All,
// RequireAccount, FoldersAndRows and ListLabelled.
func AccountFaults() []fault.Code {
	return []fault.Code{fault.AccountUnknown}
}

// GetFaults lists the faults of Get.
func GetFaults() []fault.Code {
	return []fault.Code{fault.BatchTooLarge}
}

// MarkReadFaults lists the faults of Read and MarkReadUntil.
func MarkReadFaults() []fault.Code {
	return []fault.Code{fault.ReceiverUnknown, fault.SenderUnknown, fault.MemberUnknown}
}

// DataFaults lists the faults of the verbs that change what a user puts on conversations:
// Clear, Delete and SetDraft.
func DataFaults() []fault.Code {
	return []fault.Code{fault.AccountUnknown, fault.Conflict, fault.DataLimit, fault.MemberUnknown, fault.GroupIDInvalid}
}

// OptionFaults lists the faults of SetOption.
func OptionFaults() []fault.Code {
	return slices.Concat(DataFaults(), []fault.Code{fault.GroupUnknown})
}

// PinFaults lists the faults of Pin.
func PinFaults() []fault.Code {
	return slices.Concat(DataFaults(), []fault.Code{fault.PinLimit})
}

// LabelFaults lists the faults of SetLabels.
func LabelFaults() []fault.Code {
	return slices.Concat(DataFaults(), []fault.Code{fault.AppLimit})
}

// FolderFaults lists the faults of ChangeFolderMembers and DeleteFolder, and those of
// their items.
func FolderFaults() []fault.Code {
	return slices.Concat(DataFaults(), []fault.Code{fault.AppLimit, fault.FolderUnknown})
}

// RenameFolderFaults lists the faults of RenameFolder.
func RenameFolderFaults() []fault.Code {
	return slices.Concat(FolderFaults(), []fault.Code{fault.FolderName})
}

// CreateFolderFaults lists the faults of CreateFolder, and those of its items.
func CreateFolderFaults() []fault.Code {
	return slices.Concat(RenameFolderFaults(), []fault.Code{fault.FolderLimit})
}
