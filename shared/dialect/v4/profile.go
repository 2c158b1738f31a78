package v4

import (
	"strings"

	"parley/shared/domain/accounts"
	"parley/shared/domain/profiles"
	"parley/shared/fault"
)

const profilePrefix = "Tag_Profile_Custom_"

// otherBirthday is another spelling of the tag, in some pages of the vendor. A caller who
// asks with it gets it in the answer (docs/divergences.md).
const otherBirthday = "Tag_Profile_IM_Birthday"

// profileTags returns the tags of the standard fields (docs/spec/tencent §7.0).
func profileTags() map[string]profiles.Name {
	return map[string]profiles.Name{
		"Tag_Profile_IM_Nick": profiles.Nick, "Tag_Profile_IM_Gender": profiles.Gender,
		"Tag_Profile_IM_BirthDay": profiles.Birthday, "Tag_Profile_IM_Location": profiles.Location,
		"Tag_Profile_IM_SelfSignature": profiles.Signature, "Tag_Profile_IM_AllowType": profiles.Allow,
		"Tag_Profile_IM_Language": profiles.Language, "Tag_Profile_IM_Image": profiles.Face,
		"Tag_Profile_IM_MsgSettings": profiles.MessageSettings, "Tag_Profile_IM_AdminForbidType": profiles.Forbid,
		"Tag_Profile_IM_Level": profiles.Level, "Tag_Profile_IM_Role": profiles.Role,
	}
}

// profileWords returns, for each field that takes only some words, the vendor's words and
// the domain's value for each.
func profileWords() map[profiles.Name]map[string]string {
	return map[profiles.Name]map[string]string{
		profiles.Gender: {"Gender_Type_Unknown": "", "Gender_Type_Female": profiles.Female, "Gender_Type_Male": profiles.Male},
		profiles.Allow: {
			"AllowType_Type_AllowAny": string(accounts.AllowAny), "AllowType_Type_NeedConfirm": string(accounts.NeedConfirm),
			"AllowType_Type_DenyAny": string(accounts.DenyAny),
		},
		profiles.Forbid: {"AdminForbid_Type_None": "", "AdminForbid_Type_SendOut": profiles.Yes},
	}
}

// A ProfileTag is a tag that a caller asks for: the Name of a standard field, or the Word
// of a custom field.
type ProfileTag struct {
	Tag  string
	Name profiles.Name
	Word string
}

// ParseProfileTag reads a tag. It fails with FieldUnknown for an unknown tag.
func ParseProfileTag(tag string) (ProfileTag, error) {
	if name, ok := profileTags()[tag]; ok {
		return ProfileTag{Tag: tag, Name: name}, nil
	}
	if tag == otherBirthday {
		return ProfileTag{Tag: tag, Name: profiles.Birthday}, nil
	}
	if word, ok := strings.CutPrefix(tag, profilePrefix); ok && word != "" {
		return ProfileTag{Tag: tag, Word: word}, nil
	}
	return ProfileTag{}, fault.New(fault.FieldUnknown, "there is no tag %.40q", tag)
}

// ParseProfileTags reads tags. hidden returns an error for the word of a custom field that
// the caller may not read.
func ParseProfileTags(list []string, hidden func(word string) error) ([]ProfileTag, error) {
	tags := make([]ProfileTag, len(list))
	for i, tag := range list {
		t, err := ParseProfileTag(tag)
		if err == nil && t.Word != "" {
			err = hidden(t.Word)
		}
		if err != nil {
			return nil, err
		}
		tags[i] = t
	}
	return tags, nil
}

// A ProfileResult is the profile of one user of a batch.
type ProfileResult struct {
	Result
	Fields *[]TaggedValue `json:"ProfileItem,omitempty"` // absent: the user is not an account
}

// FromProfiles returns the requested fields of each user, and the users who failed. A nil
// profile is of a user who is not an account.
func (n Numbers) FromProfiles(users []string, list []*profiles.Profile, tags []ProfileTag) (items []ProfileResult, failed []string) {
	errs := make([]error, len(users))
	for i, p := range list {
		if p == nil {
			errs[i] = fault.New(fault.AccountUnknown, "there is no such account")
		}
	}
	results, failed := n.Results(users, errs)
	items = make([]ProfileResult, len(users))
	for i, p := range list {
		items[i].Result = results[i]
		if p != nil {
			fields := FromProfile(*p, tags)
			items[i].Fields = &fields
		}
	}
	return items, failed
}

// ProfileTagOf returns the tag of a field; empty if the field has no tag.
func ProfileTagOf(name profiles.Name) string {
	for tag, n := range profileTags() {
		if n == name {
			return tag
		}
	}
	return ""
}

// CustomProfileTag returns the tag of a custom field.
func CustomProfileTag(word string) string { return profilePrefix + word }

// FromProfile returns the requested fields of a profile. A field that was never set is left
// out (docs/divergences.md).
func FromProfile(p profiles.Profile, tags []ProfileTag) []TaggedValue {
	words, list := profileWords(), []TaggedValue{}
	for _, t := range tags {
		if t.Word != "" {
			if v, set := p.Custom[t.Word]; set {
				list = append(list, TaggedValue{t.Tag, v})
			}
			continue
		}
		v, set := p.Fields[t.Name]
		if !set {
			continue
		}
		for word, value := range words[t.Name] {
			if v == value {
				v = word
				break
			}
		}
		list = append(list, TaggedValue{t.Tag, v})
	}
	return list
}

// ToProfile reads the fields that a caller sets. A value is a text or a whole number; the
// domain checks which of the two a standard field takes. Custom fields take texts.
func ToProfile(items []RawTagged) (profiles.Mutation, error) {
	c := profiles.Mutation{Fields: make(map[profiles.Name]any), Custom: make(map[string]string)}
	for _, item := range items {
		t, err := ParseProfileTag(item.Tag)
		if err != nil {
			return c, err
		}
		v, ok := customValue(item.Value)
		if !ok {
			return c, fault.New(fault.FieldType, "the value of %s is a text or a whole number", item.Tag)
		}
		if t.Word != "" {
			text, ok := v.(string)
			if !ok {
				return c, fault.New(fault.FieldType, "the value of %s is a text", item.Tag)
			}
			c.Custom[t.Word] = text
			continue
		}
		if words := profileWords()[t.Name]; words != nil {
			text, isText := v.(string)
			if !isText {
				return c, fault.New(fault.FieldType, "the value of %s is a text", item.Tag)
			}
			if v, ok = words[text]; !ok {
				return c, fault.New(fault.FieldValue, "%s does not take %.40q", item.Tag, text)
			}
		}
		c.Fields[t.Name] = v
	}
	return c, nil
}

// WantedFields returns what profiles.Service.Get takes: the names of the standard fields,
// and whether custom fields are requested.
func WantedFields(tags []ProfileTag) (names []profiles.Name, custom bool) {
	for _, t := range tags {
		if t.Word != "" {
			custom = true
		} else {
			names = append(names, t.Name)
		}
	}
	return names, custom
}
