package apps

import (
	"slices"

	"parley/shared/domain/groups"
	"parley/shared/fault"
)

const (
	maxFields = 20 // custom fields of profiles, and as many of friends (docs/spec/tencent §13)
	maxWord   = 8  // letters in the name of a custom field

	// Custom fields of groups and of members (docs/spec/tencent §16.6).
	maxGroupFields  = 10
	maxMemberFields = 5
)

// check refuses settings with a value that is not allowed.
func check(set Settings) error {
	for _, r := range Table() {
		if err := r.check(set); err != nil {
			return err
		}
	}
	if err := checkGroupFields("GroupFields", set.GroupFields, maxGroupFields); err != nil {
		return err
	}
	if err := checkGroupFields("MemberFields", set.MemberFields, maxMemberFields); err != nil {
		return err
	}
	if err := checkFields("ProfileFields", set.ProfileFields); err != nil {
		return err
	}
	return checkFields("FriendFields", set.FriendFields)
}

// checkFields refuses too many custom fields, a field whose name is not a word of
// letters, and a name that is declared twice. Names that differ in case are different
// names.
func checkFields(setting string, fields []Field) error {
	if len(fields) > maxFields {
		return fault.New(fault.Invalid, "%s has at most %d fields", setting, maxFields)
	}
	seen := make(map[string]bool, len(fields))
	for _, f := range fields {
		if !isWord(f.Name) {
			return fault.New(fault.Invalid, "a Word in %s has 1 to %d letters from A to Z or a to z", setting, maxWord)
		}
		if seen[f.Name] {
			return fault.New(fault.Invalid, "%s declares %s twice", setting, f.Name)
		}
		seen[f.Name] = true
	}
	return nil
}

// isWord reports whether a text is 1 to maxWord letters.
func isWord(text string) bool {
	for _, c := range []byte(text) {
		if (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return text != "" && len(text) <= maxWord
}

// checkGroupFields refuses too many custom fields, a field whose name no group can have, one that
// is declared twice, and a right of something that is not a role.
func checkGroupFields(setting string, fields []groups.Field, most int) error {
	if len(fields) > most {
		return fault.New(fault.Invalid, "%s has at most %d fields", setting, most)
	}
	seen := make(map[string]bool, len(fields))
	for _, f := range fields {
		if err := groups.CheckFieldName(f.Name); err != nil {
			return fault.New(fault.Invalid, "%s: %s", setting, fault.Of(err).Text)
		}
		if seen[f.Name] {
			return fault.New(fault.Invalid, "%s declares %s twice", setting, f.Name)
		}
		seen[f.Name] = true
		if !slices.Contains(groups.FieldRoles(), f.Reads) || !slices.Contains(groups.FieldRoles(), f.Writes) {
			return fault.New(fault.Invalid, "%s: the rights of %s name no role", setting, f.Name)
		}
	}
	return nil
}
