package timeline

import (
	"context"
	"slices"

	"parley/shared/domain/chat"
	"parley/shared/domain/delivery"
	"parley/shared/fault"
)

// A Deleted is the event that the application has deleted messages of a group, for everybody.
type Deleted struct {
	Chat   chat.ID
	Keys   []Key
	TimeMs int64
}

// deletedAtOnce is how many messages are deleted at the same time, and how many keys an event
// has at most.
const deletedAtOnce = 32

// MaxHidden is how many messages of a group a member can have deleted for themselves. Messages that are
// not stored any more, and those of a history that is hidden as a whole, do not count.
const MaxHidden = 200

// hideFromMember notes in the row of a member that the member no longer sees some messages of a
// group. There is no entry in the operation log, which all members share: Changes reads the row.
// If the row has no room, hideFromMember looks which of its messages are still stored.
func (s Service) hideFromMember(ctx context.Context, user string, id chat.ID, bounds Bounds, update RowUpdate) error {
	if len(bounds.Hidden)+len(update.Hide) > MaxHidden {
		keys := make([]Key, len(bounds.Hidden))
		for i, number := range bounds.Hidden {
			keys[i] = KeyOfNumber(number)
		}
		list, err := s.store.MessagesByKey(ctx, s.app, user, id, keys, s.clock.Now().Unix(), false)
		if err != nil {
			return err
		}
		for i, m := range list {
			if m == nil || bounds.hides(*m) {
				update.Forget = append(update.Forget, bounds.Hidden[i])
			}
		}
		if len(bounds.Hidden)+len(update.Hide)-len(update.Forget) > MaxHidden {
			return TooManyHidden()
		}
	}
	return s.changeStore.UpdateRow(ctx, s.app, user, id, update)
}

// TooManyHidden is the error of a member who deletes more than MaxHidden messages.
func TooManyHidden() error {
	return fault.New(fault.DeleteRangeLimit, "a member deletes up to %d messages of a group; clear the history instead", MaxHidden)
}

// DeleteFromGroup deletes messages of a group for everybody. Their numbers stay: no other message
// gets one of them. The log and the head are written before the messages of each part, as for every
// change. Example: a call dies after it has deleted 40 of 50 messages. The log has entries of all
// 50; a device looks, and finds 10 of them as they were. A repeat of the call deletes these.
func (s Service) DeleteFromGroup(ctx context.Context, id chat.ID, list []Message) error {
	now := s.clock.Now().UnixMilli()
	shown, err := s.store.LastKey(ctx, s.app, "", id)
	if err != nil {
		return err
	}
	for part := range slices.Chunk(list, deletedAtOnce) {
		var entries []LogEntry
		update := RowUpdate{NowMs: now}
		event := Deleted{Chat: id, TimeMs: now}
		run := make([]func(context.Context) error, len(part))
		for i, m := range part {
			entries = append(entries, LogEntry{AtMs: now, Key: m.Key, Expires: m.Expires})
			if !m.ExcludedFromUnread && !m.Recalled {
				update.NoLongerUnread = append(update.NoLongerUnread, m)
			}
			if shown != nil && shown.Seq == m.Seq {
				update.Last = &LastShown{Of: m.Key}
			}
			event.Keys = append(event.Keys, m.Key)
			run[i] = func(ctx context.Context) error { return s.changeStore.Delete(ctx, s.app, id, m.Key, now) }
		}
		err = s.parallel.Run(ctx,
			func(ctx context.Context) error { return s.changeStore.UpdateRow(ctx, s.app, "", id, update) },
			func(ctx context.Context) error { return s.changeStore.AppendOperations(ctx, s.app, id, entries) },
		)
		if err != nil {
			return err
		}
		if err := s.parallel.Run(ctx, run...); err != nil {
			return err
		}
		group, _ := id.Names()
		s.members.DeliverAfterCommit(ctx, group, nil, delivery.Origin{}, event)
	}
	return nil
}
