package timeline

// EventName implements delivery.Event.
func (Message) EventName() string { return "message sent" }

// EventName implements delivery.Event.
func (Recalled) EventName() string { return "message recalled" }

// EventName implements delivery.Event.
func (Edited) EventName() string { return "message edited" }

// EventName implements delivery.Event.
func (Hidden) EventName() string { return "messages deleted" }

// EventName implements delivery.Event.
func (Reacted) EventName() string { return "reaction changed" }

// EventName implements delivery.Event.
func (ReadReceipt) EventName() string { return "read receipts sent" }

// EventName implements delivery.Event.
func (ExtensionsChanged) EventName() string { return "extensions changed" }

// EventName implements delivery.Event.
func (Deleted) EventName() string { return "messages deleted for everybody" }
