package groupchat

import (
	"context"
	"slices"
	"time"

	"parley/shared/clock"
	"parley/shared/domain/accounts"
	"parley/shared/domain/chat"
	"parley/shared/domain/delivery"
	"parley/shared/domain/fanout"
	"parley/shared/domain/groups"
	"parley/shared/domain/push"
	"parley/shared/domain/timeline"
	"parley/shared/retry"
)

// A DeliveryStore says which messages of a large group are delivered.
type DeliveryStore interface {
	// BeginDelivery takes the delivery of a group until a time, in ms, and returns the head. It
	// returns nil if another call has the delivery now, or if there is no group.
	BeginDelivery(ctx context.Context, app int64, group string, nowMs, untilMs int64) (*groups.Head, error)
	// EndDelivery gives the delivery back and notes that the messages up to a number are delivered,
	// if the group has no later message. If it has one, nothing changes, and EndDelivery returns the
	// head. If anyway is true, it does both whatever the group has.
	EndDelivery(ctx context.Context, app int64, group string, delivered int64, anyway bool) (left *groups.Head, err error)
	// Senders reads accounts, which may be a moment old. One that does not exist is nil.
	Senders(ctx context.Context, app int64, users []string) ([]*accounts.Account, error)
}

// A MessageReader reads the newest messages of a range.
type MessageReader interface {
	Timeline(ctx context.Context, app int64, r timeline.HistoryRange) (timeline.Page, error)
}

// Delivery delivers the messages of large groups: of more than fanout.MaxInline members. The call
// that stores a message queues a job without a message, which means: deliver what is not delivered.
// So a job that is late, or comes twice, does no harm. One call at a time has the delivery of a
// group. As long as it has it, no call queues a job for the group, and all messages that were sent
// meanwhile go to the devices together.
//
// Example: 20 messages a second are sent to a group with 500 devices online, and to post one
// message to all of them takes 200 ms. Then each device receives five posts a second, with four
// messages each, and not twenty.
type Delivery struct {
	app      int64
	store    DeliveryStore
	messages MessageReader
	fanout   fanout.Service
	log      delivery.Service
	push     push.Service
	clock    clock.Clock
}

// NewDelivery returns the Delivery of an application.
func NewDelivery(app int64, store DeliveryStore, r MessageReader, f fanout.Service, log delivery.Service, p push.Service, c clock.Clock) Delivery {
	return Delivery{app: app, store: store, messages: r, fanout: f, log: log, push: p, clock: c}
}

const (
	// deliveryTime is how long a call begins to deliver what was sent meanwhile. After that a new
	// job does, so that a busy group leaves time for the other jobs of the batch.
	deliveryTime = 2 * time.Second
	// timeOfPart is what one part of the messages takes at most.
	timeOfPart = 4 * time.Second
	// deliveryLease is how long a call has the delivery of a group at most. A call that died with it
	// holds the messages of that time up: devices find them by the next message, or by their sync.
	// If a call takes longer, or the clock of another one is ahead, both deliver the same messages,
	// and devices drop those that they have.
	deliveryLease = deliveryTime + timeOfPart + 2*time.Second
	// messagesPerPart is how many messages are delivered together at most.
	messagesPerPart = 50
)

// Run delivers the messages of a group that are not delivered. It does nothing if another call does
// that: that call sees every message that was stored before it ends.
func (d Delivery) Run(ctx context.Context, group string) error {
	begun := d.clock.Now()
	head, err := d.store.BeginDelivery(ctx, d.app, group, begun.UnixMilli(), begun.Add(deliveryLease).UnixMilli())
	if head == nil || err != nil {
		return err
	}
	for delivered := head.Delivered; ; {
		upTo := min(head.Number, delivered+messagesPerPart)
		if err := d.deliver(ctx, group, delivered, upTo); err != nil {
			_, _ = d.store.EndDelivery(ctx, d.app, group, delivered, true) // SQS repeats the job
			return err
		}
		delivered = upTo
		late := d.clock.Now().Sub(begun) >= deliveryTime || retry.TimeLeftBelow(ctx, timeOfPart)
		left, err := d.store.EndDelivery(ctx, d.app, group, delivered, late)
		if err != nil {
			return err
		}
		if late {
			return d.fanout.QueueDelivery(ctx, group)
		}
		if left == nil {
			return nil
		}
		head = left
	}
}

// deliver delivers and pushes the messages with the numbers after one up to another one. It leaves out those
// that were recalled, deleted or imported, and those for some members only: their senders have
// delivered them.
func (d Delivery) deliver(ctx context.Context, group string, after, upTo int64) error {
	if upTo <= after {
		return nil
	}
	first, end := timeline.KeyOfNumber(after), timeline.KeyOfNumber(upTo+1)
	var list []timeline.Message // the newest first
	for r := (timeline.HistoryRange{Chat: chat.OfGroup(group), After: &first, Before: &end, Limit: messagesPerPart, Strong: true}); ; {
		page, err := d.messages.Timeline(ctx, d.app, r)
		if err != nil {
			return err
		}
		list = append(list, page.Messages...)
		if page.Done || len(page.Messages) == 0 {
			break
		}
		r.Before = &list[len(list)-1].Key
	}
	messages := make([]timeline.Message, 0, len(list))
	users := make([]string, 0, len(list))
	for i := len(list) - 1; i >= 0; i-- {
		if m := list[i]; !m.Recalled && !m.Deleted && m.Imported == 0 && len(m.Receivers) == 0 {
			messages, users = append(messages, m), append(users, m.From)
		}
	}
	if len(messages) == 0 {
		return nil
	}
	senders, err := d.store.Senders(ctx, d.app, users)
	if err != nil {
		return err
	}
	events := make([]delivery.Event, len(messages))
	for i, m := range messages {
		if senders[i] != nil {
			m.Nick, m.Face = senders[i].Nick, senders[i].Face
		}
		messages[i], events[i] = m, m
	}
	receivers, gone, err := d.fanout.DeliverTogether(ctx, group, events)
	if err != nil {
		return err
	}
	d.pushAll(ctx, group, messages, receivers, gone)
	return nil
}

// pushAll pushes messages to the members who have no app in front. A message that is not pushed is in
// the log: if the job were repeated for it, all members would receive the messages again.
func (d Delivery) pushAll(ctx context.Context, group string, messages []timeline.Message, receivers []fanout.MemberSession, gone []string) {
	devices := make([][]push.Device, len(receivers)) // of each receiver
	for i, r := range receivers {
		devices[i] = d.push.Devices(r.Session, gone)
	}
	for _, m := range messages {
		if m.Tip != nil {
			continue
		}
		var list []push.Device
		for i, r := range receivers {
			if pushedTo(m, r.Member) {
				list = append(list, devices[i]...)
			}
		}
		d.log.LogFailure(ctx, group+" "+m.Text(m.Chat)+": push", d.push.Push(ctx, push.ContentOf(m), m.Push, list))
	}
}

// pushedTo reports whether a message is pushed to a member.
func pushedTo(m timeline.Message, member fanout.Member) bool {
	switch member.Option {
	case groups.Notify:
		return member.User != m.From
	case groups.SilentButMentioned:
		return member.User != m.From && (m.MentionsAll() || slices.Contains(m.Mentions, member.User))
	default:
		return false
	}
}

// large reports whether Delivery delivers a message of a group. The count of members in the head may
// be a moment old, which does no harm: fanout.Service.Deliver takes groups of every size.
func large(h groups.Head) bool { return h.Members > fanout.MaxInline }

// queue queues the delivery of a stored message of a large group, if no call has the delivery. head
// is as it was when the message was counted, nil if it was not.
func (s Service) queue(ctx context.Context, group string, head *groups.Head) error {
	if head != nil && head.DeliveryMs > s.clock.Now().UnixMilli() {
		return nil
	}
	return s.fanout.QueueDelivery(ctx, group)
}
