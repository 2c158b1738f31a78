package direct

import (
	"context"
	"slices"
	"time"

	"parley/shared/domain/accounts"
	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/timeline"
	"parley/shared/fault"
)

// MaxImportAhead is how far the time of an imported message may be in the future: as much
// as two clocks may differ.
const MaxImportAhead = timeline.IdempotencyWindow

// An Import is a past message for a conversation (docs/spec/tencent §6.3).
type Import struct {
	From, To string
	Seq      *uint32 // nil: derived
	Random   uint32
	Time     int64 // Unix seconds
	content.Content
	Form content.Form // of the dialect by which the content came; nil: the stored form
	// Live: the message counts as unread and is delivered to devices. Otherwise it is
	// only stored in the history.
	Live bool
}

// Import stores a past message under its own time (docs/adr/0019). If the key is
// taken, by either user and with whatever content, it changes nothing and returns no
// error: the first import wins. A message older than the retention is not stored
// either. History has offset 0: it is not counted, and a client sees no gap.
// Example: Alice's messages have the offsets 1 and 2; a message of last week is
// imported; her next message has offset 3.
func (s Service) Import(ctx context.Context, i Import) error {
	req := SendRequest{From: i.From, To: i.To, Seq: i.Seq, Random: i.Random, Content: i.Content, Form: i.Form, Trusted: true}
	if err := req.check(); err != nil {
		return err
	}
	list, err := s.store.Accounts(ctx, s.app, []string{i.From, i.To})
	if err != nil {
		return err
	}
	if !list[0].Alive() {
		return fault.New(fault.SenderUnknown, "the sender %s is not an account", i.From)
	}
	if !list[1].Alive() {
		return fault.New(fault.ReceiverUnknown, "the receiver %s is not an account", i.To)
	}
	if req.Seq == nil {
		// The time has only seconds, and a repeat of the import needs the same key, so the
		// sequence is made of the random and the content.
		seq := uint32(idempotencyKeyOf(0, i.Random, checksum(req.Content)) & 0x7fffffff)
		req.Seq = &seq
	}
	born := max(list[0].Reborn, list[1].Reborn)
	m := req.newMessage(time.Unix(i.Time, 0))
	m.Imported = max(s.clock.Now().Unix(), born)
	if m.Expires = m.Time + s.retentionSeconds(); m.Expires <= s.clock.Now().Unix() {
		return nil
	}
	req.born, req.indexedUsers = born, usersWithIndex(list...)
	if i.Live {
		return s.importLive(ctx, req, m, list[0])
	}
	existing, err := s.timeline.PutPast(ctx, m)
	switch {
	case err != nil:
		return err
	case existing != nil && (!existing.IsRepeatOf(m) || existing.Recalled):
		return nil
	case existing != nil:
		m = *existing // a repeat: the first call may have died before it changed the lists
	}
	return s.advanceRows(ctx, req, m, m.Expires)
}

// importLive sends a message whose time is given. A repeat finds the message and makes the
// writes that the first call may not have made. A message older than the window changes
// the list like history does: only if it is newer than the last message there.
func (s Service) importLive(ctx context.Context, req SendRequest, m timeline.Message, from *accounts.Account) error {
	var existing *timeline.Message
	var windows []Window
	err := s.parallel.Run(ctx,
		func(ctx context.Context) (err error) {
			existing, err = s.timeline.At(ctx, m.From, m.Chat, m.Key)
			return err
		},
		func(ctx context.Context) (err error) {
			windows, err = s.claims.Windows(ctx, s.app, m.From, []chat.ID{m.Chat})
			return err
		},
	)
	if err != nil {
		return err
	}
	if existing != nil && (existing.From != m.From || existing.Offset == 0) {
		return nil
	}
	o := outgoing{Message: m, request: req, window: windows[0], imported: true, stored: existing != nil}
	o.past = m.Time < s.clock.Now().Add(-timeline.IdempotencyWindow).Unix()
	if existing != nil {
		o.Message = *existing
	}
	if err := s.write(ctx, &o); err != nil || o.stored {
		return err
	}
	o.Nick, o.Face = from.Nick, from.Face
	return s.notify(ctx, req, o.Message, []outgoing{o})
}

// A RowUpdateOfImport is an imported message that may become the last one of a row.
type RowUpdateOfImport struct {
	Key     timeline.Key
	NowMs   int64
	Preview string
	Expires int64 // when the row expires at the earliest; 0: it stays as it is
	Indexed bool  // the rows of the owner have an index
}

// advanceRows makes an imported message the last one in the lists of both users, if
// it is the newest there.
func (s Service) advanceRows(ctx context.Context, req SendRequest, m timeline.Message, expires int64) error {
	move := func(owner string) func(context.Context) error {
		advance := RowUpdateOfImport{
			Key: m.Key, NowMs: s.clock.Now().UnixMilli(), Preview: m.Preview(), Expires: expires, Indexed: slices.Contains(req.indexedUsers, owner),
		}
		return func(ctx context.Context) error { return s.store.AdvanceRow(ctx, s.app, owner, m.Chat, advance) }
	}
	return s.parallel.Run(ctx, move(m.From), move(m.To()))
}
