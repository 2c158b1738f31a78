package inbox

// EventName implements delivery.Event.
func (ReadCursorMoved) EventName() string { return "read cursor moved" }

// EventName implements delivery.Event.
func (PeerReadCursorMoved) EventName() string { return "peer read cursor moved" }

// EventName implements delivery.Event.
func (RowsChanged) EventName() string { return "conversations changed" }

// EventName implements delivery.Event.
func (DraftChanged) EventName() string { return "draft changed" }

// EventName implements delivery.Event.
func (FoldersChanged) EventName() string { return "folders changed" }

// EventName implements delivery.Event.
func (ConversationDeleted) EventName() string { return "conversation deleted" }
