// Package delivery brings events to the connections of users. A post that fails
// never fails the operation it belongs to: it is tried again, then handed to a
// queue, and in the end healed by the device's own sync.
package delivery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"parley/shared/domain/sessions"
	"parley/shared/retry"
)

// Errors of a Poster.
var (
	ErrGone     = errors.New("the connection is gone")
	ErrRefused  = errors.New("the post is refused and would be again")
	errNoPoster = errors.New("no connections endpoint")
)

// A Poster sends frames to connections. Any error but ErrGone and ErrRefused is
// worth another try.
type Poster interface {
	// Post sends one frame to many connections, and returns an error for each.
	Post(ctx context.Context, connections []string, frame []byte) []error
	// Close ends a connection. One that is gone is no error.
	Close(ctx context.Context, connection string) error
}

// A Queue holds jobs of posts that failed.
type Queue interface {
	Send(ctx context.Context, job Job, delay time.Duration) error
}

// Store knows where users are connected.
type Store interface {
	// Sessions reads sessions strongly; a user without one has no devices.
	Sessions(ctx context.Context, app int64, users []string) ([]sessions.Session, error)
	// LeaveSlot empties a slot if it still holds the connection, and returns
	// whether the user is watched.
	LeaveSlot(ctx context.Context, app int64, user, slot, connection string, last sessions.Last) (bool, error)
	// Expel takes devices their slots, all or none; false when one of them does not
	// hold its slot any more. Until Tidy they are Leaving.
	Expel(ctx context.Context, app int64, user string, e sessions.Expulsion) (bool, error)
	// Tidy removes from a session what need not be kept.
	Tidy(ctx context.Context, app int64, user string, t sessions.Tidying) error
}

// A Job is what could not be done at connections: a frame that Targets have not
// had, connections that have not been Closed, and ends of connections that could
// not be noted.
type Job struct {
	App     int64     `json:"app"`
	Frame   []byte    `json:"frame,omitempty"`
	Targets []Target  `json:"targets,omitempty"`
	Close   []Closing `json:"close,omitempty"` // each is told Frame first
	Ended   []Target  `json:"ended,omitempty"`
	Attempt int       `json:"attempt"` // failed rounds so far
}

// A Target is one connection of a device.
type Target struct {
	User     string            `json:"u"`
	Slot     string            `json:"s"`
	Link     string            `json:"c"`
	Fallback string            `json:"p,omitempty"` // the connection before it, while both live
	Since    int64             `json:"t"`           // ms
	Platform sessions.Platform `json:"f"`
	Instance string            `json:"i,omitempty"`
}

// An Event is something a device is told. The client dialect gives it its form.
type Event any

// A Kick tells a device that it has to go.
type Kick struct {
	Reason   string
	Platform sessions.Platform
	Time     int64 // Unix seconds
}

// Service delivers events of one application.
type Service struct {
	App    int64
	Store  Store
	Poster Poster
	Queue  Queue
	Now    func() time.Time
	Again  retry.Retrier
	Crowds AnnouncementQueue
	// Missed tells of an event that did not reach all whom it is for, and of what
	// else failed after the change that it tells of was stored; nil: nobody asks.
	Missed func(ctx context.Context, what string)
	// Frame gives an event the form that clients read.
	Frame func(Event) ([]byte, error)
}

const (
	quickTries = 2 // tries again at once, within the call
	quickWait  = 50 * time.Millisecond
	// targetsAJob keeps a job, a frame of up to 27 KB in base64 and 250 bytes a
	// target, below the 256 KB that a queue takes.
	targetsAJob = 500
	// atMost is what the posts of one event may take of a call. They take 12 ms.
	atMost = 2 * time.Second
	// after is the time that posts leave to who comes after them in the call: what
	// failed is queued, and a push as well.
	after = 1500 * time.Millisecond
	// MaxAttempts is the number of rounds through the queue before a frame is
	// left to sync.
	MaxAttempts = 5
)

// Origin is the device that caused an event, which is not told of it: a
// connection, or an installation where the call came over HTTP.
type Origin struct{ User, Connection, Instance string }

// is reports whether a device of a user is the origin.
func (o Origin) is(user string, link sessions.Link) bool {
	return user == o.User && (link.Connection == o.Connection || (o.Instance != "" && link.Instance == o.Instance))
}

// Send brings an event to all devices of the users, but not to its origin. It
// fails only where sessions cannot be read or a job cannot be queued.
func (s Service) Send(ctx context.Context, users []string, origin Origin, event Event) error {
	list, err := s.Store.Sessions(ctx, s.App, users)
	if err != nil {
		return err
	}
	return s.SendTo(ctx, list, origin, event)
}

// SendTo is Send for sessions that the caller has read.
func (s Service) SendTo(ctx context.Context, list []sessions.Session, origin Origin, event Event) error {
	_, err := s.Deliver(ctx, list, origin, event)
	return err
}

// Deliver is SendTo, and returns the connections that were found gone. If the
// connection that caused the event has no slot, Deliver has it closed. For example,
// a device whose slot was forgotten may still send, but receives nothing.
func (s Service) Deliver(ctx context.Context, list []sessions.Session, origin Origin, event Event) (gone []string, err error) {
	if s.unserved(list, origin) {
		s.Note(ctx, "a connection without a slot", s.Unserved(ctx, origin.Connection))
	}
	targets := s.targets(list, origin)
	if len(targets) == 0 {
		return nil, nil
	}
	frame, err := s.Frame(event)
	if err != nil {
		return nil, err
	}
	return s.post(ctx, Job{App: s.App, Frame: frame, Targets: targets})
}

// Note tells of a step that failed after what it belongs to was stored, which is
// no reason to fail the call: its caller would take the change for not made. nil is
// no failure.
func (s Service) Note(ctx context.Context, what string, err error) {
	if err != nil && s.Missed != nil {
		s.Missed(ctx, what+": "+err.Error())
	}
}

// Tell is Send of what has happened already: a failure is noted.
func (s Service) Tell(ctx context.Context, users []string, origin Origin, event Event) {
	s.Note(ctx, fmt.Sprintf("%T", event), s.Send(ctx, users, origin, event))
}

// Flash is SendTo for what is worth nothing a moment later: each connection is
// tried once, and nothing is queued.
func (s Service) Flash(ctx context.Context, list []sessions.Session, origin Origin, event Event) error {
	targets := s.targets(list, origin)
	if len(targets) == 0 {
		return nil
	}
	frame, err := s.Frame(event)
	if err != nil {
		return err
	}
	posts, cancel := within(ctx)
	defer cancel()
	s.round(ctx, posts, frame, targets, new([]string))
	return nil
}

// Retry is another round for a job of the queue. What fails again is queued anew,
// alone. A frame is left to sync after MaxAttempts; a connection that cannot be
// closed for a quarter of an hour fails the job, so that somebody sees it.
func (s Service) Retry(ctx context.Context, job Job) error {
	switch {
	case len(job.Close) > 0:
		return s.close(ctx, job)
	case len(job.Ended) > 0:
		return s.end(ctx, job)
	}
	_, err := s.post(ctx, job)
	return err
}

// unserved reports whether the sessions show that the connection of an origin has no
// slot.
func (s Service) unserved(list []sessions.Session, origin Origin) bool {
	return origin.Connection != "" && slices.ContainsFunc(list, func(session sessions.Session) bool {
		return session.User == origin.User && !session.Serves(origin.Connection, s.Now())
	})
}

func (s Service) targets(list []sessions.Session, origin Origin) []Target {
	now := s.Now()
	var out []Target
	for _, session := range list {
		for _, d := range session.Devices {
			if !d.Alive(now) || origin.is(session.User, d.Now) {
				continue
			}
			out = append(out, Target{
				User: session.User, Slot: d.Slot, Link: d.Now.Connection, Since: d.Now.Since,
				Platform: d.Now.Platform, Instance: d.Now.Instance, Fallback: d.Predecessor(now),
			})
		}
	}
	return out
}

// within is the time that posts have in a call: theirs, and never that of what
// comes after them.
func within(ctx context.Context) (context.Context, context.CancelFunc) {
	return retry.Within(ctx, atMost, after)
}

// post tries all targets, the failed ones again, and queues what is left. It
// returns the connections that are gone. Where a post had no answer in its time
// there is no other try at once: who does not answer now will not a moment later,
// and the call is waited for.
func (s Service) post(ctx context.Context, job Job) (gone []string, err error) {
	posts, cancel := within(ctx)
	defer cancel()
	left, hangs := s.round(ctx, posts, job.Frame, job.Targets, &gone)
	for try := 0; len(left) > 0 && !hangs && try < quickTries; try++ {
		s.Again.Wait(posts, quickWait<<try)
		left, hangs = s.round(ctx, posts, job.Frame, left, &gone)
	}
	if len(left) == 0 || job.Attempt >= MaxAttempts {
		return gone, nil
	}
	delay := time.Second << min(job.Attempt, 3) // 1, 2, 4, 8, 8 s
	for part := range slices.Chunk(left, targetsAJob) {
		err = errors.Join(err, s.Queue.Send(ctx, Job{App: job.App, Frame: job.Frame, Targets: part, Attempt: job.Attempt + 1}, delay))
	}
	return gone, err
}

// round posts once to each target and returns those worth another try. During a
// renewal both connections of a device are tried: the frame counts as brought
// when either took it (docs/data-model.md §7). posts is the context of the posts
// alone. It tells whether any of those left had no answer in its time.
func (s Service) round(ctx, posts context.Context, frame []byte, targets []Target, gone *[]string) (left []Target, hangs bool) {
	var links []string
	for _, t := range targets {
		links = append(links, t.Link)
		if t.Fallback != "" {
			links = append(links, t.Fallback)
		}
	}
	results := s.Poster.Post(posts, links, frame)
	for _, t := range targets {
		err := results[0]
		results = results[1:]
		fallback := ErrGone
		if t.Fallback != "" {
			fallback = results[0]
			results = results[1:]
		}
		switch {
		case err == nil || fallback == nil || errors.Is(err, ErrRefused):
		case !errors.Is(err, ErrGone):
			left, hangs = append(left, t), hangs || errors.Is(err, context.DeadlineExceeded)
		case errors.Is(fallback, ErrGone):
			if s.gone(ctx, t) {
				*gone = append(*gone, t.Link)
			}
		default:
			left, hangs = append(left, t), hangs || errors.Is(fallback, context.DeadlineExceeded)
		}
	}
	return left, hangs
}

// gone forgets a connection that is no more. One under 30 s old may not be open
// yet: it is left, and its device syncs once it is.
func (s Service) gone(ctx context.Context, t Target) bool {
	if s.Now().UnixMilli()-t.Since < youngMs {
		return false
	}
	// Best effort: the next post finds it gone again.
	_, _ = s.Store.LeaveSlot(ctx, s.App, t.User, t.Slot, t.Link,
		sessions.Last{Time: s.Now().UnixMilli(), Reason: "gone", Platform: t.Platform, Instance: t.Instance})
	return true
}

const youngMs = 30_000

// Nowhere is the Poster of a function that has no connections endpoint.
type Nowhere struct{}

// Post fails for every connection.
func (Nowhere) Post(_ context.Context, connections []string, _ []byte) []error {
	errs := make([]error, len(connections))
	for i := range errs {
		errs[i] = errNoPoster
	}
	return errs
}

// Close fails.
func (Nowhere) Close(context.Context, string) error { return errNoPoster }
