package timeline

import (
	"context"

	"parley/shared/domain/chat"
)

// SendReadReceipts sends read receipts: reader has read messages of the peer that asked for a
// receipt. It ignores other messages, and those that have a receipt already.
func (s Service) SendReadReceipts(ctx context.Context, by Actor, reader string, id chat.ID, keys []Key) error {
	if err := CheckKeys(keys); err != nil {
		return err
	}
	list, err := s.visible(ctx, reader, id, keys, true)
	if err != nil {
		return err
	}
	sender, now := id.Peer(reader), s.clock.Now().UnixMilli()
	event := ReadReceipt{Reader: reader, Chat: id, TimeMs: now}
	var entries []LogEntry
	var confirm []func(context.Context) error
	for _, m := range list {
		if m == nil || m.From != sender || !m.NeedReceipt || m.ConfirmedMs != 0 || m.Recalled {
			continue
		}
		event.Keys = append(event.Keys, m.Key)
		entries = append(entries, LogEntry{AtMs: now, Key: m.Key, Only: sender, Expires: m.Expires})
		confirm = append(confirm, func(ctx context.Context) error { return s.changeStore.SaveReadReceipt(ctx, s.app, *m, now) })
	}
	if len(entries) == 0 {
		return nil
	}
	err = s.parallel.Run(ctx,
		func(ctx context.Context) error {
			return s.changeStore.UpdateRow(ctx, s.app, sender, id, RowUpdate{NowMs: now})
		},
		func(ctx context.Context) error { return s.changeStore.AppendOperations(ctx, s.app, id, entries) },
	)
	if err != nil {
		return err
	}
	if err := s.parallel.Run(ctx, confirm...); err != nil {
		return err
	}
	s.delivery.DeliverAfterCommit(ctx, []string{sender}, by.Origin, event)
	return nil
}
