package accounts_test

import (
	"testing"
	"time"

	"parley/shared/domain/accounts"
	"parley/shared/fault"
)

func TestServesDecidesByAccountAndSignature(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	for _, c := range []struct {
		name    string
		account *accounts.Account
		issued  time.Time
		admin   bool
		want    fault.Code // 0: the caller is served
	}{
		{"refuses a user who is not an account", nil, now, false, fault.CallerUnknown},
		{"serves an admin who is not an account", nil, now, true, 0},
		{"refuses an admin whose account is deleted", &accounts.Account{Deleted: 1}, now, true, fault.CallerUnknown},
		{"refuses an admin whose account is banned", &accounts.Account{BannedUntil: now.Unix() + 1}, now, true, fault.Banned},
		{"refuses an admin whose signature is void", &accounts.Account{SignaturesFrom: now.Unix()}, now, true, fault.SignatureRevoked},
		{"serves a user who is an account", &accounts.Account{}, now, false, 0},
		{"refuses a user whose account is deleted", &accounts.Account{Deleted: 1}, now, false, fault.CallerUnknown},
		{"says deleted of an account that is also banned", &accounts.Account{Deleted: 1, BannedUntil: now.Unix() + 1}, now, false, fault.CallerUnknown},
		{"refuses in the last second of a ban", &accounts.Account{BannedUntil: now.Unix() + 1}, now, false, fault.Banned},
		{"serves in the second in which a ban ends", &accounts.Account{BannedUntil: now.Unix()}, now, false, 0},
		{"says banned of a signature that is also void", &accounts.Account{BannedUntil: now.Unix() + 1, SignaturesFrom: now.Unix()}, now, false, fault.Banned},
		{"refuses a signature of the second up to which signatures are void", &accounts.Account{SignaturesFrom: now.Unix()}, now, false, fault.SignatureRevoked},
		{"serves a signature of a second later", &accounts.Account{SignaturesFrom: now.Unix() - 1}, now, false, 0},
		{"refuses a signature of an hour earlier", &accounts.Account{SignaturesFrom: now.Unix()}, now.Add(-time.Hour), false, fault.SignatureRevoked},
		{"serves a user who is muted", &accounts.Account{MutedUntil: now.Unix() + 99}, now, false, 0},
	} {
		err := c.account.Serves(accounts.Caller{ID: "alice", Issued: c.issued, Admin: c.admin}, now)
		if (err == nil) != (c.want == 0) || (err != nil && fault.Of(err).Code != c.want) {
			t.Errorf("%s: %v, want code %d", c.name, err, c.want)
		}
	}
}
