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
	sender, now := id.Peer(reader), s.Now().UnixMilli()
	event := ReadReceipt{Reader: reader, Chat: id, TimeMs: now}
	var entries []LogEntry
	var confirm []func(context.Context) error
	for _, m := range list {
		if m == nil || m.From != sender || !m.NeedReceipt || m.ConfirmedMs != 0 || m.Recalled {
			continue
		}
		event.Keys = append(event.Keys, m.Key)
		entries = append(entries, LogEntry{AtMs: now, Key: m.Key, Only: sender, Expires: m.Expires})
		confirm = append(confirm, func(ctx context.Context) error { return s.ChangeStore.Confirm(ctx, s.App, *m, now) })
	}
	if len(entries) == 0 {
		return nil
	}
	err = s.Parallel(ctx,
		func(ctx context.Context) error {
			return s.ChangeStore.UpdateRow(ctx, s.App, sender, id, RowUpdate{NowMs: now})
		},
		func(ctx context.Context) error { return s.ChangeStore.Log(ctx, s.App, id, entries) },
	)
	if err != nil {
		return err
	}
	if err := s.Parallel(ctx, confirm...); err != nil {
		return err
	}
	s.Delivery.DeliverAfterCommit(ctx, []string{sender}, by.Origin, event)
	return nil
}
