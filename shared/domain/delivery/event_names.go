package delivery

// EventName implements delivery.Event.
func (Kick) EventName() string { return "device kicked" }
