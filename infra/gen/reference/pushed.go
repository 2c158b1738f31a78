package reference

import (
	"strings"

	"parley/infra/gen/source"
)

// An event is what the server tells a client unasked, with the forms that its
// body may have.
type event struct {
	name, about string
	forms       []*source.Type
}

// readEvents reads the bodies of all events.
func readEvents(src *source.Source) ([]event, error) {
	var out []event
	for _, p := range pushed() {
		e := event{name: p.name, about: p.about}
		for _, body := range p.bodies {
			pkg, name, _ := strings.Cut(body, ".")
			t, err := src.Type("shared/dialect/"+pkg, name)
			if err != nil {
				return nil, err
			}
			e.forms = append(e.forms, t)
		}
		out = append(out, e)
	}
	return out, nil
}

type push struct {
	name, about string
	bodies      []string // types of shared/dialect
}

// pushed lists what client.Frame makes of the domain's events
// (docs/client-protocol.md §7).
func pushed() []push {
	return []push{
		{"message.new", "A message, to the receiver and to the sender's other devices.", []string{"v4.Message"}},
		{"message.recalled", "A message was taken back; its place and number stay.", []string{"client.messageRecalled"}},
		{"message.edited", "A message, as it now is.", []string{"v4.Message"}},
		{"message.deleted", "Messages are gone for this user, who deleted them on another device.", []string{"client.messagesDeleted"}},
		{"message.reaction", "Somebody reacted to a message, or took a reaction back.", []string{"client.messageReacted"}},
		{"message.receipt", "The peer has read messages whose sender asked for a receipt.", []string{"client.messagesConfirmed"}},
		{"message.extension", "Pairs of key and value were attached to a message, or removed.", []string{"client.messageExtended"}},
		{"message.typing", "The peer is writing, or has stopped.", []string{"client.typing"}},
		{"message.read", "Messages are read: by the peer, or by this user on another device.", []string{"client.readMark"}},
		{"conversation.changed", "Conversations as they now are, or the names of all conversation groups.",
			[]string{"client.conversationsChanged", "client.foldersChanged"}},
		{"conversation.deleted", "A conversation is out of the list until its next message.", []string{"client.conversationDeleted"}},
		{"profile.changed", "A friend, or this user on another device, changed fields of the profile.", []string{"client.profileChanged"}},
		{"friend.request", "Somebody asks to be a friend, or requests are answered or read.",
			[]string{"client.friendRequest", "client.requestsChanged"}},
		{"friend.changed", "Entries of the friend table are others or gone, or the names of the friend lists changed.",
			[]string{"client.friendsChanged", "client.listsChanged"}},
		{"block.changed", "This user's blocklist changed.", []string{"client.blocksChanged"}},
		{"presence.changed", "The status of a user whom one watches, or this user's own on another device.", []string{"client.presenceChanged"}},
		{"session.kick", "This device has to go; its connection is closed next.", []string{"client.kick"}},
	}
}
