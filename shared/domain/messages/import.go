package messages

import (
	"context"
	"slices"
	"time"

	"parley/shared/domain/accounts"
	"parley/shared/fault"
)

// MaxAhead is how far the time of an imported message may lie ahead of the
// server's: as far as two clocks differ.
const MaxAhead = Window

// An Import is a past message for a conversation (core spec §6.3).
type Import struct {
	From, To string
	Seq      *uint32 // nil: derived
	Random   uint32
	Time     int64 // Unix seconds
	Content
	// Live: it counts as unread and reaches devices. Else it is history.
	Live bool
}

// Import puts a past message into a conversation under its own time. Where that
// place is taken, by either user and whatever the content, it changes nothing:
// the first import wins. So does one that is older than the application keeps
// messages. History has no ordinal: it is not counted and leaves no gap.
func (s Service) Import(ctx context.Context, i Import) error {
	d := Draft{From: i.From, To: i.To, Seq: i.Seq, Random: i.Random, Content: i.Content, Trusted: true}
	if err := d.check(); err != nil {
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
	if d.Seq == nil {
		// The time has no more than seconds, and a repeat must have the same.
		seq := uint32(sendHash(0, i.Random, d.sum()) & 0x7fffffff)
		d.Seq = &seq
	}
	born := max(list[0].Reborn, list[1].Reborn)
	m := d.message(time.Unix(i.Time, 0))
	m.Imported = max(s.Now().Unix(), born)
	if m.Expires = m.Time + s.kept(); m.Expires <= s.Now().Unix() {
		return nil
	}
	d.indexed = indexed(list...)
	if i.Live {
		return s.importLive(ctx, d, m, list[0], born)
	}
	stands, err := s.Store.PutMessage(ctx, s.App, m)
	switch {
	case err != nil:
		return err
	case stands != nil && (!stands.sameAs(m) || stands.Recalled):
		return nil
	case stands != nil:
		m = *stands // a repeat: the call before may have died before the lists moved
	}
	return s.advance(ctx, d, m, m.Expires)
}

// importLive is a send whose time is given. A repeat finds the message, and does
// what the call that stored it may not have done.
func (s Service) importLive(ctx context.Context, d Draft, m Message, from *accounts.Account, born int64) error {
	old, err := s.Store.At(ctx, s.App, m.From, m.To, m.Key)
	if err != nil {
		return err
	}
	if old != nil && (old.From != m.From || old.Ordinal == 0) {
		return nil
	}
	now := s.Now()
	// The list shows the time of a send. An older message moves it like history.
	late := m.Time < now.Add(-Window).Unix()
	a := Arrival{NowMs: now.UnixMilli(), Preview: m.Preview(), RowExpires: max(now.Unix(), m.Time) + s.kept(), Indexed: slices.Contains(d.indexed, m.To)}
	if old != nil {
		m = *old
	} else {
		r := ClaimRequest{
			From: m.From, To: m.To, Hash: sendHash(m.Seq, m.Random, uint32(m.Time)), Key: m.Key, //nolint:gosec // checked by the caller
			NowMs: a.NowMs, Preview: a.Preview, NoLast: late, Expires: a.RowExpires, Spare: derived(now), Born: born,
			Indexed: slices.Contains(d.indexed, m.From),
		}
		if late {
			r.Key.Time = now.Unix() // the ring forgets by this time
		}
		claim, err := s.Store.Claim(ctx, s.App, r)
		if err != nil {
			return err
		}
		m.Ordinal, m.Generation = claim.Ordinal, claim.Generation
		// It is counted, so it is stored, beside one that came to its place just now.
		if m, err = s.put(ctx, m, claim.Seq); err != nil {
			return err
		}
	}
	a.Message, a.Preview = m, m.Preview()
	a.NoLast = late
	option, err := s.Store.Arrive(ctx, s.App, a)
	if err != nil {
		return err
	}
	if late {
		if err := s.advance(ctx, d, m, 0); err != nil { // the rows' ends have moved
			return err
		}
	}
	if old != nil {
		return nil
	}
	m.Nick, m.Face = from.Nick, from.Face
	sessions, err := s.Out.Store.Sessions(ctx, s.App, []string{m.To})
	if err != nil {
		s.Out.Note(ctx, m.Key.String()+": sessions", err)
		return nil
	}
	s.push(ctx, d, m, s.bring(ctx, d, m, d.honoured(option), sessions))
	return nil
}

// An Advance is what a past message makes of a row.
type Advance struct {
	Key     Key
	NowMs   int64
	Preview string
	Expires int64 // 0: the row's end stays
	Indexed bool  // owner's rows are indexed
}

// advance moves the lists of both users on to a past message where it is the
// newest.
func (s Service) advance(ctx context.Context, d Draft, m Message, expires int64) error {
	move := func(owner, peer string) func(context.Context) error {
		a := Advance{
			Key: m.Key, NowMs: s.Now().UnixMilli(), Preview: m.Preview(), Expires: expires, Indexed: slices.Contains(d.indexed, owner),
		}
		return func(ctx context.Context) error { return s.Store.Advance(ctx, s.App, owner, peer, a) }
	}
	return s.Parallel(ctx, move(m.From, m.To), move(m.To, m.From))
}
