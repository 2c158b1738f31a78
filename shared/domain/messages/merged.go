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

// Limits of merged messages. The reference has none for a list that is stored
// under a key (core spec §3); these are what client SDKs merge at most, and what
// keeps a list in a few items.
const (
	MaxMerged      = 300       // messages of a list
	MaxMergedBytes = 256 << 10 // of a list's JSON
	maxMergedItem  = 14 << 10  // of a message in it: its 12 KB and what stands around them
	mergedPart     = 22 << 10  // of a part, so that an answer with one fits a frame
	maxNesting     = 8         // merged messages within merged messages
)

// A MergedList is a list of merged messages that is too long for a message. Each
// message is the JSON object as the sender wrote it.
type MergedList struct {
	Key     string
	Owner   string
	Count   int
	Expires int64 // Unix seconds
	// Imported is when, Unix seconds.
	Imported int64
	Parts    [][]json.RawMessage
}

// A MergedHead is a MergedList without its messages.
type MergedHead struct {
	Owner        string
	Count, Parts int
	Expires      int64
	Imported     int64 // Unix seconds
}

// ImportMerged stores a list of merged messages and returns the key that a
// message refers to it by. The same list of the same user has the same key. It
// is kept as long as messages are, from now on.
func (s Service) ImportMerged(ctx context.Context, user string, list []json.RawMessage) (MergedList, error) {
	m := MergedList{Owner: user, Count: len(list), Expires: s.Now().Unix() + s.kept()}
	if err := m.cut(list); err != nil {
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

// cut checks a list and makes its parts and its key.
func (m *MergedList) cut(list []json.RawMessage) error {
	if len(list) == 0 {
		return fault.New(fault.BodyEmpty, "MsgList has no message")
	}
	if len(list) > MaxMerged {
		return fault.New(fault.BodyTooLarge, "MsgList has over %d messages", MaxMerged)
	}
	hash := sha256.New()
	fmt.Fprintf(hash, "%d %s", len(m.Owner), m.Owner)
	total, size := 0, mergedPart
	for i, item := range list {
		item, err := plainjson.Marshal(item) // as it is stored and answered
		if err != nil {
			return fault.New(fault.BodyInvalid, "MsgList[%d]: %s", i, err)
		}
		if total += len(item); total > MaxMergedBytes || len(item) > maxMergedItem {
			return fault.New(fault.BodyTooLarge, "MsgList has over %d bytes, or MsgList[%d] over %d", MaxMergedBytes, i, maxMergedItem)
		}
		if err := checkMerged(item, 1); err != nil {
			return fault.New(fault.BodyInvalid, "MsgList[%d]: %s", i, err)
		}
		fmt.Fprintf(hash, " %d ", len(item))
		_, _ = hash.Write(item)
		if size += len(item); size > mergedPart {
			m.Parts, size = append(m.Parts, nil), len(item)
		}
		last := len(m.Parts) - 1
		m.Parts[last] = append(m.Parts[last], item)
	}
	m.Key = hex.EncodeToString(hash.Sum(nil)[:16])
	return nil
}

// isMergedKey reports whether a text has the form of a key.
func isMergedKey(text string) bool {
	raw, err := hex.DecodeString(text)
	return err == nil && len(raw) == 16 && hex.EncodeToString(raw) == text
}

// mergedMessage is what is known of a message in a merged list (core spec §3).
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

func checkMerged(raw json.RawMessage, depth int) error {
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

// A Forward is a message of merged messages to send.
type Forward struct {
	Draft             // its Content is made here; Custom stays
	Title, Compatible string
	Abstract          []string
	List              []json.RawMessage // the messages themselves, or
	Key               string            // the key they were imported under
}

type relayContent struct {
	Title      string            `json:"Title"`
	Compatible string            `json:"CompatibleText"`
	Number     int               `json:"MsgNum"`
	Abstract   []string          `json:"AbstractList"`
	List       []json.RawMessage `json:"MsgList,omitempty"`
	Key        string            `json:"JsonMsgKey,omitempty"`
}

// Forward sends merged messages as one. A key is that of a list which the sender
// has imported whole.
func (s Service) Forward(ctx context.Context, f Forward) (Receipt, error) {
	content := relayContent{
		Title: f.Title, Compatible: f.Compatible, Number: len(f.List), Abstract: append([]string{}, f.Abstract...),
		List: f.List, Key: f.Key,
	}
	if (f.Key == "") == (len(f.List) == 0) {
		return Receipt{}, fault.New(fault.BodyInvalid, "merged messages need one of MsgList and JsonMsgKey")
	}
	if f.Key != "" {
		var head *MergedHead
		if isMergedKey(f.Key) {
			var err error
			if head, err = s.Store.MergedHead(ctx, s.App, f.Key); err != nil {
				return Receipt{}, err
			}
		}
		if head == nil || head.Owner != f.From || head.Expires <= s.Now().Unix() {
			return Receipt{}, fault.New(fault.KeyInvalid, "JsonMsgKey is not of a list that the sender has imported")
		}
		content.Number, f.merged = head.Count, max(head.Imported, 1)
	}
	text, err := plainjson.Marshal(content)
	if err != nil {
		return Receipt{}, fault.New(fault.BodyInvalid, "MsgList: %s", err)
	}
	f.Elements = []Element{{Kind: KindRelay, Content: text}}
	return s.Send(ctx, f.Draft)
}

// A MergedPage is a part of a list, and the number of the next one; 0 at the end.
type MergedPage struct {
	Messages []json.RawMessage
	Next     int
}

// Merged reads a part of the list that a message refers to by key, for a user
// who can see that message.
func (s Service) Merged(ctx context.Context, user, peer string, message Key, key string, part int) (MergedPage, error) {
	m, err := s.see(ctx, user, peer, message)
	if err != nil {
		return MergedPage{}, err
	}
	if !slices.ContainsFunc(m.Elements, func(e Element) bool { return e.refers(key) }) {
		return MergedPage{}, fault.New(fault.KeyInvalid, "the message has no such JsonMsgKey")
	}
	if !isMergedKey(key) { // a sender may write anything there
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

// refers reports whether an element, or one merged into it, has a key of a list.
func (e Element) refers(key string) bool {
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
		return slices.ContainsFunc(m.Body, func(e Element) bool { return e.refers(key) })
	})
}

// see reads a message that a user can see.
func (s Service) see(ctx context.Context, user, peer string, k Key) (*Message, error) {
	list, err := s.visible(ctx, user, peer, []Key{k}, false)
	if err != nil {
		return nil, err
	}
	if list[0] == nil || list[0].Recalled {
		return nil, fault.New(fault.MessageUnknown, "there is no such message")
	}
	return list[0], nil
}
