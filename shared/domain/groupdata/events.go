package groupdata

// AttributesChanged is the event that attributes of a group were set or deleted.
type AttributesChanged struct {
	Group   string
	Set     map[string]string // the new values
	Deleted []string          // keys, sorted
	Version int64             // of the attributes after the change
	TimeMs  int64
}

// EventName implements delivery.Event.
func (AttributesChanged) EventName() string { return "group attributes changed" }

// CountersChanged is the event that counters of a group were changed or deleted.
type CountersChanged struct {
	Group   string
	Set     map[string]int64 // the new values
	Deleted []string         // keys, sorted
	Version int64            // of the counters after the change
	TimeMs  int64
}

// EventName implements delivery.Event.
func (CountersChanged) EventName() string { return "group counters changed" }
