package delivery

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parley/shared/domain/sessions"
	"parley/shared/fault"
	"parley/shared/unitofwork"
)

// A ConnectionToClose is a connection that must be closed.
type ConnectionToClose struct {
	Connection string `json:"c"`
	FrameSent  bool   `json:"k,omitempty"` // the frame of the job was posted to it
}

const (
	// maxCloseRetries is how often the closing of a connection is retried from the
	// queue: after 1, 2, 4, ... 512 seconds, 17 minutes in all.
	maxCloseRetries = 10
	// maxFrameRetries is how many retries leave a connection open because the kick
	// frame could not be posted to it. A device that does not know why its connection
	// was closed connects again at once, and takes the slot of the device that
	// displaced it.
	maxFrameRetries = 3
)

// Kick posts the reason to a device and closes its connections: in the middle of a
// renewal there are two. What cannot be posted or closed at once is queued.
func (s Service) Kick(ctx context.Context, d sessions.Device, reason string) error {
	frame, err := s.encoder.Frame(Kick{Reason: reason, Platform: d.Current.Platform, Time: s.clock.Now().Unix()})
	if err != nil {
		return err
	}
	return s.close(ctx, Job{App: s.app, Frame: frame, Close: s.closings(d)})
}

// CloseSilently closes the connections of a device and posts nothing to it: the device
// connects again if it may.
func (s Service) CloseSilently(ctx context.Context, d sessions.Device) error {
	return s.close(ctx, Job{App: s.app, Close: s.closings(d)})
}

// closings returns the connections of a device.
func (s Service) closings(d sessions.Device) []ConnectionToClose {
	list := []ConnectionToClose{{Connection: d.Current.ID}}
	if previous := d.Predecessor(s.clock.Now()); previous != "" {
		list = append(list, ConnectionToClose{Connection: previous})
	}
	return list
}

// QueueClose queues the closing of a connection that has no slot any more: it was
// kicked or replaced, or its slot was lost. The worker closes it a second later, so
// that the answer to the frame that came from the connection is sent before.
func (s Service) QueueClose(ctx context.Context, connection string) error {
	return s.queue.Send(ctx, Job{App: s.app, Close: []ConnectionToClose{{Connection: connection}}}, time.Second)
}

// close posts the frame of a job, if it has one, to connections and closes them. What
// fails is queued. It fails if connections are still open after the last retry.
func (s Service) close(ctx context.Context, job Job) error {
	open := s.closeOnce(ctx, job)
	if len(open) == 0 {
		return nil
	}
	if job.Attempt == maxCloseRetries {
		return fmt.Errorf("%d connections of application %d cannot be closed", len(open), job.App)
	}
	return s.queue.Send(ctx, Job{App: job.App, Frame: job.Frame, Close: open, Attempt: job.Attempt + 1}, time.Second<<job.Attempt)
}

// closeOnce tries each connection once and returns those that are still open.
func (s Service) closeOnce(ctx context.Context, job Job) (open []ConnectionToClose) {
	ctx, cancel := postContext(ctx)
	defer cancel()
	var connections []string
	for _, c := range job.Close {
		if !c.FrameSent && len(job.Frame) > 0 {
			connections = append(connections, c.Connection)
		}
	}
	var errs []error
	if len(connections) > 0 {
		errs = s.poster.Post(ctx, connections, job.Frame)
	}
	for _, c := range job.Close {
		if !c.FrameSent && len(job.Frame) > 0 {
			err := errs[0]
			errs = errs[1:]
			c.FrameSent = err == nil || errors.Is(err, ErrGone) || errors.Is(err, ErrRefused)
			if !c.FrameSent && job.Attempt < maxFrameRetries {
				open = append(open, c)
				continue
			}
		}
		if err := s.poster.Close(ctx, c.Connection); err != nil && !errors.Is(err, ErrGone) {
			open = append(open, c)
		}
	}
	return open
}

// Disconnect kicks all devices of a user, and signs out those that are not connected:
// push does not reach them any more. The caller has changed the account before, so a
// device that connects at the same moment is either kicked here or refused by its
// account. A repeat closes the devices that an earlier call has left open.
func (s Service) Disconnect(ctx context.Context, user, reason string) error {
	// A commit fails if a device of the user connects or disconnects at the same moment.
	unit := unitofwork.New(
		func(ctx context.Context, _ bool) (sessions.Session, error) {
			list, err := s.Sessions(ctx, []string{user})
			if err != nil {
				return sessions.Session{}, err
			}
			return list[0], nil
		},
		func(session sessions.Session) (disconnectPlan, error) {
			return disconnectPlan{session, session.NewKickRequest(session.Devices, session.Ends, reason, s.clock.Now())}, nil
		},
		func(ctx context.Context, p disconnectPlan) (bool, error) {
			return s.store.KickDevices(ctx, s.app, user, p.request)
		},
	)
	p, err := unit.Run(ctx, s.clock, fault.New(fault.Conflict, "devices of %s connect at the same moment", user))
	if err != nil {
		return err
	}
	if !p.Empty() && p.session.Watched() {
		if err := s.NotifyWatchers(ctx, user); err != nil {
			return err
		}
	}
	return s.closeAll(ctx, user, p.session, reason)
}

// A disconnectPlan kicks all devices of a session, and signs out those that are not connected.
type disconnectPlan struct {
	session sessions.Session
	request sessions.KickRequest
}

// Empty implements unitofwork.Plan.
func (p disconnectPlan) Empty() bool {
	return len(p.request.Devices)+len(p.request.Ends) == 0 && p.request.Last == nil
}

// closeAll kicks the devices of a session, which have lost their slots, and the devices
// that were Leaving before.
func (s Service) closeAll(ctx context.Context, user string, session sessions.Session, reason string) error {
	var cleanup sessions.Cleanup
	held := make(map[string]bool)
	for _, d := range session.Devices {
		held[d.Slot] = true
		cleanup.Leaving = append(cleanup.Leaving, d)
	}
	devices := session.Devices
	for _, d := range session.Leaving {
		if devices = append(devices, d); !held[d.Slot] { // else the slot remembers the other device now
			cleanup.Leaving = append(cleanup.Leaving, d)
		}
	}
	for _, d := range devices {
		if err := s.Kick(ctx, d, reason); err != nil {
			return err
		}
	}
	if len(devices) == 0 {
		return nil
	}
	return s.store.CleanUp(ctx, s.app, user, cleanup)
}

// QueueEnd queues the end of a connection, for a call that received the disconnect
// event and could not store it.
func (s Service) QueueEnd(ctx context.Context, t Target) error {
	return s.queue.Send(ctx, Job{App: s.app, Ended: []Target{t}}, time.Second)
}

// recordEnds stores the ends of connections. If it fails, SQS delivers the job again.
func (s Service) recordEnds(ctx context.Context, job Job) error {
	for _, t := range job.Ended {
		watched, err := s.store.ReleaseSlot(ctx, s.app, t.User, t.Slot, t.Connection,
			sessions.LastEnd{Time: t.Since, Reason: "closed", Platform: t.Platform, Instance: t.Instance})
		if err != nil {
			return err
		}
		if watched {
			if err := s.NotifyWatchers(ctx, t.User); err != nil {
				return err
			}
		}
	}
	return nil
}
