// Package delivery delivers events to the connections of users' devices. A post that
// fails never fails the operation that it belongs to: it is tried again at once, then
// from a queue, and in the end the device finds the event by its own sync.
package delivery

import (
	"context"
	"errors"
	"slices"
	"time"

	"parley/shared/clock"
	"parley/shared/domain/sessions"
	"parley/shared/retry"
)

// Errors of a Poster.
var (
	ErrGone     = errors.New("the connection is gone")
	ErrRefused  = errors.New("the post is refused and would be again")
	errNoPoster = errors.New("no connections endpoint")
)

// A Poster sends frames to connections. After any error but ErrGone and ErrRefused
// another try may succeed.
type Poster interface {
	// Post sends one frame to many connections, and returns an error for each.
	Post(ctx context.Context, connections []string, frame []byte) []error
	// Close closes a connection. It is no error if the connection is gone.
	Close(ctx context.Context, connection string) error
}

// A Queue holds jobs for the worker.
type Queue interface {
	Send(ctx context.Context, job Job, delay time.Duration) error
}

// Store stores which devices of a user are connected.
type Store interface {
	// Sessions reads sessions strongly. A user without a session has no devices.
	Sessions(ctx context.Context, app int64, users []string) ([]sessions.Session, error)
	// SessionsEventually is Sessions with reads that may be a moment old, for half the price.
	SessionsEventually(ctx context.Context, app int64, users []string) ([]sessions.Session, error)
	// ReleaseSlot empties a slot if it still holds the connection, and returns whether
	// the user is watched.
	ReleaseSlot(ctx context.Context, app int64, user, slot, connection string, last sessions.LastEnd) (bool, error)
	// KickDevices takes the slots of devices: all of them, or none. It returns false, and
	// nothing has changed, if one of them does not hold its slot any more. The devices
	// are Leaving until CleanUp removes them.
	KickDevices(ctx context.Context, app int64, user string, e sessions.KickRequest) (bool, error)
	// CleanUp removes from a session what need not be remembered.
	CleanUp(ctx context.Context, app int64, user string, c sessions.Cleanup) error
}

// A Job is what could not be done at once: a frame that was not delivered to Targets,
// connections to Close, or ends of connections that could not be stored.
type Job struct {
	App     int64               `json:"app"`
	Frame   []byte              `json:"frame,omitempty"`
	Targets []Target            `json:"targets,omitempty"`
	Close   []ConnectionToClose `json:"close,omitempty"` // Frame is posted to each before it is closed
	Ended   []Target            `json:"ended,omitempty"`
	Attempt int                 `json:"attempt"` // failed tries so far
}

// A Target is one connection of a device.
type Target struct {
	User       string            `json:"u"`
	Slot       string            `json:"s"`
	Connection string            `json:"c"`
	Fallback   string            `json:"p,omitempty"` // the connection before it, while both are open
	Since      int64             `json:"t"`           // when it was opened, or in Job.Ended when it ended, ms
	Platform   sessions.Platform `json:"f"`
	Instance   string            `json:"i,omitempty"`
}

// An Event is something that has happened and that devices are notified of. It knows no
// wire format: a dialect has a table with an encoder for each event.
type Event interface {
	// EventName names what has happened, in the log and in the tables of the dialects. Each
	// type of event has a name of its own, for example "message recalled".
	EventName() string
}

// A Kick is the event that tells a device why its connection is closed.
type Kick struct {
	Reason   string
	Platform sessions.Platform
	Time     int64 // Unix seconds
}

// An Encoder makes the frames that devices receive.
type Encoder interface {
	// Frame returns the frame of an event. It fails if the protocol does not have the event.
	Frame(e Event) ([]byte, error)
	// Join makes frames of one event each into fewer frames, with the same events in the same order.
	Join(frames [][]byte) [][]byte
}

// An ErrorLog records what goes wrong after the change was stored. The call does not fail.
type ErrorLog interface {
	// LogUndelivered is called if an event was not delivered to all its receivers, or if
	// another step failed after the change that it belongs to was stored.
	LogUndelivered(ctx context.Context, what string)
}

// Service delivers the events of one application.
type Service struct {
	app        int64
	store      Store
	poster     Poster
	queue      Queue
	broadcasts BroadcastQueue
	encoder    Encoder
	errors     ErrorLog
	clock      clock.Clock
}

// New returns the Service of an application.
func New(app int64, store Store, p Poster, q Queue, b BroadcastQueue, e Encoder, l ErrorLog, c clock.Clock) Service {
	return Service{app: app, store: store, poster: p, queue: q, broadcasts: b, encoder: e, errors: l, clock: c}
}

const (
	quickRetries = 2 // retries within the call
	quickWait    = 50 * time.Millisecond
	// targetsPerJob keeps a job below the 256 KB that SQS accepts: a frame has up to
	// 27 KB in base64, and a target 250 bytes.
	targetsPerJob = 500
	// maxPostTime is how much time of a call the posts of one event may take. Normally
	// a post takes 12 ms.
	maxPostTime = 2 * time.Second
	// timeAfterPosts is the time that posts leave for the rest of the call: the failed
	// posts are queued, and so is a push.
	timeAfterPosts = 1500 * time.Millisecond
	// MaxAttempts is how often a frame is retried from the queue. After that the device
	// finds the event by its sync.
	MaxAttempts = 5
)

// Origin is the device that caused an event. The event is not delivered to it. It is
// named by its connection, or if the call came over HTTP by its installation.
type Origin struct{ User, Connection, Instance string }

// is reports whether a connection of a user belongs to the origin.
func (o Origin) is(user string, conn sessions.Connection) bool {
	return user == o.User && (conn.ID == o.Connection || (o.Instance != "" && conn.Instance == o.Instance))
}

// Frame returns the frame of an event.
func (s Service) Frame(e Event) ([]byte, error) { return s.encoder.Frame(e) }

// Sessions reads the sessions of users strongly, in their order. A user without a session
// has no devices. A caller that delivers several events reads the sessions once, and
// then calls DeliverTo for each event.
func (s Service) Sessions(ctx context.Context, users []string) ([]sessions.Session, error) {
	return s.store.Sessions(ctx, s.app, users)
}

// Deliver delivers an event to all devices of users, except its origin. It fails only
// if the sessions cannot be read, the event cannot be encoded, or a job cannot be
// queued.
func (s Service) Deliver(ctx context.Context, users []string, origin Origin, event Event) error {
	list, err := s.Sessions(ctx, users)
	if err != nil {
		return err
	}
	return s.DeliverTo(ctx, list, origin, event)
}

// DeliverTo is Deliver for sessions that the caller has read.
func (s Service) DeliverTo(ctx context.Context, list []sessions.Session, origin Origin, event Event) error {
	_, err := s.DeliverReportingGone(ctx, list, origin, event)
	return err
}

// DeliverReportingGone is DeliverTo, and returns the connections that were found gone.
// If the connection that caused the event has no slot, DeliverReportingGone queues its
// closing. Example: the slot of a device was lost, so the device receives nothing, but
// it can still send. Its first send closes the connection, and the device connects
// again.
func (s Service) DeliverReportingGone(ctx context.Context, list []sessions.Session, origin Origin, event Event) (gone []string, err error) {
	if s.unserved(list, origin) {
		s.LogFailure(ctx, "a connection without a slot", s.QueueClose(ctx, origin.Connection))
	}
	targets := s.targets(list, origin)
	if len(targets) == 0 {
		return nil, nil
	}
	frame, err := s.encoder.Frame(event)
	if err != nil {
		return nil, err
	}
	return s.post(ctx, Job{App: s.app, Frame: frame, Targets: targets})
}

// DeliverToMany delivers an event to the devices of many users, except its origin, and returns the
// connections that were found gone. It reads the sessions for half the price of Deliver: a device
// that has connected in the last moment may miss the event, and finds it by its sync.
func (s Service) DeliverToMany(ctx context.Context, users []string, origin Origin, event Event) (list []sessions.Session, gone []string, err error) {
	if len(users) == 0 {
		return nil, nil, nil
	}
	if list, err = s.store.SessionsEventually(ctx, s.app, users); err != nil {
		return nil, nil, err
	}
	targets := s.targets(list, origin)
	if len(targets) == 0 {
		return list, nil, nil
	}
	frame, err := s.encoder.Frame(event)
	if err != nil {
		return list, nil, err
	}
	gone, err = s.post(ctx, Job{App: s.app, Frame: frame, Targets: targets})
	return list, gone, err
}

// SessionsEventually is Sessions for half the price: a device that has connected in the last moment
// may be missing.
func (s Service) SessionsEventually(ctx context.Context, users []string) ([]sessions.Session, error) {
	return s.store.SessionsEventually(ctx, s.app, users)
}

// DeliverTogether delivers events, in their order and in as few frames as possible, to the devices of
// very many sessions. Several workers post at the same time: of each 500 devices above the first 500,
// a job in the queue takes care. What does not fill a job is posted here. Example: of 1,300 devices,
// 500 are in a job, and the call posts to 800. It returns the connections that were found gone.
func (s Service) DeliverTogether(ctx context.Context, list []sessions.Session, events []Event) (gone []string, err error) {
	frames := make([][]byte, len(events))
	for i, event := range events {
		var err error
		if frames[i], err = s.encoder.Frame(event); err != nil {
			return nil, err
		}
	}
	frames = s.encoder.Join(frames)
	targets := s.targets(list, Origin{})
	own := targets[:len(targets)-max(0, len(targets)/targetsPerJob-1)*targetsPerJob]
	for part := range slices.Chunk(targets[len(own):], targetsPerJob) {
		for _, frame := range frames {
			if err := s.queue.Send(ctx, Job{App: s.app, Frame: frame, Targets: part}, 0); err != nil {
				return nil, err
			}
		}
	}
	for _, frame := range frames {
		if len(own) == 0 {
			break
		}
		list, err := s.post(ctx, Job{App: s.app, Frame: frame, Targets: own})
		if err != nil {
			return gone, err
		}
		gone = append(gone, list...)
	}
	return gone, nil
}

// LogFailure takes a note that a step failed after the change that it belongs
// to was stored. Such a failure must not fail the call, or the caller would think that
// the change was not made. Example: a message is stored, and SQS refuses the job of a
// failed post. The send succeeds. If err is nil, LogFailure does nothing.
func (s Service) LogFailure(ctx context.Context, what string, err error) {
	if err != nil {
		s.errors.LogUndelivered(ctx, what+": "+err.Error())
	}
}

// DeliverAfterCommit is Deliver for an event whose change is stored already: a failure
// is logged and not returned.
func (s Service) DeliverAfterCommit(ctx context.Context, users []string, origin Origin, event Event) {
	s.LogFailure(ctx, event.EventName(), s.Deliver(ctx, users, origin, event))
}

// DeliverBestEffort is DeliverTo for an event that is worth nothing a moment later, for
// example that a user is typing. Each connection is tried once, and nothing is queued.
func (s Service) DeliverBestEffort(ctx context.Context, list []sessions.Session, origin Origin, event Event) error {
	targets := s.targets(list, origin)
	if len(targets) == 0 {
		return nil
	}
	frame, err := s.encoder.Frame(event)
	if err != nil {
		return err
	}
	postCtx, cancel := postContext(ctx)
	defer cancel()
	s.postOnce(ctx, postCtx, frame, targets, new([]string))
	return nil
}

// Retry does a job of the queue. Only what fails again is queued again. A frame that
// fails MaxAttempts times is dropped: the device finds the event by its sync. A job
// fails, so that an operator sees it, if a connection cannot be closed for a quarter of
// an hour.
func (s Service) Retry(ctx context.Context, job Job) error {
	switch {
	case len(job.Close) > 0:
		return s.close(ctx, job)
	case len(job.Ended) > 0:
		return s.recordEnds(ctx, job)
	}
	_, err := s.post(ctx, job)
	return err
}

// unserved reports whether the sessions show that the connection of an origin has no
// slot.
func (s Service) unserved(list []sessions.Session, origin Origin) bool {
	return origin.Connection != "" && slices.ContainsFunc(list, func(session sessions.Session) bool {
		return session.User == origin.User && !session.Serves(origin.Connection, s.clock.Now())
	})
}

// targets returns the connections of all live devices of sessions, except the origin.
func (s Service) targets(list []sessions.Session, origin Origin) []Target {
	now := s.clock.Now()
	var targets []Target
	for _, session := range list {
		for _, d := range session.Devices {
			if !d.Alive(now) || origin.is(session.User, d.Current) {
				continue
			}
			targets = append(targets, Target{
				User: session.User, Slot: d.Slot, Connection: d.Current.ID, Since: d.Current.OpenedAt,
				Platform: d.Current.Platform, Instance: d.Current.Instance, Fallback: d.Predecessor(now),
			})
		}
	}
	return targets
}

// postContext returns the context of the posts of one event. It ends early enough that
// the rest of the call has time.
func postContext(ctx context.Context) (context.Context, context.CancelFunc) {
	return retry.Within(ctx, maxPostTime, timeAfterPosts)
}

// post posts the frame of a job to its targets, retries those that failed, and queues
// those that still fail. It returns the connections that are gone. If a post got no
// answer in its time, post does not retry within the call: the next try would probably
// get none either, and the caller waits.
func (s Service) post(ctx context.Context, job Job) (gone []string, err error) {
	postCtx, cancel := postContext(ctx)
	defer cancel()
	failed, hangs := s.postOnce(ctx, postCtx, job.Frame, job.Targets, &gone)
	for try := 0; len(failed) > 0 && !hangs && try < quickRetries; try++ {
		s.clock.Wait(postCtx, quickWait<<try)
		failed, hangs = s.postOnce(ctx, postCtx, job.Frame, failed, &gone)
	}
	if len(failed) == 0 || job.Attempt >= MaxAttempts {
		return gone, nil
	}
	delay := time.Second << min(job.Attempt, 3) // 1, 2, 4, 8, 8 s
	for part := range slices.Chunk(failed, targetsPerJob) {
		err = errors.Join(err, s.queue.Send(ctx, Job{App: job.App, Frame: job.Frame, Targets: part, Attempt: job.Attempt + 1}, delay))
	}
	return gone, err
}

// postOnce posts a frame once to each target and returns the targets for which another
// try may succeed. During a renewal it posts to both connections of a device, and the
// frame counts as delivered if either of them accepts it (docs/data-model.md §7).
// postCtx is the context of the posts alone. hangs reports whether a failed post got no
// answer in its time. postOnce appends the connections that are gone to gone.
func (s Service) postOnce(ctx, postCtx context.Context, frame []byte, targets []Target, gone *[]string) (failed []Target, hangs bool) {
	var connections []string
	for _, t := range targets {
		connections = append(connections, t.Connection)
		if t.Fallback != "" {
			connections = append(connections, t.Fallback)
		}
	}
	results := s.poster.Post(postCtx, connections, frame)
	for _, t := range targets {
		err := results[0]
		results = results[1:]
		fallbackErr := ErrGone
		if t.Fallback != "" {
			fallbackErr = results[0]
			results = results[1:]
		}
		switch {
		case err == nil || fallbackErr == nil || errors.Is(err, ErrRefused):
		case !errors.Is(err, ErrGone):
			failed, hangs = append(failed, t), hangs || errors.Is(err, context.DeadlineExceeded)
		case errors.Is(fallbackErr, ErrGone):
			if s.releaseGone(ctx, t) {
				*gone = append(*gone, t.Connection)
			}
		default:
			failed, hangs = append(failed, t), hangs || errors.Is(fallbackErr, context.DeadlineExceeded)
		}
	}
	return failed, hangs
}

// releaseGone empties the slot of a connection that is gone, and returns true. If the
// connection is under 30 seconds old, it may only not be open yet: releaseGone then
// does nothing and returns false, and the device finds the event by the sync that it
// makes once the connection is open.
func (s Service) releaseGone(ctx context.Context, t Target) bool {
	if s.clock.Now().UnixMilli()-t.Since < youngMs {
		return false
	}
	// Best effort: if it fails, the next post finds the connection gone again.
	_, _ = s.store.ReleaseSlot(ctx, s.app, t.User, t.Slot, t.Connection,
		sessions.LastEnd{Time: s.clock.Now().UnixMilli(), Reason: "gone", Platform: t.Platform, Instance: t.Instance})
	return true
}

// youngMs is how long a new connection may not be open yet, like sessions.Device.Young.
const youngMs = 30_000

// NoPoster is the Poster of a function that has no connections endpoint.
type NoPoster struct{}

// Post fails for every connection.
func (NoPoster) Post(_ context.Context, connections []string, _ []byte) []error {
	errs := make([]error, len(connections))
	for i := range errs {
		errs[i] = errNoPoster
	}
	return errs
}

// Close fails.
func (NoPoster) Close(context.Context, string) error { return errNoPoster }
