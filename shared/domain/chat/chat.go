// Package chat has the ID of a conversation. Messages, rows, drafts, logs and events name
// their conversation by it, so that a rule which does not depend on the kind of the
// conversation is written once.
package chat

import (
	"cmp"
	"fmt"
	"strings"
)

// A Kind is a kind of conversation. It is the first letter of the text of an ID, and so
// of the partition that has the messages (docs/data-model.md §3).
type Kind byte

// The kinds.
const (
	Direct   Kind = 'P' // two users
	Group    Kind = 'G' // the members of a group
	Topic    Kind = 'T' // a topic of a community
	Room     Kind = 'R' // whoever is in a room
	Official Kind = 'O' // an official account and its subscribers
)

// separator separates the two names of an ID. No name contains it.
const separator = "\x1f"

// An ID identifies a conversation within an application. It is the same for everybody who
// takes part. IDs are comparable; the zero ID is no conversation.
//
// Example: Between("bob", "alice") and Between("alice", "bob") are equal.
type ID struct {
	kind          Kind
	first, second string // Direct: the two users, the lesser first. Topic: group and topic. Else the id and nothing.
}

// Between returns the conversation of two users.
func Between(a, b string) ID {
	return ID{Direct, min(a, b), max(a, b)}
}

// BetweenEach returns the conversations of a user with some peers, in their order.
func BetweenEach(user string, peers []string) []ID {
	ids := make([]ID, len(peers))
	for i, peer := range peers {
		ids[i] = Between(user, peer)
	}
	return ids
}

// OfGroup returns the conversation of a group.
func OfGroup(group string) ID { return ID{Group, group, ""} }

// OfTopic returns the conversation of a topic of a community.
func OfTopic(group, topic string) ID { return ID{Topic, group, topic} }

// OfRoom returns the conversation of a room.
func OfRoom(room string) ID { return ID{Room, room, ""} }

// OfOfficial returns the conversation of an official account with its subscribers.
func OfOfficial(account string) ID { return ID{Official, account, ""} }

// IsZero reports whether this is the zero ID, which is no conversation.
func (i ID) IsZero() bool { return i == ID{} }

// Kind returns the kind, 0 for the zero ID.
func (i ID) Kind() Kind { return i.kind }

// Names returns what the ID is made of: the two users of a direct conversation, the lesser
// first; the group and the topic; or the id and an empty text.
func (i ID) Names() (first, second string) { return i.first, i.second }

// Peer returns the other user of a direct conversation of user. For other kinds it is
// empty. Example: Between("alice", "bob").Peer("alice") is "bob".
func (i ID) Peer(user string) string {
	switch {
	case i.kind != Direct:
		return ""
	case user == i.first:
		return i.second
	}
	return i.first
}

// Side returns which of the two users of a direct conversation user is: 0 if the user's id
// is the lesser one, else 1. Stored messages refer to the users by it.
func (i ID) Side(user string) int {
	if user == i.first {
		return 0
	}
	return 1
}

// rank orders the kinds like the rows of a user: direct conversations first.
func (k Kind) rank() int {
	if k == Direct {
		return 1
	}
	return int(k)
}

// Compare orders the conversations of one user in the order of the user's rows: by kind,
// and direct conversations by the other user. Both must be conversations of that user. The
// zero ID is before all others.
func Compare(a, b ID) int {
	if a.kind != b.kind || a.kind != Direct || a == b {
		return cmp.Or(cmp.Compare(a.kind.rank(), b.kind.rank()), cmp.Compare(a.first, b.first), cmp.Compare(a.second, b.second))
	}
	user := a.first
	if user != b.first && user != b.second {
		user = a.second
	}
	return cmp.Compare(a.Peer(user), b.Peer(user))
}

// String returns the text of the ID, for keys, jobs and logs: the kind, '#', and the names.
// Example: the text of Between("bob", "alice") is "P#alice", the byte 0x1F, and "bob".
// The text of the zero ID is empty.
func (i ID) String() string {
	switch {
	case i.IsZero():
		return ""
	case i.kind == Direct || i.kind == Topic:
		return string(rune(i.kind)) + "#" + i.first + separator + i.second
	}
	return string(rune(i.kind)) + "#" + i.first
}

// Parse reverses String. It fails for every text that String does not return.
func Parse(text string) (ID, error) {
	if text == "" {
		return ID{}, nil
	}
	kind, names, ok := strings.Cut(text, "#")
	first, second, two := strings.Cut(names, separator)
	if ok && len(kind) == 1 && first != "" && !strings.Contains(second, separator) && two == (second != "") {
		switch id := (ID{Kind(kind[0]), first, second}); id.kind {
		case Direct:
			if two && first <= second {
				return id, nil
			}
		case Topic:
			if two {
				return id, nil
			}
		case Group, Room, Official:
			if !two {
				return id, nil
			}
		}
	}
	return ID{}, fmt.Errorf("%.60q is not the ID of a conversation", text)
}

// MarshalText returns the text of String.
func (i ID) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// UnmarshalText reverses MarshalText.
func (i *ID) UnmarshalText(text []byte) (err error) {
	*i, err = Parse(string(text))
	return err
}
