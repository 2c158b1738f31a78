package profiles

// EventName implements delivery.Event.
func (Changed) EventName() string { return "profile changed" }
