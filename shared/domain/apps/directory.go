package apps

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"parley/shared/fault"
)

// Directory answers which application a call belongs to and with which secrets
// its signatures are checked. It reads an application and opens its secrets at
// most once a minute for each instance of a function; what an operator changes
// is therefore in force everywhere within a minute.
type Directory struct {
	store  Store
	sealer Sealer
	now    func() time.Time
	mu     sync.Mutex
	known  map[int64]entry
}

// fresh is how long an answer is used again.
const fresh = time.Minute

// renewed is how long an answer is not read again for a signature that does not
// verify: wrong ones cost one read in this time, however many they are.
const renewed = 5 * time.Second

// remembered bounds the number of answers kept.
const remembered = 1000

type entry struct {
	app     *Open
	read    time.Time
	expires time.Time
}

// Open is an application with its secrets in clear.
type Open struct {
	App
	Secrets []string // of the keys in force, newest first
}

// NewDirectory returns an empty Directory.
func NewDirectory(store Store, sealer Sealer, now func() time.Time) *Directory {
	return &Directory{store: store, sealer: sealer, now: now, known: make(map[int64]entry)}
}

// Find returns an application. It fails with AppUnknown, AppDisabled or AppNoKey.
func (d *Directory) Find(ctx context.Context, id int64) (*Open, error) {
	return d.find(ctx, id, fresh, d.store.App)
}

// Renew is Find after a signature has not verified: the key may be new. It reads the
// application strongly, unless it was read in the last seconds.
func (d *Directory) Renew(ctx context.Context, id int64) (*Open, error) {
	return d.find(ctx, id, renewed, d.store.AppNow)
}

// find returns an answer that is younger than an age, or reads one.
func (d *Directory) find(ctx context.Context, id int64, age time.Duration, read func(context.Context, int64) (*App, error)) (*Open, error) {
	now := d.now()
	d.mu.Lock()
	e, ok := d.known[id]
	d.mu.Unlock()
	if !ok || !now.Before(e.expires) || now.Sub(e.read) >= age {
		app, err := d.load(ctx, id, now, read)
		if err != nil {
			return nil, err
		}
		if app == nil {
			return nil, unknown(id)
		}
		e = entry{app: app, read: now, expires: now.Add(fresh)}
		// What is not there is not remembered: it may be made at any moment.
		if len(app.Secrets) > 0 {
			d.remember(id, e)
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

func (d *Directory) remember(id int64, e entry) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.known) >= remembered {
		clear(d.known)
	}
	d.known[id] = e
}

func (d *Directory) load(ctx context.Context, id int64, now time.Time, read func(context.Context, int64) (*App, error)) (*Open, error) {
	a, err := read(ctx, id)
	if err != nil || a == nil {
		return nil, err
	}
	open := &Open{App: *a}
	newest := slices.SortedFunc(slices.Values(a.Keys), func(a, b Key) int { return cmp.Compare(b.N, a.N) })
	for _, k := range newest {
		if !k.InForce(now) {
			continue
		}
		secret, err := d.sealer.Open(ctx, purpose(id), k.Sealed)
		if err != nil {
			return nil, err
		}
		open.Secrets = append(open.Secrets, string(secret))
	}
	return open, nil
}
