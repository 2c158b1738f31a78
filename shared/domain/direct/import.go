package direct

import (
	"context"
	"slices"
	"time"

	"parley/shared/domain/accounts"
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
	req := SendRequest{From: i.From, To: i.To, Seq: i.Seq, Random: i.Random, Content: i.Content, Trusted: true}
	if err := req.check(); err != nil {
		return err
	}
	list, err := s.Store.Accounts(ctx, s.App, []string{i.From, i.To})
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
	m.Imported = max(s.Now().Unix(), born)
	if m.Expires = m.Time + s.retentionSeconds(); m.Expires <= s.Now().Unix() {
		return nil
	}
	req.indexedUsers = usersWithIndex(list...)
	if i.Live {
		return s.importLive(ctx, req, m, list[0], born)
	}
	existing, err := s.Timeline.Store.PutMessage(ctx, s.App, m)
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

// importLive sends a message whose time is given. A repeat finds the message and
// makes the writes that the first call may not have made.
func (s Service) importLive(ctx context.Context, req SendRequest, m timeline.Message, from *accounts.Account, born int64) error {
	existing, err := s.Timeline.Store.MessageAt(ctx, s.App, m.From, m.To, m.Key)
	if err != nil {
		return err
	}
	if existing != nil && (existing.From != m.From || existing.Offset == 0) {
		return nil
	}
	now := s.Now()
	// The list shows the time of a send. A message older than the window changes the
	// list like history does: only if it is newer than the last message there.
	beforeWindow := m.Time < now.Add(-timeline.IdempotencyWindow).Unix()
	arrival := Arrival{NowMs: now.UnixMilli(), Preview: m.Preview(), RowExpires: max(now.Unix(), m.Time) + s.retentionSeconds(), Indexed: slices.Contains(req.indexedUsers, m.To)}
	if existing != nil {
		m = *existing
	} else {
		claimRequest := ClaimRequest{
			From: m.From, To: m.To, IdempotencyKey: idempotencyKeyOf(m.Seq, m.Random, uint32(m.Time)), Key: m.Key, // checked by the caller
			NowMs: arrival.NowMs, Preview: arrival.Preview, NoLast: beforeWindow, Expires: arrival.RowExpires, DerivedSeq: derivedSeq(now), MinEpochSec: born,
			Indexed: slices.Contains(req.indexedUsers, m.From),
		}
		if beforeWindow {
			claimRequest.Key.Time = now.Unix() // the idempotency window is measured by this time
		}
		claim, err := s.Store.Claim(ctx, s.App, claimRequest)
		if err != nil {
			return err
		}
		m.Offset, m.Epoch = claim.Offset, claim.Epoch
		// The message is counted now, so it must be stored, also if another message took
		// its key in the meantime.
		if m, err = s.Timeline.Put(ctx, m, claim.DerivedSeq); err != nil {
			return err
		}
	}
	arrival.Message, arrival.Preview = m, m.Preview()
	arrival.NoLast = beforeWindow
	option, err := s.Store.CountArrival(ctx, s.App, arrival)
	if err != nil {
		return err
	}
	if beforeWindow {
		if err := s.advanceRows(ctx, req, m, 0); err != nil { // 0: Claim and CountArrival have set when the rows expire
			return err
		}
	}
	if existing != nil {
		return nil
	}
	m.Nick, m.Face = from.Nick, from.Face
	sessions, err := s.Delivery.Store.Sessions(ctx, s.App, []string{m.To})
	if err != nil {
		s.Delivery.LogFailure(ctx, m.Key.String()+": sessions", err)
		return nil
	}
	s.push(ctx, req, m, s.deliver(ctx, req, m, req.effectiveOption(option), sessions))
	return nil
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
	move := func(owner, peer string) func(context.Context) error {
		advance := RowUpdateOfImport{
			Key: m.Key, NowMs: s.Now().UnixMilli(), Preview: m.Preview(), Expires: expires, Indexed: slices.Contains(req.indexedUsers, owner),
		}
		return func(ctx context.Context) error { return s.Store.AdvanceRow(ctx, s.App, owner, peer, advance) }
	}
	return s.Parallel(ctx, move(m.From, m.To), move(m.To, m.From))
}
