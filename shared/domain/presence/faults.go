package presence

import (
	"slices"

	"parley/shared/fault"
)

// StatusFaults lists the faults of SetStatus.
func StatusFaults() []fault.Code {
	return []fault.Code{fault.TextTooLong}
}

// UnsubscribeFaults lists the faults of Unsubscribe.
func UnsubscribeFaults() []fault.Code {
	return []fault.Code{fault.Conflict}
}

// SubscribeFaults lists the faults of Subscribe.
func SubscribeFaults() []fault.Code {
	return slices.Concat(UnsubscribeFaults(), []fault.Code{fault.WatchLimit})
}
