package accounts

import "parley/shared/fault"

// ImportFaults lists the faults of Import.
func ImportFaults() []fault.Code {
	return []fault.Code{fault.AccountQuota, fault.AccountReserved, fault.AccountUnknown, fault.Conflict, fault.TextTooLong}
}

// DeleteFaults lists the faults of Delete, and those of its items.
func DeleteFaults() []fault.Code {
	return []fault.Code{fault.AccountUnknown, fault.Conflict, fault.DeletionRefused}
}

// KickFaults lists the faults of Kick and Ban.
func KickFaults() []fault.Code {
	return []fault.Code{fault.AccountUnknown, fault.Conflict}
}

// GetFaults lists the faults of the verbs that only need an account: Get, Mute, Muted and
// Unban.
func GetFaults() []fault.Code {
	return []fault.Code{fault.AccountUnknown}
}
