package apps

import (
	"slices"

	"parley/shared/domain/accounts"
	"parley/shared/fault"
)

// CreateFaults lists the faults of Create and Update.
func CreateFaults() []fault.Code {
	return []fault.Code{fault.AccountQuota, fault.AppUnknown}
}

// AdminFaults lists the faults of AddAdmin.
func AdminFaults() []fault.Code {
	return slices.Concat(accounts.ImportFaults(), []fault.Code{fault.AppUnknown})
}

// KeyFaults lists the faults of RotateKey.
func KeyFaults() []fault.Code {
	return []fault.Code{fault.AppUnknown, fault.Conflict}
}

// GetFaults lists the faults of Get and RemoveAdmin.
func GetFaults() []fault.Code {
	return []fault.Code{fault.AppUnknown}
}
