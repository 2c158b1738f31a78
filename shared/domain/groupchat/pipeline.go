package groupchat

import (
	"context"
	"slices"

	"parley/shared/domain/fanout"
	"parley/shared/domain/groups"
	"parley/shared/domain/push"
	"parley/shared/domain/timeline"
	"parley/shared/fault"
)

// A message of a group goes the way of every message: the sender is admitted, the send is claimed,
// the message is stored under the next number, it is counted in the head of the group, it is
// delivered to devices, and it is pushed (docs/data-model.md §6). A tip has no claim and no push, an
// imported message is not delivered either.

// An outgoing message is on its way to the members of a group.
type outgoing struct {
	timeline.Message
	request SendRequest
	head    groups.Head // as it was read
	from    Sender
	rate    Rate
	claimed int64 // when the send was claimed, Unix seconds
	// audience is known once the message is stored.
	audience    fanout.Audience
	audienceErr error
	counted     *groups.Head // as it was written when the message was counted; nil: it was not
}

// write claims a send, stores its message and counts it. A repeat counts again, which changes
// nothing.
func (s Service) write(ctx context.Context, o *outgoing) error {
	stored, err := s.claim(ctx, o)
	if err != nil {
		return err
	}
	if stored != nil {
		stored.Nick, stored.Face = o.Nick, o.Face
		o.Message, o.rate = *stored, Rate{}
	} else if err := s.store(ctx, &o.Message, o.head, o.claimed); err != nil {
		return err
	}
	activates := o.head.Inactive && (o.request.Trusted || o.from.Role >= groups.Owner)
	if activates {
		s.logFailure(ctx, o.Message, "activation", s.heads.Activate(ctx, s.app, o.request.Group))
	}
	_ = s.parallel.Run(ctx, append(
		s.mentions(*o),
		func(ctx context.Context) error {
			o.counted = s.count(ctx, HeadUpdate{Message: o.Message, Rate: o.rate, Activates: activates, Delivered: !o.large()})
			return nil
		},
		func(ctx context.Context) error {
			if !o.large() {
				o.audience, o.audienceErr = s.fanout.Audience(ctx, o.request.Group, o.only())
			}
			return nil
		},
	)...)
	return nil
}

// large reports whether Delivery delivers the message.
func (o outgoing) large() bool { return large(o.head) && len(o.Receivers) == 0 }

// only returns the members to whom alone the message goes, with its sender; nil: all.
func (o outgoing) only() []string {
	if len(o.Receivers) == 0 {
		return nil
	}
	if slices.Contains(o.Receivers, o.From) {
		return o.Receivers
	}
	return append(slices.Clone(o.Receivers), o.From)
}

const (
	// maxNumbers is how many numbers are tried for a message.
	maxNumbers = 200
	// numbersPerHead is after how many numbers that were taken the head is read again.
	numbersPerHead = 16
)

// store stores a message under the next number of its group, which is the number after that of the
// head, or after those that are taken by now. So a number is taken only if all before it are
// (docs/data-model.md §1, I2). The time of a message is not before that of the message before it.
//
// Example: the head says that the last number is 7. Two calls try to store message 8. One of them
// finds it taken, by a message of 12:00:05, and stores message 9 with the time 12:00:05 or later.
//
// since is the time before which this send cannot have stored anything. If DynamoDB has stored the
// message and the answer was lost, the SDK writes again and finds the number taken: by this message.
func (s Service) store(ctx context.Context, m *timeline.Message, h groups.Head, since int64) error {
	number, counted, last := h.Number, h.Counted, h.LastTime
	for try := 1; try <= maxNumbers; try++ {
		m.Seq, m.Offset, m.Counted = uint32(number+1), number+1, counted
		if !m.ExcludedFromUnread {
			m.Counted++
		}
		if m.Imported == 0 {
			m.Time = max(s.clock.Now().Unix(), last)
		}
		m.Expires = m.Time + s.retentionSeconds()
		existing, err := s.timeline.PutPast(ctx, *m)
		if existing == nil || err != nil {
			return err
		}
		if sameSend(*existing, *m) && max(existing.Time, existing.Imported) >= since {
			m.Time, m.Counted, m.Expires, m.Recalled, m.Deleted = existing.Time, existing.Counted, existing.Expires, existing.Recalled, existing.Deleted
			return nil
		}
		number, counted, last = existing.Offset, existing.Counted, existing.Time
		if m.Imported != 0 && last > m.Time {
			return fault.New(fault.Conflict, "the group got a newer message meanwhile")
		}
		if try%numbersPerHead == 0 {
			h, err := s.heads.Head(ctx, s.app, h.Group)
			if err != nil {
				return err
			}
			if h != nil && h.Number > number {
				number, counted, last = h.Number, h.Counted, h.LastTime
			}
		}
	}
	return fault.New(fault.Throttled, "too many messages are sent to the group at this moment")
}

// sameSend reports whether two messages with the same number are of one send. Every tip has the
// random number 0, so two tips are compared by what they say.
func sameSend(a, b timeline.Message) bool {
	return a.From == b.From && a.Random == b.Random && (b.Tip == nil || a.Equal(b.Content))
}

// count notes a stored message in the head of its group. If it fails, the next message of the group
// does it. It returns the head if it has written it.
func (s Service) count(ctx context.Context, c HeadUpdate) *groups.Head {
	c.NowMs = s.clock.Now().UnixMilli()
	c.Hidden = c.Hidden || c.Message.ExcludedFromLast || c.Message.Recalled || c.Message.Deleted
	h, err := s.heads.Count(ctx, s.app, c)
	s.logFailure(ctx, c.Message, "head", err)
	return h
}

// mentions returns the functions that note a message in the rows of the members that it mentions.
func (s Service) mentions(o outgoing) []func(context.Context) error {
	var run []func(context.Context) error
	for _, user := range o.Mentions {
		if user == "" || user == o.From || o.Recalled || o.Deleted || (len(o.Receivers) > 0 && !slices.Contains(o.Receivers, user)) {
			continue
		}
		run = append(run, func(ctx context.Context) error {
			s.logFailure(ctx, o.Message, "mention", s.heads.Mention(ctx, s.app, o.request.Group, user, o.Offset))
			return nil
		})
	}
	return run
}

// notify delivers a stored message to the devices of its audience and queues one push.
func (s Service) notify(ctx context.Context, o outgoing) {
	if o.Recalled || o.Deleted {
		return
	}
	if o.large() {
		s.logFailure(ctx, o.Message, "delivery", s.queue(ctx, o.request.Group, o.counted))
		return
	}
	if o.audienceErr != nil {
		s.logFailure(ctx, o.Message, "members", o.audienceErr)
		return
	}
	list, gone, err := s.fanout.Deliver(ctx, o.audience, o.request.Origin, o.Message)
	s.logFailure(ctx, o.Message, "delivery", err)
	var devices []push.Device
	for _, session := range list {
		if member, ok := o.audience.Of(session.User); ok && pushedTo(o.Message, member) {
			devices = append(devices, s.push.Devices(session, gone)...)
		}
	}
	s.logFailure(ctx, o.Message, "push", s.push.Push(ctx, push.ContentOf(o.Message), o.request.Push, devices))
}

// deliverOnline delivers a message that is not stored. It fails if the members, or their devices,
// cannot be read.
func (s Service) deliverOnline(ctx context.Context, o outgoing) error {
	r, err := s.fanout.Audience(ctx, o.request.Group, o.only())
	if err != nil {
		return err
	}
	_, _, err = s.fanout.Deliver(ctx, r, o.request.Origin, o.Message)
	return err
}

// logFailure takes a note that a step failed after a message was stored.
func (s Service) logFailure(ctx context.Context, m timeline.Message, step string, err error) {
	group, _ := m.Chat.Names()
	s.delivery.LogFailure(ctx, group+" "+m.Text(m.Chat)+": "+step, err)
}
