// Package app is the only place where the domain gets its parts: tables, queues,
// connections, clock and randomness.
package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"golang.org/x/sync/errgroup"

	"parley/shared/attempt"
	"parley/shared/clock"
	"parley/shared/config"
	"parley/shared/domain/accounts"
	"parley/shared/domain/apps"
	"parley/shared/domain/archive"
	"parley/shared/domain/delivery"
	"parley/shared/domain/direct"
	"parley/shared/domain/follows"
	"parley/shared/domain/inbox"
	"parley/shared/domain/presence"
	"parley/shared/domain/profiles"
	"parley/shared/domain/push"
	"parley/shared/domain/relations"
	"parley/shared/domain/search"
	"parley/shared/domain/sessions"
	"parley/shared/domain/timeline"
	"parley/shared/objects"
	"parley/shared/queue"
	"parley/shared/seal"
	"parley/shared/store"
	"parley/shared/telemetry"
)

// Parts are what an App is made of. Tests replace the clock, the posts and the queues.
// The other parts are the real ones, in tests too.
type Parts struct {
	Store      *store.Store
	Sealer     seal.Sealer
	Poster     delivery.Poster
	Delivery   delivery.Queue
	Broadcasts delivery.BroadcastQueue
	Removal    accounts.RemovalQueue
	Push       push.Queue
	Index      inbox.IndexQueue
	Objects    archive.Objects
	Clock      clock.Clock
	Parallel   func(ctx context.Context, run ...func(context.Context) error) error
	// Encode returns the frame of an event.
	Encode func(delivery.Event) ([]byte, error)
	// Format is how the exported files are written.
	Format archive.Format
}

// App is all that the operations of a function use. It serves every application of the
// deployment; For returns the domain of one application.
type App struct {
	parts     Parts
	Apps      apps.Service
	Directory *apps.Directory
	Callers   *accounts.Callers
}

// New returns an App that is made of parts.
func New(p Parts) *App {
	a := &App{parts: p, Directory: apps.NewDirectory(p.Store, p.Sealer, p.Clock), Callers: accounts.NewCallers(p.Store, p.Clock)}
	a.Apps = apps.Service{Store: p.Store, Counts: p.Store, Sealer: p.Sealer, Accounts: registrar{a}, Clock: p.Clock}
	return a
}

// registrar imports an account into any application.
type registrar struct{ app *App }

// Register implements apps.AccountCreator.
func (r registrar) Register(ctx context.Context, a apps.App, user string) error {
	return r.app.For(&a).Accounts.Import(ctx, accounts.Import{ID: user})
}

// Deployed returns the parts of a deployed function.
func Deployed(c config.Config, frame func(delivery.Event) ([]byte, error), files archive.Format) (Parts, error) {
	cfg := AWS(c.Region)
	sealer, err := seal.New(c.SealKey, cfg)
	if err != nil {
		return Parts{}, err
	}
	p := Parts{
		Store: store.New(cfg, c.DynamoDB, store.Names(c.Tables)), Sealer: sealer,
		Poster: delivery.NoPoster{}, Delivery: queue.New[delivery.Job](cfg, c.SQS, queue.Delivery, c.Queues.Delivery),
		Broadcasts: queue.New[delivery.Broadcast](cfg, c.SQS, queue.Broadcast, c.Queues.Announce),
		Removal:    queue.New[accounts.Removal](cfg, c.SQS, queue.Removal, c.Queues.Sweep),
		Push:       queue.New[push.Job](cfg, c.SQS, queue.Push, c.Queues.Push),
		Index:      queue.New[inbox.IndexJob](cfg, c.SQS, queue.Index, c.Queues.Index),
		Objects:    objects.New(cfg, c.S3, c.Archive),
		Clock:      clock.System{}, Parallel: Parallel, Encode: frame, Format: files,
	}
	if c.Connections != "" {
		if p.Poster, err = newPoster(c, cfg); err != nil {
			return Parts{}, err
		}
	}
	return p, nil
}

// AWS returns the configuration of the AWS SDK in a Lambda function. It is built by hand,
// because the SDK takes a millisecond of every cold start to load the default one.
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
		HTTPClient: httpClient(), Retryer: attempt.Retryer,
	}
}

// httpClient returns a client without a timeout for the whole call: the deadline of the
// invocation bounds each call. To open a connection may take a second.
func httpClient() *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().WithDialerOptions(func(d *net.Dialer) { d.Timeout = time.Second }).
		WithTransportOptions(func(t *http.Transport) { t.TLSHandshakeTimeout = time.Second })
}

// Parallel runs functions at the same time and returns the first error. A panic becomes
// an error.
func Parallel(ctx context.Context, run ...func(context.Context) error) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, f := range run {
		g.Go(func() (err error) {
			defer func() {
				if p := recover(); p != nil { // a panic would end the process, and the call would get no answer
					err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
				}
			}()
			return f(ctx)
		})
	}
	return g.Wait()
}

// Now returns the time of the App's clock.
func (a *App) Now() time.Time { return a.parts.Clock.Now() }

// Store returns the App's store. The chain checks identities with it.
func (a *App) Store() *store.Store { return a.parts.Store }

// A Tenant is the domain of one application.
type Tenant struct {
	Accounts  accounts.Service
	Sessions  sessions.Service
	Inbox     inbox.Service
	Timeline  timeline.Service
	Direct    direct.Service
	Delivery  delivery.Service
	Presence  presence.Service
	Profiles  profiles.Service
	Relations relations.Service
	Follows   follows.Service
	Search    search.Service
	Archive   archive.Service
}

// For returns the domain of one application.
func (a *App) For(o *apps.App) Tenant { return a.tenant(o, o.Settings.InForce()) }

// ForOpened returns the domain of an application that a Directory has found.
func (a *App) ForOpened(o *apps.OpenedApp) Tenant { return a.tenant(&o.App, o.InForce) }

// tenant returns the domain of an application for which these settings are in force.
func (a *App) tenant(o *apps.App, set apps.EffectiveSettings) Tenant {
	p := a.parts
	deliverer := a.Delivery(o.ID)
	conversation := inbox.Service{
		App: o.ID, Limit: set.Conversations, FoldersIncluded: set.Folders,
		Rows: p.Store, Heads: p.Store, ReadCursors: p.Store, Index: p.Store, IndexJobs: p.Index, Accounts: p.Store, Delivery: deliverer,
		Clock: p.Clock, Parallel: p.Parallel,
	}
	profile := profiles.Service{App: o.ID, Fields: profileFields(set.ProfileFields), Store: p.Store, Delivery: deliverer}
	relation := relations.Service{
		App: o.ID, Allow: set.Allow, Fields: friendFields(set.FriendFields),
		Store: p.Store, Pages: p.Store, Log: p.Store, Accounts: p.Store, Delivery: deliverer, Clock: p.Clock,
		RepeatWindow: accounts.RepeatWindow, RequireWording: set.RequestWording, Limits: relations.Limits{Friends: set.Friends, Blocked: set.Blocked, Lists: set.Lists, Requests: set.Requests},
	}
	follow := follows.Service{
		App: o.ID, Enabled: set.Follow, Limit: set.Following,
		Store: p.Store, Accounts: p.Store, Clock: p.Clock,
	}
	presences := a.Presence(o.ID)
	presences.Limit = set.Watched
	session := sessions.Service{
		App: o.ID, Policy: set.LoginPolicy, Native: set.NativeInstances, Web: set.WebInstances,
		Spread: set.Spread(), Store: p.Store, Kicker: deliverer, Clock: p.Clock,
	}
	imageBytes, fileBytes := int64(set.PictureMB)<<20, int64(set.FileMB)<<20
	check := direct.SenderCheck{
		App: o.ID, FriendsOnly: set.FriendsOnly, BlockSilently: set.BlockSilently, Callers: a.Callers, Store: p.Store, Clock: p.Clock,
	}
	stored := timeline.Service{
		App: o.ID, Check: check, Recallable: set.RecallWindow(), MaxImageBytes: imageBytes, MaxFileBytes: fileBytes,
		Extensible: set.Extensions, Store: p.Store, ChangeStore: p.Store, ExtensionStore: p.Store,
		Delivery: deliverer, Clock: p.Clock, Parallel: p.Parallel,
	}
	sending := direct.Service{
		App: o.ID, Retention: set.Retention(), Check: check, MaxImageBytes: imageBytes, MaxFileBytes: fileBytes,
		Store: p.Store, MergedStore: p.Store, Timeline: stored, Delivery: deliverer,
		Push: push.Service{App: o.ID, Queue: p.Push, Clock: p.Clock}, Clock: p.Clock, Parallel: p.Parallel,
	}
	return Tenant{
		Delivery:  deliverer,
		Presence:  presences,
		Profiles:  profile,
		Relations: relation,
		Follows:   follow,
		Accounts: accounts.Service{
			App: o.ID, Limit: set.Accounts, DeletionAllowed: set.DeleteAllowed,
			ReserveDeletedIDs: set.ReserveDeletedIDs, Admin: o.IsAdmin, Profiles: profile, Store: p.Store, Disconnector: deliverer, Clock: p.Clock,
			Removals: p.Removal,
			// They delete the data of a user, in this order, when the account is deleted.
			DataRemovers: []accounts.DataRemover{
				conversation, relation, follow, profile, presences, session,
			},
		},
		Archive:  archive.Service{App: o.ID, RetentionDays: set.HistoryDays, Store: p.Store, Objects: p.Objects, Clock: p.Clock},
		Sessions: session,
		Inbox:    conversation,
		Timeline: stored,
		Direct:   sending,
		Search:   search.Service{Timeline: stored, Inbox: conversation},
	}
}

// profileFields returns the custom profile fields of an application for the domain.
func profileFields(list []apps.Field) []profiles.Field {
	fields := make([]profiles.Field, len(list))
	for i, f := range list {
		fields[i] = profiles.Field{Name: f.Name, UserReads: f.UserReads, UserWrites: f.UserWrites}
	}
	return fields
}

// friendFields returns the custom friend fields of an application for the domain.
func friendFields(list []apps.Field) []relations.Field {
	fields := make([]relations.Field, len(list))
	for i, f := range list {
		fields[i] = relations.Field{Name: f.Name, UserReads: f.UserReads, UserWrites: f.UserWrites}
	}
	return fields
}

// Presence returns the presence service of one application, without its Limit. Only new
// subscriptions need the Limit, so the application's settings need not be read.
func (a *App) Presence(app int64) presence.Service {
	p := a.parts
	return presence.Service{
		App: app, Sessions: p.Store, Watches: p.Store, Audiences: p.Store, Accounts: p.Store, Delivery: a.Delivery(app),
		Clock: p.Clock, Parallel: p.Parallel,
	}
}

// Delivery returns the delivery service of one application. It needs none of the
// application's settings.
func (a *App) Delivery(app int64) delivery.Service {
	p := a.parts
	return delivery.Service{
		App: app, Store: p.Store, Poster: p.Poster, Queue: p.Delivery, Broadcasts: p.Broadcasts, Clock: p.Clock,
		Encode:    p.Encode,
		OnFailure: func(ctx context.Context, what string) { telemetry.MeterOf(ctx).Note(telemetry.Undelivered, what) },
	}
}
