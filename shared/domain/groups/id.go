package groups

import (
	"encoding/base32"
	"strings"

	"parley/shared/clock"
	"parley/shared/fault"
)

const maxID = 48 // bytes of the id of a group (docs/spec/tencent §16.3)

// CheckID refuses an id that no group can have: one that is empty, has over 48 bytes, or has a
// character that is not printable ASCII.
func CheckID(id string) error {
	if id == "" || len(id) > maxID {
		return fault.At(fault.GroupIDInvalid, fault.Group, "the id of a group has 1 to %d bytes", maxID)
	}
	for _, c := range []byte(id) {
		if c < 0x20 || c > 0x7e {
			return fault.At(fault.GroupIDInvalid, fault.Group, "the id of a group has printable ASCII characters only")
		}
	}
	return nil
}

// CheckChosenID refuses an id that an application cannot choose for a group. reserved begins the
// ids that Parley makes for the groups of a dialect.
func CheckChosenID(id, reserved string) error {
	if err := CheckID(id); err != nil {
		return fault.New(fault.Invalid, "%s", err)
	}
	if strings.HasPrefix(id, reserved) {
		return fault.At(fault.Invalid, fault.Group, "the id of a group does not begin with %s", reserved)
	}
	return nil
}

// idBytes is how many random bytes an id that Parley makes has. They are 16 characters, so that
// two groups never get the same id.
const idBytes = 10

// newID returns an id that begins with the prefix of the dialect.
func newID(c clock.Clock, prefix string) string {
	return prefix + base32.StdEncoding.EncodeToString(c.Bytes(idBytes))
}
