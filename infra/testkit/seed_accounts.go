package testkit

import (
	"context"
	"strconv"
	"time"

	"parley/shared/domain/accounts"
	"parley/shared/dynamo"
)

func accountVerbs() []verb {
	return []verb{
		{"account", "account USER [NICK...]", "Import an account.", func(ctx context.Context, l seedLine) error {
			return l.tenant.Accounts.Import(ctx, accounts.Import{ID: l.arg(0), Nick: l.text(1)})
		}},
		{"accounts", "accounts N", "Import the accounts u1 ... uN.", func(ctx context.Context, l seedLine) error {
			return l.forUsers(0, func(user string) error {
				return l.tenant.Accounts.Import(ctx, accounts.Import{ID: user})
			})
		}},
		{"deleted-account", "deleted-account USER", "Import an account and delete it, whatever the edition allows.", deletedAccount},
		{"ban", "ban USER DURATION|ever", "Ban an account from now on.", setUntil("bn")},
		{"mute", "mute USER DURATION|ever", "Mute an account in one-to-one conversations from now on.", setUntil("mc")},
		{"mute-by-kind", "mute-by-kind USER C2C GROUP", "Mute an account in one-to-one conversations and in groups for so many seconds, as setnospeaking does. " +
			"\"-\" leaves that kind as it is, 4294967295 is forever.", muteByKind},
		{"revoke-signatures", "revoke-signatures USER", "Make all signatures of the user invalid that were issued until now.", func(ctx context.Context, l seedLine) error {
			return l.setAccount(ctx, dynamo.Item{"se": Number(l.now())})
		}},
	}
}

func deletedAccount(ctx context.Context, l seedLine) error {
	a := l.app
	a.Settings.DeleteAllowed = true
	s := l.w.App.For(&a).Accounts
	if err := s.Import(ctx, accounts.Import{ID: l.arg(0)}); err != nil {
		return err
	}
	_, err := s.Delete(ctx, []string{l.arg(0)})
	return err
}

// setUntil sets an attribute of the account to the end of a duration that begins now.
func setUntil(attribute string) func(context.Context, seedLine) error {
	return func(ctx context.Context, l seedLine) error {
		end := int64(accounts.Forever)
		if l.arg(1) != "ever" {
			d, err := l.duration(1)
			if err != nil {
				return err
			}
			end = l.now() + int64(d.Seconds())
		}
		return l.setAccount(ctx, dynamo.Item{attribute: Number(end)})
	}
}

func muteByKind(ctx context.Context, l seedLine) error {
	var d [2]*time.Duration
	for i, text := range l.args[1:] {
		if text == "-" {
			continue
		}
		n, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			return err
		}
		if d[i] = new(time.Duration(n) * time.Second); n == 1<<32-1 {
			*d[i] = accounts.Endless
		}
	}
	return l.tenant.Accounts.Mute(ctx, l.arg(0), d[0], d[1])
}
