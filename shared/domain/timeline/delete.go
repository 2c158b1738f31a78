package timeline

import (
	"context"
	"slices"

	"parley/shared/domain/chat"
	"parley/shared/domain/delivery"
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
