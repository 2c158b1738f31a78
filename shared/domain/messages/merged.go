package messages

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"parley/shared/fault"
	"parley/shared/plainjson"
)

// Limits of merged lists. The vendor documents none for a list that is stored under
// a key (docs/spec/tencent §3). These are what client SDKs merge at most, and they
// keep a list in a few items (docs/adr/0018).
const (
	MaxMerged      = 300       // messages of a list
	MaxMergedBytes = 256 << 10 // bytes of the JSON of a list
	maxMergedItem  = 14 << 10  // bytes of one message: 12 KB of content and the fields around it
	maxMergedPart  = 22 << 10  // bytes of a part, so that an answer with one fits into a frame
	maxNesting     = 8         // levels of merged messages within merged messages
)

// A MergedList is a list of merged messages that is too long to be in a message. Each
// message is the JSON object as the sender wrote it.
type MergedList struct {
	Key      string
	Owner    string
	Count    int
	Expires  int64 // Unix seconds
	Imported int64 // when the list was imported, Unix seconds
	Parts    [][]json.RawMessage
}

// A MergedHead is a MergedList without its messages.
type MergedHead struct {
	Owner        string
	Count, Parts int
	Expires      int64
	Imported     int64 // when the list was imported, Unix seconds
}

// ImportMerged stores a merged list and returns the key by which a message refers to
// it. The same list of the same user has the same key. It is stored for the
// retention of messages, which begins again with each import.
func (s Service) ImportMerged(ctx context.Context, user string, list []json.RawMessage) (MergedList, error) {
	m := MergedList{Owner: user, Count: len(list), Expires: s.Now().Unix() + s.retentionSeconds()}
	if err := m.split(list); err != nil {
		return MergedList{}, err
	}
	found, err := s.Store.Accounts(ctx, s.App, []string{user})
	if err != nil {
		return MergedList{}, err
	}
	m.Imported = s.Now().Unix()
	if found[0].Alive() {
		m.Imported = max(m.Imported, found[0].Reborn)
	}
	return m, s.Store.PutMerged(ctx, s.App, m)
}

// split checks a list, splits it into parts and sets its key.
func (m *MergedList) split(list []json.RawMessage) error {
	if len(list) == 0 {
		return fault.New(fault.BodyEmpty, "MsgList has no message")
	}
	if len(list) > MaxMerged {
		return fault.New(fault.BodyTooLarge, "MsgList has over %d messages", MaxMerged)
	}
	hash := sha256.New()
	fmt.Fprintf(hash, "%d %s", len(m.Owner), m.Owner)
	total, size := 0, maxMergedPart
	for i, item := range list {
		item, err := plainjson.Marshal(item) // in the form in which it is stored and answered
		if err != nil {
			return fault.New(fault.BodyInvalid, "MsgList[%d]: %s", i, err)
		}
		if total += len(item); total > MaxMergedBytes || len(item) > maxMergedItem {
			return fault.New(fault.BodyTooLarge, "MsgList has over %d bytes, or MsgList[%d] over %d", MaxMergedBytes, i, maxMergedItem)
		}
		if err := checkMergedMessage(item, 1); err != nil {
			return fault.New(fault.BodyInvalid, "MsgList[%d]: %s", i, err)
		}
		fmt.Fprintf(hash, " %d ", len(item))
		_, _ = hash.Write(item)
		if size += len(item); size > maxMergedPart {
			m.Parts, size = append(m.Parts, nil), len(item)
		}
		last := len(m.Parts) - 1
		m.Parts[last] = append(m.Parts[last], item)
	}
	m.Key = hex.EncodeToString(hash.Sum(nil)[:16])
	return nil
}

// isMergedKey reports whether a text has the form of the key of a merged list.
func isMergedKey(text string) bool {
	raw, err := hex.DecodeString(text)
	return err == nil && len(raw) == 16 && hex.EncodeToString(raw) == text
}

// mergedMessage has the known fields of a message in a merged list
// (docs/spec/tencent §3).
type mergedMessage struct {
	From   string    `json:"From_Account"`
	To     string    `json:"To_Account"`
	Group  string    `json:"GroupId"`
	Seq    uint32    `json:"MsgSeq"`
	Random uint32    `json:"MsgRandom"`
	Time   uint32    `json:"MsgTimeStamp"`
	Body   []Element `json:"MsgBody"`
	Custom string    `json:"CloudCustomData"`
}

// checkMergedMessage checks a message of a merged list at a nesting depth.
func checkMergedMessage(raw json.RawMessage, depth int) error {
	var m mergedMessage
	if err := plainjson.Unmarshal(raw, &m); err != nil {
		return elementError("it is not a merged message")
	}
	if m.From == "" || len(m.Body) == 0 {
		return elementError("a merged message needs From_Account and MsgBody")
	}
	if depth > maxNesting {
		return elementError(fmt.Sprintf("merged messages are nested over %d deep", maxNesting))
	}
	for i, e := range m.Body {
		if err := e.checkAt(depth); err != nil {
			return elementError(fmt.Sprintf("MsgBody[%d]: %s", i, err))
		}
	}
	return nil
}

// A Forward is a request to send merged messages as one message. It has either List
// or Key.
type Forward struct {
	SendRequest       // Forward makes its Elements; Custom is sent as it is
	Title, Compatible string
	Abstract          []string
	List              []json.RawMessage // the messages themselves
	Key               string            // the key of an imported list
}

// relayContent is the MsgContent of a KindRelay element.
type relayContent struct {
	Title      string            `json:"Title"`
	Compatible string            `json:"CompatibleText"`
	Number     int               `json:"MsgNum"`
	Abstract   []string          `json:"AbstractList"`
	List       []json.RawMessage `json:"MsgList,omitempty"`
	Key        string            `json:"JsonMsgKey,omitempty"`
}

// Forward sends merged messages as one. A key must be that of a list which the
// sender has imported completely.
func (s Service) Forward(ctx context.Context, f Forward) (SendResult, error) {
	content := relayContent{
		Title: f.Title, Compatible: f.Compatible, Number: len(f.List), Abstract: append([]string{}, f.Abstract...),
		List: f.List, Key: f.Key,
	}
	if (f.Key == "") == (len(f.List) == 0) {
		return SendResult{}, fault.New(fault.BodyInvalid, "merged messages need one of MsgList and JsonMsgKey")
	}
	if f.Key != "" {
		var head *MergedHead
		if isMergedKey(f.Key) {
			var err error
			if head, err = s.Store.MergedHead(ctx, s.App, f.Key); err != nil {
				return SendResult{}, err
			}
		}
		if head == nil || head.Owner != f.From || head.Expires <= s.Now().Unix() {
			return SendResult{}, fault.New(fault.KeyInvalid, "JsonMsgKey is not of a list that the sender has imported")
		}
		content.Number, f.mergedImported = head.Count, max(head.Imported, 1)
	}
	text, err := plainjson.Marshal(content)
	if err != nil {
		return SendResult{}, fault.New(fault.BodyInvalid, "MsgList: %s", err)
	}
	f.Elements = []Element{{Kind: KindRelay, Content: text}}
	return s.Send(ctx, f.SendRequest)
}

// A MergedPage is a part of a merged list. Next is the number of the next part; 0
// after the last one.
type MergedPage struct {
	Messages []json.RawMessage
	Next     int
}

// ReadMergedPart reads a part of a merged list. The user must see a message that refers to
// the list by its key: the key alone gives no access.
func (s Service) ReadMergedPart(ctx context.Context, user, peer string, message Key, key string, part int) (MergedPage, error) {
	m, err := s.findVisible(ctx, user, peer, message)
	if err != nil {
		return MergedPage{}, err
	}
	if !slices.ContainsFunc(m.Elements, func(e Element) bool { return e.refersToList(key) }) {
		return MergedPage{}, fault.New(fault.KeyInvalid, "the message has no such JsonMsgKey")
	}
	if !isMergedKey(key) { // a sender may write any text into the message
		return MergedPage{}, fault.New(fault.KeyInvalid, "the message's JsonMsgKey is of no list")
	}
	head, list, err := s.Store.MergedPart(ctx, s.App, key, part)
	if err != nil {
		return MergedPage{}, err
	}
	if head == nil || head.Expires <= s.Now().Unix() || list == nil {
		return MergedPage{}, fault.New(fault.MessageUnknown, "the merged messages are not there, or not any more")
	}
	page := MergedPage{Messages: list}
	if part+1 < head.Parts {
		page.Next = part + 1
	}
	return page, nil
}

// refersToList reports whether an element, or one that is merged into it, has the
// key of a list.
func (e Element) refersToList(key string) bool {
	if e.Kind != KindRelay {
		return false
	}
	var content struct {
		Key  string          `json:"JsonMsgKey"`
		List []mergedMessage `json:"MsgList"`
	}
	if plainjson.Unmarshal(e.Content, &content) != nil {
		return false
	}
	return content.Key == key || slices.ContainsFunc(content.List, func(m mergedMessage) bool {
		return slices.ContainsFunc(m.Body, func(e Element) bool { return e.refersToList(key) })
	})
}

// findVisible reads a message that a user sees and that is not recalled.
func (s Service) findVisible(ctx context.Context, user, peer string, k Key) (*Message, error) {
	list, err := s.visible(ctx, user, peer, []Key{k}, false)
	if err != nil {
		return nil, err
	}
	if list[0] == nil || list[0].Recalled {
		return nil, fault.New(fault.MessageUnknown, "there is no such message")
	}
	return list[0], nil
}
