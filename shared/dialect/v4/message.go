package v4

import (
	"encoding/json"

	"parley/shared/domain/conversations"
	"parley/shared/domain/messages"
	"parley/shared/fault"
)

// Message is a one-to-one message as history returns it and message.new carries
// it (docs/client-protocol.md §7).
type Message struct {
	From     string             `json:"From_Account"`
	To       string             `json:"To_Account"`
	Seq      uint32             `json:"MsgSeq"`
	Random   uint32             `json:"MsgRandom"`
	Time     int64              `json:"MsgTime"`
	Key      string             `json:"MsgKey"`
	Ordinal  int64              `json:"Ordinal,omitempty"`
	Body     []messages.Element `json:"MsgBody"`
	Custom   string             `json:"CloudCustomData,omitempty"`
	NoUnread bool               `json:"NoUnread,omitempty"`
}

// FromMessage gives a message its wire form.
func FromMessage(m messages.Message) Message {
	return Message{
		From: m.From, To: m.To, Seq: m.Seq, Random: m.Random, Time: m.Time, Key: m.Key.String(),
		Ordinal: m.Ordinal, Body: elements(m.Elements), Custom: m.Custom, NoUnread: m.NoUnread,
	}
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
	Peer            string       `json:"To_Account"`
	Unread          int64        `json:"Unread"`
	ReadOrdinal     int64        `json:"ReadOrdinal"`
	PeerReadOrdinal int64        `json:"PeerReadOrdinal"`
	InOrdinal       int64        `json:"InOrdinal"`
	OutOrdinal      int64        `json:"OutOrdinal"`
	TimeMs          int64        `json:"TimeMs"`
	Last            *LastMessage `json:"LastMsg,omitempty"`
	PinnedMs        int64        `json:"PinnedMs,omitempty"`
	Marks           []int        `json:"Mark,omitempty"`
	CustomMark      string       `json:"CustomMark,omitempty"`
	Folders         []int        `json:"ContactGroupId,omitempty"`
	Option          int          `json:"ReceiveOption,omitempty"`
	DraftMs         int64        `json:"DraftMs,omitempty"`
	Draft           string       `json:"Draft,omitempty"`
	Cleared         string       `json:"ClearedKey,omitempty"`
}

// LastMessage is what a list shows of a conversation's last message.
type LastMessage struct {
	Key     string `json:"MsgKey"`
	Preview string `json:"Preview"`
}

// FromRow gives a row its wire form.
func FromRow(r conversations.Row) Conversation {
	c := Conversation{
		Peer: r.Peer, Unread: r.Unread(), ReadOrdinal: r.Read, PeerReadOrdinal: r.PeerRead,
		InOrdinal: r.In, OutOrdinal: r.Out, TimeMs: r.TimeMs,
		PinnedMs: r.PinnedMs, Marks: r.Marks.Numbers(), CustomMark: r.Custom, Folders: r.Folders.Numbers(), Option: int(r.Option),
		DraftMs: r.DraftMs,
	}
	if r.Cleared != nil {
		c.Cleared = r.Cleared.String()
	}
	if r.LastKey != nil {
		c.Last = &LastMessage{Key: r.LastKey.String(), Preview: r.Preview}
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

// Control reads SendMsgControl (core spec §3).
func Control(list []string) (noUnread, noLast bool, err error) {
	for _, word := range list {
		switch word {
		case "NoUnread":
			noUnread = true
		case "NoLastMsg":
			noLast = true
		case "WithMuteNotifications":
			// It concerns offline push.
		default:
			return false, false, fault.New(fault.Invalid, "SendMsgControl has NoUnread, NoLastMsg and WithMuteNotifications only")
		}
	}
	return noUnread, noLast, nil
}

// pushNumber answers a wrong OfflinePushInfo (core spec §3).
const pushNumber = 90043

type pushInfo struct {
	PushFlag *int    `json:"PushFlag"`
	Title    *string `json:"Title"`
	Desc     *string `json:"Desc"`
	Ext      *string `json:"Ext"`
	Android  *struct {
		Sound          *string `json:"Sound"`
		HuaWei         *string `json:"HuaWeiChannelID"`
		XiaoMi         *string `json:"XiaoMiChannelID"`
		OPPO           *string `json:"OPPOChannelID"`
		Google         *string `json:"GoogleChannelID"`
		VIVO           *int    `json:"VIVOClassification"`
		HuaWeiPriority *string `json:"HuaWeiImportance"`
		HuaWeiCategory *string `json:"HuaWeiCategory"`
		HuaWeiIntent   *int    `json:"ExtAsHuaweiIntentParam"`
	} `json:"AndroidInfo"`
	Apns *struct {
		Sound    *string `json:"Sound"`
		Badge    *int    `json:"BadgeMode"`
		Title    *string `json:"Title"`
		SubTitle *string `json:"SubTitle"`
		Image    *string `json:"Image"`
		Mutable  *int    `json:"MutableContent"`
	} `json:"ApnsInfo"`
}

// CheckPush refuses an OfflinePushInfo that is not in the documented form.
func CheckPush(raw json.RawMessage) error {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	var p pushInfo
	if err := json.Unmarshal(raw, &p); err != nil {
		return Refuse(pushNumber, "OfflinePushInfo is not in the documented form: %s", err)
	}
	oneOf := func(name string, v *int, allowed ...int) error {
		for _, a := range allowed {
			if v == nil || *v == a {
				return nil
			}
		}
		return Refuse(pushNumber, "OfflinePushInfo: %s is %d", name, *v)
	}
	if err := oneOf("PushFlag", p.PushFlag, 0, 1); err != nil {
		return err
	}
	if p.Android != nil {
		if err := oneOf("VIVOClassification", p.Android.VIVO, 0, 1); err != nil {
			return err
		}
	}
	if p.Apns != nil {
		return oneOf("BadgeMode", p.Apns.Badge, 0, 1)
	}
	return nil
}
