package testkit

import (
	"context"
	"sync"
	"time"

	"parley/shared/queue"
	"parley/shared/telemetry"
)

// A Queued is a job and the delay with which it was sent.
type Queued[Job any] struct {
	Job   Job
	Delay time.Duration
}

// Jobs is a queue that records the jobs sent to it. Nothing receives them.
type Jobs[Job any] struct {
	Name queue.Name
	mu   sync.Mutex
	jobs []Queued[Job]
}

// Send implements the queue interfaces of the domain.
func (j *Jobs[Job]) Send(ctx context.Context, job Job, delay time.Duration) error {
	meter := telemetry.MeterOf(ctx)
	meter.Touch("send " + string(j.Name))
	meter.Count(telemetry.Units{S: 1})
	j.mu.Lock()
	defer j.mu.Unlock()
	j.jobs = append(j.jobs, Queued[Job]{job, delay})
	return nil
}

// Take returns the jobs that were sent since the last Take.
func (j *Jobs[Job]) Take() []Queued[Job] {
	j.mu.Lock()
	defer j.mu.Unlock()
	jobs := j.jobs
	j.jobs = nil
	return jobs
}
