package testkit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"

	"parley/infra/local/backing"
	"parley/shared/app"
	"parley/shared/dialect/client"
	"parley/shared/dialect/usersig"
	"parley/shared/domain/accounts"
	"parley/shared/domain/apps"
	"parley/shared/domain/conversations"
	"parley/shared/domain/delivery"
	"parley/shared/domain/push"
	"parley/shared/domain/sessions"
	"parley/shared/op"
	"parley/shared/queue"
	"parley/shared/store"
	"parley/shared/telemetry"
)

// Start of time in every world: 2023-11-14 22:13:20 UTC.
const epoch = 1_700_000_000

// Admin is the admin of a world's application.
const Admin = apps.DefaultAdmin

// A World is one application with nobody in it.
type World struct {
	Server *Server
	App    *app.App
	ID     int64 // of the application
	Secret string
	Clock  *Clock
	Posts  *Recorder
	Jobs   *Jobs[delivery.Job]
	Store  *store.Store

	Announcements *Jobs[delivery.Announcement]
	Removals      *Jobs[accounts.Removal]
	Pushes        *Jobs[push.Job]
	Indexings     *Jobs[conversations.Indexing]
	Objects       *Objects

	raw *dynamodb.Client
	log io.Writer
	// broken is how many of the next changes of sessions fail.
	broken *atomic.Int64
}

// Options of a World.
type Options struct {
	Seed uint64
	// Parts may replace what the App is made of.
	Parts func(*app.Parts)
	// Edition is premium unless set.
	Edition apps.Edition
	// Log receives the log lines of calls; discarded when nil.
	Log io.Writer
}

// NewWorld makes a World.
func NewWorld(tb testing.TB, s *Server, o Options) *World {
	tb.Helper()
	w := &World{
		Server: s, Clock: &Clock{now: time.Unix(epoch, 0)}, Posts: &Recorder{}, broken: &atomic.Int64{},
		Jobs:          &Jobs[delivery.Job]{Name: queue.Delivery},
		Announcements: &Jobs[delivery.Announcement]{Name: queue.Announce},
		Removals:      &Jobs[accounts.Removal]{Name: queue.Sweep},
		Pushes:        &Jobs[push.Job]{Name: queue.Push},
		Indexings:     &Jobs[conversations.Indexing]{Name: queue.Index},
		Objects:       newObjects(s),
		raw:           backing.Client(s.Endpoint), log: o.Log,
	}
	if w.log == nil {
		w.log = io.Discard
	}
	w.Store = s.Store(w.breaks)
	w.App = w.Fresh(o.Parts)
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

var errBroken = errors.New("the table does not answer")

// breaks makes changes of sessions fail, as many as broken says.
func (w *World) breaks(o *dynamodb.Options) {
	live := w.Server.Tables.Live
	o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("Broken",
			func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
				middleware.InitializeOutput, middleware.Metadata, error,
			) {
				if u, ok := in.Parameters.(*dynamodb.UpdateItemInput); ok && *u.TableName == live && w.broken.Load() > 0 {
					w.broken.Add(-1)
					return middleware.InitializeOutput{}, middleware.Metadata{}, errBroken
				}
				return next.HandleInitialize(ctx, in)
			}), middleware.After)
	})
}

// Fresh is the same world behind a function that has just started.
func (w *World) Fresh(parts func(*app.Parts)) *app.App {
	p := app.Parts{
		Store: w.Store, Sealer: w.Server.Sealer, Poster: w.Posts, Delivery: w.Jobs, Announce: w.Announcements,
		Removal: w.Removals, Push: w.Pushes, Index: w.Indexings, Objects: w.Objects, Now: w.Clock.Now,
		Wait: func(context.Context, time.Duration) {}, Bytes: random, Parallel: app.Together, Frame: client.Frame,
	}
	if parts != nil {
		parts(&p)
	}
	return app.New(p)
}

// Forget takes the world out of what its server's worlds share: the list of
// applications and the hours that are to be merged.
func (w *World) Forget(tb testing.TB) {
	tb.Helper()
	drop := func(t store.Table, k store.Key) {
		name := store.Names(w.Server.Tables)[t]
		_, err := w.raw.DeleteItem(context.Background(), &dynamodb.DeleteItemInput{TableName: &name, Key: store.Item{
			"pk": &types.AttributeValueMemberS{Value: k.PK}, "sk": &types.AttributeValueMemberS{Value: k.SK},
		}})
		if err != nil {
			tb.Error(err)
		}
	}
	drop(store.Core, store.RegistryKey(w.ID))
	for _, h := range w.Objects.takeHours() {
		drop(store.Ops, store.PendingKey(h))
	}
}

// Tenant is the domain of the world's application.
func (w *World) Tenant(tb testing.TB) app.Tenant {
	tb.Helper()
	a, err := w.App.Apps.Get(tb.Context(), w.ID)
	if err != nil {
		tb.Fatal(err)
	}
	return w.App.For(&a)
}

// Sign makes a signature of the world's application.
func (w *World) Sign(user string) string { return w.SignAt(user, w.Clock.Now(), 24*time.Hour) }

// SignAt makes a signature with a time of its own.
func (w *World) SignAt(user string, issued time.Time, lifetime time.Duration) string {
	sig, err := usersig.Sign(w.Secret, w.ID, user, issued, lifetime)
	if err != nil {
		panic(err)
	}
	return sig
}

// Invoke runs an operation with an event, on a function that has just started,
// and tells what it consumed and touched.
func (w *World) Invoke(ctx context.Context, o *op.Operation, event []byte) (answer []byte, meter *telemetry.Meter, err error) {
	meter = &telemetry.Meter{}
	server := op.NewServer(o, w.App, telemetry.NewLogger(w.log, -4), nil)
	answer, err = server.Invoke(telemetry.WithMeter(ctx, meter), event)
	return answer, meter, err
}

// Set writes attributes to an item as no operation does yet.
func (w *World) Set(ctx context.Context, table store.Table, k store.Key, attributes store.Item) error {
	name := store.Names(w.Server.Tables)[table]
	old, err := w.raw.GetItem(ctx, &dynamodb.GetItemInput{TableName: &name, Key: store.Item{
		"pk": &types.AttributeValueMemberS{Value: k.PK}, "sk": &types.AttributeValueMemberS{Value: k.SK},
	}})
	if err != nil {
		return err
	}
	item := old.Item
	if item == nil {
		item = store.Item{"pk": &types.AttributeValueMemberS{Value: k.PK}, "sk": &types.AttributeValueMemberS{Value: k.SK}}
	}
	for name, v := range attributes {
		item[name] = v
	}
	_, err = w.raw.PutItem(ctx, &dynamodb.PutItemInput{TableName: &name, Item: item})
	return err
}

// Items reads a partition whole, past the store.
func (w *World) Items(tb testing.TB, table store.Table, pk string) []store.Item {
	tb.Helper()
	name, strong, query := store.Names(w.Server.Tables)[table], true, "pk = :pk"
	var items []store.Item
	var from store.Item
	for {
		out, err := w.raw.Query(tb.Context(), &dynamodb.QueryInput{
			TableName: &name, ConsistentRead: &strong, KeyConditionExpression: &query, ExclusiveStartKey: from,
			ExpressionAttributeValues: store.Item{":pk": &types.AttributeValueMemberS{Value: pk}},
		})
		if err != nil {
			tb.Fatal(err)
		}
		items = append(items, out.Items...)
		if from = out.LastEvaluatedKey; from == nil {
			return items
		}
	}
}

// Number is a number attribute.
func Number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: fmt.Sprint(n)}
}

// IntOf is a number attribute of an item, 0 where it is absent.
func IntOf(item store.Item, name string) (n int64) {
	if v, ok := item[name].(*types.AttributeValueMemberN); ok {
		_, _ = fmt.Sscan(v.Value, &n)
	}
	return n
}

// Connect opens a connection for a user's device; its id is "user/instance".
func (w *World) Connect(ctx context.Context, t app.Tenant, user, platform, instance string) error {
	_, err := t.Sessions.Connect(ctx, user, sessions.Link{
		Connection: user + "/" + instance, Instance: instance, Platform: sessions.Platform(platform),
	})
	return err
}

// Effects tells the posts and jobs since the last call as lines, in an order of
// their own.
func (w *World) Effects() []string {
	var lines []string
	for _, p := range w.Posts.Take() {
		if p.Closed {
			lines = append(lines, "close "+p.Connection)
		} else {
			lines = append(lines, "post "+p.Connection+" "+p.Frame)
		}
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(target(a), target(b)) })
	for _, j := range w.Jobs.Take() {
		var to []string
		for _, t := range j.Job.Targets {
			to = append(to, t.Link)
		}
		what := "to"
		for _, c := range j.Job.Close {
			what, to = "close", append(to, strings.TrimSpace(c.Link+map[bool]string{true: " (told)"}[c.Told]))
		}
		for _, t := range j.Job.Ended {
			what, to = "ended", append(to, t.Link)
		}
		lines = append(lines, fmt.Sprintf("job delivery attempt %d after %s %s %s", j.Job.Attempt, j.Delay, what, strings.Join(to, " ")))
	}
	for _, j := range w.Announcements.Take() {
		a := j.Job
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("job announce %s of %s from %q after %s %s", a.Crowd, a.User, a.After, j.Delay, a.Frame)))
	}
	for _, j := range w.Removals.Take() {
		what := map[bool]string{false: "removal", true: "second removal"}[j.Job.Again]
		lines = append(lines, fmt.Sprintf("job %s of %s, deleted at %d, after %s", what, j.Job.User, j.Job.Deleted, j.Delay))
	}
	for _, j := range w.Indexings.Take() {
		i := j.Job
		lines = append(lines, fmt.Sprintf("job index of %s from %q, begun %t, again %t, after %s", i.User, i.After, i.Begun, i.Again, j.Delay))
	}
	for _, j := range w.Pushes.Take() {
		text, err := json.Marshal(j.Job)
		if err != nil {
			panic(err)
		}
		lines = append(lines, "job push "+strings.ReplaceAll(string(text), fmt.Sprint(w.ID), "{app}"))
	}
	return append(lines, w.Objects.Take()...)
}

// target sorts a connection's frames before its close.
func target(line string) string {
	kind, rest, _ := strings.Cut(line, " ")
	to, _, _ := strings.Cut(rest, " ")
	return to + " " + map[string]string{"post": "1", "close": "2"}[kind]
}

// Rand returns a seeded source.
func Rand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, seed^0x9e3779b97f4a7c15)) } //nolint:gosec // for tests
