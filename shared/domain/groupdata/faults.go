package groupdata

import "parley/shared/fault"

// ReadFaults lists the faults of Attributes.
func ReadFaults() []fault.Code {
	return []fault.Code{fault.GroupIDInvalid, fault.GroupUnknown, fault.MemberUnknown, fault.NotPermitted}
}

// ClearFaults lists the faults of ClearAttributes.
func ClearFaults() []fault.Code {
	return append(ReadFaults(), fault.AttributeRate, fault.AttributeConflict)
}

// SetFaults lists the faults of SetAttributes.
func SetFaults() []fault.Code {
	return append(ClearFaults(), fault.AttributeKey, fault.AttributeValue, fault.AttributeLimit, fault.AttributeSize)
}

// DeleteFaults lists the faults of DeleteAttributes.
func DeleteFaults() []fault.Code {
	return append(ClearFaults(), fault.AttributeKey, fault.AttributeUnknown)
}

// CountersFaults lists the faults of Counters.
func CountersFaults() []fault.Code { return append(ReadFaults(), fault.AppLimit) }

// DeleteCountersFaults lists the faults of DeleteCounters.
func DeleteCountersFaults() []fault.Code { return append(CountersFaults(), fault.Conflict) }

// ChangeCountersFaults lists the faults of ChangeCounters.
func ChangeCountersFaults() []fault.Code { return append(DeleteCountersFaults(), fault.CounterLimit) }
