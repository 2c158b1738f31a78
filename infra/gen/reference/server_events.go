package reference

import (
	"strings"

	"parley/infra/gen/source"
)

// An event is what the server sends to the devices of a user without a call. Its body has
// one of several forms.
type event struct {
	name, about string
	forms       []*source.Type
}

// readEvents returns all events that the server sends, with the types of their bodies.
func readEvents(src *source.Source) ([]event, error) {
	var out []event
	for _, d := range serverEvents() {
		e := event{name: d.name, about: d.about}
		for _, body := range d.bodies {
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

// eventDescription describes an event. bodies are the names of its forms: types of the
// packages in shared/dialect.
type eventDescription struct {
	name, about string
	bodies      []string
}

// serverEvents describes the frames that client.Frames makes of the events of the domain
// (docs/client-protocol.md §5). The sentences are shown in asyncapi.yaml and in the types of the SDK.
func serverEvents() []eventDescription {
	return []eventDescription{
		{"message.new", "A message was sent. The receivers get it, and the other devices of the sender.", []string{"v4.Message", "v4.GroupMessage"}},
		{
			"message.recalled", "A message was recalled. Its content is gone; its key and its offset stay in the conversation.",
			[]string{"client.messageRecalled", "client.groupMessageRecalled"},
		},
		{"message.edited", "A message was edited. The body is the message as it is now.", []string{"v4.Message", "v4.GroupMessage"}},
		{
			"message.deleted", "This user deleted messages on another device, or the application deleted messages of a group for everybody.",
			[]string{"client.messagesDeleted", "client.groupMessagesDeleted"},
		},
		{"message.reaction", "A user reacted to a message, or removed a reaction.", []string{"client.messageReacted", "client.groupMessageReacted"}},
		{"message.receipt", "The peer, or a member of a group, has read messages whose sender asked for a receipt.", []string{"client.messagesConfirmed", "client.groupMessagesConfirmed"}},
		{"message.extension", "Extensions of a message, which are keys with values, were set or removed.", []string{"client.messageExtended", "client.groupMessageExtended"}},
		{"message.typing", "The peer is writing a message, or has stopped.", []string{"client.typing"}},
		{"message.read", "The peer has read messages, or this user has read them on another device.", []string{"client.readMark"}},
		{
			"conversation.changed", "Conversations changed, or the names of the conversation groups. The body has what they are now.",
			[]string{"client.conversationsChanged", "client.foldersChanged"},
		},
		{
			"conversation.deleted", "A conversation was removed from the list. The next message in it brings it back.",
			[]string{"client.conversationDeleted"},
		},
		{
			"profile.changed", "A friend changed fields of the profile, or this user did so on another device.",
			[]string{"client.profileChanged"},
		},
		{
			"friend.request", "A user asks this user to be a friend, or friend requests were answered or read.",
			[]string{"client.friendRequest", "client.requestsChanged"},
		},
		{
			"friend.changed", "Entries of the friend table changed or were removed, or the names of the friend lists changed.",
			[]string{"client.friendsChanged", "client.listsChanged"},
		},
		{"block.changed", "The blocklist of this user changed.", []string{"client.blocksChanged"}},
		{
			"presence.changed", "A user whom this user watches has a new presence, or this user set a status on another device.",
			[]string{"client.presenceChanged"},
		},
		{"group.notice", "Something happened to this user in a group, or this user has something to decide.", []string{"client.groupNotice"}},
		{"group.profile", "The profile of a group of this user changed.", []string{"client.groupChanged"}},
		{"group.attributes", "Attributes of a group of this user were set or deleted.", []string{"client.groupAttributesChanged"}},
		{"group.counters", "Counters of a group of this user were changed or deleted.", []string{"client.groupCountersChanged"}},
		{"session.kick", "This device lost its place in the session. The server closes its connection after this event.", []string{"client.kick"}},
	}
}
