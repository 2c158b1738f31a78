// Package apps holds the applications of a deployment: their editions, settings and
// limits, their signing keys and their admins.
package apps

import (
	"context"
	"time"
)

// An App is an application as the operator sees it.
type App struct {
	ID       int64
	Settings Settings
	Created  int64 // Unix seconds
	Updated  int64 // Unix seconds
	Keys     []Key
	Admins   []string
}

// A Key signs the signatures of users. It says nothing of its secret, which is encrypted
// and stored apart: only operations that check signatures may read it.
type Key struct {
	Number  int   // 1, 2, 3, ...: the number of the key in its application
	Created int64 // Unix seconds
	Until   int64 // until when its signatures are accepted, Unix seconds; 0: no end
}

// InForce reports whether signatures of the key are accepted.
func (k Key) InForce(now time.Time) bool { return k.Until == 0 || now.Unix() < k.Until }

// IsAdmin reports whether a user is an admin of the application.
func (a App) IsAdmin(user string) bool {
	for _, admin := range a.Admins {
		if admin == user {
			return true
		}
	}
	return false
}

// A Reader reads an application.
type Reader interface {
	// App reads an application. It returns nil if there is no such application.
	App(ctx context.Context, id int64) (*App, error)
	// AppNow is App with a strong read.
	AppNow(ctx context.Context, id int64) (*App, error)
	// SealedSecrets reads the encrypted secrets of an application's keys, by the number of
	// the key. It reads strongly if it does not find those of the numbers.
	SealedSecrets(ctx context.Context, id int64, numbers []int) (map[int][]byte, error)
}

// Store reads and writes applications.
type Store interface {
	Reader
	// CreateApp writes an application with its only key and the encrypted secret of that,
	// its admins and their accounts, all or nothing. It returns false if the id is taken.
	CreateApp(ctx context.Context, a App, sealed []byte) (bool, error)
	// Apps returns ids and names of up to limit applications with ids above after, in
	// the order of ids.
	Apps(ctx context.Context, after int64, limit int) ([]App, error)
	// SaveSettings replaces the settings. It returns false if there is no such
	// application.
	SaveSettings(ctx context.Context, id int64, s Settings, now int64) (bool, error)
	// AddKey writes the keys of an application, the last of which is new, and the encrypted
	// secret of the new one, all or nothing. It fails with Conflict if the keys are no
	// longer those that were read before.
	AddKey(ctx context.Context, id int64, before, keys []Key, sealed []byte) error
	PutAdmin(ctx context.Context, id int64, user string) error
	DeleteAdmin(ctx context.Context, id int64, user string) error
}

// A CountStore counts the accounts of an application.
type CountStore interface {
	// CountAccounts counts the accounts of the application. It may stop when it has
	// counted more than limit.
	CountAccounts(ctx context.Context, id int64, limit int) (int, error)
	// SetAccountCount stores the number of accounts. From then on, imports and
	// deletions in an application with a limit of accounts change this number.
	SetAccountCount(ctx context.Context, id int64, n int) error
}

// AccountCreator creates an account for a user if the user has none, within the limits of
// the application.
type AccountCreator interface {
	Register(ctx context.Context, a App, user string) error
}

// Sealer encrypts (Seal) and decrypts (Open) secrets. What was encrypted for one
// purpose cannot be decrypted for another. Package seal implements it.
type Sealer interface {
	Seal(ctx context.Context, purpose string, secret []byte) ([]byte, error)
	Open(ctx context.Context, purpose string, sealed []byte) ([]byte, error)
}
