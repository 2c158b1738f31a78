package testkit

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"parley/shared/app"
	"parley/shared/dialect/client"
	"parley/shared/dialect/usersig"
	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/accounts"
	"parley/shared/domain/apps"
	"parley/shared/domain/delivery"
	"parley/shared/domain/groups"
	"parley/shared/domain/inbox"
	"parley/shared/domain/push"
	"parley/shared/domain/sessions"
	"parley/shared/dynamo"
	"parley/shared/dynamo/calls"
	"parley/shared/op"
	"parley/shared/parallel"
	"parley/shared/queue"
	"parley/shared/store"
	"parley/shared/store/schema"
	"parley/shared/telemetry"
)

// startTime is the Unix time of a new world's clock: 2023-11-14 22:13:20 UTC.
const startTime = 1_700_000_000

// Admin is the admin of a world's application.
const Admin = apps.DefaultAdmin

// A World is one application without accounts, and what its functions call: the
// store, a clock, and recorders of posts, jobs and objects.
type World struct {
	Server     *Server
	App        *app.App
	ID         int64  // of the application
	Secret     string // of the application
	Clock      *Clock
	Posts      *PostRecorder
	Deliveries *Jobs[delivery.Job]
	Store      *store.Store

	Broadcasts  *Jobs[delivery.Broadcast]
	RemovalJobs *Jobs[accounts.Removal]
	GroupJobs   *Jobs[groups.Removal]
	ReclaimJobs *Jobs[groups.Reclaim]
	PushJobs    *Jobs[push.Job]
	IndexJobs   *Jobs[inbox.IndexJob]
	Objects     *Objects

	log io.Writer
	// measured says that a benchmark measures the world's calls.
	measured       bool
	acceptEncoding string
	// failingWrites is how many of the next updates of sessions fail.
	failingWrites *atomic.Int64
}

// Options of a World.
type Options struct {
	// Parts may replace parts of the App. It may be nil.
	Parts func(*app.Parts)
	// Edition is the edition of the application: premium if it is "".
	Edition apps.Edition
	// Log receives the log lines of calls. If it is nil, they are discarded.
	Log io.Writer
	// AcceptEncoding is that header of HTTP calls. If it is empty, they have none.
	AcceptEncoding string
}

// NewWorld makes a World. The world is forgotten when the test ends.
func NewWorld(tb testing.TB, s *Server, o Options) *World {
	tb.Helper()
	w := &World{
		Server: s, Clock: NewClock(time.Unix(startTime, 0)), Posts: &PostRecorder{}, failingWrites: &atomic.Int64{},
		acceptEncoding: o.AcceptEncoding,
		Deliveries:     &Jobs[delivery.Job]{Name: queue.Delivery},
		Broadcasts:     &Jobs[delivery.Broadcast]{Name: queue.Broadcast},
		RemovalJobs:    &Jobs[accounts.Removal]{Name: queue.Background},
		GroupJobs:      &Jobs[groups.Removal]{Name: queue.Background},
		ReclaimJobs:    &Jobs[groups.Reclaim]{Name: queue.Background},
		PushJobs:       &Jobs[push.Job]{Name: queue.Push},
		IndexJobs:      &Jobs[inbox.IndexJob]{Name: queue.Background},
		Objects:        newObjects(s),
		log:            o.Log,
	}
	if w.log == nil {
		w.log = io.Discard
	}
	if _, w.measured = tb.(*testing.B); w.measured {
		w.Store = s.StoreToMeasure(w.failWrites)
	} else {
		w.Store = s.Store(w.failWrites)
	}
	w.App = w.NewApp(o.Parts)
	if o.Edition == "" {
		o.Edition = apps.Premium
	}
	a, secret, err := w.App.Apps.Create(tb.Context(), apps.Settings{Name: "test", Edition: o.Edition}, nil)
	if err != nil {
		tb.Fatalf("create the world's application: %v", err)
	}
	w.ID, w.Secret = a.ID, secret
	tb.Cleanup(func() { w.Forget(tb) })
	return w
}

var errFailingWrite = errors.New("the table does not answer")

// failWrites lets updates of sessions fail, as many as failingWrites says.
func (w *World) failWrites(ctx context.Context, in any, next dynamo.Call) (any, error) {
	if u, ok := in.(*calls.UpdateItemInput); ok && *u.TableName == w.Server.Tables.Live && w.failingWrites.Load() > 0 {
		w.failingWrites.Add(-1)
		return nil, errFailingWrite
	}
	return next(ctx, in)
}

// NewApp returns an App of the same world for a function that has just started: it
// shares the store, the clock and the recorders with App, and has read nothing yet.
// The function parts may replace parts of the App. It may be nil.
func (w *World) NewApp(parts func(*app.Parts)) *app.App {
	p := app.Parts{
		Store: w.Store, Sealer: w.Server.Sealer, Poster: w.Posts, Delivery: w.Deliveries, Broadcasts: w.Broadcasts,
		Removal: w.RemovalJobs, Groups: w.GroupJobs, Reclaims: w.ReclaimJobs, Push: w.PushJobs, Index: w.IndexJobs, Objects: w.Objects, Clock: w.Clock,
		Parallel: parallel.Goroutines{}, Encoder: client.NewFrames(), Format: v4.ExportFormat{},
	}
	if parts != nil {
		parts(&p)
	}
	return app.New(p)
}

// Forget removes the world from what all worlds of its server share: the list of
// applications, and the list of hours that have parts to merge.
func (w *World) Forget(tb testing.TB) {
	tb.Helper()
	deleteItem := func(t schema.Table, k schema.Key) {
		name := schema.TableNames(w.Server.Tables)[t]
		_, err := Past[calls.DeleteItemOutput](context.Background(), w.Server, &calls.DeleteItemInput{TableName: &name, Key: dynamo.NewItem(k)})
		if err != nil {
			tb.Error(err)
		}
	}
	deleteItem(schema.Core, schema.RegistryKey(w.ID))
	for _, h := range w.Objects.partHours() {
		deleteItem(schema.Ops, schema.PendingKey(h))
	}
}

// Tenant returns the services of the domain for the world's application.
func (w *World) Tenant(tb testing.TB) app.Tenant {
	tb.Helper()
	return w.TenantWith(tb, nil, nil)
}

// TenantWith is Tenant with other settings of the application, and with other parts of the App.
// Each function may be nil. What is stored does not change.
func (w *World) TenantWith(tb testing.TB, settings func(*apps.Settings), parts func(*app.Parts)) app.Tenant {
	tb.Helper()
	a, err := w.App.Apps.Get(tb.Context(), w.ID)
	if err != nil {
		tb.Fatal(err)
	}
	if settings != nil {
		settings(&a.Settings)
	}
	if parts == nil {
		return w.App.For(&a)
	}
	return w.NewApp(parts).For(&a)
}

// Sign returns a UserSig of the user for the world's application. It is issued now
// and lasts a day.
func (w *World) Sign(user string) string { return w.SignAt(user, w.Clock.Now(), 24*time.Hour) }

// SignAt returns a UserSig of the user that is issued at another time.
func (w *World) SignAt(user string, issued time.Time, lifetime time.Duration) string {
	sig, err := usersig.Sign(w.Secret, w.ID, user, issued, lifetime)
	if err != nil {
		panic(err)
	}
	return sig
}

// Invoke runs an operation with an event, without a limiter. The App is that of the
// world, so it remembers what it has read for calls before. The meter says what the
// call consumed and which access it used.
func (w *World) Invoke(ctx context.Context, o *op.Operation, event []byte) (answer []byte, meter *telemetry.Meter, err error) {
	meter = telemetry.NewRecorder()
	if w.measured {
		meter = &telemetry.Meter{} // as a deployed function has it
	}
	server := op.NewServer(o, w.App, telemetry.NewLogger(w.log, "local", -4), nil)
	answer, err = server.Invoke(telemetry.WithMeter(ctx, meter), event)
	return answer, meter, err
}

// Connect opens a connection for a user's device. Its id is "user/instance".
func (w *World) Connect(ctx context.Context, t app.Tenant, user, platform, instance string) error {
	_, err := t.Sessions.Connect(ctx, user, sessions.Connection{
		ID: user + "/" + instance, Instance: instance, Platform: sessions.Platform(platform),
	})
	return err
}

// Rand returns a source of random numbers that are the same for the same seed.
func Rand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, seed^0x9e3779b97f4a7c15)) } // for tests
