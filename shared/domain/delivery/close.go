package delivery

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parley/shared/domain/sessions"
	"parley/shared/fault"
	"parley/shared/retry"
)

// A Closing is a connection that is to be closed.
type Closing struct {
	Link string `json:"c"`
	Told bool   `json:"k,omitempty"` // it has had the frame
}

const (
	// maxClosings is the number of rounds through the queue: 1, 2, 4, ... 512
	// seconds apart, 17 minutes in all.
	maxClosings = 10
	// mustTell is how many rounds a connection stays open because it could not be
	// told why it has to go. One that does not know comes back at once, and takes
	// the place of the device that took its place.
	mustTell = 3
)

// Kick tells a device why it has to go and closes its connections: in the middle
// of a renewal there are two. What cannot be told or closed at once is queued.
func (s Service) Kick(ctx context.Context, d sessions.Device, reason string) error {
	frame, err := s.Frame(Kick{Reason: reason, Platform: d.Now.Platform, Time: s.Now().Unix()})
	if err != nil {
		return err
	}
	return s.close(ctx, Job{App: s.App, Frame: frame, Close: s.closings(d)})
}

// Drop closes the connections of a device without a word: it comes back if it may.
func (s Service) Drop(ctx context.Context, d sessions.Device) error {
	return s.close(ctx, Job{App: s.App, Close: s.closings(d)})
}

func (s Service) closings(d sessions.Device) []Closing {
	list := []Closing{{Link: d.Now.Connection}}
	if before := d.Predecessor(s.Now()); before != "" {
		list = append(list, Closing{Link: before})
	}
	return list
}

// Unserved has a connection closed that has no slot any more: it was kicked,
// replaced or forgotten, and its device is told nothing. It is closed from the
// queue, a second later, so that the answer to the frame that has shown it goes out
// before.
func (s Service) Unserved(ctx context.Context, connection string) error {
	return s.Queue.Send(ctx, Job{App: s.App, Close: []Closing{{Link: connection}}}, time.Second)
}

// close tells connections the frame of a job, if it has one, and closes them. What
// fails is queued.
func (s Service) close(ctx context.Context, job Job) error {
	left := s.closeRound(ctx, job)
	if len(left) == 0 {
		return nil
	}
	if job.Attempt == maxClosings {
		return fmt.Errorf("%d connections of application %d cannot be closed", len(left), job.App)
	}
	return s.Queue.Send(ctx, Job{App: job.App, Frame: job.Frame, Close: left, Attempt: job.Attempt + 1}, time.Second<<job.Attempt)
}

// closeRound tries each connection once and returns those that are still open.
func (s Service) closeRound(ctx context.Context, job Job) (left []Closing) {
	ctx, cancel := within(ctx)
	defer cancel()
	var links []string
	for _, c := range job.Close {
		if !c.Told && len(job.Frame) > 0 {
			links = append(links, c.Link)
		}
	}
	var errs []error
	if len(links) > 0 {
		errs = s.Poster.Post(ctx, links, job.Frame)
	}
	for _, c := range job.Close {
		if !c.Told && len(job.Frame) > 0 {
			err := errs[0]
			errs = errs[1:]
			c.Told = err == nil || errors.Is(err, ErrGone) || errors.Is(err, ErrRefused)
			if !c.Told && job.Attempt < mustTell {
				left = append(left, c)
				continue
			}
		}
		if err := s.Poster.Close(ctx, c.Link); err != nil && !errors.Is(err, ErrGone) {
			left = append(left, c)
		}
	}
	return left
}

// Disconnect kicks every device of a user, and forgets those that are not
// connected: push does not reach them any more. The account has been changed
// before, so a device that connects meanwhile is either seen here or refused. A
// repeat closes what a call that ended before has not.
func (s Service) Disconnect(ctx context.Context, user, reason string) error {
	var session sessions.Session
	changed := false
	// A try fails if a device of the user connects or leaves at the same moment.
	done, err := s.Again.Do(ctx, retry.Contended(), func(int) (bool, error) {
		list, err := s.Store.Sessions(ctx, s.App, []string{user})
		if err != nil {
			return false, err
		}
		session = list[0]
		e := session.Expelled(session.Devices, session.Ends, reason, s.Now())
		if changed = len(e.Devices)+len(e.Ends) > 0 || e.Last != nil; !changed {
			return true, nil
		}
		return s.Store.Expel(ctx, s.App, user, e)
	})
	switch {
	case err != nil:
		return err
	case !done:
		return fault.New(fault.Conflict, "devices of %s connect at the same moment", user)
	case changed && session.Watched():
		if err := s.Moved(ctx, user); err != nil {
			return err
		}
	}
	return s.closeAll(ctx, user, session, reason)
}

// closeAll kicks the devices of a session, which have lost their slots, and those
// that were Leaving before.
func (s Service) closeAll(ctx context.Context, user string, session sessions.Session, reason string) error {
	var t sessions.Tidying
	held := make(map[string]bool)
	for _, d := range session.Devices {
		held[d.Slot] = true
		t.Leaving = append(t.Leaving, d)
	}
	goes := session.Devices
	for _, d := range session.Leaving {
		if goes = append(goes, d); !held[d.Slot] { // else the slot remembers the other one by now
			t.Leaving = append(t.Leaving, d)
		}
	}
	for _, d := range goes {
		if err := s.Kick(ctx, d, reason); err != nil {
			return err
		}
	}
	if len(goes) == 0 {
		return nil
	}
	return s.Store.Tidy(ctx, s.App, user, t)
}

// Ended has the end of a connection noted from the queue, where the call that was
// told of it could not do so.
func (s Service) Ended(ctx context.Context, t Target) error {
	return s.Queue.Send(ctx, Job{App: s.App, Ended: []Target{t}}, time.Second)
}

// end notes the ends of connections. A job that fails comes again by itself.
func (s Service) end(ctx context.Context, job Job) error {
	for _, t := range job.Ended {
		watched, err := s.Store.LeaveSlot(ctx, s.App, t.User, t.Slot, t.Link,
			sessions.Last{Time: t.Since, Reason: "closed", Platform: t.Platform, Instance: t.Instance})
		if err != nil {
			return err
		}
		if watched {
			if err := s.Moved(ctx, t.User); err != nil {
				return err
			}
		}
	}
	return nil
}
