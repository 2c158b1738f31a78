package follows

import (
	"slices"

	"parley/shared/fault"
)

// ReadFaults lists the faults of Check, Counts and List, and those of their items.
func ReadFaults() []fault.Code {
	return []fault.Code{fault.AccountUnknown, fault.AppLimit, fault.BatchTooLarge}
}

// UnfollowFaults lists the faults of Unfollow, and those of its items.
func UnfollowFaults() []fault.Code {
	return slices.Concat(ReadFaults(), []fault.Code{fault.Conflict})
}

// FollowFaults lists the faults of Follow, and those of its items.
func FollowFaults() []fault.Code {
	return slices.Concat(UnfollowFaults(), []fault.Code{fault.FollowLimit})
}
