package v4

import (
	"encoding/json"
	"slices"
	"strings"

	"parley/shared/domain/relations"
	"parley/shared/fault"
	"parley/shared/plainjson"
)

const (
	sourcePrefix = "AddSource_Type_"
	customPrefix = "Tag_SNS_Custom_"

	tagGroup      = "Tag_SNS_IM_Group"
	tagRemark     = "Tag_SNS_IM_Remark"
	tagSource     = "Tag_SNS_IM_AddSource"
	tagWording    = "Tag_SNS_IM_AddWording"
	tagAddTime    = "Tag_SNS_IM_AddTime"
	tagRemarkTime = "Tag_SNS_IM_RemarkTime"
)

// A Tagged is a field by its tag; the type of the value is the tag's.
type Tagged struct {
	Tag   string `json:"Tag"`
	Value any    `json:"Value"`
}

// A RawTagged is a field that a caller sets.
type RawTagged struct {
	Tag   string          `json:"Tag"`
	Value json.RawMessage `json:"Value"`
}

// AddSource is the vendor's form of how a friend was found (core spec §8.0).
func AddSource(word string) string {
	if word == "" {
		return ""
	}
	return sourcePrefix + word
}

// ParseAddSource takes the word out of the vendor's form. An empty text is no
// source; another form is refused.
func ParseAddSource(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	word, ok := strings.CutPrefix(text, sourcePrefix)
	if !ok || word == "" {
		return "", fault.New(fault.Invalid, "AddSource begins with %s", sourcePrefix)
	}
	return word, nil
}

// A Part is a set of a friend's fields, each with a change counter of its own in
// friend_get (core spec §8.7).
type Part int

// The parts.
const (
	StandardFields Part = 1 << iota
	CustomFields
)

// FromFriend gives an entry of a friend table the vendor's form. What is not set
// is left out.
func FromFriend(f relations.Friend, parts Part) []Tagged {
	list := []Tagged{}
	add := func(tag string, value any, set bool) {
		if set {
			list = append(list, Tagged{tag, value})
		}
	}
	if parts&StandardFields != 0 {
		add(tagSource, AddSource(f.Source), f.Source != "")
		add(tagRemark, f.Remark, f.Remark != "")
		add(tagRemarkTime, f.Remarked, f.Remarked != 0)
		add(tagGroup, f.Lists, len(f.Lists) > 0)
		add(tagWording, f.Wording, f.Wording != "")
		add(tagAddTime, f.Added, true)
	}
	if parts&CustomFields != 0 {
		var words []string
		for word := range f.Custom {
			words = append(words, word)
		}
		slices.Sort(words)
		for _, word := range words {
			add(customPrefix+word, f.Custom[word], true)
		}
	}
	return list
}

// An AddFriend is a user to make friends with, as a caller writes it.
type AddFriend struct {
	To      string `json:"To_Account"`
	Source  string `json:"AddSource,omitempty"` // AddSource_Type_ and where the two met
	Remark  string `json:"Remark,omitempty"`
	Group   string `json:"GroupName,omitempty"`  // a friend list, which is made where it is missing
	Wording string `json:"AddWording,omitempty"` // what is said with the request
}

// ToAsks reads users to make friends with.
func ToAsks(items []AddFriend) (peers []string, asks []relations.Ask, err error) {
	peers, asks = make([]string, len(items)), make([]relations.Ask, len(items))
	for i, item := range items {
		word, err := ParseAddSource(item.Source)
		if err != nil {
			return nil, nil, err
		}
		peers[i] = item.To
		asks[i] = relations.Ask{To: item.To, Source: word, Remark: item.Remark, List: item.Group, Wording: item.Wording}
	}
	return peers, asks, nil
}

// An UpdateFriend is what a caller sets on a friend.
type UpdateFriend struct {
	To  string      `json:"To_Account"`
	Sns []RawTagged `json:"SnsItem"`
}

// ToChanges reads what a caller sets on friends; an item has to set something.
func ToChanges(items []UpdateFriend) (peers []string, changes []relations.Change, err error) {
	peers, changes = make([]string, len(items)), make([]relations.Change, len(items))
	for i, item := range items {
		if len(item.Sns) == 0 {
			return nil, nil, fault.New(fault.Invalid, "item %d has no SnsItem", i)
		}
		if changes[i], err = ToChange(item.To, item.Sns); err != nil {
			return nil, nil, err
		}
		peers[i] = item.To
	}
	return peers, changes, nil
}

// ToChange reads what a caller sets on an entry of a friend table: the remark,
// the lists, custom fields (core spec §8.3).
func ToChange(peer string, items []RawTagged) (relations.Change, error) {
	c := relations.Change{Peer: peer}
	wrong := func(tag, want string) error {
		return fault.New(fault.FieldType, "the value of %s is %s", tag, want)
	}
	for _, item := range items {
		word, custom := strings.CutPrefix(item.Tag, customPrefix)
		switch {
		case custom:
			v, ok := customValue(item.Value)
			if !ok {
				return c, wrong(item.Tag, "text or a whole number")
			}
			if c.Custom == nil {
				c.Custom = make(map[string]any)
			}
			c.Custom[word] = v
		case item.Tag == tagRemark:
			var text *string
			if plainjson.Unmarshal(item.Value, &text) != nil || text == nil {
				return c, wrong(item.Tag, "text")
			}
			c.Remark = text
		case item.Tag == tagGroup:
			var list *[]string
			if plainjson.Unmarshal(item.Value, &list) != nil || list == nil {
				return c, wrong(item.Tag, "a list of texts")
			}
			c.Lists = list
		default:
			return c, fault.New(fault.FieldUnknown, "%.40q cannot be set on a friend", item.Tag)
		}
	}
	return c, nil
}

// ToCustom reads custom fields of friends by word.
func ToCustom(items []RawTagged) (map[string]any, error) {
	c, err := ToChange("", items)
	if err == nil && (c.Remark != nil || c.Lists != nil) {
		err = fault.New(fault.FieldUnknown, "CustomItem has tags that begin with %s only", customPrefix)
	}
	return c.Custom, err
}

// customValue is a text or a whole number.
func customValue(raw json.RawMessage) (any, bool) {
	var text *string
	if plainjson.Unmarshal(raw, &text) == nil && text != nil {
		return *text, true
	}
	var n *int64
	if plainjson.Unmarshal(raw, &n) == nil && n != nil {
		return *n, true
	}
	return nil, false
}
