package groups

// A ReceiveOption says what happens to the messages of a group for one member. The numbers are
// stored. They are those of the receive options of a direct conversation, and one more.
type ReceiveOption int

// The receive options.
const (
	Notify             ReceiveOption = 0 // deliver and push
	Silent             ReceiveOption = 1 // deliver, and do not push
	Discard            ReceiveOption = 2 // neither
	SilentButMentioned ReceiveOption = 3 // deliver, and push a message that mentions the member
)

// Valid reports whether this is one of the receive options.
func (o ReceiveOption) Valid() bool { return o >= Notify && o <= SilentButMentioned }
