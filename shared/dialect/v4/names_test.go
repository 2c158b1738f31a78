package v4_test

import (
	"slices"
	"testing"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/profiles"
	"parley/shared/fault"
)

// TestNames checks that every field has a name of this protocol, except the fields of a
// profile for which the vendor has no tag, and that a sentence is written with these names.
func TestNames(t *testing.T) {
	names := v4.Names()
	known := fault.Fields()
	for _, f := range known {
		if names[f] == "" {
			t.Errorf("field %q has no name", f)
		}
	}
	for _, n := range profiles.Names() {
		known = append(known, n.Field())
	}
	for f := range names {
		if !slices.Contains(known, f) {
			t.Errorf("%q has a name and is no field", f)
		}
	}
	for _, c := range []struct {
		err  error
		want string
	}{
		{fault.New(fault.Invalid, "%s has 1 to %d keys", fault.Keys, 10), "MsgKeyList has 1 to 10 keys"},
		{fault.AtItem(fault.BodyInvalid, fault.Elements, 2, "%s is not JSON", fault.ElementContent), "MsgBody[2]: MsgContent is not JSON"},
		{fault.New(fault.FieldValue, "%s is a number", profiles.Level.Field()), "Tag_Profile_IM_Level is a number"},
		{fault.New(fault.FieldValue, "%s is a text", profiles.Email.Field()), "profile.email is a text"},
	} {
		if _, got := v4.OpenIM().Of(c.err); got != c.want {
			t.Errorf("sentence of %v: got %q, want %q", c.err, got, c.want)
		}
	}
}
