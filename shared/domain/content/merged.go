package content

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"parley/shared/fault"
)

// Limits of merged lists. The vendor documents none for a list that is stored under
// a key (docs/spec/tencent §3). These are what client SDKs merge at most, and they
// keep a list in a few items (docs/adr/0018). Bytes are those of a dialect's form.
const (
	MaxMerged      = 300       // messages of a list
	MaxMergedBytes = 256 << 10 // bytes of a list
	MaxMergedItem  = 14 << 10  // bytes of one message: 12 KB of content and the fields around it
	maxMergedPart  = 22 << 10  // bytes of a part, so that an answer with one fits into a frame
)

// A MergedList is a list of merged messages that is too long to be in a message.
type MergedList struct {
	Key      string
	Owner    string
	Count    int
	Expires  int64 // Unix seconds
	Imported int64 // when the list was imported, Unix seconds
	Parts    [][]MergedMessage
}

// A MergedHead is a MergedList without its messages.
type MergedHead struct {
	Owner        string
	Count, Parts int
	Expires      int64
	Imported     int64 // when the list was imported, Unix seconds
}

// NewMergedList checks a list of a user, splits it into parts and gives it its key.
// The same list of the same user in the same form has the same key. form is that of the
// dialect by which the list came, nil for the stored form.
func NewMergedList(owner string, list []MergedMessage, form Form) (MergedList, error) {
	m := MergedList{Owner: owner, Count: len(list)}
	if len(list) == 0 {
		return MergedList{}, fault.New(fault.BodyEmpty, "%s has no message", fault.Merged)
	}
	if len(list) > MaxMerged {
		return MergedList{}, fault.New(fault.BodyTooLarge, "%s has over %d messages", fault.Merged, MaxMerged)
	}
	if form == nil {
		form = StoredForm{}
	}
	hash := sha256.New()
	fmt.Fprintf(hash, "%d %s", len(m.Owner), m.Owner)
	total, size := 0, maxMergedPart
	for i, item := range list {
		if err := item.check(1); err != nil {
			return MergedList{}, fault.AtItem(fault.BodyInvalid, fault.Merged, i, "%s", err)
		}
		text := form.MergedMessage(item)
		if total += len(text); total > MaxMergedBytes || len(text) > MaxMergedItem {
			return MergedList{}, fault.New(fault.BodyTooLarge, "%s has over %d bytes, or %s over %d", fault.Merged, MaxMergedBytes, fault.Merged.Item(i), MaxMergedItem)
		}
		fmt.Fprintf(hash, " %d ", len(text))
		_, _ = hash.Write(text)
		if size += len(text); size > maxMergedPart {
			m.Parts, size = append(m.Parts, nil), len(text)
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

// NotImported is the error of a sender who refers to a merged list that the sender's account has not
// imported.
func NotImported() error {
	return fault.New(fault.KeyInvalid, "%s is not of a list that the sender has imported", fault.MergedKey)
}

// RefersToList reports whether an element, or one that is merged into it, has the
// key of a list.
func (e Element) RefersToList(key string) bool {
	return e.Merged != nil && (e.Merged.Key == key || slices.ContainsFunc(e.Merged.Messages, func(m MergedMessage) bool {
		return slices.ContainsFunc(m.Elements, func(e Element) bool { return e.RefersToList(key) })
	}))
}
