package content

import "parley/shared/fault"

// Faults lists the faults of content that may not be sent.
func Faults() []fault.Code {
	return []fault.Code{fault.BodyEmpty, fault.BodyInvalid, fault.BodyTooLarge}
}
