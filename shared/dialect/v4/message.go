package v4

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"parley/shared/domain/conversations"
	"parley/shared/domain/messages"
	"parley/shared/domain/push"
	"parley/shared/fault"
	"parley/shared/plainjson"
)

// Message is a one-to-one message as history returns it and message.new carries
// it (docs/client-protocol.md §7).
type Message struct {
	From     string             `json:"From_Account"`
	To       string             `json:"To_Account"`
	Seq      uint32             `json:"MsgSeq"`
	Random   uint32             `json:"MsgRandom"`
	Time     int64              `json:"MsgTime"`           // Unix seconds
	Key      string             `json:"MsgKey"`            // MsgSeq_MsgRandom_MsgTime; it names the message within its conversation
	Ordinal  int64              `json:"Ordinal,omitempty"` // counts those from From_Account to To_Account: 1, 2, 3, ...; absent: not counted
	Body     []messages.Element `json:"MsgBody"`
	Custom   string             `json:"CloudCustomData,omitempty"`
	NoUnread bool               `json:"NoUnread,omitempty"` // not counted as unread

	Flags       int        `json:"MsgFlagBits,omitempty"`             // 8: recalled, and MsgBody is empty
	EditedMs    int64      `json:"EditMs,omitempty"`                  // when it was edited last
	NeedReceipt int        `json:"IsNeedReadReceipt,omitempty"`       // 1: the sender asks for a receipt of reading
	PeerRead    int        `json:"IsPeerRead,omitempty"`              // 1: the receipt came
	Extensible  int        `json:"SupportMessageExtension,omitempty"` // 1: key-values may be attached
	Reactions   []Reaction `json:"ReactionList,omitempty"`
	// The sender's name; only message.new has it.
	Nick string `json:"Nick,omitempty"`
	// The sender's face; only message.new has it.
	Face string `json:"FaceUrl,omitempty"`
}

// FlagRecalled is the bit of MsgFlagBits for a recalled message (core spec §6.4).
const FlagRecalled = 8

// Reaction is who reacted to a message with what.
type Reaction struct {
	Reaction string   `json:"Reaction"`
	Users    []string `json:"From_Account"`
}

// FromMessage gives a message its wire form.
func FromMessage(m messages.Message) Message {
	out := Message{
		From: m.From, To: m.To, Seq: m.Seq, Random: m.Random, Time: m.Time, Key: m.Key.String(),
		Ordinal: m.Ordinal, Body: elements(m.Elements), Custom: m.Custom, NoUnread: m.NoUnread, EditedMs: m.EditedMs,
		NeedReceipt: flag(m.NeedReceipt), PeerRead: flag(m.ConfirmedMs != 0), Extensible: flag(m.Extensible),
		Reactions: FromReactions(m), Nick: m.Nick, Face: m.Face,
	}
	if m.Recalled {
		out.Flags = FlagRecalled
	}
	return out
}

// FromMessages gives messages their wire form.
func FromMessages(list []messages.Message) []Message {
	out := make([]Message, len(list))
	for i, m := range list {
		out[i] = FromMessage(m)
	}
	return out
}

// MaxAnswer bounds the items of a page that is answered to a client in bytes of
// JSON: an answer over a WebSocket has at most 128 KB.
const MaxAnswer = 100 << 10

// Within tells of one item after the other whether it still fits into an answer
// of at most limit bytes of JSON. The first one always does.
func Within[Item, Form any](limit int, form func(Item) Form) func(Item) bool {
	size := 0
	return func(m Item) bool {
		n, err := plainjson.Size(form(m))
		first := size == 0
		size += n + 1
		return err != nil || first || size <= limit
	}
}

// FromReactions gives the reactions to a message their wire form: by reaction,
// in the order of the texts.
func FromReactions(m messages.Message) []Reaction {
	var out []Reaction
	for _, user := range []string{m.From, m.To} {
		for _, text := range m.Reactions[user] {
			at := slices.IndexFunc(out, func(r Reaction) bool { return r.Reaction == text })
			if at < 0 {
				at = len(out)
				out = append(out, Reaction{Reaction: text})
			}
			out[at].Users = append(out[at].Users, user)
		}
	}
	slices.SortFunc(out, func(a, b Reaction) int { return strings.Compare(a.Reaction, b.Reaction) })
	return out
}

// FromKeys gives message keys their wire form.
func FromKeys(keys []messages.Key) []string {
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = k.String()
	}
	return out
}

// ToKeys reads message keys. It fails with fault.KeyInvalid.
func ToKeys(list []string) ([]messages.Key, error) {
	keys := make([]messages.Key, len(list))
	for i, text := range list {
		var err error
		if keys[i], err = messages.ParseKey(text); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

func flag(on bool) int {
	if on {
		return 1
	}
	return 0
}

// Flag reads a field that is 0 or 1.
func Flag(name string, v int) (bool, error) {
	if v != 0 && v != 1 {
		return false, fault.New(fault.Invalid, "%s is 0 or 1", name)
	}
	return v == 1, nil
}

// elements is never nil: an empty body is a list on the wire.
func elements(list []messages.Element) []messages.Element {
	if list == nil {
		return []messages.Element{}
	}
	return list
}

// Conversation is one user's view of a one-to-one conversation.
type Conversation struct {
	Peer            string       `json:"To_Account"` // the other user
	Unread          int64        `json:"Unread"`
	ReadOrdinal     int64        `json:"ReadOrdinal"`           // the user has read the peer's messages up to it
	PeerReadOrdinal int64        `json:"PeerReadOrdinal"`       // the peer has read the user's up to it
	InOrdinal       int64        `json:"InOrdinal"`             // the highest from the peer
	OutOrdinal      int64        `json:"OutOrdinal"`            // the highest to the peer
	TimeMs          int64        `json:"TimeMs"`                // when the last message was sent; 0 and no PinnedMs: not in the list
	OperationMs     int64        `json:"OperationMs,omitempty"` // when a message was last recalled, edited, deleted, reacted to or confirmed
	Last            *LastMessage `json:"LastMsg,omitempty"`
	PinnedMs        int64        `json:"PinnedMs,omitempty"` // since when it is pinned
	Marks           []int        `json:"Mark,omitempty"`     // standard marks, 1 to 64
	CustomMark      string       `json:"CustomMark,omitempty"`
	Folders         []int        `json:"ContactGroupId,omitempty"` // conversation groups that it is in
	Option          int          `json:"ReceiveOption,omitempty"`  // 1: not pushed; 2: not told either
	DraftMs         int64        `json:"DraftMs,omitempty"`        // when a draft was written
	Draft           string       `json:"Draft,omitempty"`          // in conversation.get, and where it is what changed
	Cleared         string       `json:"ClearedKey,omitempty"`     // the MsgKey up to which the history is hidden
}

// LastMessage is what a list shows of a conversation's last message.
type LastMessage struct {
	Key     string `json:"MsgKey"`
	Preview string `json:"Preview"`            // at most 120 bytes
	Gone    bool   `json:"Recalled,omitempty"` // its content is gone, and there is no preview
}

// FromRow gives a row its wire form.
func FromRow(r conversations.Row) Conversation {
	c := Conversation{
		Peer: r.Peer, Unread: r.Unread(), ReadOrdinal: r.Read, PeerReadOrdinal: r.PeerRead,
		InOrdinal: r.In, OutOrdinal: r.Out, TimeMs: r.TimeMs, OperationMs: r.OperationMs,
		PinnedMs: r.PinnedMs, Marks: r.Marks.Numbers(), CustomMark: r.Custom, Folders: r.Folders.Numbers(), Option: int(r.Option),
		DraftMs: r.DraftMs,
	}
	if r.Cleared != nil {
		c.Cleared = r.Cleared.String()
	}
	if r.LastKey != nil {
		c.Last = &LastMessage{Key: r.LastKey.String(), Preview: r.Preview, Gone: r.LastGone}
	}
	return c
}

// FromRows gives rows their wire form.
func FromRows(rows []conversations.Row) []Conversation {
	list := make([]Conversation, len(rows))
	for i, r := range rows {
		list[i] = FromRow(r)
	}
	return list
}

// A Folder is a conversation group as both protocols write it.
type Folder struct {
	Name string `json:"GroupName"`
	ID   int    `json:"GroupId"`
}

// FromFolders gives conversation groups their wire form.
func FromFolders(list []conversations.Folder) []Folder {
	out := make([]Folder, len(list))
	for i, f := range list {
		out[i] = Folder{Name: f.Name, ID: f.Number}
	}
	return out
}

// Control reads SendMsgControl into a draft (core spec §3).
func Control(list []string, d *messages.Draft) error {
	for _, word := range list {
		switch word {
		case "NoUnread":
			d.NoUnread = true
		case "NoLastMsg":
			d.NoLast = true
		case "WithMuteNotifications":
			d.Honour = true
		default:
			return fault.New(fault.Invalid, "SendMsgControl has NoUnread, NoLastMsg and WithMuteNotifications only")
		}
	}
	return nil
}

// Forbid reads ForbidCallbackControl into a draft (core spec §3).
func Forbid(list []string, d *messages.Draft) error {
	for _, word := range list {
		switch word {
		case "ForbidBeforeSendMsgCallback":
			d.SkipBefore = true
		case "ForbidAfterSendMsgCallback":
			d.SkipAfter = true
		default:
			return fault.New(fault.Invalid, "ForbidCallbackControl has ForbidBeforeSendMsgCallback and ForbidAfterSendMsgCallback only")
		}
	}
	return nil
}

// pushNumber answers a wrong OfflinePushInfo (core spec §3).
const pushNumber = 90043

type pushInfo struct {
	PushFlag *int            `json:"PushFlag"`
	Title    string          `json:"Title"`
	Desc     string          `json:"Desc"`
	Ext      string          `json:"Ext"`
	Android  json.RawMessage `json:"AndroidInfo"`
	Apns     json.RawMessage `json:"ApnsInfo"`
}

type androidInfo struct {
	Sound           *string `json:"Sound"`
	HuaWei          *string `json:"HuaWeiChannelID"`
	XiaoMi          *string `json:"XiaoMiChannelID"`
	OPPO            *string `json:"OPPOChannelID"`
	Google          *string `json:"GoogleChannelID"`
	VIVO            *int    `json:"VIVOClassification"`
	VIVOCategory    *string `json:"VIVOCategory"`
	HuaWeiPriority  *string `json:"HuaWeiImportance"`
	HuaWeiCategory  *string `json:"HuaWeiCategory"`
	HuaWeiIntent    *int    `json:"ExtAsHuaweiIntentParam"`
	HuaWeiImage     *string `json:"HuaWeiImage"`
	HonorImage      *string `json:"HonorImage"`
	HonorImportance *string `json:"HonorImportance"`
	GoogleImage     *string `json:"GoogleImage"`
	Style           *int    `json:"PushStyle"`
}

type apnsInfo struct {
	Sound        *string `json:"Sound"`
	Badge        *int    `json:"BadgeMode"`
	Title        *string `json:"Title"`
	SubTitle     *string `json:"SubTitle"`
	Image        *string `json:"Image"`
	Mutable      *int    `json:"MutableContent"`
	Interruption *string `json:"InterruptionLevel"`
	Available    *int    `json:"ContentAvailable"`
}

// Push reads an OfflinePushInfo; nil where there is none. It refuses one that is
// not in the documented form. Fields that nobody knows are kept for the provider.
func Push(raw json.RawMessage) (*push.Info, error) {
	if isNull(raw) {
		return nil, nil
	}
	var p pushInfo
	if err := readPush("OfflinePushInfo", raw, &p); err != nil {
		return nil, err
	}
	info := &push.Info{Title: p.Title, Text: p.Desc, Ext: p.Ext, Size: len(raw)}
	if err := oneOf("PushFlag", p.PushFlag, 0, 1); err != nil {
		return nil, err
	}
	info.Off = p.PushFlag != nil && *p.PushFlag == 1
	if !isNull(p.Android) {
		if err := checkAndroid(p.Android); err != nil {
			return nil, err
		}
		info.Android = p.Android
	}
	if !isNull(p.Apns) {
		badge, err := checkApns(p.Apns)
		if err != nil {
			return nil, err
		}
		info.Apple, info.Uncounted = p.Apns, badge != nil && *badge == 1
	}
	return info, nil
}

func isNull(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

func checkAndroid(raw json.RawMessage) error {
	var a androidInfo
	if err := readPush("AndroidInfo", raw, &a); err != nil {
		return err
	}
	return cmp.Or(
		oneOf("VIVOClassification", a.VIVO, 0, 1), oneOf("ExtAsHuaweiIntentParam", a.HuaWeiIntent, 0, 1),
		oneOf("HuaWeiImportance", a.HuaWeiPriority, "LOW", "NORMAL"), oneOf("HonorImportance", a.HonorImportance, "LOW", "NORMAL"),
	)
}

func checkApns(raw json.RawMessage) (badge *int, err error) {
	var a apnsInfo
	if err := readPush("ApnsInfo", raw, &a); err != nil {
		return nil, err
	}
	return a.Badge, cmp.Or(
		oneOf("BadgeMode", a.Badge, 0, 1), oneOf("MutableContent", a.Mutable, 0, 1), oneOf("ContentAvailable", a.Available, 0, 1),
		oneOf("InterruptionLevel", a.Interruption, "active", "critical", "passive", "time-sensitive"),
	)
}

func readPush(name string, raw json.RawMessage, into any) error {
	var wrong *plainjson.TypeError
	err := plainjson.Unmarshal(raw, into)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &wrong) && len(wrong.Path) > 0:
		return Refuse(pushNumber, "OfflinePushInfo: %s has to be %s, it is a JSON %s", strings.Join(wrong.Path, "."), wanted(wrong.Type), wrong.Value)
	}
	return Refuse(pushNumber, "%s is not an object", name)
}

func oneOf[T comparable](name string, v *T, allowed ...T) error {
	if v == nil || *v == *new(T) || slices.Contains(allowed, *v) {
		return nil
	}
	return Refuse(pushNumber, "OfflinePushInfo: %s is %v", name, *v)
}
