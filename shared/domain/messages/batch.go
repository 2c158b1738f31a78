package messages

import (
	"context"
	"slices"
	"time"

	"parley/shared/domain/accounts"
	"parley/shared/domain/push"
	"parley/shared/domain/sessions"
	"parley/shared/fault"
)

// MaxBatch is the number of receivers of one batch (core spec §6.2).
const MaxBatch = 500

// batchWidth is how many receivers are written at once.
const batchWidth = 32

// SendBatch sends one message to many users under one key, and returns the
// users that are no accounts. d.To is not read. When no user is left it fails
// with ReceiverUnknown. A repeat of the call completes what the first began.
func (s Service) SendBatch(ctx context.Context, d Draft, to []string) (Receipt, []string, error) {
	if len(to) > MaxBatch {
		return Receipt{}, nil, fault.New(fault.BatchTooLarge, "a batch has at most %d receivers", MaxBatch)
	}
	if err := d.checkContent(); err != nil {
		return Receipt{}, nil, err
	}
	if err := s.checkSizes(d.Content); err != nil {
		return Receipt{}, nil, err
	}
	from, receivers, failed, err := s.receivers(ctx, &d, to)
	if err != nil {
		return Receipt{}, failed, err
	}
	now := s.Now()
	if now.Unix() < d.born {
		now = time.Unix(d.born, 0)
	}
	if !d.OnlineOnly {
		us, err := s.Store.ClaimBatch(ctx, s.App, d.From, d.hash(), now.UnixMicro())
		if err != nil {
			return Receipt{}, nil, err
		}
		now = time.UnixMicro(us)
	}
	m := d.message(now)
	d.Seq = &m.Seq // the same for all receivers
	m.Nick, m.Face = from.Nick, from.Face
	for part := range slices.Chunk(receivers, batchWidth) {
		// A part that fails holds up no other. The first failure is told at the end,
		// so that the call is repeated and does what is left.
		if e := s.sendPart(ctx, d, m, part); err == nil {
			err = e
		}
		if ctx.Err() != nil {
			break
		}
	}
	if err != nil {
		return Receipt{}, nil, err
	}
	return Receipt{Key: m.Key}, failed, nil
}

// receivers splits the targets into accounts and others, in order, and returns
// the sender. It notes the latest birth of all.
func (s Service) receivers(ctx context.Context, d *Draft, to []string) (from *accounts.Account, known, failed []string, err error) {
	var unique []string
	for _, u := range to {
		switch {
		case slices.Contains(unique, u) || slices.Contains(failed, u):
		case u == d.From || accounts.CheckID(u) != nil:
			failed = append(failed, u)
		default:
			unique = append(unique, u)
		}
	}
	list, err := s.Store.Accounts(ctx, s.App, append(slices.Clone(unique), d.From))
	if err != nil {
		return nil, nil, nil, err
	}
	from = list[len(unique)]
	if !from.Alive() {
		return nil, nil, nil, fault.New(fault.SenderUnknown, "the sender %s is not an account", d.From)
	}
	d.born, d.indexed = from.Reborn, indexed(list...)
	for i, u := range unique {
		if list[i].Alive() {
			known, d.born = append(known, u), max(d.born, list[i].Reborn)
		} else {
			failed = append(failed, u)
		}
	}
	if len(known) == 0 {
		return nil, nil, failed, fault.New(fault.ReceiverUnknown, "none of the receivers is an account")
	}
	return from, known, failed, nil
}

// sendPart sends to some receivers, to as many as it can, and returns the first
// failure to store.
func (s Service) sendPart(ctx context.Context, d Draft, m Message, part []string) error {
	stored, options, failed := make([]Message, len(part)), make([]Option, len(part)), make([]error, len(part))
	var run []func(context.Context) error
	for i, u := range part {
		stored[i] = m
		stored[i].To = u
		if d.OnlineOnly {
			continue
		}
		run = append(run, func(ctx context.Context) error {
			stored[i], options[i], failed[i] = s.store(ctx, stored[i], d)
			return nil // one that fails holds up no other
		})
	}
	if err := s.Parallel(ctx, run...); err != nil {
		return err
	}
	failure := firstOf(failed)
	users := part
	if d.Sync == SyncDevices {
		users = append(slices.Clone(part), d.From)
	}
	list, err := s.Out.Store.Sessions(ctx, s.App, users)
	if err != nil {
		if d.OnlineOnly {
			return err
		}
		s.Out.Note(ctx, m.Key.String()+": sessions", err)
		return failure
	}
	own := list[len(part):]
	var devices []push.Device
	for i := range part {
		if failed[i] != nil || stored[i].Recalled {
			continue
		}
		to := append([]sessions.Session{list[i]}, own...)
		devices = append(devices, s.bring(ctx, d, stored[i], d.honoured(options[i]), to)...)
	}
	// One job for all: the push is the same, and its key that of the batch.
	s.push(ctx, d, m, devices)
	return failure
}

func firstOf(errs []error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
