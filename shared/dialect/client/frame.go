package client

import (
	"fmt"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/conversations"
	"parley/shared/domain/delivery"
	"parley/shared/domain/messages"
	"parley/shared/domain/presence"
	"parley/shared/domain/profiles"
	"parley/shared/domain/relations"
	"parley/shared/plainjson"
)

type event struct {
	Event string `json:"event"`
	Hi    *hi    `json:"hi,omitempty"`
	Body  any    `json:"body"`
}

// hi is the highest number that the server knows, so that a gap shows at once.
type hi struct {
	Ordinal int64 `json:"Ordinal"`
}

// readMark is how far a user has read a conversation.
type readMark struct {
	Reader  string `json:"From_Account"`
	Peer    string `json:"To_Account"`       // whose messages are read
	Ordinal int64  `json:"ReadOrdinal"`      // of the last one that is read
	Unread  *int64 `json:"Unread,omitempty"` // to the reader's own devices only
	TimeMs  int64  `json:"TimeMs"`
}

// messageRecalled is a message that was taken back.
type messageRecalled struct {
	From   string `json:"From_Account"` // who sent the message
	To     string `json:"To_Account"`
	Key    string `json:"MsgKey"`
	By     string `json:"Operator_Account,omitempty"` // absent: the application
	TimeMs int64  `json:"TimeMs"`
}

// messagesDeleted is the messages that a user deleted for themselves.
type messagesDeleted struct {
	User   string   `json:"From_Account"`
	Peer   string   `json:"To_Account"`
	Keys   []string `json:"MsgKeyList"`
	TimeMs int64    `json:"TimeMs"`
}

// messageReacted is a reaction that was given to a message, or taken back.
type messageReacted struct {
	From     string `json:"From_Account"` // who sent the message
	To       string `json:"To_Account"`
	Key      string `json:"MsgKey"`
	User     string `json:"Operator_Account"` // who reacted
	Reaction string `json:"Reaction"`
	Added    bool   `json:"Added"` // false: taken back
	TimeMs   int64  `json:"TimeMs"`
}

// messagesConfirmed is the receipts of messages that were read.
type messagesConfirmed struct {
	Reader string   `json:"From_Account"`
	Sender string   `json:"To_Account"`
	Keys   []string `json:"MsgKeyList"`
	TimeMs int64    `json:"TimeMs"`
}

// messageExtended is what changed of the pairs attached to a message.
type messageExtended struct {
	From    string          `json:"From_Account"` // who sent the message
	To      string          `json:"To_Account"`
	Key     string          `json:"MsgKey"`
	Latest  int64           `json:"LatestSeq"`
	Cleared int64           `json:"ClearSeq"` // pairs with a Seq up to it are gone
	Set     []extensionPair `json:"ExtensionList,omitempty"`
	Deleted []string        `json:"Deleted,omitempty"` // keys
}

// extensionPair is a pair attached to a message.
type extensionPair struct {
	Key   string `json:"Key"`
	Value string `json:"Value"`
	Seq   int64  `json:"Seq"`
}

// typing is a user who is writing to another one, or has stopped.
type typing struct {
	From   string `json:"From_Account"`
	To     string `json:"To_Account"`
	On     bool   `json:"Typing"`
	TimeMs int64  `json:"TimeMs"`
}

// profileChanged is the fields of a profile that are others: they are read when
// they are shown.
type profileChanged struct {
	User string   `json:"From_Account"`
	Tags []string `json:"TagList"`
}

// friendRequest is a user who asks to be a friend.
type friendRequest struct {
	From    string `json:"From_Account"`
	To      string `json:"To_Account"`
	Wording string `json:"AddWording,omitempty"`
	Source  string `json:"AddSource,omitempty"`
	TimeMs  int64  `json:"TimeMs"`
}

// requestsChanged is the requests that were answered, and up to when requests are
// read.
type requestsChanged struct {
	Answered []string `json:"Answered,omitempty"` // who had asked
	ReadMs   int64    `json:"ReadMs,omitempty"`
	Version  int64    `json:"RequestVersion"`
}

// friendsChanged is the users whose entries of the friend table are others or
// gone.
type friendsChanged struct {
	Peers   []string `json:"To_Account"`
	Version int64    `json:"FriendVersion"`
}

// listsChanged is the names of all friend lists, after they changed.
type listsChanged struct {
	Lists   []string `json:"GroupName"`
	Version int64    `json:"ListVersion"`
}

// blocksChanged is what changed of the user's own blocklist.
type blocksChanged struct {
	Added   []string `json:"Added,omitempty"`
	Removed []string `json:"Removed,omitempty"`
	Version int64    `json:"BlockVersion"`
}

// presenceChanged is a user's status.
type presenceChanged struct {
	User   string `json:"To_Account"`
	Status string `json:"Status"` // Online, PushOnline or Offline
	Custom string `json:"CustomStatus"`
	LastMs int64  `json:"LastMs,omitempty"` // when the last connection ended
	TimeMs int64  `json:"TimeMs"`           // when that was so; an older event says nothing
}

// conversationsChanged is conversations as they now are.
type conversationsChanged struct {
	Conversations []v4.Conversation `json:"Conversations"`
}

// foldersChanged is all conversation groups, after their names changed.
type foldersChanged struct {
	Folders []v4.Folder `json:"GroupItem"`
	Version int64       `json:"ContactGroupVersion"`
}

// conversationDeleted is a conversation that is out of the list.
type conversationDeleted struct {
	Peer    string `json:"To_Account"`
	History int    `json:"ClearRamble"`          // 1: its history is hidden, too
	Cleared string `json:"ClearedKey,omitempty"` // the MsgKey up to which it is hidden
	TimeMs  int64  `json:"TimeMs"`
}

// kick is why a device has to go.
type kick struct {
	Reason   string `json:"Reason"`   // replaced, kicked, banned or deleted
	Platform string `json:"Platform"` // of the device that goes
	Time     int64  `json:"Time"`     // Unix seconds
}

// Frame gives an event of the domain the form that clients read
// (docs/client-protocol.md §5, §7).
func Frame(e delivery.Event) ([]byte, error) {
	switch e := e.(type) {
	case messages.Message:
		out := event{Event: "message.new", Body: v4.FromMessage(e)}
		if e.Ordinal > 0 {
			out.Hi = &hi{Ordinal: e.Ordinal}
		}
		return plainjson.Marshal(out)
	case messages.Recalled:
		return plainjson.Marshal(event{Event: "message.recalled", Body: messageRecalled{
			From: e.From, To: e.To, Key: e.Key.String(), By: e.By, TimeMs: e.TimeMs,
		}})
	case messages.Edited:
		return plainjson.Marshal(event{Event: "message.edited", Body: v4.FromMessage(e.Message)})
	case messages.Hidden:
		return plainjson.Marshal(event{Event: "message.deleted", Body: messagesDeleted{
			User: e.User, Peer: e.Peer, Keys: v4.FromKeys(e.Keys), TimeMs: e.TimeMs,
		}})
	case messages.Reacted:
		return plainjson.Marshal(event{Event: "message.reaction", Body: messageReacted{
			From: e.From, To: e.To, Key: e.Key.String(), User: e.User, Reaction: e.Reaction, Added: e.Added, TimeMs: e.TimeMs,
		}})
	case messages.Confirmed:
		return plainjson.Marshal(event{Event: "message.receipt", Body: messagesConfirmed{
			Reader: e.Reader, Sender: e.Sender, Keys: v4.FromKeys(e.Keys), TimeMs: e.TimeMs,
		}})
	case messages.Extended:
		body := messageExtended{From: e.From, To: e.To, Key: e.Key.String(), Latest: e.Latest, Cleared: e.Cleared, Deleted: e.Deleted}
		for _, p := range e.Set {
			body.Set = append(body.Set, extensionPair{p.Key, p.Value, p.Seq})
		}
		return plainjson.Marshal(event{Event: "message.extension", Body: body})
	case messages.Typing:
		return plainjson.Marshal(event{Event: "message.typing", Body: typing{From: e.From, To: e.To, On: e.On, TimeMs: e.TimeMs}})
	case conversations.ReadMark:
		return plainjson.Marshal(event{Event: "message.read", Body: readMark{
			Reader: e.Reader, Peer: e.Peer, Ordinal: e.Ordinal, Unread: &e.Unread, TimeMs: e.TimeMs,
		}})
	case conversations.PeerReadMark:
		return plainjson.Marshal(event{Event: "message.read", Body: readMark{
			Reader: e.Reader, Peer: e.Peer, Ordinal: e.Ordinal, TimeMs: e.TimeMs,
		}})
	case conversations.Changed:
		return plainjson.Marshal(event{Event: "conversation.changed", Body: conversationsChanged{v4.FromRows(e.Rows)}})
	case conversations.Drafted:
		row := v4.FromRow(e.Row)
		row.Draft = e.Text
		return plainjson.Marshal(event{Event: "conversation.changed", Body: conversationsChanged{[]v4.Conversation{row}}})
	case conversations.FoldersChanged:
		return plainjson.Marshal(event{Event: "conversation.changed", Body: foldersChanged{v4.FromFolders(e.Folders), e.Version}})
	case conversations.Deleted:
		body := conversationDeleted{Peer: e.Row.Peer, TimeMs: e.Row.ChangedMs}
		if e.History {
			body.History = 1
		}
		if e.Row.Cleared != nil {
			body.Cleared = e.Row.Cleared.String()
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
	case relations.Requested:
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
