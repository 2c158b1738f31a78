// Package app is the only place where the domain gets its parts: tables, queues,
// connections, clock and randomness.
package app

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"parley/shared/attempt"
	"parley/shared/clock"
	"parley/shared/config"
	"parley/shared/domain/accounts"
	"parley/shared/domain/apps"
	"parley/shared/domain/archive"
	"parley/shared/domain/background"
	"parley/shared/domain/content"
	"parley/shared/domain/delivery"
	"parley/shared/domain/direct"
	"parley/shared/domain/fanout"
	"parley/shared/domain/follows"
	"parley/shared/domain/groupchat"
	"parley/shared/domain/groupdata"
	"parley/shared/domain/groups"
	"parley/shared/domain/inbox"
	"parley/shared/domain/membership"
	"parley/shared/domain/presence"
	"parley/shared/domain/profiles"
	"parley/shared/domain/push"
	"parley/shared/domain/relations"
	"parley/shared/domain/search"
	"parley/shared/domain/sessions"
	"parley/shared/domain/timeline"
	"parley/shared/dynamo/wire"
	"parley/shared/objects"
	"parley/shared/parallel"
	"parley/shared/queue"
	"parley/shared/s3"
	"parley/shared/seal"
	"parley/shared/store"
	"parley/shared/store/schema"
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
	Groups     groups.RemovalQueue
	Reclaims   groups.ReclaimQueue
	Push       push.Queue
	Index      inbox.IndexQueue
	Objects    archive.Objects
	Clock      clock.Clock
	Parallel   parallel.Runner
	Encoder    delivery.Encoder
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

	mu         sync.Mutex
	last       *apps.EffectiveApp // the application of the last call
	lastTenant *Tenant
}

// New returns an App that is made of parts.
func New(p Parts) *App {
	a := &App{parts: p, Directory: apps.NewDirectory(p.Store.Apps, p.Sealer, p.Clock), Callers: accounts.NewCallers(p.Store.Accounts, p.Clock)}
	a.Apps = apps.New(p.Store.Apps, p.Store.Apps, p.Sealer, registrar{a}, p.Clock)
	return a
}

// registrar imports an account into any application.
type registrar struct{ app *App }

// Register implements apps.AccountCreator.
func (r registrar) Register(ctx context.Context, a apps.App, user string) error {
	return r.app.For(&a).Accounts.Import(ctx, accounts.Import{ID: user})
}

// Deployed returns the parts of a deployed function.
func Deployed(c config.Config, frames delivery.Encoder, files archive.Format) (Parts, error) {
	cfg := AWS(c.Region)
	sealer, err := seal.New(c.SealKey, cfg)
	if err != nil {
		return Parts{}, err
	}
	jobs := queue.New[background.Job](cfg, c.SQS, queue.Background, c.Queues.Background)
	db, err := wire.New(wire.Options{
		Region: c.Region, Endpoint: c.DynamoDB, Credentials: cfg.Credentials, Retryer: cfg.Retryer, Clock: clock.System{},
	})
	if err != nil {
		return Parts{}, err
	}
	p := Parts{
		Store: store.New(db.Do, schema.TableNames(c.Tables)), Sealer: sealer,
		Poster: delivery.NoPoster{}, Delivery: queue.New[delivery.Job](cfg, c.SQS, queue.Delivery, c.Queues.Delivery),
		Broadcasts: queue.New[delivery.Broadcast](cfg, c.SQS, queue.Broadcast, c.Queues.Broadcast),
		Removal:    background.Removals{Queue: jobs}, Index: background.IndexJobs{Queue: jobs}, Groups: background.GroupRemovals{Queue: jobs},
		Reclaims: background.Reclaims{Queue: jobs},
		Push:     queue.New[push.Job](cfg, c.SQS, queue.Push, c.Queues.Push),
		Objects: objects.New(s3.New(s3.Options{
			Region: c.Region, Endpoint: c.S3, Bucket: c.Archive, Credentials: cfg.Credentials, Retryer: cfg.Retryer, Transport: s3.NewTransport(), Clock: clock.System{},
		}), cfg.Credentials),
		Clock: clock.System{}, Parallel: parallel.Goroutines{}, Encoder: frames, Format: files,
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
		Retryer: attempt.Retryer,
	}
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
	Groups    groups.Service
	Members   membership.Service
	GroupChat groupchat.Service
	GroupData groupdata.Service
	Search    search.Service
	Archive   archive.Service
}

// For returns the domain of one application.
func (a *App) For(o *apps.App) Tenant { return a.tenant(o, o.Settings.InForce()) }

// ForEffective returns the domain of an application that the Directory has found. It makes the
// domain again only if the Directory has read an application again, or if another application
// calls.
func (a *App) ForEffective(o *apps.EffectiveApp) *Tenant {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.last != o {
		tenant := a.tenant(&o.App, o.InForce)
		a.last, a.lastTenant = o, &tenant
	}
	return a.lastTenant
}

// tenant returns the domain of an application for which these settings are in force.
func (a *App) tenant(o *apps.App, set apps.EffectiveSettings) Tenant {
	p := a.parts
	deliverer := a.Delivery(o.ID)
	profile := profiles.New(o.ID, profileFields(set.ProfileFields), p.Store.Profiles, deliverer)
	relation := relations.New(o.ID, relations.Settings{
		Limits: relations.Limits{Friends: set.Friends, Blocked: set.Blocked, Lists: set.Lists, Requests: set.Requests},
		Allow:  set.Allow, Fields: friendFields(set.FriendFields), RequireWording: set.RequestWording, RepeatWindow: accounts.RepeatWindow,
	}, p.Store.Relations, p.Store.Relations, p.Store.Relations, p.Store.Accounts, deliverer, p.Clock)
	follow := follows.New(o.ID, follows.Settings{Enabled: set.Follow, Limit: set.Following}, p.Store.Follows, p.Store.Accounts, p.Clock)
	presences := a.presence(o.ID, set.Watched)
	session := sessions.New(o.ID, sessions.Settings{
		Policy: set.LoginPolicy, Native: set.NativeInstances, Web: set.WebInstances, Spread: set.Spread(),
	}, p.Store.Sessions, deliverer, p.Clock)
	sizes := content.FileLimits{Image: int64(set.PictureMB) << 20, File: int64(set.FileMB) << 20}
	check := direct.NewSenderCheck(
		o.ID, direct.CheckSettings{FriendsOnly: set.FriendsOnly, BlockSilently: set.BlockSilently}, a.Callers, p.Store.Direct, p.Clock,
	)
	groupCheck := groupchat.NewSenderCheck(o.ID, a.Callers, p.Store.GroupChat, p.Store.GroupChat, p.Clock, p.Parallel)
	members := fanout.New(o.ID, p.Store.GroupChat, deliverer, p.Parallel)
	stored := timeline.New(
		o.ID, timeline.Settings{Recallable: set.RecallWindow(), Files: sizes, Extensible: set.Extensions}, senderChecks{check, groupCheck},
		p.Store.Timeline, p.Store.Timeline, p.Store.Timeline, deliverer, members, p.Clock, p.Parallel,
	)
	pushes := push.New(o.ID, p.Push, p.Clock)
	sending := direct.New(
		o.ID, direct.Settings{Retention: set.Retention(), Files: sizes}, check, p.Store.Direct, p.Store.Direct, p.Store.Merged,
		stored, deliverer, pushes, p.Clock, p.Parallel,
	)
	groupSending := groupchat.New(
		o.ID, groupchat.Settings{Retention: set.Retention(), Files: sizes, Directed: set.Directed, Receipts: set.GroupReceipts}, groupCheck,
		p.Store.GroupChat, p.Store.GroupChat, p.Store.GroupChat,
		stored, members, deliverer, pushes, p.Clock, p.Parallel,
	)
	member := membership.New(
		o.ID, groupSettings(set), p.Store.Members, p.Store.Members, p.Store.Members, p.Store.Members, p.Store.Accounts, groupSending, errorLog{}, p.Clock, p.Parallel,
	)
	conversation := inbox.New(
		o.ID, inbox.Settings{Limit: set.Conversations, FoldersIncluded: set.Folders},
		p.Store.Inbox, p.Store.Inbox, p.Store.Inbox, p.Store.Inbox, member, p.Store.Inbox, p.Index, p.Store.Accounts, deliverer, p.Clock, p.Parallel,
	)
	account := accounts.New(o.ID, accounts.Settings{
		Limit: set.Accounts, DeletionAllowed: set.DeleteAllowed, ReserveDeletedIDs: set.ReserveDeletedIDs, Admins: o.Admins,
	}, p.Store.Accounts, deliverer, profile, p.Removal, p.Clock, member, conversation, relation, follow, profile, presences, session)
	return Tenant{
		Accounts:  account,
		Sessions:  session,
		Inbox:     conversation,
		Timeline:  stored,
		Direct:    sending,
		Delivery:  deliverer,
		Presence:  presences,
		Profiles:  profile,
		Relations: relation,
		Follows:   follow,
		GroupChat: groupSending,
		GroupData: groupdata.New(o.ID, groupSettings(set), p.Store.GroupData, members, p.Clock),
		Groups:    groups.New(o.ID, groupSettings(set), p.Store.Groups, p.Store.Groups, p.Store.Accounts, member, groupSending, p.Groups, p.Clock),
		Members:   member,
		Search:    search.New(stored, conversation),
		Archive:   archive.New(o.ID, set.HistoryDays, p.Store.Archive, p.Objects, p.Clock),
	}
}

// groupSettings returns what an application says about its groups.
func groupSettings(set apps.EffectiveSettings) groups.Settings {
	return groups.Settings{
		Limits:      groups.Limits{Members: set.GroupMembers, Groups: set.Limits.Groups, PerDay: set.NewGroups, Joined: set.JoinedGroups},
		GroupFields: set.GroupFields, MemberFields: set.MemberFields,
		InviteeConfirms: set.InviteeConfirms, HistoryBeforeJoin: set.HistoryBeforeJoin, Counters: set.GroupCounters, Retention: set.Retention(),
		IdleFor: time.Duration(set.GroupIdleDays) * 24 * time.Hour,
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

// Presence returns the presence service of one application, which takes no new subscriptions:
// only these need the limit, so the application's settings need not be read.
func (a *App) Presence(app int64) presence.Service { return a.presence(app, 0) }

// presence returns the presence service of one application, in which a user may watch limit
// users.
func (a *App) presence(app int64, limit int) presence.Service {
	p := a.parts
	return presence.New(app, limit, p.Store.Presence, p.Store.Presence, p.Store.Delivery, p.Store.Accounts, a.Delivery(app), p.Clock, p.Parallel)
}

// Delivery returns the delivery service of one application. It needs none of the
// application's settings.
func (a *App) Delivery(app int64) delivery.Service {
	p := a.parts
	return delivery.New(app, p.Store.Sessions, p.Poster, p.Delivery, p.Broadcasts, p.Encoder, errorLog{}, p.Clock)
}

// GroupDelivery returns the Delivery of large groups of one application. It needs none of the
// application's settings.
func (a *App) GroupDelivery(app int64) groupchat.Delivery {
	p := a.parts
	deliverer := a.Delivery(app)
	members := fanout.New(app, p.Store.GroupChat, deliverer, p.Parallel)
	return groupchat.NewDelivery(app, p.Store.GroupChat, p.Store.Timeline, members, deliverer, push.New(app, p.Push, p.Clock), p.Clock)
}

// QueueReclaim queues the search for groups of an application that nobody uses.
func (a *App) QueueReclaim(ctx context.Context, job groups.Reclaim) error {
	return a.parts.Reclaims.Send(ctx, job, 0)
}

// ReclaimGroups does such a job.
func (a *App) ReclaimGroups(ctx context.Context, o *apps.App, job groups.Reclaim) error {
	return a.For(o).Groups.ReclaimIdle(ctx, job, a.parts.Reclaims)
}

// errorLog writes what goes wrong into the log line of the invocation.
type errorLog struct{}

// LogUndelivered implements delivery.ErrorLog.
func (errorLog) LogUndelivered(ctx context.Context, what string) {
	telemetry.MeterOf(ctx).Note(telemetry.Undelivered, what)
}

// LogUnreadable implements archive.ErrorLog.
func (errorLog) LogUnreadable(ctx context.Context, what string) {
	telemetry.MeterOf(ctx).Note(telemetry.Unreadable, what)
}
