package archive

import "parley/shared/fault"

// ExportFaults lists the faults of Export.
func ExportFaults() []fault.Code {
	return []fault.Code{fault.ExportExpired, fault.ExportMissing}
}
