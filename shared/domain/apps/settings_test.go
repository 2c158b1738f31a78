package apps_test

import (
	"testing"
	"time"

	"parley/shared/domain/apps"
	"parley/shared/domain/sessions"
	"parley/shared/fault"
)

// withCommon sets the limits that are equal in all editions
// (docs/spec/tencent §8.0, §8.16, §13). It does not replace Native and Web.
func withCommon(l apps.Limits) apps.Limits {
	l.Friends, l.Blocked, l.Lists, l.Requests, l.Following, l.Watched = 3000, 1000, 32, 100, 5000, 3000
	l.Native, l.Web = max(l.Native, 1), max(l.Web, 1)
	l.HistoryDays = 7
	return l
}

// withRetention returns overriding limits with those that an application cannot
// override: the retention, and one device of a native platform and one browser.
func withRetention(l apps.Limits, days int) apps.Limits {
	l.RetentionDays, l.Native, l.Web = days, 1, 1
	return l
}

func TestLimitsOfEditionAndSettings(t *testing.T) {
	for _, c := range []struct {
		set       apps.Settings
		want      apps.Limits
		retention time.Duration
	}{
		{apps.Settings{Edition: apps.Developer}, withCommon(apps.Limits{Accounts: 100, Conversations: 100, DeleteAllowed: true, RetentionDays: 7}), 168 * time.Hour},
		{apps.Settings{Edition: apps.Standard}, withCommon(apps.Limits{Conversations: 100, RetentionDays: 7}), 168 * time.Hour},
		{apps.Settings{Edition: apps.Premium}, withCommon(apps.Limits{Folders: true, Conversations: 500, RetentionDays: 30}), 720 * time.Hour},
		{apps.Settings{Edition: apps.Premium, RetentionDays: 1, DeleteAllowed: true},
			withCommon(apps.Limits{Folders: true, Conversations: 500, RetentionDays: 1, DeleteAllowed: true}), 24 * time.Hour},
		// Only the premium edition can have several devices of a platform.
		{apps.Settings{Edition: apps.Premium, NativeInstances: 3, WebInstances: 10},
			withCommon(apps.Limits{Folders: true, Conversations: 500, RetentionDays: 30, Native: 3, Web: 10}), 720 * time.Hour},
		{apps.Settings{Edition: apps.Standard, NativeInstances: 3, WebInstances: 10},
			withCommon(apps.Limits{Conversations: 100, RetentionDays: 7}), 168 * time.Hour},
		{apps.Settings{Edition: apps.Developer, RetentionDays: 365},
			withCommon(apps.Limits{Accounts: 100, Conversations: 100, DeleteAllowed: true, RetentionDays: 7}), 168 * time.Hour},
		{apps.Settings{Edition: apps.Developer, RetentionDays: 3},
			withCommon(apps.Limits{Accounts: 100, Conversations: 100, DeleteAllowed: true, RetentionDays: 3}), 72 * time.Hour},
		{apps.Settings{Edition: apps.Standard, RetentionDays: 365}, withCommon(apps.Limits{Conversations: 100, RetentionDays: 365}), 8760 * time.Hour},
		{apps.Settings{Edition: apps.Standard, Override: apps.MaxOverride()}, withRetention(apps.MaxOverride(), 7), 168 * time.Hour},
		{apps.Settings{Edition: apps.Standard, Override: apps.Limits{RetentionDays: 9, DeleteAllowed: true}},
			withCommon(apps.Limits{Conversations: 100, RetentionDays: 7}), 168 * time.Hour},
	} {
		if got := c.set.Limits(); got != c.want {
			t.Errorf("%+v: %+v, want %+v", c.set, got, c.want)
		}
		if got := (apps.App{Settings: c.set}).Retention(); got != c.retention {
			t.Errorf("%+v: messages are stored for %s, want %s", c.set, got, c.retention)
		}
	}
	if _, ok := apps.Edition("free").Limits(); ok {
		t.Error("edition free has limits")
	}
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

// TestSettingsAtAndPastTheirLimits plays each number, text and list of the settings at
// its limit and past it, when an application is created and when it is updated.
func TestSettingsAtAndPastTheirLimits(t *testing.T) {
	words := func(n int) (list []apps.Field) {
		for i := range n {
			list = append(list, apps.Field{Name: "w" + string(rune('a'+i))})
		}
		return list
	}
	word := func(text string) []apps.Field { return []apps.Field{{Name: text}} }
	limit := apps.MaxOverride()
	for name, c := range map[string]struct {
		change   func(*apps.Settings)
		accepted bool
	}{
		"accepts 3 native devices":                        {func(s *apps.Settings) { s.NativeInstances = 3 }, true},
		"rejects 4 native devices":                        {func(s *apps.Settings) { s.NativeInstances = 4 }, false},
		"rejects -1 native devices":                       {func(s *apps.Settings) { s.NativeInstances = -1 }, false},
		"accepts 10 browsers":                             {func(s *apps.Settings) { s.WebInstances = 10 }, true},
		"rejects 11 browsers":                             {func(s *apps.Settings) { s.WebInstances = 11 }, false},
		"rejects -1 browsers":                             {func(s *apps.Settings) { s.WebInstances = -1 }, false},
		"accepts Allow deny":                              {func(s *apps.Settings) { s.Allow = "deny" }, true},
		"rejects Allow Deny":                              {func(s *apps.Settings) { s.Allow = "Deny" }, false},
		"accepts 20 fields of profiles and 20 of friends": {func(s *apps.Settings) { s.ProfileFields, s.FriendFields = words(20), words(20) }, true},
		"rejects 21 fields of profiles":                   {func(s *apps.Settings) { s.ProfileFields = words(21) }, false},
		"rejects 21 fields of friends":                    {func(s *apps.Settings) { s.FriendFields = words(21) }, false},
		"accepts a word of 8 letters":                     {func(s *apps.Settings) { s.ProfileFields = word("AZazAZaz") }, true},
		"rejects a word of 9 letters":                     {func(s *apps.Settings) { s.ProfileFields = word("AZazAZazA") }, false},
		"rejects an empty word":                           {func(s *apps.Settings) { s.FriendFields = word("") }, false},
		"rejects the character before A":                  {func(s *apps.Settings) { s.FriendFields = word("@") }, false},
		"rejects the character after Z":                   {func(s *apps.Settings) { s.FriendFields = word("[") }, false},
		"rejects the character before a":                  {func(s *apps.Settings) { s.FriendFields = word("`") }, false},
		"rejects the character after z":                   {func(s *apps.Settings) { s.FriendFields = word("{") }, false},
		"accepts the maximum overrides":                   {func(s *apps.Settings) { s.Override = limit }, true},
		"rejects more accounts than the maximum":          {func(s *apps.Settings) { s.Override.Accounts = limit.Accounts + 1 }, false},
		"rejects more conversations than the maximum":     {func(s *apps.Settings) { s.Override.Conversations = limit.Conversations + 1 }, false},
		"rejects more friends than the maximum":           {func(s *apps.Settings) { s.Override.Friends = limit.Friends + 1 }, false},
		"rejects more blocked users than the maximum":     {func(s *apps.Settings) { s.Override.Blocked = limit.Blocked + 1 }, false},
		"rejects more lists than the maximum":             {func(s *apps.Settings) { s.Override.Lists = limit.Lists + 1 }, false},
		"rejects more requests than the maximum":          {func(s *apps.Settings) { s.Override.Requests = limit.Requests + 1 }, false},
		"rejects more followed users than the maximum":    {func(s *apps.Settings) { s.Override.Following = limit.Following + 1 }, false},
		"rejects more watched users than the maximum":     {func(s *apps.Settings) { s.Override.Watched = limit.Watched + 1 }, false},
		"rejects a negative number of friends":            {func(s *apps.Settings) { s.Override.Friends = -1 }, false},
	} {
		r, _, s := newService()
		set := apps.Settings{Edition: apps.Premium, LoginPolicy: sessions.Dual}
		r.list[1] = apps.App{ID: 1, Settings: set}
		c.change(&set)
		_, _, created := s.Create(t.Context(), set, nil)
		_, updated := s.Update(t.Context(), 1, set)
		for _, err := range []error{created, updated} {
			if c.accepted && err != nil || !c.accepted && !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v, want accepted: %t", name, err, c.accepted)
			}
		}
	}
}
