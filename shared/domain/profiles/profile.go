// Package profiles holds what users say about themselves: the standard fields of
// every vendor, and the custom fields that an application declares (core spec
// §7).
package profiles

import (
	"unicode/utf8"

	"parley/shared/domain/accounts"
	"parley/shared/fault"
)

// A Name is a standard field's.
type Name string

// The standard fields. The last six have no tag in the v4 API; they are where
// the fields of other vendors go.
const (
	Nick        Name = "nick"
	Face        Name = "face"
	Gender      Name = "gender"
	Birthday    Name = "birthday"
	Location    Name = "location"
	Signature   Name = "signature"
	Allow       Name = "allow"  // who may become a friend: an accounts.Allow
	Forbid      Name = "forbid" // "yes": the user may not ask others to be friends
	Language    Name = "language"
	MsgSettings Name = "settings"
	Level       Name = "level"
	Role        Name = "role"
	Email       Name = "email"
	Birth       Name = "birth"
	Mobile      Name = "mobile"
	Extra       Name = "extra"
	Metadata    Name = "metadata"
	Phone       Name = "phone"
)

// Genders.
const (
	Female = "female"
	Male   = "male"
)

// Yes is the value of Forbid that forbids.
const Yes = "yes"

const (
	maxText   = 500 // bytes
	maxCustom = 500 // bytes
)

// A kind is what values a field takes.
type kind struct {
	number bool     // 0 to 4294967295
	max    int      // bytes of a text
	among  []string // where only these
	admin  bool     // only an admin writes it
}

func kinds() map[Name]kind {
	return map[Name]kind{
		Nick: {max: maxText}, Face: {max: maxText}, Signature: {max: maxText}, Location: {max: 16},
		Gender:   {among: []string{"", Female, Male}},
		Allow:    {among: []string{"", string(accounts.AllowAny), string(accounts.NeedConfirm), string(accounts.DenyAny)}},
		Forbid:   {among: []string{"", Yes}, admin: true},
		Birthday: {number: true}, Language: {number: true}, MsgSettings: {number: true}, Level: {number: true}, Role: {number: true},
		Email: {max: 64}, Birth: {max: 16}, Mobile: {max: 32}, Phone: {max: 32}, Extra: {max: 1024}, Metadata: {max: 2048},
	}
}

// Names lists the standard fields.
func Names() []Name {
	return []Name{
		Nick, Face, Gender, Birthday, Location, Signature, Allow, Forbid, Language, MsgSettings, Level, Role,
		Email, Birth, Mobile, Phone, Extra, Metadata,
	}
}

// Number reports whether a field's values are numbers.
func (n Name) Number() bool { return kinds()[n].number }

// A Profile is a user's fields. What was never set is absent; what was set to an
// empty text, to 0 or to a default is there with that value.
type Profile struct {
	User   string
	Fields map[Name]any // a string or an int64
	Custom map[string]string
}

// A Field is a custom field that the application declares.
type Field struct {
	Word                  string
	UserReads, UserWrites bool
}

// A Change sets fields.
type Change struct {
	Fields map[Name]any
	Custom map[string]string
}

// check refuses what a field does not take, or the caller may not write.
func (c Change) check(declared []Field, byAdmin bool) error {
	for name, v := range c.Fields {
		k, known := kinds()[name]
		if !known {
			return fault.New(fault.FieldUnknown, "there is no field %q", name)
		}
		if k.admin && !byAdmin {
			return fault.New(fault.FieldFixed, "only an admin sets the field %q", name)
		}
		if err := k.check(name, v); err != nil {
			return err
		}
	}
	for word, text := range c.Custom {
		f := find(declared, word)
		switch {
		case f == nil:
			return fault.New(fault.FieldUnknown, "the application declares no custom field %.20q of profiles", word)
		case !byAdmin && !f.UserWrites:
			return fault.New(fault.FieldFixed, "only an admin sets the custom field %q", word)
		case len(text) > maxCustom || !utf8.ValidString(text):
			return fault.New(fault.TextTooLong, "a custom field has at most %d bytes of UTF-8", maxCustom)
		}
	}
	return nil
}

func (k kind) check(name Name, v any) error {
	switch v := v.(type) {
	case int64:
		switch {
		case !k.number:
			return fault.New(fault.FieldType, "the field %q is a text", name)
		case v < 0 || v > 1<<32-1:
			return fault.New(fault.FieldValue, "the field %q is 0 to 4294967295", name)
		}
	case string:
		switch {
		case k.number:
			return fault.New(fault.FieldType, "the field %q is a number", name)
		case k.among != nil && !contains(k.among, v):
			return fault.New(fault.FieldValue, "the field %q does not take %.40q", name, v)
		case k.among == nil && (len(v) > k.max || !utf8.ValidString(v)):
			return fault.New(fault.TextTooLong, "the field %q has at most %d bytes of UTF-8", name, k.max)
		}
	default:
		return fault.New(fault.FieldType, "the field %q is a text or a number", name)
	}
	return nil
}

func contains(list []string, v string) bool {
	for _, item := range list {
		if item == v {
			return true
		}
	}
	return false
}

func find(declared []Field, word string) *Field {
	for i := range declared {
		if declared[i].Word == word {
			return &declared[i]
		}
	}
	return nil
}
