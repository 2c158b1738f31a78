package groups

import "parley/shared/fault"

// GetFaults lists the faults of the items of Get, and of Find.
func GetFaults() []fault.Code { return []fault.Code{fault.GroupUnknown, fault.GroupIDInvalid} }

// DestroyFaults lists the faults of Destroy.
func DestroyFaults() []fault.Code { return append(GetFaults(), fault.NotPermitted, fault.Conflict) }

// UpdateFaults lists the faults of Update.
func UpdateFaults() []fault.Code {
	return append(profileFaults(), append(GetFaults(), fault.NotPermitted)...)
}

// CreateFaults lists the faults of Create.
func CreateFaults() []fault.Code {
	return append(profileFaults(), fault.GroupIDTaken, fault.GroupIDOwned, fault.GroupLimit, fault.GroupDailyLimit, fault.AccountUnknown, fault.BatchTooLarge, fault.Conflict, fault.JoinedLimit, fault.NotPermitted)
}

// profileFaults lists the faults of values of a profile.
func profileFaults() []fault.Code {
	return []fault.Code{fault.TextTooLong, fault.FieldUnknown, fault.FieldReadOnly, fault.GroupMembersLimit}
}
