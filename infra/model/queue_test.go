package model

import (
	"context"
	"fmt"
	"slices"
	"time"

	"parley/shared/domain/delivery"
	"parley/shared/domain/push"
	"parley/shared/telemetry"
)

// work is the delivery worker, for as long as there is anybody else.
func (s *schedule) work(ctx context.Context, a *actor) {
	for a.idle = true; s.busy(); {
		a.pause()
		a.weight = 1
		if len(s.queue) > 0 {
			s.workOnce(ctx, a)
		}
	}
}

// workOnce takes a job of the queue, any of them. A function that dies gets it
// again, and one that does not may get it again, too.
func (s *schedule) workOnce(ctx context.Context, a *actor) {
	i := s.rng.IntN(len(s.queue))
	q := s.queue[i]
	if s.now.Before(q.ready) && !s.calm && s.rng.IntN(3) > 0 {
		return
	}
	s.queue = slices.Delete(s.queue, i, i+1)
	r := s.rng.Float64()
	if !s.calm && r < 0.1 {
		s.note(a.name, "job %d is DROPPED", q.id)
		s.stats["jobs dropped"]++
		return // by the queue's own rules: too often received
	}
	if s.now.Before(q.ready) {
		s.move(q.ready.Sub(s.now))
	}
	job := q.job
	s.stats["jobs"]++
	known, _ := s.invoke(ctx, a, fmt.Sprintf("job %d", q.id), nil, func(ctx context.Context) error {
		return s.t.Delivery.Retry(ctx, job)
	})
	if q.tries++; q.tries < 5 && !s.calm && (!known || r < 0.2) {
		s.stats["jobs repeated"]++
		s.queue = append(s.queue, q)
	}
}

type queued struct {
	id, tries int
	job       delivery.Job
	ready     time.Time
}

// jobs is the schedule as the queue.
type jobs schedule

// Send implements delivery.Queue.
func (j *jobs) Send(ctx context.Context, job delivery.Job, delay time.Duration) error {
	s, o := (*schedule)(j), opOf(ctx)
	o.meter.Count(telemetry.Units{S: 1})
	label := fmt.Sprintf("queue a job for %d", len(job.Targets))
	if job.Attempt > delivery.MaxAttempts {
		s.problem("job in round %d", job.Attempt)
	}
	if err := o.before(label); err != nil {
		return err
	}
	s.nextID++
	s.queue = append(s.queue, &queued{id: s.nextID, job: job, ready: s.now.Add(delay)})
	return o.after(label)
}

// pushes is the schedule as the queue of pushes, which nobody reads.
type pushes schedule

// Send implements push.Queue.
func (p *pushes) Send(ctx context.Context, job push.Job, _ time.Duration) error {
	s, o := (*schedule)(p), opOf(ctx)
	o.meter.Count(telemetry.Units{S: 1})
	label := fmt.Sprintf("queue a push of %s to %d", job.Key, len(job.Devices))
	if err := o.before(label); err != nil {
		return err
	}
	s.stats["pushes"]++
	for _, d := range job.Devices {
		if d.User == job.From {
			s.problem("a push of %s goes to its sender", job.Key)
		}
	}
	return o.after(label)
}
