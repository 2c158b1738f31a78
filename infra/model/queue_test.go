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

// runWorker runs jobs of the queue until no other actor has anything to do.
func (s *schedule) runWorker(ctx context.Context, a *actor) {
	for a.idle = true; s.othersActive(); {
		a.pause()
		a.weight = 1
		if len(s.queue) > 0 {
			s.runJob(ctx, a)
		}
	}
}

// runJob runs one job of the queue, chosen by chance. If the function dies, the job is
// delivered again. If it does not die, the job may be delivered again as well, because
// SQS delivers at least once.
func (s *schedule) runJob(ctx context.Context, a *actor) {
	i := s.rng.IntN(len(s.queue))
	q := s.queue[i]
	if s.now.Before(q.ready) && !s.noFaults && s.rng.IntN(3) > 0 {
		return
	}
	s.queue = slices.Delete(s.queue, i, i+1)
	r := s.rng.Float64()
	if !s.noFaults && r < 0.1 {
		s.note(a.name, "job %d is DROPPED", q.id)
		s.stats["jobs dropped"]++
		return // like a message that SQS moves to the dead-letter queue
	}
	if s.now.Before(q.ready) {
		s.move(q.ready.Sub(s.now))
	}
	job := q.job
	s.stats["jobs"]++
	known, _ := s.invoke(ctx, a, fmt.Sprintf("job %d", q.id), nil, func(ctx context.Context) error {
		return s.t.Delivery.Retry(ctx, job)
	})
	if q.tries++; q.tries < 5 && !s.noFaults && (!known || r < 0.2) {
		s.stats["jobs repeated"]++
		s.queue = append(s.queue, q)
	}
}

// A queued is a job in the queue.
type queued struct {
	id, tries int
	job       delivery.Job
	ready     time.Time // when SQS makes the job visible
}

// jobs lets a schedule be the queue of delivery jobs.
type jobs schedule

// Send implements delivery.Queue.
func (j *jobs) Send(ctx context.Context, job delivery.Job, delay time.Duration) error {
	s, o := (*schedule)(j), opOf(ctx)
	o.meter.Count(telemetry.Units{S: 1})
	label := fmt.Sprintf("queue a job for %d", len(job.Targets))
	if job.Attempt > delivery.MaxAttempts {
		s.problem("a job is queued for attempt %d", job.Attempt)
	}
	if err := o.before(label); err != nil {
		return err
	}
	s.nextID++
	s.queue = append(s.queue, &queued{id: s.nextID, job: job, ready: s.now.Add(delay)})
	return o.after(label)
}

// pushes lets a schedule be the queue of push jobs, which no worker of the model reads.
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
			s.problem("privacy: a push of %s is sent to the sender", job.Key)
		}
	}
	return o.after(label)
}
