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

	"parley/infra/testkit"
	"parley/shared/clock"
	"parley/shared/domain/apps"
	"parley/shared/domain/sessions"
	"parley/shared/fault"
)

// registry is a Store and a AccountCreator that records what the Service writes.
type registry struct {
	memory
	taken    map[int64]bool // ids that CreateApp refuses
	created  []apps.App
	added    []apps.Key // the keys after a rotation
	secret   []byte     // the last sealed secret that was written
	put      string
	deleted  string
	accounts int
	counted  int      // the number that SetAccountCount stored; -1: none
	users    []string // the users of successful calls of Register
	refusal  error    // the error of Register
}

func (r *registry) Register(_ context.Context, _ apps.App, user string) error {
	if r.refusal == nil {
		r.users = append(r.users, user)
	}
	return r.refusal
}

func (r *registry) CreateApp(_ context.Context, a apps.App, sealed []byte) (bool, error) {
	if r.taken[a.ID] {
		return false, nil
	}
	r.created, r.secret = append(r.created, a), sealed
	return true, nil
}

func (r *registry) SaveSettings(_ context.Context, id int64, s apps.Settings, _ int64) (bool, error) {
	a, ok := r.list[id]
	a.Settings = s
	r.list[id] = a
	return ok, nil
}

func (r *registry) AddKey(_ context.Context, id int64, before, keys []apps.Key, sealed []byte) error {
	if !slices.Equal(before, r.list[id].Keys) {
		return fault.New(fault.Conflict, "other keys")
	}
	r.added, r.secret = keys, sealed
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
	c := &countingClock{Clock: testkit.NewClock(time.Unix(1_700_000_000, 0))}
	return r, s, apps.New(r, r, s, r, c)
}

// countingClock is a clock whose bytes are 1, 2, 3, ...
type countingClock struct {
	*testkit.Clock
	next byte
}

// Bytes implements clock.Clock.
func (c *countingClock) Bytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		c.next++
		b[i] = c.next
	}
	return b
}

// zeroClock is a clock whose bytes are all 0.
type zeroClock struct{ clock.Clock }

// Bytes implements clock.Clock.
func (zeroClock) Bytes(n int) []byte { return make([]byte, n) }

func TestCreateMakesKeyAndAdmins(t *testing.T) {
	r, _, s := newService()
	a, secret, err := s.Create(t.Context(), apps.Settings{Name: "n"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(secret) {
		t.Errorf("secret %q is not 64 digits in hexadecimal", secret)
	}
	if a.ID < 1_400_000_000 || a.ID >= 1_600_000_000 {
		t.Errorf("id %d is not in the range of ids", a.ID)
	}
	if a.Settings.Edition != apps.Developer || a.Settings.LoginPolicy != sessions.Dual || !slices.Equal(a.Admins, []string{"administrator"}) {
		t.Errorf("created with %+v, admins %q", a.Settings, a.Admins)
	}
	if k := a.Keys[0]; k.Number != 1 || string(r.secret) != fmt.Sprintf("app/%d|%s", a.ID, secret) || k.Until != 0 || k.Created != 1_700_000_000 {
		t.Errorf("key %+v", k)
	}
	if strings.Contains(fmt.Sprintf("%+v", a.Settings), secret) || len(r.created) != 1 {
		t.Errorf("stored %d applications", len(r.created))
	}
	// If the first random id is taken, Create tries another one.
	r2, _, s2 := newService()
	r2.taken[a.ID] = true
	b, _, err := s2.Create(t.Context(), apps.Settings{}, []string{"x", "y", "x"})
	if err != nil || b.ID == a.ID || !slices.Equal(b.Admins, []string{"x", "y"}) {
		t.Errorf("with its id taken: %d, admins %q, %v", b.ID, b.Admins, err)
	}
	r3, sealer3, _ := newService()
	s3 := apps.New(r3, r3, sealer3, r3, zeroClock{testkit.NewClock(time.Unix(1_700_000_000, 0))})
	r3.taken[1_400_000_000] = true
	if _, _, err := s3.Create(t.Context(), apps.Settings{}, nil); !fault.Is(err, fault.Unavailable) || sealer3.seals > 10 {
		t.Errorf("with every id taken: %v after %d tries, want %s", err, sealer3.seals, fault.Unavailable)
	}
	eleven := strings.Split("a b c d e f g h i j k", " ")
	for what, call := range map[string]func() error{
		"a name that is too long": func() error {
			_, _, err := s.Create(t.Context(), apps.Settings{Name: strings.Repeat("n", 101)}, nil)
			return err
		},
		"a name that is not UTF-8":      func() error { _, _, err := s.Create(t.Context(), apps.Settings{Name: "\xff"}, nil); return err },
		"an unknown edition":            func() error { _, _, err := s.Create(t.Context(), apps.Settings{Edition: "x"}, nil); return err },
		"an unknown login policy":       func() error { _, _, err := s.Create(t.Context(), apps.Settings{LoginPolicy: "x"}, nil); return err },
		"a negative retention":          func() error { _, _, err := s.Create(t.Context(), apps.Settings{RetentionDays: -1}, nil); return err },
		"a retention that is too long":  func() error { _, _, err := s.Create(t.Context(), apps.Settings{RetentionDays: 366}, nil); return err },
		"a retention that is too short": func() error { _, _, err := s.Create(t.Context(), apps.Settings{RetentionDays: 2}, nil); return err },
		"too many admins":               func() error { _, _, err := s.Create(t.Context(), apps.Settings{}, eleven); return err },
		"an admin whose id is too long": func() error {
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

func TestRotateKeyEndsOlderKeys(t *testing.T) {
	const now = 1_700_000_000
	r, _, s := newService()
	r.list[1] = apps.App{ID: 1, Keys: []apps.Key{key(1, 1, now-5), key(1, 10, now+60), key(1, 11, 0), key(1, 2, now+7200)}}
	k, secret, err := s.RotateKey(t.Context(), 1, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if k.Number != 12 || k.Until != 0 || string(r.secret) != "app/1|"+secret {
		t.Errorf("new key %+v, added %+v", k, r.added)
	}
	var ends []string
	for _, k := range r.added {
		ends = append(ends, fmt.Sprint(k.Number, k.Until-now))
	}
	if want := []string{"1 -5", "10 60", "11 3600", "2 3600", fmt.Sprint(12, -now)}; !slices.Equal(ends, want) {
		t.Errorf("the keys end at %q, want %q: no key stays in force longer than before", ends, want)
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
		t.Errorf("an unknown application: %v", err)
	}
}

func TestAddAndRemoveAdmin(t *testing.T) {
	r, _, s := newService()
	r.list[1] = apps.App{ID: 1, Admins: []string{"a", "b"}}
	if got, err := s.AddAdmin(t.Context(), 1, "c"); err != nil || !slices.Equal(got, []string{"a", "b", "c"}) || r.put != "c" {
		t.Errorf("AddAdmin = %q, %v, put %q", got, err, r.put)
	}
	r.put = ""
	if got, err := s.AddAdmin(t.Context(), 1, "a"); err != nil || len(got) != 2 || r.put != "" {
		t.Errorf("a user who is already an admin: %q, %v, put %q", got, err, r.put)
	}
	r.list[2] = apps.App{ID: 2, Admins: strings.Split("a b c d e f g h i j", " ")}
	if _, err := s.AddAdmin(t.Context(), 2, "k"); !fault.Is(err, fault.Invalid) || r.put != "" {
		t.Errorf("an eleventh admin: %v, put %q", err, r.put)
	}
	if want := []string{"c", "a"}; !slices.Equal(r.users, want) {
		t.Errorf("accounts of %q, want %q: a refused user gets no account, and an admin without an account gets one", r.users, want)
	}
	r.refusal = fault.New(fault.AccountQuota, "no room")
	if _, err := s.AddAdmin(t.Context(), 1, "c"); !fault.Is(err, fault.AccountQuota) || r.put != "" {
		t.Errorf("without room for an account: %v, put %q, want no admin without an account", err, r.put)
	}
	r.refusal = nil
	if _, err := s.AddAdmin(t.Context(), 1, "\x01"); !fault.Is(err, fault.Invalid) {
		t.Errorf("an invalid id: %v", err)
	}
	if got, err := s.RemoveAdmin(t.Context(), 1, "a"); err != nil || !slices.Equal(got, []string{"b"}) || r.deleted != "a" {
		t.Errorf("RemoveAdmin = %q, %v, deleted %q", got, err, r.deleted)
	}
	r.deleted = ""
	if got, err := s.RemoveAdmin(t.Context(), 1, "x"); err != nil || len(got) != 2 || r.deleted != "" {
		t.Errorf("a user who is not an admin: %q, %v, deleted %q", got, err, r.deleted)
	}
	r.list[3] = apps.App{ID: 3, Admins: []string{"a"}}
	if _, err := s.RemoveAdmin(t.Context(), 3, "a"); !fault.Is(err, fault.Invalid) || r.deleted != "" {
		t.Errorf("the last admin: %v, deleted %q", err, r.deleted)
	}
}

// TestUpdateToLimitedEditionStoresTheCount shows that the accounts are counted when an
// application changes to an edition with a limit of accounts.
func TestUpdateToLimitedEditionStoresTheCount(t *testing.T) {
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
		t.Errorf("an unknown application: %v", err)
	}
}

// TestUpdateRefusesLimitBelowTheAccounts shows that a lower limit of accounts is
// compared with the number of accounts, and that this number is stored only if there
// was no limit before.
func TestUpdateRefusesLimitBelowTheAccounts(t *testing.T) {
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
