package v4

import "parley/shared/fault"

// PageSize returns the Limit of a request, or most if the request has none. It refuses a Limit that
// is not 1 to most.
func PageSize(limit *int, most int) (int, error) {
	switch {
	case limit == nil:
		return most, nil
	case *limit < 1 || *limit > most:
		return 0, fault.New(fault.Invalid, "Limit is 1 to %d", most)
	}
	return *limit, nil
}
