package v4

import (
	"strings"

	"parley/shared/domain/accounts"
	"parley/shared/domain/profiles"
	"parley/shared/fault"
)

const profilePrefix = "Tag_Profile_Custom_"

// otherBirthday is how some of the vendor's documents spell the tag; a caller who
// asks with it is answered with it.
const otherBirthday = "Tag_Profile_IM_Birthday"

// profileTags are the tags of standard fields (core spec §7.0).
func profileTags() map[string]profiles.Name {
	return map[string]profiles.Name{
		"Tag_Profile_IM_Nick": profiles.Nick, "Tag_Profile_IM_Gender": profiles.Gender,
		"Tag_Profile_IM_BirthDay": profiles.Birthday, "Tag_Profile_IM_Location": profiles.Location,
		"Tag_Profile_IM_SelfSignature": profiles.Signature, "Tag_Profile_IM_AllowType": profiles.Allow,
		"Tag_Profile_IM_Language": profiles.Language, "Tag_Profile_IM_Image": profiles.Face,
		"Tag_Profile_IM_MsgSettings": profiles.MsgSettings, "Tag_Profile_IM_AdminForbidType": profiles.Forbid,
		"Tag_Profile_IM_Level": profiles.Level, "Tag_Profile_IM_Role": profiles.Role,
	}
}

// profileWords are the vendor's words for values that are of a few: the vendor's
// to the domain's.
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

// A ProfileTag is a tag that a caller asks for: a standard field or the word of
// a custom one.
type ProfileTag struct {
	Tag  string
	Name profiles.Name
	Word string
}

// ParseProfileTag reads a tag. It fails with FieldUnknown for one that is none.
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

// ParseProfileTags reads tags. hidden refuses custom fields that the caller may
// not read.
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
	Fields *[]Tagged `json:"ProfileItem,omitempty"` // absent where the user is no account
}

// FromProfiles gives the fields that were asked for of each user; a profile that
// is nil is of no account.
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

// ProfileTagOf is the tag of a field, empty for one that has none.
func ProfileTagOf(name profiles.Name) string {
	for tag, n := range profileTags() {
		if n == name {
			return tag
		}
	}
	return ""
}

// CustomProfileTag is the tag of a custom field.
func CustomProfileTag(word string) string { return profilePrefix + word }

// FromProfile gives the fields that were asked for, as far as they were ever set.
func FromProfile(p profiles.Profile, tags []ProfileTag) []Tagged {
	words, list := profileWords(), []Tagged{}
	for _, t := range tags {
		if t.Word != "" {
			if v, set := p.Custom[t.Word]; set {
				list = append(list, Tagged{t.Tag, v})
			}
			continue
		}
		v, set := p.Fields[t.Name]
		if !set {
			continue
		}
		for vendors, ours := range words[t.Name] {
			if v == ours {
				v = vendors
				break
			}
		}
		list = append(list, Tagged{t.Tag, v})
	}
	return list
}

// ToProfile reads fields that a caller sets. Number fields take whole numbers,
// the others texts.
func ToProfile(items []RawTagged) (profiles.Change, error) {
	c := profiles.Change{Fields: make(map[profiles.Name]any), Custom: make(map[string]string)}
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

// WantedFields takes tags apart for profiles.Service.Get.
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
