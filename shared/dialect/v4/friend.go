package v4

import (
	"encoding/json"
	"slices"
	"strings"

	"parley/shared/domain/accounts"
	"parley/shared/domain/relations"
	"parley/shared/fault"
)

// The fields of a friend (core spec §8.0).
const (
	tagGroup    = "Tag_SNS_IM_Group"
	tagRemark   = "Tag_SNS_IM_Remark"
	tagSource   = "Tag_SNS_IM_AddSource"
	tagWording  = "Tag_SNS_IM_AddWording"
	tagAdded    = "Tag_SNS_IM_AddTime"
	tagRemarked = "Tag_SNS_IM_RemarkTime"
	tagCustom   = "Tag_SNS_Custom_"
	badRelation = 30001
)

// A Result is the outcome for one user of a batch (core spec §1.3).
type Result struct {
	To   string `json:"To_Account"`
	Code int    `json:"ResultCode"`
	Info string `json:"ResultInfo"`
}

// Results puts the outcome of a batch into its form, and lists who failed.
func (n Numbers) Results(peers []string, errs []error) (list []Result, failed []string) {
	list = make([]Result, len(peers))
	for i, peer := range peers {
		list[i].To = peer
		if errs[i] != nil {
			list[i].Code, list[i].Info = n.Of(errs[i])
			failed = append(failed, peer)
		}
	}
	return list, failed
}

// A Tag is a field of a friend with its value: text, a number or a list.
type Tag struct {
	Tag   string `json:"Tag"`
	Value any    `json:"Value"`
}

// FromFriend returns the fields of a friend that are set.
func FromFriend(f relations.Friend) []Tag {
	tags := []Tag{{tagAdded, f.Added}}
	if len(f.Lists) > 0 {
		tags = append(tags, Tag{tagGroup, f.Lists})
	}
	for _, t := range []Tag{{tagRemark, f.Remark}, {tagSource, AddSource(f.Source)}, {tagWording, f.Wording}} {
		if t.Value != "" {
			tags = append(tags, t)
		}
	}
	if f.Remarked > 0 {
		tags = append(tags, Tag{tagRemarked, f.Remarked})
	}
	words := make([]string, 0, len(f.Custom))
	for word := range f.Custom {
		words = append(words, word)
	}
	slices.Sort(words)
	for _, word := range words {
		tags = append(tags, Tag{tagCustom + word, f.Custom[word]})
	}
	return tags
}

// A SetTag is a field of a friend to set.
type SetTag struct {
	Tag   string          `json:"Tag" bad:"30001"`
	Value json.RawMessage `json:"Value"`
}

// ToChange makes the change of a friend that tags ask for (core spec §8.3).
func ToChange(peer string, tags []SetTag) (relations.Change, error) {
	c := relations.Change{Peer: peer}
	for _, t := range tags {
		var err error
		word, custom := strings.CutPrefix(t.Tag, tagCustom)
		switch {
		case t.Tag == tagRemark:
			err = json.Unmarshal(t.Value, &c.Remark)
		case t.Tag == tagGroup:
			err = json.Unmarshal(t.Value, &c.Lists)
		case custom:
			var v any
			if v, err = customValue(t.Value); err == nil {
				if c.Custom == nil {
					c.Custom = make(map[string]any)
				}
				c.Custom[word] = v
			}
		case slices.Contains([]string{tagSource, tagWording, tagAdded, tagRemarked}, t.Tag):
			return c, fault.New(fault.FieldFixed, "%s cannot be changed", t.Tag)
		default:
			return c, fault.New(fault.FieldUnknown, "there is no field %.60q of friends", t.Tag)
		}
		if err != nil {
			return c, fault.New(fault.FieldType, "the value of %s is missing or of a wrong type", t.Tag)
		}
	}
	return c, nil
}

func customValue(raw json.RawMessage) (any, error) {
	var n int64
	if err := json.Unmarshal(raw, &n); err == nil && string(raw) != "null" {
		return n, nil
	}
	var text *string
	if err := json.Unmarshal(raw, &text); err != nil || text == nil {
		return nil, fault.New(fault.FieldType, "a custom field is text or a whole number")
	}
	return *text, nil
}

// Choice reads a field that names one way or both ways; usual is meant where it
// is empty.
func Choice(field, value, single, both, usual string) (isBoth bool, err error) {
	if value == "" {
		value = usual
	}
	if value != single && value != both {
		return false, Refuse(badRelation, "%s is %s or %s", field, single, both)
	}
	return value == both, nil
}

// CheckRelation is the form of who has whom (core spec §8.6, §8.12).
func CheckRelation(r relations.Relation, prefix, none string) string {
	switch {
	case r.Mine && r.Theirs:
		return prefix + "BothWay"
	case r.Mine:
		return prefix + "AWithB"
	case r.Theirs:
		return prefix + "BWithA"
	}
	return prefix + none
}

// CheckPeer refuses a cursor that is not the id of a user.
func CheckPeer(cursor string) error {
	if cursor != "" && accounts.CheckID(cursor) != nil {
		return fault.New(fault.Invalid, "Cursor is not one that an answer gave")
	}
	return nil
}
