package testkit

import (
	"context"
	"errors"
	"sync"

	"parley/shared/domain/delivery"
	"parley/shared/telemetry"
)

// A Post is a frame that was sent to a connection, or the closing of the connection.
type Post struct {
	Connection string
	Frame      string
	Closed     bool
}

// A Fault is how posts to a connection fail.
type Fault string

// The faults, with the answer of API Gateway that they stand for.
const (
	Gone      Fault = "gone"     // 410
	Throttled Fault = "throttle" // 429
	Refused   Fault = "refuse"   // 413
	Stuck     Fault = "stuck"    // posts succeed, closing the connection fails
)

// PostRecorder stands for the WebSocket API: it records what is sent to connections.
type PostRecorder struct {
	mu     sync.Mutex
	posts  []Post
	faults map[string]failure // by connection
}

type failure struct {
	kind  Fault
	times int // how often it still happens; 0: always
}

// Fail makes posts to a connection fail so many times, or always if times is 0.
func (r *PostRecorder) Fail(connection string, kind Fault, times int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.faults == nil {
		r.faults = make(map[string]failure)
	}
	r.faults[connection] = failure{kind, times}
}

// failed counts a failure of the connection that has happened.
func (r *PostRecorder) failed(connection string) {
	f := r.faults[connection]
	if f.times--; f.times == 0 {
		delete(r.faults, connection)
	} else if f.times > 0 {
		r.faults[connection] = f
	}
}

// Post implements delivery.Poster.
func (r *PostRecorder) Post(ctx context.Context, connections []string, frame []byte) []error {
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
			r.failed(c)
			continue
		}
		r.posts = append(r.posts, Post{Connection: c, Frame: string(frame)})
	}
	return errs
}

// Close implements delivery.Poster.
func (r *PostRecorder) Close(ctx context.Context, connection string) error {
	telemetry.MeterOf(ctx).Touch("close")
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.faults[connection].kind == Stuck {
		r.failed(connection)
		return errors.New("500")
	}
	r.posts = append(r.posts, Post{Connection: connection, Closed: true})
	return nil
}

// Take returns what was sent since the last Take.
func (r *PostRecorder) Take() []Post {
	r.mu.Lock()
	defer r.mu.Unlock()
	posts := r.posts
	r.posts = nil
	return posts
}
