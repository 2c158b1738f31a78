// Package dialect has what all dialects share whose callers sign with a UserSig.
package dialect

import (
	"context"
	"errors"
	"strconv"
	"time"

	"parley/shared/dialect/usersig"
	"parley/shared/domain/accounts"
	"parley/shared/domain/apps"
	"parley/shared/fault"
)

// Finder finds an application with its decrypted secrets. apps.Directory implements it.
type Finder interface {
	FindOpened(ctx context.Context, id int64) (*apps.OpenedApp, error)
	// Renew is FindOpened for a signature that does not verify with the secrets that
	// FindOpened returned. It reads the application again, unless it did so a few seconds ago.
	Renew(ctx context.Context, id int64) (*apps.OpenedApp, error)
}

// Identify checks the caller of a call and returns the application and the time at which
// the signature was issued. If it fails after the application was found, it still returns
// the application. It makes these checks, in this order (docs/spec/tencent §1.5, §2.4):
//
//  1. app is given, known, enabled, and has a key.
//  2. user is given.
//  3. The signature is given, can be decoded, is for this application and this user, has
//     not expired, was made with one of the application's keys, and is not dated more
//     than accounts.MaxAhead ahead of the server's clock.
//
// Example: a signature that is for another user and has expired fails with
// SignatureUser.
func Identify(ctx context.Context, find Finder, tokens *usersig.Parser, app, user, signature string, now time.Time) (*apps.EffectiveApp, time.Time, error) {
	never := time.Time{}
	if app == "" {
		return nil, never, fault.New(fault.AppMissing, "sdkappid is missing")
	}
	id, err := strconv.ParseInt(app, 10, 64)
	if err != nil || id <= 0 {
		return nil, never, fault.New(fault.AppUnknown, "sdkappid %.20q is not the id of an application", app)
	}
	open, err := find.FindOpened(ctx, id)
	if err != nil {
		return nil, never, err
	}
	if user == "" {
		return open.EffectiveApp, never, fault.New(fault.CallerMissing, "identifier is missing")
	}
	if signature == "" {
		return open.EffectiveApp, never, fault.New(fault.SignatureMissing, "usersig is missing")
	}
	token, err := tokens.Parse(signature)
	if err != nil {
		return open.EffectiveApp, never, fault.New(fault.SignatureMalformed, "the UserSig cannot be decoded, it may be cut off")
	}
	err = token.Verify(open.Secrets, id, user, now)
	if errors.Is(err, usersig.ErrMismatch) { // the operator may have added the key a moment ago
		if open, err = find.Renew(ctx, id); err != nil {
			return nil, never, err
		}
		err = token.Verify(open.Secrets, id, user, now)
	}
	switch {
	case err == nil && token.Time-now.Unix() > int64(accounts.MaxAhead.Seconds()): // compared in seconds, because the difference of two time.Time can overflow
		return open.EffectiveApp, never, fault.New(fault.SignatureEarly,
			"the UserSig is dated %d s ahead of the server's clock, set the clock of the machine that makes it", token.Time-now.Unix())
	case err == nil:
		return open.EffectiveApp, token.Issued(), nil
	case errors.Is(err, usersig.ErrApp):
		return open.EffectiveApp, never, fault.New(fault.SignatureApp, "the UserSig is for another sdkappid")
	case errors.Is(err, usersig.ErrUser):
		return open.EffectiveApp, never, fault.New(fault.SignatureUser, "the UserSig is for another identifier")
	case errors.Is(err, usersig.ErrExpired):
		return open.EffectiveApp, never, fault.New(fault.SignatureExpired, "the UserSig is expired, make a new one")
	case errors.Is(err, usersig.ErrMalformed):
		return open.EffectiveApp, never, fault.New(fault.SignatureMalformed, "the UserSig's own signature is not base64")
	default:
		return open.EffectiveApp, never, fault.New(fault.SignatureMismatch, "the UserSig does not verify, it may be made with the key of another application or an old key")
	}
}
