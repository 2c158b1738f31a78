package client

import (
	"fmt"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/delivery"
	"parley/shared/domain/direct"
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

// hi is the highest offset of the conversation that the server knows. Example: a device
// has the messages 1 to 3 and receives an event with offset 5. It asks for 4.
type hi struct {
	Ordinal int64 `json:"Ordinal"`
}

// readMark says how far a user has read a conversation.
type readMark struct {
	Reader  string `json:"From_Account"`
	Peer    string `json:"To_Account"`       // the user whose messages are read
	Ordinal int64  `json:"ReadOrdinal"`      // of the last message that is read
	Unread  *int64 `json:"Unread,omitempty"` // only in the event to the reader's own devices
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
	Peer    string `json:"To_Account"`
	History int    `json:"ClearRamble"`          // 1: the history is hidden, too
	Cleared string `json:"ClearedKey,omitempty"` // the MsgKey up to which the history is hidden
	TimeMs  int64  `json:"TimeMs"`
}

// kick says why the server closes the connections of a device.
type kick struct {
	Reason   string `json:"Reason"`   // replaced, kicked, banned or deleted
	Platform string `json:"Platform"` // of the device
	Time     int64  `json:"Time"`     // Unix seconds
}

// Frame returns the frame of an event of the domain (docs/client-protocol.md §5, §7). It
// fails for an event that the client protocol does not have.
func Frame(e delivery.Event) ([]byte, error) {
	switch e := e.(type) {
	case timeline.Message:
		out := event{Event: "message.new", Body: v4.FromMessage(e)}
		if e.Offset > 0 {
			out.Hi = &hi{Ordinal: e.Offset}
		}
		return plainjson.Marshal(out)
	case timeline.Recalled:
		return plainjson.Marshal(event{Event: "message.recalled", Body: messageRecalled{
			From: e.From, To: e.To, Key: e.Key.String(), By: e.By, TimeMs: e.TimeMs,
		}})
	case timeline.Edited:
		return plainjson.Marshal(event{Event: "message.edited", Body: v4.FromMessage(e.Message)})
	case timeline.Hidden:
		return plainjson.Marshal(event{Event: "message.deleted", Body: messagesDeleted{
			User: e.User, Peer: e.Peer, Keys: v4.FromKeys(e.Keys), TimeMs: e.TimeMs,
		}})
	case timeline.Reacted:
		return plainjson.Marshal(event{Event: "message.reaction", Body: messageReacted{
			From: e.From, To: e.To, Key: e.Key.String(), User: e.User, Reaction: e.Reaction, Added: e.Added, TimeMs: e.TimeMs,
		}})
	case timeline.ReadReceipt:
		return plainjson.Marshal(event{Event: "message.receipt", Body: messagesConfirmed{
			Reader: e.Reader, Sender: e.Sender, Keys: v4.FromKeys(e.Keys), TimeMs: e.TimeMs,
		}})
	case timeline.ExtensionsChanged:
		body := messageExtended{From: e.From, To: e.To, Key: e.Key.String(), Latest: e.Latest, Cleared: e.Cleared, Deleted: e.Deleted}
		for _, p := range e.Set {
			body.Set = append(body.Set, extensionPair{p.Key, p.Value, p.Seq})
		}
		return plainjson.Marshal(event{Event: "message.extension", Body: body})
	case direct.Typing:
		return plainjson.Marshal(event{Event: "message.typing", Body: typing{From: e.From, To: e.To, On: e.On, TimeMs: e.TimeMs}})
	case inbox.ReadCursor:
		return plainjson.Marshal(event{Event: "message.read", Body: readMark{
			Reader: e.Reader, Peer: e.Peer, Ordinal: e.Offset, Unread: &e.Unread, TimeMs: e.TimeMs,
		}})
	case inbox.PeerReadCursor:
		return plainjson.Marshal(event{Event: "message.read", Body: readMark{
			Reader: e.Reader, Peer: e.Peer, Ordinal: e.Offset, TimeMs: e.TimeMs,
		}})
	case inbox.Changed:
		return plainjson.Marshal(event{Event: "conversation.changed", Body: conversationsChanged{v4.FromRows(e.Rows)}})
	case inbox.DraftChanged:
		row := v4.FromRow(e.Row)
		row.Draft = e.Text
		return plainjson.Marshal(event{Event: "conversation.changed", Body: conversationsChanged{[]v4.Conversation{row}}})
	case inbox.FoldersChanged:
		return plainjson.Marshal(event{Event: "conversation.changed", Body: foldersChanged{v4.FromFolders(e.Folders), e.Version}})
	case inbox.ConversationDeleted:
		body := conversationDeleted{Peer: e.Row.Peer, TimeMs: e.Row.ChangedMs}
		if e.History {
			body.History = 1
		}
		if e.Row.HiddenUpTo != nil {
			body.Cleared = e.Row.HiddenUpTo.String()
		}
		return plainjson.Marshal(event{Event: "conversation.deleted", Body: body})
	case profiles.Changed:
		tags := []string{}
		for _, name := range e.Fields {
			if tag := v4.ProfileTagOf(name); tag != "" {
				tags = append(tags, tag)
			}
		}
		for _, word := range e.Custom {
			tags = append(tags, v4.CustomProfileTag(word))
		}
		return plainjson.Marshal(event{Event: "profile.changed", Body: profileChanged{User: e.User, Tags: tags}})
	case relations.RequestReceived:
		return plainjson.Marshal(event{Event: "friend.request", Body: friendRequest{
			From: e.From, To: e.To, Wording: e.Wording, Source: v4.AddSource(e.Source), TimeMs: e.Time,
		}})
	case relations.RequestsChanged:
		return plainjson.Marshal(event{Event: "friend.request", Body: requestsChanged{
			Answered: e.Answered, ReadMs: e.ReadMs, Version: e.Version,
		}})
	case relations.FriendsChanged:
		return plainjson.Marshal(event{Event: "friend.changed", Body: friendsChanged{Peers: e.Peers, Version: e.Version}})
	case relations.ListsChanged:
		return plainjson.Marshal(event{Event: "friend.changed", Body: listsChanged{Lists: e.Lists, Version: e.Version}})
	case relations.BlocksChanged:
		return plainjson.Marshal(event{Event: "block.changed", Body: blocksChanged{Added: e.Added, Removed: e.Removed, Version: e.Version}})
	case presence.Changed:
		return plainjson.Marshal(event{Event: "presence.changed", Body: presenceChanged{
			User: e.User, Status: string(e.State), Custom: e.Status, LastMs: e.LastMs, TimeMs: e.TimeMs,
		}})
	case delivery.Kick:
		return plainjson.Marshal(event{Event: "session.kick", Body: kick{
			Reason: e.Reason, Platform: string(e.Platform), Time: e.Time,
		}})
	}
	return nil, fmt.Errorf("no frame for %T", e)
}
