// Package groupdata holds the data that the members of a group share: attributes, which are short
// texts, and counters, which are whole numbers (docs/spec/tencent §20).
package groupdata

import (
	"unicode/utf8"

	"parley/shared/fault"
)

// The limits of attributes (docs/spec/tencent §20.0). Lengths are bytes.
const (
	MaxAttributes     = 16
	MaxAttributeKey   = 32
	MaxAttributeValue = 4000
	MaxAttributesSize = 16_000 // keys and values together
	MaxAttributeRate  = 5      // changes of the attributes of a group in a second
)

// The limits of counters (docs/spec/tencent §20.0).
const (
	MaxCounters   = 20
	MaxCounterKey = 128 // bytes
)

// Attributes are the attributes of one group.
type Attributes struct {
	Values  map[string]string // by their keys
	Version int64             // each change adds 1
	// Writes is how often the attributes were changed in Second (Unix seconds), the second of the
	// last change.
	Second, Writes int64
}

// Counters are the counters of one group.
type Counters struct {
	Values  map[string]int64 // by their keys
	Version int64            // each change adds 1
}

// checkAttributeKey refuses a key that no attribute has.
func checkAttributeKey(key string) error {
	switch {
	case key == "" || !utf8.ValidString(key):
		return fault.At(fault.Invalid, fault.Attributes, "an attribute has a key, which is a text of UTF-8")
	case len(key) > MaxAttributeKey:
		return fault.At(fault.AttributeKey, fault.Attributes, "the key %.40q has %d bytes, a key has at most %d", key, len(key), MaxAttributeKey)
	}
	return nil
}

// checkAttribute refuses an attribute that no group has.
func checkAttribute(key, value string) error {
	if err := checkAttributeKey(key); err != nil {
		return err
	}
	switch {
	case !utf8.ValidString(value):
		return fault.At(fault.Invalid, fault.Attributes, "the value of %q is not a text of UTF-8", key)
	case len(value) > MaxAttributeValue:
		return fault.At(fault.AttributeValue, fault.Attributes, "the value of %q has %d bytes, a value has at most %d", key, len(value), MaxAttributeValue)
	}
	return nil
}

// checkCounterKey refuses a key that no counter has.
func checkCounterKey(key string) error {
	if key == "" || len(key) > MaxCounterKey || !utf8.ValidString(key) {
		return fault.At(fault.Invalid, fault.Counters, "the key of a counter has 1 to %d bytes, %.40q has %d", MaxCounterKey, key, len(key))
	}
	return nil
}
