package v4

import (
	"maps"
	"slices"

	"parley/shared/domain/groupdata"
)

// A GroupAttribute is an attribute of a group. Its names are in lower case (docs/spec/tencent §20.0).
type GroupAttribute struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// FromGroupAttributes returns attributes in the order of their keys.
func FromGroupAttributes(values map[string]string) []GroupAttribute {
	list := make([]GroupAttribute, 0, len(values))
	for _, key := range slices.Sorted(maps.Keys(values)) {
		list = append(list, GroupAttribute{key, values[key]})
	}
	return list
}

// A NewGroupAttribute is an attribute in a request.
type NewGroupAttribute struct {
	Key   string  `json:"key" need:"10004"`   // 1 to 32 bytes
	Value *string `json:"value" need:"10004"` // up to 4000 bytes
}

// ToGroupAttributes returns the values of attributes by their keys. A key that comes twice has its
// last value.
func ToGroupAttributes(list []NewGroupAttribute) (map[string]string, error) {
	values := make(map[string]string, len(list))
	for _, a := range list {
		if a.Value == nil {
			return nil, Refuse(badGroupData, "the attribute %.40q has no value", a.Key)
		}
		values[a.Key] = *a.Value
	}
	return values, nil
}

// A GroupCounter is a counter of a group.
type GroupCounter struct {
	Key   string `json:"Key"`
	Value int64  `json:"Value"`
}

// FromGroupCounters returns counters in the order of their keys.
func FromGroupCounters(values map[string]int64) []GroupCounter {
	list := make([]GroupCounter, 0, len(values))
	for _, key := range slices.Sorted(maps.Keys(values)) {
		list = append(list, GroupCounter{key, values[key]})
	}
	return list
}

// A NewGroupCounter is a counter in a request.
type NewGroupCounter struct {
	Key   string `json:"Key" need:"10004"`   // 1 to 128 bytes
	Value *int64 `json:"Value" need:"10004"` // 64 bits
}

// badGroupData is the number for a parameter error (docs/spec/tencent §12.10).
const badGroupData = 10004

// ToCounters returns what a request makes of counters. The mode is Set, Increase or Decrease. A key
// comes once: two steps of one counter would be as good as their sum or as the last one.
func ToCounters(mode string, list []NewGroupCounter) (groupdata.CountersUpdate, error) {
	u := groupdata.CountersUpdate{Add: mode != "Set", Values: make(map[string]int64, len(list))}
	if mode != "Set" && mode != "Increase" && mode != "Decrease" {
		return u, Refuse(badGroupData, "Mode is Set, Increase or Decrease")
	}
	for _, c := range list {
		if c.Value == nil {
			return u, Refuse(badGroupData, "the counter %.40q has no Value", c.Key)
		}
		if _, twice := u.Values[c.Key]; twice {
			return u, Refuse(badGroupData, "GroupCounter names %.40q twice", c.Key)
		}
		u.Values[c.Key] = *c.Value
	}
	if mode == "Decrease" {
		return u.Negative()
	}
	return u, nil
}
