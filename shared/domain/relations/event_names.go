package relations

// EventName implements delivery.Event.
func (RequestReceived) EventName() string { return "friend request received" }

// EventName implements delivery.Event.
func (RequestsChanged) EventName() string { return "friend requests changed" }

// EventName implements delivery.Event.
func (FriendsChanged) EventName() string { return "friends changed" }

// EventName implements delivery.Event.
func (ListsChanged) EventName() string { return "friend lists changed" }

// EventName implements delivery.Event.
func (BlocksChanged) EventName() string { return "blocks changed" }
