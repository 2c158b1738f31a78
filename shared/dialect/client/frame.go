package client

import (
	"bytes"
	"fmt"
	"sync"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/chat"
	"parley/shared/domain/delivery"
	"parley/shared/domain/direct"
	"parley/shared/domain/groupdata"
	"parley/shared/domain/groups"
	"parley/shared/domain/inbox"
	"parley/shared/domain/presence"
	"parley/shared/domain/profiles"
	"parley/shared/domain/relations"
	"parley/shared/domain/timeline"
	"parley/shared/plainjson"
)

// event is the frame of an event.
type event struct {
	Event string `json:"event"`
	Hi    *hi    `json:"hi,omitempty"`
	Body  any    `json:"body"`
}

// hi is the highest offset of the conversation that the server knows, or the highest number of
// the group. Example: a device has the messages 1 to 3 and receives an event with offset 5. It asks
// for 4.
type hi struct {
	Ordinal int64 `json:"Ordinal,omitempty"`
	Seq     int64 `json:"MsgSeq,omitempty"`
}

// readMark says how far a user has read a conversation.
type readMark struct {
	Reader  string `json:"From_Account"`
	Peer    string `json:"To_Account,omitempty"` // the user whose messages are read
	Group   string `json:"GroupId,omitempty"`    // or the group
	Ordinal int64  `json:"ReadOrdinal"`          // of the last message that is read
	Unread  *int64 `json:"Unread,omitempty"`     // only in the event to the reader's own devices
	TimeMs  int64  `json:"TimeMs"`
}

// messageRecalled says that a message was recalled.
type messageRecalled struct {
	From   string `json:"From_Account"` // the sender of the message
	To     string `json:"To_Account"`
	Key    string `json:"MsgKey"`
	By     string `json:"Operator_Account,omitempty"` // the user who recalled it; absent: the application
	TimeMs int64  `json:"TimeMs"`
}

// messagesDeleted says which messages a user has deleted for themselves.
type messagesDeleted struct {
	User   string   `json:"From_Account"`
	Peer   string   `json:"To_Account"`
	Keys   []string `json:"MsgKeyList"`
	TimeMs int64    `json:"TimeMs"`
}

// messageReacted says that a user has reacted to a message, or has removed a reaction.
type messageReacted struct {
	From     string `json:"From_Account"` // the sender of the message
	To       string `json:"To_Account"`
	Key      string `json:"MsgKey"`
	User     string `json:"Operator_Account"` // the user who reacted
	Reaction string `json:"Reaction"`
	Added    bool   `json:"Added"` // false: the reaction was removed
	TimeMs   int64  `json:"TimeMs"`
}

// messagesConfirmed says that the receiver has read messages whose sender wants a receipt.
type messagesConfirmed struct {
	Reader string   `json:"From_Account"`
	Sender string   `json:"To_Account"`
	Keys   []string `json:"MsgKeyList"`
	TimeMs int64    `json:"TimeMs"`
}

// messageExtended says which extensions of a message have changed.
type messageExtended struct {
	From    string          `json:"From_Account"` // the sender of the message
	To      string          `json:"To_Account"`
	Key     string          `json:"MsgKey"`
	Latest  int64           `json:"LatestSeq"`
	Cleared int64           `json:"ClearSeq"` // extensions with a Seq up to this one were removed
	Set     []extensionPair `json:"ExtensionList,omitempty"`
	Deleted []string        `json:"Deleted,omitempty"` // the keys of removed extensions
}

// extensionPair is a key and a value that users attach to a message.
type extensionPair struct {
	Key   string `json:"Key"`
	Value string `json:"Value"`
	Seq   int64  `json:"Seq"`
}

// typing says that a user is writing to another user, or has stopped.
type typing struct {
	From   string `json:"From_Account"`
	To     string `json:"To_Account"`
	On     bool   `json:"Typing"`
	TimeMs int64  `json:"TimeMs"`
}

// profileChanged says which fields of a profile have changed. It does not have their
// values: a client reads them when it shows them.
type profileChanged struct {
	User string   `json:"From_Account"`
	Tags []string `json:"TagList"`
}

// friendRequest says that a user asks another user to be a friend.
type friendRequest struct {
	From    string `json:"From_Account"`
	To      string `json:"To_Account"`
	Wording string `json:"AddWording,omitempty"`
	Source  string `json:"AddSource,omitempty"`
	TimeMs  int64  `json:"TimeMs"`
}

// requestsChanged says which friend requests were answered, and up to which time the user
// has read requests.
type requestsChanged struct {
	Answered []string `json:"Answered,omitempty"` // the users who had asked
	ReadMs   int64    `json:"ReadMs,omitempty"`
	Version  int64    `json:"RequestVersion"`
}

// friendsChanged says which entries of the user's friend table have changed or were
// removed.
type friendsChanged struct {
	Peers   []string `json:"To_Account"`
	Version int64    `json:"FriendVersion"`
}

// listsChanged has the names of all friend lists, after they have changed.
type listsChanged struct {
	Lists   []string `json:"GroupName"`
	Version int64    `json:"ListVersion"`
}

// blocksChanged says what has changed in the user's own blocklist.
type blocksChanged struct {
	Added   []string `json:"Added,omitempty"`
	Removed []string `json:"Removed,omitempty"`
	Version int64    `json:"BlockVersion"`
}

// presenceChanged has the presence of a user.
type presenceChanged struct {
	User   string `json:"To_Account"`
	Status string `json:"Status"` // Online, PushOnline or Offline
	Custom string `json:"CustomStatus"`
	LastMs int64  `json:"LastMs,omitempty"` // when the last connection ended
	TimeMs int64  `json:"TimeMs"`           // when the presence was so; a client ignores an event that is older than the last one
}

// conversationsChanged has the current rows of conversations.
type conversationsChanged struct {
	Conversations []v4.Conversation `json:"Conversations"`
}

// foldersChanged has all conversation groups, after their names have changed.
type foldersChanged struct {
	Folders []v4.Folder `json:"GroupItem"`
	Version int64       `json:"ContactGroupVersion"`
}

// conversationDeleted says that a conversation was removed from the list.
type conversationDeleted struct {
	Peer    string `json:"To_Account,omitempty"`
	Group   string `json:"GroupId,omitempty"`
	History int    `json:"ClearRamble"`          // 1: the history is hidden, too
	Cleared string `json:"ClearedKey,omitempty"` // the MsgKey up to which the history is hidden
	TimeMs  int64  `json:"TimeMs"`
}

// groupNotice tells a user what has happened to the user in a group, or what to decide.
type groupNotice struct {
	Type    int    `json:"Type"` // 1 to 26 and 255 (docs/spec/tencent §19.2)
	Group   string `json:"GroupId"`
	Name    string `json:"GroupName,omitempty"`
	By      string `json:"Operator_Account,omitempty"` // who made the change; absent: the application
	User    string `json:"User_Account,omitempty"`     // whom it concerns, of a request or an invitation
	Reason  string `json:"RemarkInfo,omitempty"`
	Text    string `json:"UserDefinedField,omitempty"` // what the application says, of type 255
	MuteSec int64  `json:"MuteTime,omitempty"`         // seconds, of a mute
	TimeMs  int64  `json:"TimeMs"`
}

// kick says why the server closes the connections of a device.
type kick struct {
	Reason   string `json:"Reason"`   // replaced, kicked, banned or deleted
	Platform string `json:"Platform"` // of the device
	Time     int64  `json:"Time"`     // Unix seconds
}

// Frames encodes the events of the domain as frames (docs/client-protocol.md §5, §7).
type Frames struct {
	encoders func() map[string]encoder // by the name of the event; made by the first frame
}

// NewFrames returns Frames for all events that the client protocol has.
func NewFrames() Frames {
	return Frames{sync.OnceValue(func() map[string]encoder {
		byName := make(map[string]encoder)
		for _, e := range encoders() {
			byName[e.event.EventName()] = e
		}
		return byName
	})}
}

// Frame implements delivery.Encoder. It fails for an event that the client protocol does not
// have.
func (f Frames) Frame(e delivery.Event) ([]byte, error) {
	encoder, found := f.encoders()[e.EventName()]
	if !found {
		return nil, fmt.Errorf("no frame for the event %q", e.EventName())
	}
	out := event{Event: encoder.name, Body: encoder.body(e)}
	switch m, is := e.(timeline.Message); {
	case !is || m.Offset == 0:
	case m.Chat.Kind() == chat.Group:
		out.Hi = &hi{Seq: m.Offset}
	default:
		out.Hi = &hi{Ordinal: m.Offset}
	}
	return plainjson.Marshal(out)
}

// maxJoined is how long a frame with several events is at most. A client accepts 32 KB
// (docs/client-protocol.md §5); in a job a frame is in base64 and a third longer.
const maxJoined = 24 << 10

// Join implements delivery.Encoder: {"events":[frame, frame]}. A frame that is alone stays as it is.
func (Frames) Join(frames [][]byte) [][]byte {
	const begin, end = `{"events":[`, `]}`
	var joined [][]byte
	for len(frames) > 0 {
		n, size := 1, len(begin)+len(frames[0])+len(end)
		for n < len(frames) && size+1+len(frames[n]) <= maxJoined {
			size += 1 + len(frames[n])
			n++
		}
		if n == 1 {
			joined = append(joined, frames[0])
		} else {
			out := append(make([]byte, 0, size), begin...)
			out = append(append(out, bytes.Join(frames[:n], []byte(","))...), end...)
			joined = append(joined, out)
		}
		frames = frames[n:]
	}
	return joined
}

// An encoder makes the frames of one type of event.
type encoder struct {
	event delivery.Event // any event of the type
	name  string         // in the client protocol
	body  func(delivery.Event) any
}

// encode returns the encoder of the events of type E.
func encode[E delivery.Event](name string, body func(E) any) encoder {
	var zero E
	return encoder{zero, name, func(e delivery.Event) any { return body(e.(E)) }}
}

// encoders is the table of all events that clients are notified of. A test checks that
// it has every event of the domain.
func encoders() []encoder {
	return []encoder{
		encode("message.new", message),
		encode("message.recalled", recalled),
		encode("message.edited", edited),
		encode("message.deleted", func(e timeline.Hidden) any {
			if e.Chat.Kind() == chat.Group {
				return groupMessagesDeleted{Group: groupOf(e.Chat), Keys: v4.FromKeys(e.Chat, e.Keys), TimeMs: e.TimeMs}
			}
			return messagesDeleted{User: e.User, Peer: e.Chat.Peer(e.User), Keys: v4.FromKeys(e.Chat, e.Keys), TimeMs: e.TimeMs}
		}),
		encode("message.deleted", func(e timeline.Deleted) any {
			return groupMessagesDeleted{Group: groupOf(e.Chat), Keys: v4.FromKeys(e.Chat, e.Keys), TimeMs: e.TimeMs}
		}),
		encode("message.reaction", reacted),
		encode("message.receipt", confirmed),
		encode("message.extension", extended),
		encode("message.typing", func(e direct.Typing) any {
			return typing{From: e.From, To: e.Chat.Peer(e.From), On: e.On, TimeMs: e.TimeMs}
		}),
		encode("message.read", func(e inbox.ReadCursorMoved) any {
			return readMark{Reader: e.Reader, Peer: e.Chat.Peer(e.Reader), Group: groupOf(e.Chat), Ordinal: e.Offset, Unread: &e.Unread, TimeMs: e.TimeMs}
		}),
		encode("message.read", func(e inbox.PeerReadCursorMoved) any {
			return readMark{Reader: e.Reader, Peer: e.Chat.Peer(e.Reader), Ordinal: e.Offset, TimeMs: e.TimeMs}
		}),
		encode("conversation.changed", func(e inbox.RowsChanged) any { return conversationsChanged{v4.FromRows(e.Rows)} }),
		encode("conversation.changed", func(e inbox.DraftChanged) any {
			row := v4.FromRow(e.Row)
			row.Draft = e.Text
			return conversationsChanged{[]v4.Conversation{row}}
		}),
		encode("conversation.changed", func(e inbox.FoldersChanged) any { return foldersChanged{v4.FromFolders(e.Folders), e.Version} }),
		encode("conversation.deleted", deleted),
		encode("profile.changed", func(e profiles.Changed) any { return profileChanged{User: e.User, Tags: profileTags(e)} }),
		encode("friend.request", func(e relations.RequestReceived) any {
			return friendRequest{From: e.From, To: e.To, Wording: e.Wording, Source: v4.AddSource(e.Source), TimeMs: e.Time}
		}),
		encode("friend.request", func(e relations.RequestsChanged) any {
			return requestsChanged{Answered: e.Answered, ReadMs: e.ReadMs, Version: e.Version}
		}),
		encode("friend.changed", func(e relations.FriendsChanged) any { return friendsChanged{Peers: e.Peers, Version: e.Version} }),
		encode("friend.changed", func(e relations.ListsChanged) any { return listsChanged{Lists: e.Lists, Version: e.Version} }),
		encode("block.changed", func(e relations.BlocksChanged) any {
			return blocksChanged{Added: e.Added, Removed: e.Removed, Version: e.Version}
		}),
		encode("presence.changed", func(e presence.Changed) any {
			return presenceChanged{User: e.User, Status: string(e.State), Custom: e.Status, LastMs: e.LastMs, TimeMs: e.TimeMs}
		}),
		encode("group.notice", func(e groups.Notice) any {
			return groupNotice{
				Type: v4.NoticeType(e.Kind), Group: e.Group, Name: e.Name, By: e.By, User: e.User, Reason: e.Reason, Text: e.Text,
				MuteSec: e.MutedSeconds, TimeMs: e.TimeMs,
			}
		}),
		encode("group.profile", func(e groups.ProfileChanged) any {
			return groupChanged{Group: e.Group, GroupInfo: v4.FromChanges(e.Changes), Version: e.Version}
		}),
		encode("group.attributes", func(e groupdata.AttributesChanged) any {
			return groupAttributesChanged{
				Group: e.Group, Set: v4.FromGroupAttributes(e.Set), Deleted: e.Deleted, Version: e.Version, TimeMs: e.TimeMs,
			}
		}),
		encode("group.counters", func(e groupdata.CountersChanged) any {
			return groupCountersChanged{
				Group: e.Group, Set: v4.FromGroupCounters(e.Set), Deleted: e.Deleted, Version: e.Version, TimeMs: e.TimeMs,
			}
		}),
		encode("session.kick", func(e delivery.Kick) any {
			return kick{Reason: e.Reason, Platform: string(e.Platform), Time: e.Time}
		}),
	}
}

func recalled(e timeline.Recalled) any {
	key := e.Key.Text(e.Chat)
	if e.Chat.Kind() == chat.Group {
		return groupMessageRecalled{Group: groupOf(e.Chat), From: e.From, Key: key, By: e.By, TimeMs: e.TimeMs}
	}
	return messageRecalled{From: e.From, To: e.Chat.Peer(e.From), Key: key, By: e.By, TimeMs: e.TimeMs}
}

// edited leaves out the reactions in a group, where they may be many: devices take only the content from the
// frame, and learn of reactions by events of their own.
func edited(e timeline.Edited) any {
	if e.Chat.Kind() == chat.Group {
		e.Reactions = nil
	}
	return message(e.Message)
}

func reacted(e timeline.Reacted) any {
	key := e.Key.Text(e.Chat)
	if e.Chat.Kind() == chat.Group {
		return groupMessageReacted{
			Group: groupOf(e.Chat), From: e.From, Key: key, User: e.User, Reaction: e.Reaction, Added: e.Added, TimeMs: e.TimeMs,
		}
	}
	return messageReacted{From: e.From, To: e.Chat.Peer(e.From), Key: key, User: e.User, Reaction: e.Reaction, Added: e.Added, TimeMs: e.TimeMs}
}

func confirmed(e timeline.ReadReceipt) any {
	keys := v4.FromKeys(e.Chat, e.Keys)
	if e.Chat.Kind() == chat.Group {
		return groupMessagesConfirmed{Group: groupOf(e.Chat), Reader: e.Reader, Keys: keys, TimeMs: e.TimeMs}
	}
	return messagesConfirmed{Reader: e.Reader, Sender: e.Chat.Peer(e.Reader), Keys: keys, TimeMs: e.TimeMs}
}

func extended(e timeline.ExtensionsChanged) any {
	var set []extensionPair
	for _, p := range e.Set {
		set = append(set, extensionPair{p.Key, p.Value, p.Seq})
	}
	key := e.Key.Text(e.Chat)
	if e.Chat.Kind() == chat.Group {
		return groupMessageExtended{
			Group: groupOf(e.Chat), From: e.From, Key: key, Latest: e.Latest, Cleared: e.Cleared, Set: set, Deleted: e.Deleted,
		}
	}
	return messageExtended{From: e.From, To: e.Chat.Peer(e.From), Key: key, Latest: e.Latest, Cleared: e.Cleared, Set: set, Deleted: e.Deleted}
}

func deleted(e inbox.ConversationDeleted) any {
	body := conversationDeleted{Peer: e.Row.Peer(), Group: groupOf(e.Row.Chat), TimeMs: e.Row.ChangedMs}
	if e.History {
		body.History = 1
	}
	if e.Row.HiddenUpTo != nil {
		body.Cleared = e.Row.HiddenUpTo.Text(e.Row.Chat)
	}
	return body
}

// groupOf returns the id of the group whose conversation it is; empty for other kinds.
func groupOf(id chat.ID) string {
	if id.Kind() != chat.Group {
		return ""
	}
	group, _ := id.Names()
	return group
}

func profileTags(e profiles.Changed) []string {
	tags := []string{}
	for _, name := range e.Fields {
		if tag := v4.ProfileTagOf(name); tag != "" {
			tags = append(tags, tag)
		}
	}
	for _, word := range e.Custom {
		tags = append(tags, v4.CustomProfileTag(word))
	}
	return tags
}
