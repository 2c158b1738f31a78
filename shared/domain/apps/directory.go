package apps

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"parley/shared/clock"
	"parley/shared/fault"
)

// Directory finds the application of a call, and the secrets that check the
// signatures of its users. Each instance of a function has its own Directory, which
// reads an application and decrypts its secrets at most once a minute. So what an
// operator changes is in force everywhere after a minute at most.
type Directory struct {
	apps   Reader
	sealer Sealer
	clock  clock.Clock
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

type cacheEntry struct {
	app     *OpenedApp
	read    time.Time
	expires time.Time
}

// OpenedApp is an application with its decrypted secrets, as a Directory holds it.
type OpenedApp struct {
	App
	InForce EffectiveSettings // what its settings mean: it is worked out once and not at every call
	Secrets []string          // of the keys in force, newest first
}

// NewDirectory returns an empty Directory.
func NewDirectory(reader Reader, sealer Sealer, c clock.Clock) *Directory {
	return &Directory{apps: reader, sealer: sealer, clock: c, cache: make(map[int64]cacheEntry)}
}

// Find returns an application. It fails with AppUnknown, AppDisabled or AppNoKey.
func (d *Directory) Find(ctx context.Context, id int64) (*OpenedApp, error) {
	return d.find(ctx, id, cacheTime, d.apps.App)
}

// Renew is Find for a call whose signature does not verify with the secrets that Find
// returned, because the operator may have added a key since. It reads the application
// strongly, unless it was read in the last five seconds. Example: an instance reads an
// application at 12:00:00, and the operator adds a key at 12:00:10. A call at 12:00:20
// that is signed with the new key does not verify. Renew reads the application again,
// and the call verifies.
func (d *Directory) Renew(ctx context.Context, id int64) (*OpenedApp, error) {
	return d.find(ctx, id, renewInterval, d.apps.AppNow)
}

// find returns the application from the cache if it was read less than maxAge ago.
// Otherwise it reads the application.
func (d *Directory) find(ctx context.Context, id int64, maxAge time.Duration, read func(context.Context, int64) (*App, error)) (*OpenedApp, error) {
	now := d.clock.Now()
	d.mu.Lock()
	e, ok := d.cache[id]
	d.mu.Unlock()
	if !ok || !now.Before(e.expires) || now.Sub(e.read) >= maxAge {
		app, err := d.load(ctx, id, now, read)
		if err != nil {
			return nil, err
		}
		if app == nil {
			return nil, appUnknown(id)
		}
		e = cacheEntry{app: app, read: now, expires: now.Add(cacheTime)}
		// An application without a key in force is not cached: it may get one at any
		// moment.
		if len(app.Secrets) > 0 {
			d.add(id, e)
		}
	}
	switch {
	case e.app.Settings.Disabled:
		return nil, fault.New(fault.AppDisabled, "application %d is switched off", id)
	case len(e.app.Secrets) == 0:
		return nil, fault.New(fault.AppNoKey, "application %d has no key in force", id)
	}
	return e.app, nil
}

// add puts an application into the cache. A full cache is emptied first.
func (d *Directory) add(id int64, e cacheEntry) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.cache) >= maxCached {
		clear(d.cache)
	}
	d.cache[id] = e
}

// load reads an application and decrypts the secrets of its keys in force. It returns
// nil if there is no such application.
func (d *Directory) load(ctx context.Context, id int64, now time.Time, read func(context.Context, int64) (*App, error)) (*OpenedApp, error) {
	a, err := read(ctx, id)
	if err != nil || a == nil {
		return nil, err
	}
	open := &OpenedApp{App: *a, InForce: a.Settings.InForce()}
	newestFirst := slices.SortedFunc(slices.Values(a.Keys), func(a, b Key) int { return cmp.Compare(b.Number, a.Number) })
	for _, k := range newestFirst {
		if !k.InForce(now) {
			continue
		}
		secret, err := d.sealer.Open(ctx, sealPurpose(id), k.Sealed)
		if err != nil {
			return nil, err
		}
		open.Secrets = append(open.Secrets, string(secret))
	}
	return open, nil
}
