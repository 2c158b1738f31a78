package accounts_test

import (
	"strings"
	"testing"
	"time"

	"parley/shared/domain/accounts"
	"parley/shared/fault"
)

func TestCheckID(t *testing.T) {
	for _, id := range []string{"a", " ", "~", "a#b", "@RBT#001", `"'\`, strings.Repeat("z", 32)} {
		if err := accounts.CheckID(id); err != nil {
			t.Errorf("CheckID(%q): %v, want nil", id, err)
		}
	}
	for c := range 256 {
		err := accounts.CheckID("a" + string([]byte{byte(c)}))
		if got, want := err == nil, c >= 0x20 && c <= 0x7e; got != want {
			t.Errorf("an id with byte %#x is accepted: %t, want %t", c, got, want)
		}
	}
	for _, id := range []string{"", strings.Repeat("z", 33), "é", "中"} {
		if err := accounts.CheckID(id); !fault.Is(err, fault.Invalid) {
			t.Errorf("CheckID(%q): %v, want %s", id, err, fault.Invalid)
		}
	}
}

func TestServes(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	for _, c := range []struct {
		name    string
		account *accounts.Account
		issued  time.Time
		admin   bool
		want    fault.Code // 0: accepted
	}{
		{"none", nil, now, false, fault.CallerUnknown},
		{"an admin need not be an account", nil, now, true, 0},
		{"an admin that is deleted", &accounts.Account{Deleted: 1}, now, true, fault.CallerUnknown},
		{"an admin that is banned", &accounts.Account{BannedUntil: now.Unix() + 1}, now, true, fault.Banned},
		{"an admin whose signatures are void", &accounts.Account{SignaturesFrom: now.Unix()}, now, true, fault.SignatureRevoked},
		{"alive", &accounts.Account{}, now, false, 0},
		{"deleted", &accounts.Account{Deleted: 1}, now, false, fault.CallerUnknown},
		{"deleted counts before banned", &accounts.Account{Deleted: 1, BannedUntil: now.Unix() + 1}, now, false, fault.CallerUnknown},
		{"banned for a second more", &accounts.Account{BannedUntil: now.Unix() + 1}, now, false, fault.Banned},
		{"banned until now", &accounts.Account{BannedUntil: now.Unix()}, now, false, 0},
		{"banned counts before revoked", &accounts.Account{BannedUntil: now.Unix() + 1, SignaturesFrom: now.Unix()}, now, false, fault.Banned},
		{"revoked in the same second", &accounts.Account{SignaturesFrom: now.Unix()}, now, false, fault.SignatureRevoked},
		{"revoked before", &accounts.Account{SignaturesFrom: now.Unix() - 1}, now, false, 0},
		{"revoked after", &accounts.Account{SignaturesFrom: now.Unix()}, now.Add(-time.Hour), false, fault.SignatureRevoked},
		{"muted users may sign in", &accounts.Account{MutedUntil: now.Unix() + 99}, now, false, 0},
	} {
		err := c.account.Serves(accounts.Caller{ID: "alice", Issued: c.issued, Admin: c.admin}, now)
		if (err == nil) != (c.want == 0) || (err != nil && fault.Of(err).Code != c.want) {
			t.Errorf("%s: %v, want code %d", c.name, err, c.want)
		}
	}
}
