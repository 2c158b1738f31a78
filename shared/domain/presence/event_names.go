package presence

// EventName implements delivery.Event.
func (Changed) EventName() string { return "presence changed" }
