package profiles

import "parley/shared/fault"

// ReadFaults lists the faults of Get and CheckReadable, and those of the items.
func ReadFaults() []fault.Code {
	return []fault.Code{fault.AccountUnknown, fault.FieldHidden, fault.FieldUnknown}
}

// SetFaults lists the faults of Set.
func SetFaults() []fault.Code {
	return []fault.Code{
		fault.AccountUnknown, fault.Conflict, fault.FieldReadOnly, fault.FieldType, fault.FieldUnknown, fault.FieldValue, fault.TextTooLong,
	}
}
