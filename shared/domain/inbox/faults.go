package inbox

import (
	"slices"

	"parley/shared/fault"
)

// AccountFaults lists the faults of the verbs that only need an account: All,
// CheckAccount, FoldersAndRows and Labelled.
func AccountFaults() []fault.Code {
	return []fault.Code{fault.AccountUnknown}
}

// GetFaults lists the faults of Get.
func GetFaults() []fault.Code {
	return []fault.Code{fault.BatchTooLarge}
}

// ReadFaults lists the faults of Read and ReadUntil.
func ReadFaults() []fault.Code {
	return []fault.Code{fault.ReceiverUnknown, fault.SenderUnknown}
}

// DataFaults lists the faults of the verbs that change what a user puts on conversations:
// Clear, Delete, SetDraft and SetOption.
func DataFaults() []fault.Code {
	return []fault.Code{fault.AccountUnknown, fault.Conflict, fault.DataLimit}
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

// RenameFaults lists the faults of RenameFolder.
func RenameFaults() []fault.Code {
	return slices.Concat(FolderFaults(), []fault.Code{fault.FolderName})
}

// CreateFaults lists the faults of CreateFolder, and those of its items.
func CreateFaults() []fault.Code {
	return slices.Concat(RenameFaults(), []fault.Code{fault.FolderLimit})
}
