package direct

// EventName implements delivery.Event.
func (Typing) EventName() string { return "typing" }
