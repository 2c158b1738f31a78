package dialect_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"parley/shared/dialect"
	"parley/shared/dialect/usersig"
	"parley/shared/domain/apps"
	"parley/shared/fault"
)

// A directory has a good application, and applications in every other state.
type directory struct{ t *testing.T }

const (
	appID       = 1_400_000_001
	appDisabled = 1_400_000_002
	appNoKey    = 1_400_000_003
	appBroken   = 1_400_000_004
)

func (d directory) Renew(ctx context.Context, id int64) (*apps.OpenedApp, error) {
	open, err := d.FindOpened(ctx, id)
	if err == nil {
		open.Secrets = append([]string{"newest"}, open.Secrets...)
	}
	return open, err
}

func (directory) FindOpened(_ context.Context, id int64) (*apps.OpenedApp, error) {
	switch id {
	case appID, appID + 10:
		return &apps.OpenedApp{EffectiveApp: &apps.EffectiveApp{App: apps.App{ID: id}}, Secrets: []string{"new", "old"}}, nil
	case appDisabled:
		return nil, fault.New(fault.AppDisabled, "switched off")
	case appNoKey:
		return nil, fault.New(fault.AppNoKey, "no key")
	case appBroken:
		return nil, errors.New("the table is gone")
	}
	return nil, fault.New(fault.AppUnknown, "unknown")
}

// TestIdentifyOrder breaks every combination of conditions. Identify fails with the first
// broken condition, in the order of docs/spec/tencent §1.5 and §2.4.
func TestIdentifyOrder(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	type call struct {
		app, user   string
		secret      string
		signedApp   int64
		signedUser  string
		issued      time.Time
		mangle      func(string) string
		noSignature bool
	}
	conditions := []struct {
		code    fault.Code
		breakIt func(*call)
	}{
		{fault.AppMissing, func(c *call) { c.app = "" }},
		{fault.CallerMissing, func(c *call) { c.user = "" }},
		{fault.SignatureMissing, func(c *call) { c.noSignature = true }},
		{fault.SignatureMalformed, func(c *call) { c.mangle = func(s string) string { return s[:len(s)/2] } }},
		{fault.SignatureApp, func(c *call) { c.signedApp++ }},
		{fault.SignatureUser, func(c *call) { c.signedUser += "x" }},
		{fault.SignatureExpired, func(c *call) { c.issued = now.Add(-2 * time.Hour) }},
		{fault.SignatureMismatch, func(c *call) { c.secret = "q9x8w7" }},
	}
	for broken := range 1 << len(conditions) {
		c := call{app: "1400000001", user: "alice", secret: "old", signedApp: appID, signedUser: "alice", issued: now}
		want := fault.Code(0)
		for i, condition := range conditions {
			if broken&(1<<i) != 0 {
				condition.breakIt(&c)
				if want == 0 {
					want = condition.code
				}
			}
		}
		sig, err := usersig.Sign(c.secret, c.signedApp, c.signedUser, c.issued, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		if c.mangle != nil {
			sig = c.mangle(sig)
		}
		if c.noSignature {
			sig = ""
		}
		open, issued, err := dialect.Identify(t.Context(), directory{t}, &usersig.Parser{}, c.app, c.user, sig, now)
		if want == 0 {
			if err != nil || open.ID != appID || !issued.Equal(c.issued) {
				t.Errorf("a good call: %v, %v, %v", open, issued, err)
			}
			continue
		}
		if got := fault.Of(err).Code; got != want {
			t.Errorf("conditions %08b: %s, want %s", broken, got, want)
		}
		if !issued.IsZero() {
			t.Errorf("conditions %08b: refused, but issued at %v", broken, issued)
		}
		if found := want != fault.AppMissing; (open != nil) != found {
			t.Errorf("conditions %08b: the application is returned: %t, want %t", broken, open != nil, found)
		}
		for what, secret := range map[string]string{"the signature": sig, "the secret": "q9x8w7"} {
			if len(secret) > 3 && strings.Contains(err.Error(), secret) {
				t.Errorf("conditions %08b: %v contains %s", broken, err, what)
			}
		}
	}
}

// TestIdentifyApp checks which applications and which spellings of an id are refused, and
// that the spelling of the user counts.
func TestIdentifyApp(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	sig, err := usersig.Sign("new", appID, "alice", now, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for app, want := range map[string]fault.Code{
		"1400000002": fault.AppDisabled, "1400000003": fault.AppNoKey, "1400000004": fault.Internal, "5": fault.AppUnknown,
		"0": fault.AppUnknown, "-1400000001": fault.AppUnknown, "x": fault.AppUnknown, "1400000001.0": fault.AppUnknown,
		" 1400000001": fault.AppUnknown, "1400000001 ": fault.AppUnknown, "0x5": fault.AppUnknown,
		"99999999999999999999": fault.AppUnknown, strings.Repeat("9", 1000): fault.AppUnknown, "1400000011": fault.SignatureApp,
	} {
		_, _, err := dialect.Identify(t.Context(), directory{t}, &usersig.Parser{}, app, "alice", sig, now)
		if got := fault.Of(err).Code; err == nil || got != want {
			t.Errorf("sdkappid %.30q: %v, want %s", app, err, want)
		}
		if len(err.Error()) > 200 {
			t.Errorf("sdkappid %.30q: an answer of %d bytes", app, len(err.Error()))
		}
	}
	for _, user := range []string{"Alice", "alice ", " alice", "bob"} {
		if _, _, err := dialect.Identify(t.Context(), directory{t}, &usersig.Parser{}, "1400000001", user, sig, now); !fault.Is(err, fault.SignatureUser) {
			t.Errorf("identifier %q: %v, want %s", user, err, fault.SignatureUser)
		}
	}
}

// TestIdentifyAhead checks that a signature may be dated two seconds ahead of the server's
// clock, and not more, even if the date is very far away.
func TestIdentifyAhead(t *testing.T) {
	now := time.Unix(1_700_000_000, 900_000_000)
	for _, c := range []struct {
		ahead int64 // seconds
		want  fault.Code
	}{
		{-1, 0}, {0, 0}, {2, 0}, {3, fault.SignatureEarly}, {60, fault.SignatureEarly}, {10 * 365 * 86400, fault.SignatureEarly},
		{1<<63 - 1 - 1_700_000_000, fault.SignatureEarly},
	} {
		sig, err := usersig.Sign("new", appID, "alice", time.Unix(now.Unix()+c.ahead, 0), time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = dialect.Identify(t.Context(), directory{t}, &usersig.Parser{}, "1400000001", "alice", sig, now)
		if (err == nil) != (c.want == 0) || (err != nil && fault.Of(err).Code != c.want) {
			t.Errorf("%d s ahead: %v, want code %d", c.ahead, err, c.want)
		}
	}
}

// TestIdentifyNewKey checks that a function instance that has cached the older keys of an
// application accepts a signature of a new key.
func TestIdentifyNewKey(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	for secret, accepted := range map[string]bool{"newest": true, "new": true, "old": true, "of nobody": false} {
		sig, err := usersig.Sign(secret, appID, "alice", now, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = dialect.Identify(t.Context(), directory{t}, &usersig.Parser{}, "1400000001", "alice", sig, now)
		if accepted != (err == nil) || (err != nil && !fault.Is(err, fault.SignatureMismatch)) {
			t.Errorf("signed with the key %q: %v, want accepted %t", secret, err, accepted)
		}
	}
}
