package v4

import (
	"maps"
	"slices"
	"strings"

	"parley/shared/domain/chat"
	"parley/shared/domain/direct"
	"parley/shared/domain/inbox"
	"parley/shared/domain/timeline"
	"parley/shared/fault"
	"parley/shared/plainjson"
)

// Message is a one-to-one message, in a history and in message.new
// (docs/client-protocol.md §7).
type Message struct {
	From     string    `json:"From_Account"`
	To       string    `json:"To_Account"`
	Seq      uint32    `json:"MsgSeq"`
	Random   uint32    `json:"MsgRandom"`
	Time     int64     `json:"MsgTime"`           // Unix seconds
	Key      string    `json:"MsgKey"`            // MsgSeq_MsgRandom_MsgTime; identifies the message in its conversation
	Ordinal  int64     `json:"Ordinal,omitempty"` // number of the message from From_Account to To_Account: 1, 2, 3, ...; absent: the message has no number
	Body     []Element `json:"MsgBody"`
	Custom   string    `json:"CloudCustomData,omitempty"`
	NoUnread bool      `json:"NoUnread,omitempty"` // the unread count leaves the message out

	Flags       int        `json:"MsgFlagBits,omitempty"`             // 8: the message was recalled, and MsgBody is empty
	EditedMs    int64      `json:"EditMs,omitempty"`                  // when the message was last edited
	NeedReceipt int        `json:"IsNeedReadReceipt,omitempty"`       // 1: the sender wants a read receipt
	PeerRead    int        `json:"IsPeerRead,omitempty"`              // 1: the receiver has confirmed that the message was read
	Extensible  int        `json:"SupportMessageExtension,omitempty"` // 1: users may attach extensions to the message
	Reactions   []Reaction `json:"ReactionList,omitempty"`
	// The sender's nick; only in message.new.
	Nick string `json:"Nick,omitempty"`
	// The address of the sender's picture; only in message.new.
	Face string `json:"FaceUrl,omitempty"`
}

// FlagRecalled is the bit of MsgFlagBits for a recalled message (docs/spec/tencent §6.4).
const FlagRecalled = 8

// Reaction is one reaction to a message, and the users who gave it.
type Reaction struct {
	Reaction string   `json:"Reaction"`
	Users    []string `json:"From_Account"`
}

// FromMessage returns the wire form of a message.
func FromMessage(m timeline.Message) Message {
	out := Message{
		From: m.From, To: m.To(), Seq: m.Seq, Random: m.Random, Time: m.Time, Key: m.Key.String(),
		Ordinal: m.Offset, Body: FromElements(m.Elements), Custom: m.Custom, NoUnread: m.ExcludedFromUnread, EditedMs: m.EditedMs,
		NeedReceipt: flag(m.NeedReceipt), PeerRead: flag(m.ConfirmedMs != 0), Extensible: flag(m.Extensible),
		Reactions: FromReactions(m), Nick: m.Nick, Face: m.Face,
	}
	if m.Recalled {
		out.Flags = FlagRecalled
	}
	return out
}

// FromMessages returns the wire form of messages.
func FromMessages(list []timeline.Message) []Message {
	out := make([]Message, len(list))
	for i, m := range list {
		out[i] = FromMessage(m)
	}
	return out
}

// MaxAnswer is the maximum size of the items of one answer to a client, in bytes of JSON.
// API Gateway allows 128 KB for a WebSocket message.
const MaxAnswer = 100 << 10

// SizeLimit returns a function that is called for one item after the other and reports
// whether the item still fits into an answer of at most limit bytes of JSON. The first
// item always fits. form returns the wire form of an item.
func SizeLimit[Item, Form any](limit int, form func(Item) Form) func(Item) bool {
	var sizer plainjson.Sizer
	var memory Form // of one item after the other
	size := 0
	return func(item Item) bool {
		memory = form(item)
		n, err := sizer.Size(&memory)
		isFirst := size == 0
		size += n + 1 // and a comma
		return err != nil || isFirst || size <= limit
	}
}

// FromReactions returns the wire form of the reactions to a message: the users of each
// reaction, in the order of the reactions' texts.
func FromReactions(m timeline.Message) []Reaction {
	var out []Reaction
	users := []string{m.From, m.To()}
	if m.Chat.Kind() == chat.Group {
		users = slices.Sorted(maps.Keys(m.Reactions))
	}
	for _, user := range users {
		for _, text := range m.Reactions[user] {
			i := slices.IndexFunc(out, func(r Reaction) bool { return r.Reaction == text })
			if i < 0 {
				i = len(out)
				out = append(out, Reaction{Reaction: text})
			}
			out[i].Users = append(out[i].Users, user)
		}
	}
	slices.SortFunc(out, func(a, b Reaction) int { return strings.Compare(a.Reaction, b.Reaction) })
	return out
}

// FromKeys returns the wire form of the keys of messages of a conversation.
func FromKeys(id chat.ID, keys []timeline.Key) []string {
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = k.Text(id)
	}
	return out
}

// ToKeys reads the keys of messages of a conversation. It fails with fault.KeyInvalid for a
// malformed key.
func ToKeys(id chat.ID, list []string) ([]timeline.Key, error) {
	keys := make([]timeline.Key, len(list))
	for i, text := range list {
		var err error
		if keys[i], err = timeline.ParseKeyOf(id, text); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

// flag returns the wire form of a bool: 1 or 0.
func flag(on bool) int {
	if on {
		return 1
	}
	return 0
}

// Flag reads a field that is 0 or 1. It refuses any other number (docs/divergences.md).
func Flag(name string, v int) (bool, error) {
	if v != 0 && v != 1 {
		return false, fault.New(fault.Invalid, "%s is 0 or 1", name)
	}
	return v == 1, nil
}

// Conversation is one user's view of a conversation: with another user, or of a group. In a group
// the ordinals are the numbers of messages (MsgSeq), and those of the peer are 0.
type Conversation struct {
	Peer            string      `json:"To_Account,omitempty"` // the other user
	Group           string      `json:"GroupId,omitempty"`    // or the group
	Unread          int64       `json:"Unread"`
	ReadOrdinal     int64       `json:"ReadOrdinal"`           // the user has read the peer's messages up to this one
	PeerReadOrdinal int64       `json:"PeerReadOrdinal"`       // the peer has read the user's messages up to this one
	InOrdinal       int64       `json:"InOrdinal"`             // Ordinal of the last message from the peer
	OutOrdinal      int64       `json:"OutOrdinal"`            // Ordinal of the last message to the peer
	TimeMs          int64       `json:"TimeMs"`                // when the last message was sent; if it is 0 and PinnedMs is absent, the conversation is not in the list
	OperationMs     int64       `json:"OperationMs,omitempty"` // when a message was last recalled, edited, deleted, reacted to or confirmed
	Last            LastMessage `json:"LastMsg,omitzero"`
	PinnedMs        int64       `json:"PinnedMs,omitempty"` // since when the conversation is pinned
	Marks           []int       `json:"Mark,omitempty"`     // standard marks, numbers from 1 to 64
	CustomMark      string      `json:"CustomMark,omitempty"`
	Folders         []int       `json:"ContactGroupId,omitempty"` // the conversation groups that the conversation is in
	Option          int         `json:"ReceiveOption,omitempty"`  // 1: messages are not pushed; 2: they are not pushed and not delivered
	DraftMs         int64       `json:"DraftMs,omitempty"`        // when the draft was written
	Draft           string      `json:"Draft,omitempty"`          // only in conversation.get, and in the event of its change
	Cleared         string      `json:"ClearedKey,omitempty"`     // the MsgKey up to which the history is hidden

	GroupType string  `json:"Type,omitempty"`      // Private, Public or ChatRoom
	Role      string  `json:"Role,omitempty"`      // Owner, Admin or Member
	MuteUntil int64   `json:"MuteUntil,omitempty"` // until when the user is muted in the group, Unix seconds
	MuteAll   string  `json:"MuteAllMember,omitempty"`
	InfoSeq   int64   `json:"InfoSeq,omitempty"` // version of the group's profile; if it is not the device's own, the device reads the profile
	AtMe      []int64 `json:"AtMe,omitempty"`    // numbers of messages that mention the user and are not read
	AtAll     int64   `json:"AtAll,omitempty"`   // number of the last message that mentions all members, if it is not read
}

// LastMessage is what a list shows of a conversation's last message.
type LastMessage struct {
	Key      string `json:"MsgKey"`
	From     string `json:"From_Account,omitempty"` // of a group: the sender
	NameCard string `json:"NameCard,omitempty"`     // of a group: the sender's name in it, if the sender had one
	Preview  string `json:"Preview"`                // at most 120 bytes
	Gone     bool   `json:"Recalled,omitempty"`     // the message was recalled or deleted, and Preview is empty
}

// FromRow returns the wire form of a row.
func FromRow(r inbox.Row) Conversation {
	c := Conversation{
		Peer: r.Peer(), Unread: r.Unread(), ReadOrdinal: r.ReadOffset, PeerReadOrdinal: r.PeerReadOffset,
		InOrdinal: r.InOffset, OutOrdinal: r.OutOffset, TimeMs: r.TimeMs, OperationMs: r.OperationLogMs,
		PinnedMs: r.PinnedMs, Marks: r.Labels.Numbers(), CustomMark: r.CustomLabel, Folders: r.FolderNumbers.Numbers(), Option: int(r.Option),
		DraftMs: r.DraftMs,
	}
	if r.HiddenUpTo != nil {
		c.Cleared = r.HiddenUpTo.Text(r.Chat)
	}
	if r.LastKey != nil {
		c.Last = LastMessage{Key: r.LastKey.Text(r.Chat), Preview: r.Preview, Gone: r.LastHasNoContent}
	}
	if r.Member != nil {
		c.addMember(r)
	}
	return c
}

// addMember adds what the conversation of a group has besides what every conversation has.
func (c *Conversation) addMember(r inbox.Row) {
	m := r.Member
	c.Group, _ = r.Chat.Names()
	c.GroupType, c.Role, c.InfoSeq, c.AtMe = GroupTypeName(m.Head.Type), RoleName(m.Role), m.Head.Version, m.Mentions
	c.MuteUntil = m.MutedUntil
	if m.Head.MuteAll {
		c.MuteAll = SwitchName(true)
	}
	if m.Head.MentionedAll > m.ReadNumber {
		c.AtAll = m.Head.MentionedAll
	}
	c.Option = int(m.Option)
	if r.LastKey != nil {
		c.Last.From, c.Last.NameCard = m.Head.Sender, m.Head.NameCard
	}
}

// FromRows returns the wire form of rows.
func FromRows(rows []inbox.Row) []Conversation {
	list := make([]Conversation, len(rows))
	for i, r := range rows {
		list[i] = FromRow(r)
	}
	return list
}

// A Folder is a conversation group.
type Folder struct {
	Name string `json:"GroupName"`
	ID   int    `json:"GroupId"`
}

// FromFolders returns the wire form of folders.
func FromFolders(list []inbox.Folder) []Folder {
	out := make([]Folder, len(list))
	for i, f := range list {
		out[i] = Folder{Name: f.Name, ID: f.Number}
	}
	return out
}

// A SendControl is what SendMsgControl says of a message.
type SendControl struct {
	ExcludedFromUnread, ExcludedFromLast bool
	HonourReceiveOption                  bool // a receiver who wants no pushes gets none
}

// ReadSendMsgControl reads a SendMsgControl (docs/spec/tencent §3).
func ReadSendMsgControl(list []string) (SendControl, error) {
	var c SendControl
	for _, word := range list {
		switch word {
		case "NoUnread":
			c.ExcludedFromUnread = true
		case "NoLastMsg":
			c.ExcludedFromLast = true
		case "WithMuteNotifications":
			c.HonourReceiveOption = true
		default:
			return SendControl{}, fault.New(fault.Invalid, "SendMsgControl has NoUnread, NoLastMsg and WithMuteNotifications only")
		}
	}
	return c, nil
}

// To sets what SendMsgControl says in a send request of a direct conversation.
func (c SendControl) To(r *direct.SendRequest) {
	r.ExcludedFromUnread, r.ExcludedFromLast, r.HonourReceiveOption = c.ExcludedFromUnread, c.ExcludedFromLast, c.HonourReceiveOption
}

// ReadForbidCallbackControl reads a ForbidCallbackControl: whether the webhooks before and after a
// send are not called (docs/spec/tencent §3).
func ReadForbidCallbackControl(list []string) (skipBefore, skipAfter bool, err error) {
	for _, word := range list {
		switch word {
		case "ForbidBeforeSendMsgCallback":
			skipBefore = true
		case "ForbidAfterSendMsgCallback":
			skipAfter = true
		default:
			return false, false, fault.New(fault.Invalid, "ForbidCallbackControl has ForbidBeforeSendMsgCallback and ForbidAfterSendMsgCallback only")
		}
	}
	return skipBefore, skipAfter, nil
}
