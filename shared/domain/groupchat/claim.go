package groupchat

import (
	"context"
	"time"

	"parley/shared/domain/groups"
	"parley/shared/domain/idempotency"
	"parley/shared/domain/timeline"
	"parley/shared/fault"
	"parley/shared/retry"
	"parley/shared/timeouts"
)

// Of all calls of one send, one stores the message. A call claims the send before it stores: the
// claim says when that was, and the number of the last message of the group at that time. A member
// claims in the own row of the group, which the send writes anyway; a sender who is not a member,
// in an item beside the rows.
//
// A call that finds the send claimed looks for the message among those after that number. If it is
// there, the call is a repeat. If not, the call that claimed is still running, or it has died. A
// call cannot run for the time Takeover, so after that time another one takes the claim over.
//
// Example: alice's phone sends with random 7. The call claims at 12:00:00, when the last number is
// 41, and dies. The repeat of 12:00:03 finds no message after 41 and fails: the first call could
// still be running. The repeat of 12:00:13 takes over and stores message 45.

// Takeover is how old the claim of a call must be for another call to take it over. A function that
// sends runs for timeouts.Call at most, the clocks of two functions may differ, and the time of a
// claim has whole seconds. functions/catalog has a test that no operation that sends may run longer.
const Takeover = timeouts.Call + timeouts.ClockError + time.Second

const (
	windowSeconds   = int64(Window / time.Second)
	takeoverSeconds = int64(Takeover / time.Second)
	// overlapSeconds is how much longer a send is remembered: as long as a call runs.
	overlapSeconds = int64(timeouts.Overlap / time.Second)
)

// claim claims a send. If an earlier call has stored the message, it returns that message. It
// fails with Conflict if an earlier call may still be running.
func (s Service) claim(ctx context.Context, o *outgoing) (stored *timeline.Message, err error) {
	if o.from.Role < groups.Member {
		return s.claimBeside(ctx, o)
	}
	policy := idempotency.ClaimPolicy()
	done, err := retry.Do(ctx, s.clock, policy, func(try int) (done bool, err error) {
		if try > policy.ImmediateRetries {
			// During a wait, other sends have changed the row again. A read costs less than a
			// write that fails.
			now, err := s.senders.Sender(ctx, s.app, o.request.Group, o.From, true)
			if err != nil {
				return false, err
			}
			if now.Sent > o.from.Sent {
				o.from.MemberRow = now.MemberRow
			}
		}
		now := s.clock.Now().Unix()
		earlier, err := s.earlierSend(ctx, *o, now)
		if err != nil {
			return false, err
		}
		if earlier != nil {
			if stored, err = s.resolve(ctx, *o, *earlier, now); stored != nil || err != nil {
				return stored != nil, err
			}
		}
		w, pushedOut := planClaim(*o, earlier != nil, now)
		save := make([]func(context.Context) error, len(pushedOut))
		for i, send := range pushedOut {
			save[i] = func(ctx context.Context) error { return s.senders.SaveSend(ctx, s.app, o.From, o.Chat, send) }
		}
		if err := s.parallel.Run(ctx, save...); err != nil {
			return false, err
		}
		done, o.from.MemberRow, err = s.senders.WriteClaim(ctx, s.app, w)
		if err == nil && !done && o.from.Role < groups.Member {
			err = fault.At(fault.MemberUnknown, fault.Group, "the sender is not a member of the group any more")
		}
		o.claimed = now
		return done, err
	})
	if err == nil && !done {
		err = fault.New(fault.Throttled, "the sender sends too much at once to this group, try again later")
	}
	return stored, err
}

// earlierSend returns the send that an earlier call of the same send has left in the row of the
// member, or beside it; nil if there is none in the window.
func (s Service) earlierSend(ctx context.Context, o outgoing, now int64) (*idempotency.PastSend, error) {
	start := now - windowSeconds
	if i := idempotency.Find(o.from.Sends, o.idempotencyKey(), start); i >= 0 {
		return &o.from.Sends[i], nil
	}
	if o.from.Saved <= start-overlapSeconds {
		return nil, nil
	}
	saved, err := s.senders.SavedSend(ctx, s.app, o.From, o.Chat, o.idempotencyKey())
	if saved == nil || err != nil || saved.Time <= start {
		return nil, err
	}
	return saved, nil
}

// idempotencyKey is what is equal for a send and its repeat. The sender and the group are those of
// the row.
func (o outgoing) idempotencyKey() uint64 { return uint64(o.Random) }

// resolve decides about a send that an earlier call has claimed. It returns the message if it is
// stored, and nothing if the claim may be taken over. It fails with Conflict if the earlier call may
// still be running.
func (s Service) resolve(ctx context.Context, o outgoing, earlier idempotency.PastSend, now int64) (*timeline.Message, error) {
	stored, err := s.senders.FindSend(ctx, s.app, o.Chat, o.From, o.Random, int64(earlier.Seq))
	if stored != nil || err != nil {
		return stored, err
	}
	if now-earlier.Time < takeoverSeconds {
		return nil, fault.New(fault.Conflict, "another call of this send is still running, try again in a second")
	}
	return nil, nil
}

// planClaim returns the write that claims a send in the row of its sender, and the sends that have
// no room in the row any more. If it takes over, the message is counted already.
func planClaim(o outgoing, takesOver bool, now int64) (ClaimWrite, []idempotency.PastSend) {
	w := ClaimWrite{
		Group: o.request.Group, User: o.From, Seen: o.from.MemberRow, Saved: o.from.Saved, Now: now, Counts: !o.ExcludedFromUnread && !takesOver,
	}
	seen := make([]idempotency.PastSend, 0, len(o.from.Sends))
	for _, send := range o.from.Sends {
		if send.IdempotencyKey != o.idempotencyKey() {
			seen = append(seen, send)
		}
	}
	var pushedOut []idempotency.PastSend
	w.Sends, pushedOut = idempotency.Push(seen, o.pastSend(now), now-windowSeconds-overlapSeconds, o.from.Room)
	for _, send := range pushedOut {
		// Not before the time of this call, even if the clock of the other one was late.
		w.Saved = max(w.Saved, send.Time, now)
	}
	return w, pushedOut
}

// pastSend returns the claim of the send.
func (o outgoing) pastSend(now int64) idempotency.PastSend {
	return idempotency.PastSend{IdempotencyKey: o.idempotencyKey(), Time: now, Seq: uint32(o.head.Number)}
}

// claimBeside is claim for a sender who is not a member.
func (s Service) claimBeside(ctx context.Context, o *outgoing) (*timeline.Message, error) {
	var replaced *idempotency.PastSend
	for {
		now := s.clock.Now().Unix()
		o.claimed = now
		earlier, err := s.senders.ClaimBeside(ctx, s.app, o.From, o.Chat, o.pastSend(now), now-windowSeconds, replaced)
		if earlier == nil || err != nil {
			return nil, err
		}
		stored, err := s.resolve(ctx, *o, *earlier, now)
		if stored != nil || err != nil {
			return stored, err
		}
		replaced = earlier
	}
}

// mayBeRepeat reports whether a send has been claimed before. It is asked if the group has too many
// messages: a repeat of a message that is stored is not dropped. If it cannot be known, it is taken
// as one.
func (s Service) mayBeRepeat(ctx context.Context, o outgoing) bool {
	now := s.clock.Now().Unix()
	if o.from.Role >= groups.Member {
		earlier, err := s.earlierSend(ctx, o, now)
		return earlier != nil || err != nil
	}
	saved, err := s.senders.SavedSend(ctx, s.app, o.From, o.Chat, o.idempotencyKey())
	return err != nil || (saved != nil && saved.Time > now-windowSeconds)
}
