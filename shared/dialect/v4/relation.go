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

// A TaggedValue is a field of an answer. Its tag decides the type of the value.
type TaggedValue struct {
	Tag   string `json:"Tag"`
	Value any    `json:"Value"`
}

// A RawTagged is a field that a caller sets.
type RawTagged struct {
	Tag   string          `json:"Tag"`
	Value json.RawMessage `json:"Value"`
}

// AddSource returns the vendor's form of the source of a friend, for example
// AddSource_Type_Web (docs/spec/tencent §8.0).
func AddSource(word string) string {
	if word == "" {
		return ""
	}
	return sourcePrefix + word
}

// ParseAddSource returns the word in the vendor's form of a source. An empty text is no
// source. It refuses another form.
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

// A Part is a set of the fields of a friend. Each part has a sequence of its own in
// friend_get (docs/spec/tencent §8.7).
type Part int

// The parts.
const (
	StandardFields Part = 1 << iota
	CustomFields
)

// FromFriend returns the vendor's form of an entry of a friend table. A field that is not
// set is left out.
func FromFriend(f relations.Friend, parts Part) []TaggedValue {
	list := []TaggedValue{}
	add := func(tag string, value any, set bool) {
		if set {
			list = append(list, TaggedValue{tag, value})
		}
	}
	if parts&StandardFields != 0 {
		add(tagSource, AddSource(f.Source), f.Source != "")
		add(tagRemark, f.Remark, f.Remark != "")
		add(tagRemarkTime, f.RemarkedAt, f.RemarkedAt != 0)
		add(tagGroup, f.Lists, len(f.Lists) > 0)
		add(tagWording, f.Wording, f.Wording != "")
		add(tagAddTime, f.AddedAt, true)
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

// An AddFriend is one user whom the caller wants as a friend.
type AddFriend struct {
	To      string `json:"To_Account"`
	Source  string `json:"AddSource,omitempty"` // AddSource_Type_ and a word that says how the two met
	Remark  string `json:"Remark,omitempty"`
	Group   string `json:"GroupName,omitempty"`  // a friend list; it is created if it does not exist
	Wording string `json:"AddWording,omitempty"` // the text of the friend request
}

// ToFriendRequests reads the users whom a caller wants as friends.
func ToFriendRequests(items []AddFriend) (peers []string, asks []relations.NewFriend, err error) {
	peers, asks = make([]string, len(items)), make([]relations.NewFriend, len(items))
	for i, item := range items {
		word, err := ParseAddSource(item.Source)
		if err != nil {
			return nil, nil, err
		}
		peers[i] = item.To
		asks[i] = relations.NewFriend{To: item.To, Source: word, Remark: item.Remark, List: item.Group, Wording: item.Wording}
	}
	return peers, asks, nil
}

// An UpdateFriend is what a caller sets for one friend.
type UpdateFriend struct {
	To  string      `json:"To_Account"`
	Sns []RawTagged `json:"SnsItem"`
}

// ToChanges reads what a caller sets for friends. It refuses an item that sets nothing.
func ToChanges(items []UpdateFriend) (peers []string, changes []relations.Mutation, err error) {
	peers, changes = make([]string, len(items)), make([]relations.Mutation, len(items))
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

// ToChange reads what a caller sets in one entry of a friend table: the remark, the friend
// lists, custom fields (docs/spec/tencent §8.3).
func ToChange(peer string, items []RawTagged) (relations.Mutation, error) {
	c := relations.Mutation{Peer: peer}
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

// ToCustom reads custom fields of friends, and returns the values by word. It refuses other
// fields.
func ToCustom(items []RawTagged) (map[string]any, error) {
	c, err := ToChange("", items)
	if err == nil && (c.Remark != nil || c.Lists != nil) {
		err = fault.New(fault.FieldUnknown, "CustomItem has tags that begin with %s only", customPrefix)
	}
	return c.Custom, err
}

// customValue reads a value that is a text or a whole number. It returns false for any
// other value.
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
