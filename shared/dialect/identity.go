// Package dialect holds what the dialects that sign with UserSig share.
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

// Finder finds an application with its secrets in clear.
type Finder interface {
	Find(ctx context.Context, id int64) (*apps.Open, error)
	// Renew reads it again, at most every few seconds.
	Renew(ctx context.Context, id int64) (*apps.Open, error)
}

// Identify checks who calls, in this order (core spec §1.5, §2.4): application
// named, known and in service; user named; signature there, readable, for this
// application and user, in time, made with one of the application's keys, and not
// dated ahead of the server by more than accounts.MaxAhead. It returns the application and when the signature was issued.
func Identify(ctx context.Context, find Finder, app, user, signature string, now time.Time) (*apps.Open, time.Time, error) {
	none := time.Time{}
	if app == "" {
		return nil, none, fault.New(fault.AppMissing, "sdkappid is missing")
	}
	id, err := strconv.ParseInt(app, 10, 64)
	if err != nil || id <= 0 {
		return nil, none, fault.New(fault.AppUnknown, "sdkappid %.20q is not the id of an application", app)
	}
	open, err := find.Find(ctx, id)
	if err != nil {
		return nil, none, err
	}
	if user == "" {
		return open, none, fault.New(fault.CallerMissing, "identifier is missing")
	}
	if signature == "" {
		return open, none, fault.New(fault.SignatureMissing, "usersig is missing")
	}
	token, err := usersig.Parse(signature)
	if err != nil {
		return open, none, fault.New(fault.SignatureMalformed, "the UserSig cannot be decoded, it may be cut off")
	}
	err = token.Verify(open.Secrets, id, user, now)
	if errors.Is(err, usersig.ErrMismatch) { // the key may be a moment old
		if open, err = find.Renew(ctx, id); err != nil {
			return nil, none, err
		}
		err = token.Verify(open.Secrets, id, user, now)
	}
	switch {
	case err == nil && token.Time-now.Unix() > int64(accounts.MaxAhead.Seconds()): // in seconds: a time.Time of a far year overflows
		return open, none, fault.New(fault.SignatureEarly,
			"the UserSig is dated %d s ahead of the server's clock, set the clock of the machine that makes it", token.Time-now.Unix())
	case err == nil:
		return open, token.Issued(), nil
	case errors.Is(err, usersig.ErrApp):
		return open, none, fault.New(fault.SignatureApp, "the UserSig is for another sdkappid")
	case errors.Is(err, usersig.ErrUser):
		return open, none, fault.New(fault.SignatureUser, "the UserSig is for another identifier")
	case errors.Is(err, usersig.ErrExpired):
		return open, none, fault.New(fault.SignatureExpired, "the UserSig is expired, make a new one")
	case errors.Is(err, usersig.ErrMalformed):
		return open, none, fault.New(fault.SignatureMalformed, "the UserSig's own signature is not base64")
	default:
		return open, none, fault.New(fault.SignatureMismatch, "the UserSig does not verify, it may be made with the key of another application or an old key")
	}
}
