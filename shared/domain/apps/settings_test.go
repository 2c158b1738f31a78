package apps_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/shared/domain/accounts"
	"parley/shared/domain/apps"
	"parley/shared/domain/groups"
	"parley/shared/domain/sessions"
	"parley/shared/fault"
)

func TestWhatIsInForce(t *testing.T) {
	for _, c := range []struct {
		name string
		set  apps.Settings
		want apps.EffectiveSettings // only the fields that differ between the cases
		days time.Duration
	}{
		{"the developer edition", apps.Settings{Edition: apps.Developer}, inForce(100, 100, 7, 1, 1, true, false), 7},
		{"the standard edition", apps.Settings{Edition: apps.Standard}, inForce(0, 100, 7, 1, 1, false, false), 7},
		{"the premium edition", apps.Settings{Edition: apps.Premium}, inForce(0, 500, 30, 1, 1, false, true), 30},
		{"settings of the premium edition", apps.Settings{Edition: apps.Premium, RetentionDays: 3, DeleteAllowed: true, NativeInstances: 3, WebInstances: 10},
			inForce(0, 500, 3, 3, 10, true, true), 3},
		{"several devices need the premium edition", apps.Settings{Edition: apps.Standard, NativeInstances: 3, WebInstances: 10},
			inForce(0, 100, 7, 1, 1, false, false), 7},
		{"the developer edition cannot extend the retention", apps.Settings{Edition: apps.Developer, RetentionDays: 365},
			inForce(100, 100, 7, 1, 1, true, false), 7},
		{"the developer edition can shorten the retention", apps.Settings{Edition: apps.Developer, RetentionDays: 3},
			inForce(100, 100, 3, 1, 1, true, false), 3},
		{"the standard edition can extend the retention", apps.Settings{Edition: apps.Standard, RetentionDays: 365},
			inForce(0, 100, 365, 1, 1, false, false), 365},
		{"limits of the application", apps.Settings{Edition: apps.Standard, Override: apps.Limits{Accounts: 5, Conversations: 6}},
			inForce(5, 6, 7, 1, 1, false, false), 7},
	} {
		got := c.set.InForce()
		same := got.Accounts == c.want.Accounts && got.Conversations == c.want.Conversations && got.RetentionDays == c.want.RetentionDays &&
			got.NativeInstances == c.want.NativeInstances && got.WebInstances == c.want.WebInstances &&
			got.DeleteAllowed == c.want.DeleteAllowed && got.Features == c.want.Features
		if !same {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
		if got.Retention() != c.days*24*time.Hour {
			t.Errorf("%s: messages are stored for %s, want %d days", c.name, got.Retention(), c.days)
		}
		if got.Friends != 3000 || got.Allow != accounts.AllowAny || got.RecallWindow() != 2*time.Minute {
			t.Errorf("%s: %d friends, Allow %s, recall for %s, want 3000, any, 2m", c.name, got.Friends, got.Allow, got.RecallWindow())
		}
	}
	follow := func(e apps.Edition) bool { return apps.Settings{Edition: e, Follow: true}.InForce().Follow }
	if follow(apps.Developer) || !follow(apps.Standard) {
		t.Error("Follow is for every edition but the developer edition")
	}
}

// TestLimitsOfGroups checks what the editions allow of groups, and what an operator can replace
// in each (docs/spec/tencent §16.1, §13.1).
func TestLimitsOfGroups(t *testing.T) {
	more := apps.Limits{GroupMembers: 6000, Groups: 500, NewGroups: 20, JoinedGroups: 3000}
	for _, c := range []struct {
		edition         apps.Edition
		override        apps.Limits
		members, groups int
		day, joined     int
		history         bool
	}{
		{apps.Developer, apps.Limits{}, 20, 100, 10_000, 50, false},
		{apps.Standard, apps.Limits{}, 200, 0, 10_000, 500, false},
		{apps.Premium, apps.Limits{}, 2000, 0, 10_000, 3000, true},
		{apps.Developer, more, 20, 500, 20, 50, false},
		{apps.Standard, more, 2000, 500, 20, 1000, false},
		{apps.Premium, more, 6000, 500, 20, 3000, true},
	} {
		got := apps.Settings{Edition: c.edition, Override: c.override, HistoryBeforeJoin: true}.InForce()
		if got.GroupMembers != c.members || got.Limits.Groups != c.groups || got.NewGroups != c.day || got.JoinedGroups != c.joined || got.HistoryBeforeJoin != c.history {
			t.Errorf("%s with %+v: %d members, %d groups, %d a day, %d joined, history %t, want %+v",
				c.edition, c.override, got.GroupMembers, got.Limits.Groups, got.NewGroups, got.JoinedGroups, got.HistoryBeforeJoin, c)
		}
	}
}

func inForce(accounts, conversations, days, native, web int, deleteAllowed, premium bool) (f apps.EffectiveSettings) {
	f.Accounts, f.Conversations, f.RetentionDays, f.NativeInstances, f.WebInstances = accounts, conversations, days, native, web
	f.DeleteAllowed = deleteAllowed
	f.Features = apps.Features{Folders: premium, Extensions: premium, GroupCounters: premium, Directed: premium, GroupReceipts: premium, ReserveDeletedIDs: accounts != 100}
	return f
}

// TestTable checks what the tags alone cannot say: that a stored name is used once, that a
// default is allowed, and that the words of a row are the constants of its type.
func TestTable(t *testing.T) {
	stored := map[string]string{"ct": "Created", "ut": "Updated", "pf": "ProfileFields", "ff": "FriendFields", "gf": "GroupFields", "mf": "MemberFields"}
	for _, r := range apps.Table() {
		if r.Part == apps.OfFeatures {
			continue
		}
		if other, taken := stored[r.Stored]; taken || r.Stored == "" {
			t.Errorf("%s is stored as %q, like %q", r.Path(), r.Stored, other)
		}
		stored[r.Stored] = r.Path()
		for _, n := range r.Default {
			if _, number := r.Value(apps.Settings{}).(int); number && (r.Max == 0 || n > r.Max || n < r.Min) {
				t.Errorf("%s is %d by default, and %d to %d can be set", r.Path(), n, r.Min, r.Max)
			}
		}
		if len(r.Values) > 0 && !slices.Contains(r.Values, r.Word) {
			t.Errorf("%s is %q by default, want one of %q", r.Path(), r.Word, r.Values)
		}
	}
	for name, want := range map[string][]string{
		"Edition":     {string(apps.Developer), string(apps.Standard), string(apps.Premium)},
		"LoginPolicy": {string(sessions.Single), string(sessions.Dual), string(sessions.Triple), string(sessions.Multi)},
		"Allow":       {string(accounts.AllowAny), string(accounts.NeedConfirm), string(accounts.DenyAny)},
	} {
		if got := row(t, name).Values; !slices.Equal(got, want) {
			t.Errorf("%s is one of %q, want %q", name, got, want)
		}
	}
	if native, web := row(t, "NativeInstances").Max, row(t, "WebInstances").Max; native != sessions.MaxNative || web != sessions.MaxWeb {
		t.Errorf("%d native devices and %d browsers can be set, and a session has place for %d and %d", native, web, sessions.MaxNative, sessions.MaxWeb)
	}
}

func row(t *testing.T, path string) apps.Row {
	t.Helper()
	for _, r := range apps.Table() {
		if r.Path() == path {
			return r
		}
	}
	t.Fatalf("the table has no row %s", path)
	return apps.Row{}
}

// TestSpread shows that clients connect with at most 80% of 500 connects a second.
func TestSpreadKeepsConnectsUnderTheQuota(t *testing.T) {
	for peak, want := range map[int]int{0: 10, 4000: 10, 4001: 11, 100_000: 250, 1_000_000: 2500} {
		if got := (apps.Settings{PeakOnline: peak}).Spread(); got != want {
			t.Errorf("%d devices online: %d s, want %d", peak, got, want)
		}
	}
}

func TestKeyIsInForceUntilItEnds(t *testing.T) {
	now := time.Unix(1_700_000_000, 999)
	for until, want := range map[int64]bool{0: true, now.Unix() - 1: false, now.Unix(): false, now.Unix() + 1: true} {
		if got := (apps.Key{Until: until}).InForce(now); got != want {
			t.Errorf("a key until %d is in force: %t, want %t", until, got, want)
		}
	}
}

// TestSettingsAtAndPastTheirLimits plays each row of the table, and the custom fields, at
// its limit and past it, when an application is created and when it is updated.
func TestSettingsAtAndPastTheirLimits(t *testing.T) {
	check := func(what string, accepted bool, change func(*apps.Settings)) {
		r, _, s := newService()
		set := apps.Settings{Edition: apps.Premium, LoginPolicy: sessions.Dual}
		r.list[1] = apps.App{ID: 1, Settings: set}
		change(&set)
		_, _, created := s.Create(t.Context(), set, nil)
		_, updated := s.Update(t.Context(), 1, set)
		for _, err := range []error{created, updated} {
			if accepted && err != nil || !accepted && !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v, want accepted: %t", what, err, accepted)
			}
		}
	}
	for _, r := range apps.Table() {
		try := func(value any, accepted bool) {
			check(fmt.Sprintf("%s %.20v", r.Path(), value), accepted, func(s *apps.Settings) { r.Set(s, value) })
		}
		switch r.Value(apps.Settings{}).(type) {
		case int:
			try(0, true)
			try(max(r.Min, 1), true)
			try(r.Max, true)
			try(r.Max+1, false)
			try(-1, false)
			if r.Min > 0 {
				try(r.Min-1, false)
			}
		case string:
			for _, word := range r.Values {
				try(word, true)
				try(strings.ToUpper(word), false)
			}
			if r.Bytes > 0 {
				try(strings.Repeat("n", r.Bytes), true)
				try(strings.Repeat("n", r.Bytes+1), false)
			}
		}
	}
	words := func(n int) (list []apps.Field) {
		for i := range n {
			list = append(list, apps.Field{Name: "w" + string(rune('a'+i))})
		}
		return list
	}
	check("20 fields of profiles and of friends", true, func(s *apps.Settings) { s.ProfileFields, s.FriendFields = words(20), words(20) })
	check("21 fields of profiles", false, func(s *apps.Settings) { s.ProfileFields = words(21) })
	check("21 fields of friends", false, func(s *apps.Settings) { s.FriendFields = words(21) })
	named := func(n int) (list []groups.Field) {
		for i := range n {
			list = append(list, groups.Field{Name: fmt.Sprint("f_", i), Reads: groups.Member, Writes: groups.Application})
		}
		return list
	}
	check("10 fields of groups and 5 of members", true, func(s *apps.Settings) { s.GroupFields, s.MemberFields = named(10), named(5) })
	check("11 fields of groups", false, func(s *apps.Settings) { s.GroupFields = named(11) })
	check("6 fields of members", false, func(s *apps.Settings) { s.MemberFields = named(6) })
	check("a field of groups twice", false, func(s *apps.Settings) { s.GroupFields = append(named(1), named(1)...) })
	check("a right of nobody", false, func(s *apps.Settings) { s.GroupFields = []groups.Field{{Name: "a", Reads: groups.Nobody}} })
	for text, accepted := range map[string]bool{"AZaz09_bcdefghij": true, "AZaz09_bcdefghijk": false, "": false, "-": false, "@": false, "[": false, "`": false, "{": false, "/": false, ":": false} {
		check(fmt.Sprintf("the field %q of groups", text), accepted, func(s *apps.Settings) { s.GroupFields = []groups.Field{{Name: text}} })
	}
	// The characters around the letters, and the length.
	for text, accepted := range map[string]bool{"AZazAZaz": true, "AZazAZazA": false, "": false, "@": false, "[": false, "`": false, "{": false} {
		check(fmt.Sprintf("the field %q", text), accepted, func(s *apps.Settings) { s.FriendFields = []apps.Field{{Name: text}} })
	}
}
