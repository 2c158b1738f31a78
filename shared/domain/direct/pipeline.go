package direct

import (
	"context"
	"slices"
	"time"

	"parley/shared/domain/push"
	"parley/shared/domain/sessions"
	"parley/shared/domain/timeline"
)

// Every message goes the same way: the sender is admitted, the send claims its offset on
// the sender's row, the message is stored, it is counted on the receiver's row, it is
// delivered to devices, and it is pushed (docs/data-model.md §5). Send, SendBatch and a
// live Import differ in whom they admit and in what they fill into an outgoing message.

// An outgoing message is on its way to one receiver.
type outgoing struct {
	timeline.Message
	request SendRequest
	window  Window // of the sender's row, as it was read
	option  Option // the receiver's option for the conversation; known after write

	// imported: the message has its own time and its own sequence.
	imported bool
	// past: the message is older than the idempotency window. A list shows it as the last
	// message only if it is newer than the one there.
	past bool
	// stored: an earlier call has stored the message, so it has its offset. It may not be
	// counted yet.
	stored bool

	failure error // why write failed
}

// write claims the offset of a message, stores the message and counts it. A repeat may make
// all writes again: the claim fixes every value, so the later writes write the same.
func (s Service) write(ctx context.Context, o *outgoing) error {
	now := s.clock.Now()
	rowExpires, spareSeq := max(now.Unix(), o.Time)+s.retentionSeconds(), derivedSeq(now)
	if !o.stored {
		claim, err := s.Claim(ctx, o.claimRequest(now, rowExpires), o.window)
		if err != nil {
			return err
		}
		o.Offset, o.Epoch, spareSeq = claim.Offset, claim.Epoch, claim.DerivedSeq
		if !o.imported {
			rowExpires = claim.Time + s.retentionSeconds()
			o.useClaim(claim, rowExpires)
		}
	}
	arrival := Arrival{
		Message: o.Message, NowMs: now.UnixMilli(), Preview: o.Preview(), RowExpires: rowExpires,
		Indexed: slices.Contains(o.request.indexedUsers, o.To()),
	}
	arrival.ExcludedFromLast = o.ExcludedFromLast || o.past
	stored := o.Message
	put := func(ctx context.Context) (err error) {
		if !o.stored {
			stored, err = s.timeline.Put(ctx, stored, spareSeq)
		}
		return err
	}
	count := func(ctx context.Context) (err error) {
		o.option, err = s.store.CountArrival(ctx, s.app, arrival)
		return err
	}
	var err error
	if o.Offset == 1 {
		// The receiver's row is written first. Once the message is stored, another device
		// of the sender may recall it, and the recall must find the new count on the row
		// to note there that the message is no longer unread.
		if err = count(ctx); err == nil {
			err = put(ctx)
		}
	} else {
		err = s.parallel.Run(ctx, put, count)
	}
	if err != nil {
		return err
	}
	before := o.Message
	o.Message = stored
	switch {
	case o.past: // 0: Claim and CountArrival have set when the rows expire
		err = s.advanceRows(ctx, o.request, stored, 0)
	case stored.Key != before.Key && !stored.ExcludedFromLast:
		s.correctListKeys(ctx, before.Key, stored)
	}
	if err == nil && !o.stored && (stored.Recalled || (stored.HiddenFromPeer && !before.HiddenFromPeer)) {
		err = s.finishRepeatOfRemoved(ctx, stored)
	}
	return err
}

// claimRequest returns the claim of a message that is sent at a time.
func (o *outgoing) claimRequest(now time.Time, rowExpires int64) ClaimRequest {
	r := ClaimRequest{
		From: o.From, Chat: o.Chat, IdempotencyKey: o.request.idempotencyKey(), Key: o.Key, Derived: o.request.Seq == nil, DerivedSeq: derivedSeq(now),
		MinEpochSec: o.request.born, NowMs: now.UnixMilli(), Preview: o.Preview(), ExcludedFromLast: o.ExcludedFromLast || o.HiddenFromSender || o.past, Expires: rowExpires,
		Indexed: slices.Contains(o.request.indexedUsers, o.From),
	}
	if o.imported {
		r.IdempotencyKey = idempotencyKeyOf(o.Seq, o.Random, uint32(o.Time)) // the caller has checked the time
	}
	if o.past {
		r.Key.Time = now.Unix() // the idempotency window is measured by this time
	}
	return r
}

// useClaim gives a message the time, and if the sender chose none the sequence, of its
// claim. A shorter retention applies to the message only: the rows that count it live as
// long as for any message.
func (o *outgoing) useClaim(claim Claim, rowExpires int64) {
	o.Time, o.Expires = claim.Time, rowExpires
	if o.request.Seq == nil {
		o.Seq = claim.DerivedSeq
	}
	if o.request.Retention > 0 {
		o.Expires = min(o.Expires, o.Time+int64(o.request.Retention.Seconds()))
	}
}

// notify delivers messages of one request to devices and queues one push for all
// receivers, with the key of pushed. It leaves out messages whose write failed and those
// that were recalled since. If nothing was stored, it fails if the devices cannot be read;
// otherwise the messages are durable, and every failure is logged only.
func (s Service) notify(ctx context.Context, req SendRequest, pushed timeline.Message, list []outgoing) error {
	list = slices.DeleteFunc(slices.Clone(list), func(o outgoing) bool { return o.failure != nil || o.Recalled })
	if len(list) == 0 {
		return nil
	}
	users := make([]string, len(list), len(list)+1)
	for i, o := range list {
		users[i] = o.To()
	}
	if req.Sync == CopyToDevices {
		users = append(users, req.From)
	}
	found, err := s.delivery.Sessions(ctx, users)
	if err != nil && req.OnlineOnly {
		return err // it was stored nowhere, so the send has failed
	}
	if err != nil {
		s.delivery.LogFailure(ctx, pushed.Key.String()+": sessions", err)
		return nil
	}
	own := found[len(list):]
	var devices []push.Device
	for i, o := range list {
		devices = append(devices, s.deliver(ctx, req, o, append([]sessions.Session{found[i]}, own...))...)
	}
	s.delivery.LogFailure(ctx, pushed.Key.String()+": push", s.push.Push(ctx, push.ContentOf(pushed), req.Push, devices))
	return nil
}

// deliver sends a message to the devices of sessions, of which the first is the
// receiver's. It returns the receiver's devices to which a push is to be sent.
func (s Service) deliver(ctx context.Context, req SendRequest, o outgoing, list []sessions.Session) []push.Device {
	option := req.effectiveOption(o.option)
	notified := list
	if option == OptionDiscard {
		notified = list[1:]
	}
	gone, err := s.delivery.DeliverReportingGone(ctx, notified, req.Origin, o.Message)
	s.delivery.LogFailure(ctx, o.Key.String()+": delivery", err)
	if req.OnlineOnly || option != OptionNotify {
		return nil
	}
	return s.push.Devices(list[0], gone)
}
