package apps

import (
	"unicode/utf8"

	"parley/shared/domain/sessions"
	"parley/shared/fault"
)

const (
	maxName = 100 // bytes
	// The vendor lets applications extend the retention, but not in the developer
	// edition (its page Use Limits).
	minRetentionDays = 3
	maxRetentionDays = 365
	maxPeakOnline    = 100_000_000 // devices
	maxRecallSeconds = 7 * 24 * 3600
	maxMB            = 10_000 // of a picture or a file
	maxFields        = 20     // custom fields of profiles, and as many of friends (docs/spec/tencent §13)
	maxWord          = 8      // letters in the name of a custom field
)

// MaxOverride returns the maximum values of Settings.Override.
//
// These numbers have reasons: one call counts all accounts; one query reads the
// conversations of a user's list; the names of all friend lists are in one item, which
// every change of a friend writes; the bucket of the exports deletes objects after
// 35 days (infra/stacks/data.yaml). The other numbers only mean more pages of items.
func MaxOverride() Limits {
	return Limits{
		Accounts: 100_000, Conversations: 500, Friends: 10_000, Blocked: 10_000, Lists: 100, Requests: 1000,
		Following: 10_000, Watched: 10_000, HistoryDays: 30,
	}
}

// check refuses settings with a value that is not allowed.
func check(set Settings) error {
	switch {
	case len(set.Name) > maxName || !utf8.ValidString(set.Name):
		return fault.New(fault.Invalid, "Name is over %d bytes or not UTF-8", maxName)
	case !set.LoginPolicy.Valid():
		return fault.New(fault.Invalid, "LoginPolicy is one of single, dual, triple, multi")
	case set.RetentionDays != 0 && (set.RetentionDays < minRetentionDays || set.RetentionDays > maxRetentionDays):
		return fault.New(fault.Invalid, "RetentionDays is %d to %d, or 0 for the edition's", minRetentionDays, maxRetentionDays)
	case set.Allow != "" && !set.Allow.Valid():
		return fault.New(fault.Invalid, "Allow is one of any, confirm, deny")
	}
	if _, ok := set.Edition.Limits(); !ok {
		return fault.New(fault.Invalid, "Edition is one of developer, standard, premium")
	}
	o, limit := set.Override, MaxOverride()
	for _, n := range []struct {
		name     string
		got, max int
	}{
		{"NativeInstances", set.NativeInstances, sessions.MaxNative}, {"WebInstances", set.WebInstances, sessions.MaxWeb},
		{"PeakOnline", set.PeakOnline, maxPeakOnline},
		{"RecallSeconds", set.RecallSeconds, maxRecallSeconds}, {"PictureMB", set.PictureMB, maxMB}, {"FileMB", set.FileMB, maxMB},
		{"Override.Accounts", o.Accounts, limit.Accounts}, {"Override.Conversations", o.Conversations, limit.Conversations},
		{"Override.Friends", o.Friends, limit.Friends}, {"Override.Blocked", o.Blocked, limit.Blocked},
		{"Override.Lists", o.Lists, limit.Lists}, {"Override.Requests", o.Requests, limit.Requests},
		{"Override.Following", o.Following, limit.Following}, {"Override.Watched", o.Watched, limit.Watched},
		{"Override.HistoryDays", o.HistoryDays, limit.HistoryDays},
	} {
		if n.got < 0 || n.got > n.max {
			return fault.New(fault.Invalid, "%s is 0 to %d", n.name, n.max)
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
