package sessions

import "parley/shared/fault"

// PlatformFaults lists the faults of ParsePlatform.
func PlatformFaults() []fault.Code {
	return []fault.Code{fault.PlatformRefused}
}

// ConnectFaults lists the faults of Connect and Kick.
func ConnectFaults() []fault.Code {
	return []fault.Code{fault.Conflict}
}
