package timeline

import (
	"slices"

	"parley/shared/domain/chat"
	"parley/shared/domain/content"
)

// A Message is one stored message of a conversation.
type Message struct {
	Key
	Chat chat.ID
	From string
	// Offset numbers the messages of this direction: 1, 2, 3, ... Imported history
	// has offset 0. Epoch is the birth time of that count, in ms. If the rows of a
	// conversation expire, the count begins again in a later epoch. Example: the last
	// message had offset 3 of epoch 100; after the rows expired, the next one has
	// offset 1 of epoch 900 and is a new message.
	Offset, Epoch int64 // in a group: the number of the message, and 0
	content.Content
	ExcludedFromUnread bool  // excluded from the receiver's unread count
	ExcludedFromLast   bool  // does not become the last message of the conversation in either list
	HiddenFromSender   bool  // the sender does not see it (NoCopy)
	Expires            int64 // Unix seconds; from then on a reader ignores it, even if it is still stored

	NeedReceipt    bool // the sender asks for a read receipt
	Extensible     bool // extensions may be attached to it
	Recalled       bool // its content was removed
	Hidden         bool // deleted by the user for whom it was read
	HiddenFromPeer bool // deleted by the other user, or never shown to that user
	RecalledMs     int64
	Imported       int64 // when the message was imported, Unix seconds; 0: it was sent
	EditedMs       int64
	Version        int64               // how often it was edited
	ConfirmedMs    int64               // when the receiver sent a read receipt
	Reactions      map[string][]string // the reactions of each user
	// The rest is of messages of groups.

	Counted   int64    // how many messages of the group up to this one count as unread
	Priority  Priority // 0 is Normal
	Receivers []string // the members to whom alone the message goes; empty: all members
	Mentions  []string // the members that it mentions, in their order; an empty text: all members
	NameCard  string   // name of the sender in the group when the message was sent; empty: none
	Deleted   bool     // the application deleted it: its content was removed, and members do not see it
	// Push is what the sender wants of the push. It is stored if the group is so large that another
	// call delivers and pushes the message.
	Push *content.Push

	// Nick and Face are those of the sender when the message is sent. They are in the
	// frame for the devices and are not stored.
	Nick, Face string
}

// A Priority is how important a message of a group is if there are too many. The numbers are
// stored.
type Priority int

// The priorities.
const (
	High   Priority = 1
	Normal Priority = 2
	Low    Priority = 3
)

// MentionsAll reports whether the message mentions all members.
func (m Message) MentionsAll() bool { return slices.Contains(m.Mentions, "") }

// To returns the receiver of a message of a direct conversation; empty for other kinds.
func (m Message) To() string { return m.Chat.Peer(m.From) }
