// Package app is the one place where a function's parts are put together:
// tables, queues, connections, clock and randomness under the domain's rules.
package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	random "math/rand/v2"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"golang.org/x/sync/errgroup"

	"parley/shared/attempt"
	"parley/shared/config"
	"parley/shared/domain/accounts"
	"parley/shared/domain/apps"
	"parley/shared/domain/archive"
	"parley/shared/domain/conversations"
	"parley/shared/domain/delivery"
	"parley/shared/domain/follows"
	"parley/shared/domain/messages"
	"parley/shared/domain/presence"
	"parley/shared/domain/profiles"
	"parley/shared/domain/push"
	"parley/shared/domain/relations"
	"parley/shared/domain/search"
	"parley/shared/domain/sessions"
	"parley/shared/objects"
	"parley/shared/queue"
	"parley/shared/retry"
	"parley/shared/seal"
	"parley/shared/store"
	"parley/shared/telemetry"
)

// Parts are what an App is made of. Tests replace the clock, the posts and the
// queue; everything else is always the real thing.
type Parts struct {
	Store    *store.Store
	Sealer   seal.Sealer
	Poster   delivery.Poster
	Delivery delivery.Queue
	Announce delivery.AnnouncementQueue
	Removal  accounts.RemovalQueue
	Push     push.Queue
	Index    conversations.IndexQueue
	Objects  archive.Objects
	Now      func() time.Time
	Wait     func(ctx context.Context, d time.Duration)
	// Random returns a number from 0 to 1. If it is nil every wait before a repeat is
	// as long as it can be, as a test may want it.
	Random   func() float64
	Bytes    func(n int) []byte
	Parallel func(ctx context.Context, run ...func(context.Context) error) error
	// Frame gives an event its form on the wire.
	Frame func(delivery.Event) ([]byte, error)
}

// again repeats a change that another one came before.
func (p Parts) again() retry.Retrier { return retry.Retrier{Wait: p.Wait, Random: p.Random} }

// App is a function's whole surroundings. It serves every application of the
// deployment; For narrows it to one.
type App struct {
	parts     Parts
	Apps      apps.Service
	Directory *apps.Directory
	Callers   *accounts.Callers
}

// New puts an App together.
func New(p Parts) *App {
	a := &App{parts: p, Directory: apps.NewDirectory(p.Store, p.Sealer, p.Now), Callers: accounts.NewCallers(p.Store, p.Now)}
	a.Apps = apps.Service{Store: p.Store, Sealer: p.Sealer, Accounts: registrar{a}, Now: p.Now, Bytes: p.Bytes}
	return a
}

// registrar imports accounts of any application.
type registrar struct{ app *App }

// Register implements apps.Registrar.
func (r registrar) Register(ctx context.Context, a apps.App, user string) error {
	return r.app.For(&a).Accounts.Import(ctx, accounts.Draft{ID: user})
}

// Real returns the parts of a deployed function.
func Real(c config.Config, frame func(delivery.Event) ([]byte, error)) (Parts, error) {
	cfg := AWS(c.Region)
	sealer, err := seal.New(c.SealKey, cfg)
	if err != nil {
		return Parts{}, err
	}
	p := Parts{
		Store: store.New(cfg, c.DynamoDB, store.Names(c.Tables)), Sealer: sealer,
		Poster: delivery.Nowhere{}, Delivery: queue.New[delivery.Job](cfg, c.SQS, queue.Delivery, c.Queues.Delivery),
		Announce: queue.New[delivery.Announcement](cfg, c.SQS, queue.Announce, c.Queues.Announce),
		Removal:  queue.New[accounts.Removal](cfg, c.SQS, queue.Sweep, c.Queues.Sweep),
		Push:     queue.New[push.Job](cfg, c.SQS, queue.Push, c.Queues.Push),
		Index:    queue.New[conversations.Indexing](cfg, c.SQS, queue.Index, c.Queues.Index),
		Objects:  objects.New(cfg, c.S3, c.Archive),
		Now:      time.Now, Wait: retry.Sleep, Random: random.Float64, Bytes: randomBytes, Parallel: Together, Frame: frame,
	}
	if c.Connections != "" {
		if p.Poster, err = posts(c, cfg); err != nil {
			return Parts{}, err
		}
	}
	return p, nil
}

// AWS returns the SDK's configuration of a Lambda function. It is built by hand:
// loading the default one costs a millisecond of every cold start.
func AWS(region string) aws.Config {
	return aws.Config{
		Region: region,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			c := aws.Credentials{
				AccessKeyID: os.Getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY"),
				SessionToken: os.Getenv("AWS_SESSION_TOKEN"), Source: "environment",
			}
			if !c.HasKeys() {
				return c, errors.New("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set")
			}
			return c, nil
		}),
		HTTPClient: client(), Retryer: attempt.Retryer,
	}
}

// client has no time of its own: each call has that of its invocation. To connect
// is quick or does not happen.
func client() *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().WithDialerOptions(func(d *net.Dialer) { d.Timeout = time.Second }).
		WithTransportOptions(func(t *http.Transport) { t.TLSHandshakeTimeout = time.Second })
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

// Together runs functions at the same time and returns the first error. A panic
// is an error.
func Together(ctx context.Context, run ...func(context.Context) error) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, f := range run {
		g.Go(func() (err error) {
			defer func() {
				if p := recover(); p != nil { // it would end the process, and the call without an answer
					err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
				}
			}()
			return f(ctx)
		})
	}
	return g.Wait()
}

// Now is the App's clock.
func (a *App) Now() time.Time { return a.parts.Now() }

// Bytes returns n random bytes.
func (a *App) Bytes(n int) []byte { return a.parts.Bytes(n) }

// Store is the App's store, for identity checks of the call chain.
func (a *App) Store() *store.Store { return a.parts.Store }

// A Tenant is the domain as one application sees it.
type Tenant struct {
	Accounts      accounts.Service
	Sessions      sessions.Service
	Conversations conversations.Service
	Messages      messages.Service
	Delivery      delivery.Service
	Presence      presence.Service
	Profiles      profiles.Service
	Relations     relations.Service
	Follows       follows.Service
	Search        search.Service
	Archive       archive.Service
}

// For narrows the App to one application.
func (a *App) For(o *apps.App) Tenant {
	p, limits := a.parts, o.Settings.Limits()
	out := a.Out(o.ID)
	conversation := conversations.Service{
		App: o.ID, Limit: limits.Conversations, Folders: limits.Folders, Store: p.Store, Index: p.Index, Out: out,
		Now: p.Now, Again: p.again(), Parallel: p.Parallel,
	}
	profile := profiles.Service{App: o.ID, Fields: profileFields(o.Settings.ProfileFields), Store: p.Store, Out: out}
	relation := relations.Service{
		App: o.ID, Allow: o.Settings.Allow, Fields: friendFields(o.Settings.FriendFields), Store: p.Store, Out: out, Now: p.Now, Again: p.again(),
		Repeat: accounts.RepeatWindow, Wording: o.Settings.RequestWording, Limits: relations.Limits{Friends: limits.Friends, Blocked: limits.Blocked, Lists: limits.Lists, Requests: limits.Requests},
	}
	follow := follows.Service{
		App: o.ID, On: o.Settings.Follow && o.Settings.Edition != apps.Developer, Limit: limits.Following,
		Store: p.Store, Now: p.Now, Again: p.again(),
	}
	watch := a.Presence(o.ID)
	watch.Limit = limits.Watched
	session := sessions.Service{
		App: o.ID, Policy: o.Settings.LoginPolicy, Native: limits.Native, Web: limits.Web,
		Spread: o.Settings.Spread(), Store: p.Store, Kicker: out, Now: p.Now, Again: p.again(),
	}
	pictures, files := o.Settings.Sizes()
	message := messages.Service{
		Recallable: o.Settings.RecallWindow(), Pictures: int64(pictures) << 20, Files: int64(files) << 20,
		App: o.ID, Retention: o.Retention(), FriendsOnly: o.Settings.FriendsOnly,
		BlockSilently: o.Settings.BlockSilently, Extensions: o.Settings.Edition == apps.Premium, Callers: a.Callers, Store: p.Store, Out: out, Now: p.Now, Again: p.again(), Parallel: p.Parallel,
		Push: push.Service{App: o.ID, Queue: p.Push, Now: p.Now},
	}
	return Tenant{
		Delivery:  out,
		Presence:  watch,
		Profiles:  profile,
		Relations: relation,
		Follows:   follow,
		Accounts: accounts.Service{
			App: o.ID, Limit: limits.Accounts, Deleting: limits.DeleteAllowed,
			Reserve: o.Settings.Edition != apps.Developer, Admin: o.IsAdmin, Herald: profile, Store: p.Store, Out: out, Now: p.Now, Wait: p.Wait,
			Removals: p.Removal,
			// What is kept of a user, in the order in which it goes with the account.
			Forgetters: []accounts.Forgetter{
				conversation, relation, follow, profile, watch, session,
			},
		},
		Archive:       archive.Service{App: o.ID, Days: limits.HistoryDays, Store: p.Store, Objects: p.Objects, Now: p.Now},
		Sessions:      session,
		Conversations: conversation,
		Messages:      message,
		Search:        search.Service{Messages: message, Conversations: conversation},
	}
}

func profileFields(list []apps.Field) []profiles.Field {
	out := make([]profiles.Field, len(list))
	for i, f := range list {
		out[i] = profiles.Field{Word: f.Word, UserReads: f.UserReads, UserWrites: f.UserWrites}
	}
	return out
}

func friendFields(list []apps.Field) []relations.Field {
	out := make([]relations.Field, len(list))
	for i, f := range list {
		out[i] = relations.Field{Word: f.Word, UserReads: f.UserReads, UserWrites: f.UserWrites}
	}
	return out
}

// Presence is who is online in one application; it needs a setting, the limit,
// for new subscriptions alone.
func (a *App) Presence(app int64) presence.Service {
	p := a.parts
	return presence.Service{App: app, Store: p.Store, Out: a.Out(app), Now: p.Now, Again: p.again(), Parallel: p.Parallel}
}

// Out is the delivery of one application, which needs none of its settings.
func (a *App) Out(app int64) delivery.Service {
	p := a.parts
	return delivery.Service{
		App: app, Store: p.Store, Poster: p.Poster, Queue: p.Delivery, Crowds: p.Announce, Now: p.Now, Again: p.again(),
		Frame:  p.Frame,
		Missed: func(ctx context.Context, what string) { telemetry.MeterOf(ctx).Note(telemetry.Undelivered, what) },
	}
}
