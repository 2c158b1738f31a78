package content

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

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

// NewMergedList checks a list of a user, splits it into parts and gives it its key.
// The same list of the same user has the same key.
func NewMergedList(owner string, list []json.RawMessage) (MergedList, error) {
	m := MergedList{Owner: owner, Count: len(list)}
	if len(list) == 0 {
		return MergedList{}, fault.New(fault.BodyEmpty, "MsgList has no message")
	}
	if len(list) > MaxMerged {
		return MergedList{}, fault.New(fault.BodyTooLarge, "MsgList has over %d messages", MaxMerged)
	}
	hash := sha256.New()
	fmt.Fprintf(hash, "%d %s", len(m.Owner), m.Owner)
	total, size := 0, maxMergedPart
	for i, item := range list {
		item, err := plainjson.Marshal(item) // in the form in which it is stored and answered
		if err != nil {
			return MergedList{}, fault.New(fault.BodyInvalid, "MsgList[%d]: %s", i, err)
		}
		if total += len(item); total > MaxMergedBytes || len(item) > maxMergedItem {
			return MergedList{}, fault.New(fault.BodyTooLarge, "MsgList has over %d bytes, or MsgList[%d] over %d", MaxMergedBytes, i, maxMergedItem)
		}
		if err := checkMergedMessage(item, 1); err != nil {
			return MergedList{}, fault.New(fault.BodyInvalid, "MsgList[%d]: %s", i, err)
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
	return m, nil
}

// IsMergedKey reports whether a text has the form of the key of a merged list.
func IsMergedKey(text string) bool {
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
