// Package profiles holds the profiles of users: the standard fields of all vendors,
// and the custom fields that an application declares (docs/spec/tencent §7).
package profiles

import (
	"slices"
	"unicode/utf8"

	"parley/shared/domain/accounts"
	"parley/shared/fault"
)

// A Name is the name of a standard field.
type Name string

// The standard fields. The last six are fields that only some vendors have.
const (
	Nick            Name = "nick"
	Face            Name = "face"
	Gender          Name = "gender"
	Birthday        Name = "birthday"
	Location        Name = "location"
	Signature       Name = "signature"
	Allow           Name = "allow"  // what happens to a friend request to the user: an accounts.Allow
	Forbid          Name = "forbid" // "yes": the user may not send friend requests
	Language        Name = "language"
	MessageSettings Name = "settings"
	Level           Name = "level"
	Role            Name = "role"
	Email           Name = "email"
	Birth           Name = "birth"
	Mobile          Name = "mobile"
	Extra           Name = "extra"
	Metadata        Name = "metadata"
	Phone           Name = "phone"
)

// The values of Gender.
const (
	Female = "female"
	Male   = "male"
)

// Yes is the value of Forbid with which the user may not send friend requests.
const Yes = "yes"

const (
	maxText   = 500 // bytes
	maxCustom = 500 // bytes
)

// A rule says which values a standard field takes.
type rule struct {
	number  bool     // a number from 0 to 4294967295
	max     int      // the most bytes of a text
	allowed []string // only these texts; nil if any text is allowed
	admin   bool     // only an admin writes the field
}

func rules() map[Name]rule {
	return map[Name]rule{
		Nick: {max: maxText}, Face: {max: maxText}, Signature: {max: maxText}, Location: {max: 16},
		Gender:   {allowed: []string{"", Female, Male}},
		Allow:    {allowed: []string{"", string(accounts.AllowAny), string(accounts.NeedConfirm), string(accounts.DenyAny)}},
		Forbid:   {allowed: []string{"", Yes}, admin: true},
		Birthday: {number: true}, Language: {number: true}, MessageSettings: {number: true}, Level: {number: true}, Role: {number: true},
		Email: {max: 64}, Birth: {max: 16}, Mobile: {max: 32}, Phone: {max: 32}, Extra: {max: 1024}, Metadata: {max: 2048},
	}
}

// Names lists the standard fields.
func Names() []Name {
	return []Name{
		Nick, Face, Gender, Birthday, Location, Signature, Allow, Forbid, Language, MessageSettings, Level, Role,
		Email, Birth, Mobile, Phone, Extra, Metadata,
	}
}

// Field returns the field of a call that has the value.
func (n Name) Field() fault.Field { return fault.Field("profile." + n) }

// Number reports whether the values of a field are numbers.
func (n Name) Number() bool { return rules()[n].number }

// InAccount reports whether a field is stored in the item of the account, which every
// send reads anyway. The other fields are stored in an item of their own.
func InAccount(n Name) bool { return n == Nick || n == Face || n == Allow || n == Forbid }

// A Profile holds the fields of a user. It lacks a field that was never set. A field
// that was set to an empty text, to 0 or to a default is present with that value.
type Profile struct {
	User   string
	Fields map[Name]any // a value is a string or an int64
	Custom map[string]string
}

// A Field is a custom field that the application declares.
type Field struct {
	Name                  string // its name
	UserReads, UserWrites bool
}

// A Mutation holds the fields to set, with their new values.
type Mutation struct {
	Fields map[Name]any
	Custom map[string]string
}

// check refuses a field that does not exist, a value that its field does not take, and
// a field that the caller may not write.
func (m Mutation) check(declared []Field, byAdmin bool) error {
	for name, v := range m.Fields {
		r, found := rules()[name]
		if !found {
			return fault.New(fault.FieldUnknown, "there is no field %s", name.Field())
		}
		if r.admin && !byAdmin {
			return fault.New(fault.FieldReadOnly, "only an admin sets %s", name.Field())
		}
		if err := r.check(name, v); err != nil {
			return err
		}
	}
	for word, text := range m.Custom {
		f := find(declared, word)
		switch {
		case f == nil:
			return fault.New(fault.FieldUnknown, "the application declares no custom field %.20q of profiles", word)
		case !byAdmin && !f.UserWrites:
			return fault.New(fault.FieldReadOnly, "only an admin sets the custom field %q", word)
		case len(text) > maxCustom || !utf8.ValidString(text):
			return fault.New(fault.TextTooLong, "a custom field has at most %d bytes of UTF-8", maxCustom)
		}
	}
	return nil
}

func (r rule) check(name Name, v any) error {
	switch v := v.(type) {
	case int64:
		switch {
		case !r.number:
			return fault.New(fault.FieldType, "%s is a text", name.Field())
		case v < 0 || v > 1<<32-1:
			return fault.New(fault.FieldValue, "%s is 0 to 4294967295", name.Field())
		}
	case string:
		switch {
		case r.number:
			return fault.New(fault.FieldType, "%s is a number", name.Field())
		case r.allowed != nil && !slices.Contains(r.allowed, v):
			return fault.New(fault.FieldValue, "%s does not take %.40q", name.Field(), v)
		case r.allowed == nil && (len(v) > r.max || !utf8.ValidString(v)):
			return fault.New(fault.TextTooLong, "%s has at most %d bytes of UTF-8", name.Field(), r.max)
		}
	default:
		return fault.New(fault.FieldType, "%s is a text or a number", name.Field())
	}
	return nil
}

// find returns the declared field of a name, or nil.
func find(declared []Field, word string) *Field {
	for i := range declared {
		if declared[i].Name == word {
			return &declared[i]
		}
	}
	return nil
}
