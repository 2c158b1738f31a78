package apps_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/shared/domain/apps"
	"parley/shared/domain/sessions"
	"parley/shared/fault"
)

// common are the limits that every edition has (core spec §8.0, §8.16, §13).
func common(l apps.Limits) apps.Limits {
	l.Friends, l.Blocked, l.Lists, l.Requests, l.Following, l.Watched = 3000, 1000, 32, 100, 5000, 3000
	l.Native, l.Web = max(l.Native, 1), max(l.Web, 1)
	l.HistoryDays = 7
	return l
}

// withDays are limits that an application has of its own, beside what it cannot
// replace.
func withDays(l apps.Limits, days int) apps.Limits {
	l.RetentionDays, l.Native, l.Web = days, 1, 1
	return l
}

func TestLimits(t *testing.T) {
	for _, c := range []struct {
		set  apps.Settings
		want apps.Limits
		kept time.Duration
	}{
		{apps.Settings{Edition: apps.Developer}, common(apps.Limits{Accounts: 100, Conversations: 100, DeleteAllowed: true, RetentionDays: 7}), 168 * time.Hour},
		{apps.Settings{Edition: apps.Standard}, common(apps.Limits{Conversations: 100, RetentionDays: 7}), 168 * time.Hour},
		{apps.Settings{Edition: apps.Premium}, common(apps.Limits{Folders: true, Conversations: 500, RetentionDays: 30}), 720 * time.Hour},
		{apps.Settings{Edition: apps.Premium, RetentionDays: 1, DeleteAllowed: true},
			common(apps.Limits{Folders: true, Conversations: 500, RetentionDays: 1, DeleteAllowed: true}), 24 * time.Hour},
		// Several devices of a platform: premium only.
		{apps.Settings{Edition: apps.Premium, NativeInstances: 3, WebInstances: 10},
			common(apps.Limits{Folders: true, Conversations: 500, RetentionDays: 30, Native: 3, Web: 10}), 720 * time.Hour},
		{apps.Settings{Edition: apps.Standard, NativeInstances: 3, WebInstances: 10},
			common(apps.Limits{Conversations: 100, RetentionDays: 7}), 168 * time.Hour},
		{apps.Settings{Edition: apps.Developer, RetentionDays: 365},
			common(apps.Limits{Accounts: 100, Conversations: 100, DeleteAllowed: true, RetentionDays: 7}), 168 * time.Hour},
		{apps.Settings{Edition: apps.Developer, RetentionDays: 3},
			common(apps.Limits{Accounts: 100, Conversations: 100, DeleteAllowed: true, RetentionDays: 3}), 72 * time.Hour},
		{apps.Settings{Edition: apps.Standard, RetentionDays: 365}, common(apps.Limits{Conversations: 100, RetentionDays: 365}), 8760 * time.Hour},
		{apps.Settings{Edition: apps.Standard, Override: apps.MaxOverride()}, withDays(apps.MaxOverride(), 7), 168 * time.Hour},
		{apps.Settings{Edition: apps.Standard, Override: apps.Limits{RetentionDays: 9, DeleteAllowed: true}},
			common(apps.Limits{Conversations: 100, RetentionDays: 7}), 168 * time.Hour},
	} {
		if got := c.set.Limits(); got != c.want {
			t.Errorf("%+v: %+v, want %+v", c.set, got, c.want)
		}
		if got := (apps.App{Settings: c.set}).Retention(); got != c.kept {
			t.Errorf("%+v: kept for %s, want %s", c.set, got, c.kept)
		}
	}
	if _, ok := apps.Edition("free").Limits(); ok {
		t.Error("edition free has limits")
	}
}

// TestSpread: the devices online by 0.8 of 500 connects a second.
func TestSpread(t *testing.T) {
	for peak, want := range map[int]int{0: 10, 4000: 10, 4001: 11, 100_000: 250, 1_000_000: 2500} {
		if got := (apps.Settings{PeakOnline: peak}).Spread(); got != want {
			t.Errorf("%d devices online: %d s, want %d", peak, got, want)
		}
	}
}

func TestInForce(t *testing.T) {
	now := time.Unix(1_700_000_000, 999)
	for until, want := range map[int64]bool{0: true, now.Unix() - 1: false, now.Unix(): false, now.Unix() + 1: true} {
		if got := (apps.Key{Until: until}).InForce(now); got != want {
			t.Errorf("a key until %d is in force: %t, want %t", until, got, want)
		}
	}
}

// registry is a store that creates, adds and saves.
type registry struct {
	memory
	taken    map[int64]bool
	created  []apps.App
	added    apps.Key
	ended    []apps.Key
	put      string
	deleted  string
	accounts int
	counted  int
	users    []string // who was registered
	refused  error    // of registering
}

func (r *registry) Register(_ context.Context, _ apps.App, user string) error {
	if r.refused == nil {
		r.users = append(r.users, user)
	}
	return r.refused
}

func (r *registry) CreateApp(_ context.Context, a apps.App) (bool, error) {
	if r.taken[a.ID] {
		return false, nil
	}
	r.created = append(r.created, a)
	return true, nil
}

func (r *registry) SaveSettings(_ context.Context, id int64, s apps.Settings, _ int64) (bool, error) {
	a, ok := r.list[id]
	a.Settings = s
	r.list[id] = a
	return ok, nil
}

func (r *registry) AddKey(_ context.Context, _ int64, k apps.Key, ended []apps.Key) error {
	r.added, r.ended = k, ended
	return nil
}

func (r *registry) PutAdmin(_ context.Context, _ int64, user string) error { r.put = user; return nil }
func (r *registry) DeleteAdmin(_ context.Context, _ int64, user string) error {
	r.deleted = user
	return nil
}

func (r *registry) CountAccounts(context.Context, int64, int) (int, error) { return r.accounts, nil }

func (r *registry) SetAccountCount(_ context.Context, _ int64, n int) error {
	r.counted = n
	return nil
}

func newService() (*registry, *sealer, apps.Service) {
	r, s := &registry{memory: memory{list: map[int64]apps.App{}}, taken: map[int64]bool{}, counted: -1}, &sealer{}
	next := byte(0)
	return r, s, apps.Service{
		Store: r, Sealer: s, Accounts: r, Now: func() time.Time { return time.Unix(1_700_000_000, 0) },
		Bytes: func(n int) []byte {
			b := make([]byte, n)
			for i := range b {
				next++
				b[i] = next
			}
			return b
		},
	}
}

func TestCreate(t *testing.T) {
	r, _, s := newService()
	a, secret, err := s.Create(t.Context(), apps.Settings{Name: "n"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(secret) {
		t.Errorf("secret %q is not 64 digits in hexadecimal", secret)
	}
	if a.ID < 1_400_000_000 || a.ID >= 1_600_000_000 {
		t.Errorf("id %d is not of the range of ids", a.ID)
	}
	if a.Settings.Edition != apps.Developer || a.Settings.LoginPolicy != sessions.Dual || !slices.Equal(a.Admins, []string{"administrator"}) {
		t.Errorf("created with %+v, admins %q", a.Settings, a.Admins)
	}
	if k := a.Keys[0]; k.N != 1 || string(k.Sealed) != fmt.Sprintf("app/%d|%s", a.ID, secret) || k.Until != 0 || k.Created != 1_700_000_000 {
		t.Errorf("key %+v", k)
	}
	if strings.Contains(fmt.Sprintf("%+v", a.Settings), secret) || len(r.created) != 1 {
		t.Errorf("stored %d applications", len(r.created))
	}
	// The id that the same random bytes make is taken: another is found.
	r2, _, s2 := newService()
	r2.taken[a.ID] = true
	b, _, err := s2.Create(t.Context(), apps.Settings{}, []string{"x", "y", "x"})
	if err != nil || b.ID == a.ID || !slices.Equal(b.Admins, []string{"x", "y"}) {
		t.Errorf("with its id taken: %d, admins %q, %v", b.ID, b.Admins, err)
	}
	r3, sealer3, s3 := newService()
	s3.Bytes = func(n int) []byte { return make([]byte, n) }
	r3.taken[1_400_000_000] = true
	if _, _, err := s3.Create(t.Context(), apps.Settings{}, nil); !fault.Is(err, fault.Unavailable) || sealer3.seals > 10 {
		t.Errorf("with every id taken: %v after %d tries, want %s", err, sealer3.seals, fault.Unavailable)
	}
	eleven := strings.Split("a b c d e f g h i j k", " ")
	for what, call := range map[string]func() error{
		"a long name": func() error {
			_, _, err := s.Create(t.Context(), apps.Settings{Name: strings.Repeat("n", 101)}, nil)
			return err
		},
		"a name not UTF-8": func() error { _, _, err := s.Create(t.Context(), apps.Settings{Name: "\xff"}, nil); return err },
		"an edition":       func() error { _, _, err := s.Create(t.Context(), apps.Settings{Edition: "x"}, nil); return err },
		"a policy":         func() error { _, _, err := s.Create(t.Context(), apps.Settings{LoginPolicy: "x"}, nil); return err },
		"days below zero":  func() error { _, _, err := s.Create(t.Context(), apps.Settings{RetentionDays: -1}, nil); return err },
		"too many days":    func() error { _, _, err := s.Create(t.Context(), apps.Settings{RetentionDays: 366}, nil); return err },
		"too few days":     func() error { _, _, err := s.Create(t.Context(), apps.Settings{RetentionDays: 2}, nil); return err },
		"too many admins":  func() error { _, _, err := s.Create(t.Context(), apps.Settings{}, eleven); return err },
		"a long admin": func() error {
			_, _, err := s.Create(t.Context(), apps.Settings{}, []string{strings.Repeat("a", 33)})
			return err
		},
	} {
		if err := call(); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v, want %s", what, err, fault.Invalid)
		}
	}
	if len(r.created) != 1 {
		t.Errorf("%d applications are stored, want 1", len(r.created))
	}
	broken := errors.New("no key service")
	_, s4, service := newService()
	s4.err = broken
	if _, secret, err := service.Create(t.Context(), apps.Settings{}, nil); !errors.Is(err, broken) || secret != "" {
		t.Errorf("sealing fails: %q, %v, want %v and no secret", secret, err, broken)
	}
}

func TestRotateKey(t *testing.T) {
	const now = 1_700_000_000
	r, _, s := newService()
	r.list[1] = apps.App{ID: 1, Keys: []apps.Key{key(1, 1, now-5), key(1, 10, now+60), key(1, 11, 0), key(1, 2, now+7200)}}
	k, secret, err := s.RotateKey(t.Context(), 1, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if k.N != 12 || k.Until != 0 || string(r.added.Sealed) != "app/1|"+secret {
		t.Errorf("new key %+v, added %+v", k, r.added)
	}
	var ended []string
	for _, old := range r.ended {
		ended = append(ended, fmt.Sprint(old.N, old.Until-now))
	}
	if want := []string{"11 3600", "2 3600"}; !slices.Equal(ended, want) {
		t.Errorf("ended %q, want %q: no key is kept longer than it was", ended, want)
	}
	for keep, want := range map[time.Duration]fault.Code{
		-time.Second: fault.Invalid, 30*24*time.Hour + time.Second: fault.Invalid, 0: 0, 30 * 24 * time.Hour: 0,
	} {
		_, secret, err := s.RotateKey(t.Context(), 1, keep)
		if (err == nil) != (want == 0) || (err != nil && (fault.Of(err).Code != want || secret != "")) {
			t.Errorf("keep %s: %q, %v, want code %d", keep, secret, err, want)
		}
	}
	if _, _, err := s.RotateKey(t.Context(), 9, 0); !fault.Is(err, fault.AppUnknown) {
		t.Errorf("of no application: %v", err)
	}
}

func TestAdmins(t *testing.T) {
	r, _, s := newService()
	r.list[1] = apps.App{ID: 1, Admins: []string{"a", "b"}}
	if got, err := s.AddAdmin(t.Context(), 1, "c"); err != nil || !slices.Equal(got, []string{"a", "b", "c"}) || r.put != "c" {
		t.Errorf("AddAdmin = %q, %v, put %q", got, err, r.put)
	}
	r.put = ""
	if got, err := s.AddAdmin(t.Context(), 1, "a"); err != nil || len(got) != 2 || r.put != "" {
		t.Errorf("one who is already: %q, %v, put %q", got, err, r.put)
	}
	r.list[2] = apps.App{ID: 2, Admins: strings.Split("a b c d e f g h i j", " ")}
	if _, err := s.AddAdmin(t.Context(), 2, "k"); !fault.Is(err, fault.Invalid) || r.put != "" {
		t.Errorf("an eleventh: %v, put %q", err, r.put)
	}
	if want := []string{"c", "a"}; !slices.Equal(r.users, want) {
		t.Errorf("accounts of %q, want %q: of no one who is refused, and of an admin who may lack one", r.users, want)
	}
	r.refused = fault.New(fault.AccountQuota, "no room")
	if _, err := s.AddAdmin(t.Context(), 1, "c"); !fault.Is(err, fault.AccountQuota) || r.put != "" {
		t.Errorf("without room for an account: %v, put %q, want no admin without an account", err, r.put)
	}
	r.refused = nil
	if _, err := s.AddAdmin(t.Context(), 1, "\x01"); !fault.Is(err, fault.Invalid) {
		t.Errorf("an id that is none: %v", err)
	}
	if got, err := s.RemoveAdmin(t.Context(), 1, "a"); err != nil || !slices.Equal(got, []string{"b"}) || r.deleted != "a" {
		t.Errorf("RemoveAdmin = %q, %v, deleted %q", got, err, r.deleted)
	}
	r.deleted = ""
	if got, err := s.RemoveAdmin(t.Context(), 1, "x"); err != nil || len(got) != 2 || r.deleted != "" {
		t.Errorf("one who is none: %q, %v, deleted %q", got, err, r.deleted)
	}
	r.list[3] = apps.App{ID: 3, Admins: []string{"a"}}
	if _, err := s.RemoveAdmin(t.Context(), 3, "a"); !fault.Is(err, fault.Invalid) || r.deleted != "" {
		t.Errorf("the last: %v, deleted %q", err, r.deleted)
	}
}

// TestUpdate: an edition that limits accounts begins to count.
func TestUpdate(t *testing.T) {
	set := func(e apps.Edition) apps.Settings { return apps.Settings{Edition: e, LoginPolicy: sessions.Multi} }
	for _, c := range []struct {
		from, to          apps.Edition
		accounts, counted int
		want              fault.Code
	}{
		{apps.Premium, apps.Developer, 100, 100, 0},
		{apps.Premium, apps.Developer, 101, -1, fault.AccountQuota},
		{apps.Developer, apps.Premium, 100, -1, 0},
		{apps.Developer, apps.Developer, 100, -1, 0},
		{apps.Premium, "x", 0, -1, fault.Invalid},
	} {
		r, _, s := newService()
		r.accounts = c.accounts
		r.list[1] = apps.App{ID: 1, Settings: set(c.from)}
		a, err := s.Update(t.Context(), 1, set(c.to))
		if (err == nil) != (c.want == 0) || (err != nil && fault.Of(err).Code != c.want) || r.counted != c.counted {
			t.Errorf("%s to %s with %d accounts: %v, counted %d, want code %d, %d", c.from, c.to, c.accounts, err, r.counted, c.want, c.counted)
		}
		want := c.to
		if c.want != 0 {
			want = c.from
		} else if a.Settings.Edition != want || a.Updated != 1_700_000_000 {
			t.Errorf("%s to %s: answered %+v", c.from, c.to, a)
		}
		if got := r.list[1].Settings.Edition; got != want {
			t.Errorf("%s to %s: stored %s, want %s", c.from, c.to, got, want)
		}
	}
	_, _, s := newService()
	if _, err := s.Update(t.Context(), 9, set(apps.Premium)); !fault.Is(err, fault.AppUnknown) {
		t.Errorf("of no application: %v", err)
	}
}

// TestUpdateOverride: a lower number of accounts is held against what is there;
// the counter is written only where nothing counted before.
func TestUpdateOverride(t *testing.T) {
	set := func(e apps.Edition, accounts int) apps.Settings {
		return apps.Settings{Edition: e, LoginPolicy: sessions.Multi, Override: apps.Limits{Accounts: accounts}}
	}
	for _, c := range []struct {
		from, to          apps.Settings
		accounts, counted int
		want              fault.Code
	}{
		{set(apps.Premium, 0), set(apps.Premium, 5), 5, 5, 0},
		{set(apps.Premium, 0), set(apps.Premium, 5), 6, -1, fault.AccountQuota},
		{set(apps.Developer, 0), set(apps.Developer, 5), 5, -1, 0},
		{set(apps.Developer, 0), set(apps.Developer, 5), 6, -1, fault.AccountQuota},
		{set(apps.Premium, 5), set(apps.Premium, 4), 5, -1, fault.AccountQuota},
		{set(apps.Premium, 5), set(apps.Premium, 6), 5, -1, 0},
		{set(apps.Premium, 5), set(apps.Premium, 0), 5, -1, 0},
		{set(apps.Developer, 200), set(apps.Developer, 0), 101, -1, fault.AccountQuota},
		{set(apps.Premium, 200), set(apps.Developer, 0), 100, -1, 0},
	} {
		r, _, s := newService()
		r.accounts = c.accounts
		r.list[1] = apps.App{ID: 1, Settings: c.from}
		_, err := s.Update(t.Context(), 1, c.to)
		if (err == nil) != (c.want == 0) || (err != nil && fault.Of(err).Code != c.want) || r.counted != c.counted {
			t.Errorf("%s/%d to %s/%d with %d accounts: %v, counted %d, want code %d, %d", c.from.Edition, c.from.Override.Accounts,
				c.to.Edition, c.to.Override.Accounts, c.accounts, err, r.counted, c.want, c.counted)
		}
		want := c.to.Override
		if c.want != 0 {
			want = c.from.Override
		}
		if got := r.list[1].Settings.Override; got != want {
			t.Errorf("%+v is stored, want %+v", got, want)
		}
	}
}

// TestCheckEdges: each number, text and list of the settings at its edge and past
// it, on an update as on a creation.
func TestCheckEdges(t *testing.T) {
	words := func(n int) (list []apps.Field) {
		for i := range n {
			list = append(list, apps.Field{Word: "w" + string(rune('a'+i))})
		}
		return list
	}
	word := func(text string) []apps.Field { return []apps.Field{{Word: text}} }
	past := apps.MaxOverride()
	for name, c := range map[string]struct {
		change func(*apps.Settings)
		good   bool
	}{
		"3 native":           {func(s *apps.Settings) { s.NativeInstances = 3 }, true},
		"4 native":           {func(s *apps.Settings) { s.NativeInstances = 4 }, false},
		"-1 native":          {func(s *apps.Settings) { s.NativeInstances = -1 }, false},
		"10 web":             {func(s *apps.Settings) { s.WebInstances = 10 }, true},
		"11 web":             {func(s *apps.Settings) { s.WebInstances = 11 }, false},
		"-1 web":             {func(s *apps.Settings) { s.WebInstances = -1 }, false},
		"allow deny":         {func(s *apps.Settings) { s.Allow = "deny" }, true},
		"allow Deny":         {func(s *apps.Settings) { s.Allow = "Deny" }, false},
		"20 fields of both":  {func(s *apps.Settings) { s.ProfileFields, s.FriendFields = words(20), words(20) }, true},
		"21 of profiles":     {func(s *apps.Settings) { s.ProfileFields = words(21) }, false},
		"21 of friends":      {func(s *apps.Settings) { s.FriendFields = words(21) }, false},
		"a word of 8":        {func(s *apps.Settings) { s.ProfileFields = word("AZazAZaz") }, true},
		"a word of 9":        {func(s *apps.Settings) { s.ProfileFields = word("AZazAZazA") }, false},
		"no word":            {func(s *apps.Settings) { s.FriendFields = word("") }, false},
		"before A":           {func(s *apps.Settings) { s.FriendFields = word("@") }, false},
		"after Z":            {func(s *apps.Settings) { s.FriendFields = word("[") }, false},
		"before a":           {func(s *apps.Settings) { s.FriendFields = word("`") }, false},
		"after z":            {func(s *apps.Settings) { s.FriendFields = word("{") }, false},
		"the most":           {func(s *apps.Settings) { s.Override = past }, true},
		"past accounts":      {func(s *apps.Settings) { s.Override.Accounts = past.Accounts + 1 }, false},
		"past conversations": {func(s *apps.Settings) { s.Override.Conversations = past.Conversations + 1 }, false},
		"past friends":       {func(s *apps.Settings) { s.Override.Friends = past.Friends + 1 }, false},
		"past blocked":       {func(s *apps.Settings) { s.Override.Blocked = past.Blocked + 1 }, false},
		"past lists":         {func(s *apps.Settings) { s.Override.Lists = past.Lists + 1 }, false},
		"past requests":      {func(s *apps.Settings) { s.Override.Requests = past.Requests + 1 }, false},
		"past following":     {func(s *apps.Settings) { s.Override.Following = past.Following + 1 }, false},
		"past watched":       {func(s *apps.Settings) { s.Override.Watched = past.Watched + 1 }, false},
		"negative friends":   {func(s *apps.Settings) { s.Override.Friends = -1 }, false},
	} {
		r, _, s := newService()
		set := apps.Settings{Edition: apps.Premium, LoginPolicy: sessions.Dual}
		r.list[1] = apps.App{ID: 1, Settings: set}
		c.change(&set)
		_, _, created := s.Create(t.Context(), set, nil)
		_, updated := s.Update(t.Context(), 1, set)
		for _, err := range []error{created, updated} {
			if c.good && err != nil || !c.good && !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v, want accepted: %t", name, err, c.good)
			}
		}
	}
}
