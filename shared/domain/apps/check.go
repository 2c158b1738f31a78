package apps

import (
	"unicode/utf8"

	"parley/shared/domain/sessions"
	"parley/shared/fault"
)

const (
	maxName   = 100
	minDays   = 3 // of retention; seed 003: the developer edition's cannot be extended
	maxDays   = 365
	maxPeak   = 100_000_000 // devices online
	maxRecall = 7 * 24 * 3600
	maxMB     = 10_000 // of a picture or a file
	maxFields = 20     // custom fields of profiles, and of friends (core spec §13)
	maxWord   = 8      // letters of a custom field's name
)

// MaxOverride is how far an application may replace its edition's numbers. The
// accounts are counted within one call, a user's conversations are read in one
// query, and the names of the lists stand in an item that every change of a
// friend writes; the others are pages of items. The bucket of the files keeps
// nothing beyond 35 days (infra/stacks/data.yaml).
func MaxOverride() Limits {
	return Limits{
		Accounts: 100_000, Conversations: 500, Friends: 10_000, Blocked: 10_000, Lists: 100, Requests: 1000,
		Following: 10_000, Watched: 10_000, HistoryDays: 30,
	}
}

func check(set Settings) error {
	switch {
	case len(set.Name) > maxName || !utf8.ValidString(set.Name):
		return fault.New(fault.Invalid, "Name is over %d bytes or not UTF-8", maxName)
	case !set.LoginPolicy.Valid():
		return fault.New(fault.Invalid, "LoginPolicy is one of single, dual, triple, multi")
	case set.RetentionDays != 0 && (set.RetentionDays < minDays || set.RetentionDays > maxDays):
		return fault.New(fault.Invalid, "RetentionDays is %d to %d, or 0 for the edition's", minDays, maxDays)
	case set.Allow != "" && !set.Allow.Valid():
		return fault.New(fault.Invalid, "Allow is one of any, confirm, deny")
	}
	if _, ok := set.Edition.Limits(); !ok {
		return fault.New(fault.Invalid, "Edition is one of developer, standard, premium")
	}
	o, most := set.Override, MaxOverride()
	for _, n := range []struct {
		name      string
		got, most int
	}{
		{"NativeInstances", set.NativeInstances, sessions.MaxNative}, {"WebInstances", set.WebInstances, sessions.MaxWeb},
		{"PeakOnline", set.PeakOnline, maxPeak},
		{"RecallSeconds", set.RecallSeconds, maxRecall}, {"PictureMB", set.PictureMB, maxMB}, {"FileMB", set.FileMB, maxMB},
		{"Override.Accounts", o.Accounts, most.Accounts}, {"Override.Conversations", o.Conversations, most.Conversations},
		{"Override.Friends", o.Friends, most.Friends}, {"Override.Blocked", o.Blocked, most.Blocked},
		{"Override.Lists", o.Lists, most.Lists}, {"Override.Requests", o.Requests, most.Requests},
		{"Override.Following", o.Following, most.Following}, {"Override.Watched", o.Watched, most.Watched},
		{"Override.HistoryDays", o.HistoryDays, most.HistoryDays},
	} {
		if n.got < 0 || n.got > n.most {
			return fault.New(fault.Invalid, "%s is 0 to %d", n.name, n.most)
		}
	}
	if err := checkFields("ProfileFields", set.ProfileFields); err != nil {
		return err
	}
	return checkFields("FriendFields", set.FriendFields)
}

// checkFields refuses custom fields that are too many, without a proper word or
// declared twice. Words that differ in case are different words.
func checkFields(what string, fields []Field) error {
	if len(fields) > maxFields {
		return fault.New(fault.Invalid, "%s has at most %d fields", what, maxFields)
	}
	seen := make(map[string]bool, len(fields))
	for _, f := range fields {
		if !isWord(f.Word) {
			return fault.New(fault.Invalid, "a Word in %s has 1 to %d letters from A to Z or a to z", what, maxWord)
		}
		if seen[f.Word] {
			return fault.New(fault.Invalid, "%s declares %s twice", what, f.Word)
		}
		seen[f.Word] = true
	}
	return nil
}

func isWord(text string) bool {
	for _, c := range []byte(text) {
		if (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return text != "" && len(text) <= maxWord
}
