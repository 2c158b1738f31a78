package testkit

import (
	"context"
	"errors"
	"sync"
	"time"

	"parley/shared/domain/delivery"
	"parley/shared/queue"
	"parley/shared/telemetry"
)

// A Post is a frame that a connection was sent, or a Close.
type Post struct {
	Connection string
	Frame      string
	Closed     bool
}

// Fault is what happens to posts to a connection.
type Fault string

// The faults.
const (
	Gone      Fault = "gone"     // 410
	Throttled Fault = "throttle" // 429
	Refused   Fault = "refuse"   // 413
	Stuck     Fault = "stuck"    // posts go through, and it cannot be closed
)

// Recorder stands for the connections: it keeps what they were sent.
type Recorder struct {
	mu     sync.Mutex
	posts  []Post
	faults map[string]failure
}

type failure struct {
	kind  Fault
	times int // 0: always
}

// Fail makes posts to a connection fail, times or for ever (0).
func (r *Recorder) Fail(connection string, kind Fault, times int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.faults == nil {
		r.faults = make(map[string]failure)
	}
	r.faults[connection] = failure{kind, times}
}

// Post implements delivery.Poster.
func (r *Recorder) Post(ctx context.Context, connections []string, frame []byte) []error {
	meter := telemetry.MeterOf(ctx)
	meter.Touch("post")
	meter.Count(telemetry.Units{P: len(connections)})
	r.mu.Lock()
	defer r.mu.Unlock()
	errs := make([]error, len(connections))
	for i, c := range connections {
		if f, ok := r.faults[c]; ok && f.kind != Stuck {
			errs[i] = map[Fault]error{
				Gone: delivery.ErrGone, Throttled: errors.New("429"), Refused: delivery.ErrRefused,
			}[f.kind]
			if f.times--; f.times == 0 {
				delete(r.faults, c)
			} else if f.times > 0 {
				r.faults[c] = f
			}
			continue
		}
		r.posts = append(r.posts, Post{Connection: c, Frame: string(frame)})
	}
	return errs
}

// Close implements delivery.Poster.
func (r *Recorder) Close(ctx context.Context, connection string) error {
	telemetry.MeterOf(ctx).Touch("close")
	r.mu.Lock()
	defer r.mu.Unlock()
	if f := r.faults[connection]; f.kind == Stuck {
		if f.times--; f.times == 0 {
			delete(r.faults, connection)
		} else if f.times > 0 {
			r.faults[connection] = f
		}
		return errors.New("500")
	}
	r.posts = append(r.posts, Post{Connection: connection, Closed: true})
	return nil
}

// Take returns what was sent since the last Take.
func (r *Recorder) Take() []Post {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := r.posts
	r.posts = nil
	return out
}

// A Queued is a job and its delay.
type Queued[Job any] struct {
	Job   Job
	Delay time.Duration
}

// Jobs stands for a queue: it keeps what was sent to it.
type Jobs[Job any] struct {
	Name queue.Name
	mu   sync.Mutex
	jobs []Queued[Job]
}

// Send implements the domain's queues.
func (j *Jobs[Job]) Send(ctx context.Context, job Job, delay time.Duration) error {
	meter := telemetry.MeterOf(ctx)
	meter.Touch("send " + string(j.Name))
	meter.Count(telemetry.Units{S: 1})
	j.mu.Lock()
	defer j.mu.Unlock()
	j.jobs = append(j.jobs, Queued[Job]{job, delay})
	return nil
}

// Take returns what was queued since the last Take.
func (j *Jobs[Job]) Take() []Queued[Job] {
	j.mu.Lock()
	defer j.mu.Unlock()
	out := j.jobs
	j.jobs = nil
	return out
}

// Clock is a clock that moves when it is told to.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now returns the clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Move moves the clock.
func (c *Clock) Move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
