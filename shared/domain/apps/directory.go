package apps

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"parley/shared/clock"
	"parley/shared/fault"
)

// Directory finds the application of a call, and the secrets that check the
// signatures of its users. Each instance of a function has its own Directory, which
// reads an application at most once a minute, and reads and decrypts the secret of a key
// once. So what an operator changes is in force everywhere after a minute at most.
type Directory struct {
	apps   Reader
	sealer Sealer
	clock  clock.Clock
	rows   func() []Row // of all settings
	mu     sync.Mutex
	cache  map[int64]cacheEntry
}

const (
	// cacheTime is how long Find uses an application that was read.
	cacheTime = time.Minute
	// renewInterval is the minimum time between two reads of an application by Renew.
	// So signatures that do not verify cost one read in this time, even if they are
	// many.
	renewInterval = 5 * time.Second
	// maxCached is the maximum number of applications in the cache.
	maxCached = 1000
)

// A cacheEntry is an application as it was read last, with the secrets of its keys that
// were opened.
type cacheEntry struct {
	app     *EffectiveApp
	read    time.Time
	secrets map[Key]string // by number and creation; it is never changed, only replaced
}

// EffectiveApp is an application with what its settings mean. That is worked out once
// and not at every call.
type EffectiveApp struct {
	App

	InForce EffectiveSettings
}

// OpenedApp is an application with its decrypted secrets.
type OpenedApp struct {
	*EffectiveApp

	Secrets []string // of the keys in force, newest first
}

// NewDirectory returns an empty Directory.
func NewDirectory(reader Reader, sealer Sealer, c clock.Clock) *Directory {
	return &Directory{apps: reader, sealer: sealer, clock: c, rows: sync.OnceValue(Table), cache: make(map[int64]cacheEntry)}
}

// Find returns an application for a call whose caller is known: it reads no secret. It
// fails with AppUnknown, AppDisabled or AppNoKey.
func (d *Directory) Find(ctx context.Context, id int64) (*EffectiveApp, error) {
	e, err := d.find(ctx, id, cacheTime, d.apps.App)
	return e.app, err
}

// FindOpened is Find for a call whose signature is checked.
func (d *Directory) FindOpened(ctx context.Context, id int64) (*OpenedApp, error) {
	e, err := d.find(ctx, id, cacheTime, d.apps.App)
	if err != nil {
		return nil, err
	}
	return d.open(ctx, e)
}

// Renew is FindOpened for a call whose signature does not verify with the secrets that
// FindOpened returned, because the operator may have added a key since. It reads the
// application strongly, unless it was read in the last five seconds. Example: an instance
// reads an application at 12:00:00, and the operator adds a key at 12:00:10. A call at
// 12:00:20 that is signed with the new key does not verify. Renew reads the application
// again, and the call verifies.
func (d *Directory) Renew(ctx context.Context, id int64) (*OpenedApp, error) {
	e, err := d.find(ctx, id, renewInterval, d.apps.AppNow)
	if err != nil {
		return nil, err
	}
	return d.open(ctx, e)
}

// find returns the application from the cache if it was read less than maxAge ago.
// Otherwise it reads the application.
func (d *Directory) find(ctx context.Context, id int64, maxAge time.Duration, read func(context.Context, int64) (*App, error)) (cacheEntry, error) {
	now := d.clock.Now()
	d.mu.Lock()
	e, ok := d.cache[id]
	d.mu.Unlock()
	if !ok || now.Sub(e.read) >= min(maxAge, cacheTime) {
		app, err := read(ctx, id)
		if err != nil {
			return cacheEntry{}, err
		}
		if app == nil {
			d.forget(id)
			return cacheEntry{}, appUnknown(id)
		}
		e = d.put(cacheEntry{app: &EffectiveApp{App: *app, InForce: app.Settings.inForce(d.rows())}, read: now})
	}
	switch {
	case e.app.Settings.Disabled:
		return cacheEntry{}, fault.New(fault.AppDisabled, "application %d is switched off", id)
	case !slices.ContainsFunc(e.app.Keys, func(k Key) bool { return k.InForce(e.read) }):
		return cacheEntry{}, fault.New(fault.AppNoKey, "application %d has no key in force", id)
	}
	return e, nil
}

// put puts an application that was just read into the cache, with the secrets that the
// cache has of its keys in force. A full cache is emptied first. An application without
// a key in force is not cached: it may get one at any moment.
func (d *Directory) put(e cacheEntry) cacheEntry {
	d.mu.Lock()
	defer d.mu.Unlock()
	opened := d.cache[e.app.ID].secrets
	e.secrets = make(map[Key]string)
	inForce := 0
	for _, k := range e.app.Keys {
		if !k.InForce(e.read) {
			continue
		}
		inForce++
		if secret, ok := opened[k.identity()]; ok {
			e.secrets[k.identity()] = secret
		}
	}
	if inForce == 0 {
		delete(d.cache, e.app.ID)
		return e
	}
	if _, cached := d.cache[e.app.ID]; !cached && len(d.cache) >= maxCached {
		clear(d.cache)
	}
	d.cache[e.app.ID] = e
	return e
}

// forget removes an application that is no longer there.
func (d *Directory) forget(id int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.cache, id)
}

// identity returns the key without its end, which can change. A secret never changes: a
// new secret is a new key.
func (k Key) identity() Key { return Key{Number: k.Number, Created: k.Created} }

// open returns the application with the secrets of its keys in force. It reads and
// decrypts those that the cache does not have. Two calls at once may do the same work.
func (d *Directory) open(ctx context.Context, e cacheEntry) (*OpenedApp, error) {
	newestFirst := slices.SortedFunc(slices.Values(e.app.Keys), func(a, b Key) int { return cmp.Compare(b.Number, a.Number) })
	var missing []int
	for _, k := range newestFirst {
		if _, ok := e.secrets[k.identity()]; !ok && k.InForce(e.read) {
			missing = append(missing, k.Number)
		}
	}
	secrets := e.secrets
	if len(missing) > 0 {
		sealed, err := d.apps.SealedSecrets(ctx, e.app.ID, missing)
		if err != nil {
			return nil, err
		}
		secrets = make(map[Key]string)
		for _, k := range newestFirst {
			if secret, ok := e.secrets[k.identity()]; ok {
				secrets[k.identity()] = secret
				continue
			}
			if !k.InForce(e.read) {
				continue
			}
			if sealed[k.Number] == nil {
				return nil, fmt.Errorf("key %d of application %d has no secret", k.Number, e.app.ID)
			}
			secret, err := d.sealer.Open(ctx, sealPurpose(e.app.ID), sealed[k.Number])
			if err != nil {
				return nil, err
			}
			secrets[k.identity()] = string(secret)
		}
		d.keep(e, secrets)
	}
	out := &OpenedApp{EffectiveApp: e.app}
	for _, k := range newestFirst {
		if k.InForce(e.read) {
			out.Secrets = append(out.Secrets, secrets[k.identity()])
		}
	}
	return out, nil
}

// keep puts opened secrets into the cache, unless the application was read again since.
func (d *Directory) keep(e cacheEntry, secrets map[Key]string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if now, ok := d.cache[e.app.ID]; ok && now.app == e.app {
		e.secrets = secrets
		d.cache[e.app.ID] = e
	}
}
