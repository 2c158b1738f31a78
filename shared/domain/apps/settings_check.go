package apps

import "parley/shared/fault"

const (
	maxFields = 20 // custom fields of profiles, and as many of friends (docs/spec/tencent §13)
	maxWord   = 8  // letters in the name of a custom field
)

// check refuses settings with a value that is not allowed.
func check(set Settings) error {
	for _, r := range Table() {
		if err := r.check(set); err != nil {
			return err
		}
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
