package direct

import (
	"context"
	"slices"
	"time"

	"parley/shared/domain/accounts"
	"parley/shared/domain/chat"
	"parley/shared/domain/timeline"
	"parley/shared/fault"
)

// MaxBatch is the maximum number of receivers of one batch (docs/spec/tencent §6.2).
const MaxBatch = 500

// batchPart is the number of receivers for which messages are written at the same
// time.
const batchPart = 32

// SendBatch sends one message to many users under one key, and returns the users
// that are not accounts. It ignores req.To. If none of the users is an account it
// fails with ReceiverUnknown. A repeat of the call completes what the first one
// began. Example: the Lambda function dies after 100 of 500 receivers. The repeat
// has the same time and key, sends to the other 400, and the first 100 do not get a
// second message.
func (s Service) SendBatch(ctx context.Context, req SendRequest, to []string) (SendResult, []string, error) {
	if len(to) > MaxBatch {
		return SendResult{}, nil, fault.New(fault.BatchTooLarge, "a batch has at most %d receivers", MaxBatch)
	}
	if err := req.checkContent(); err != nil {
		return SendResult{}, nil, err
	}
	if err := req.CheckMediaSizes(s.settings.Files); err != nil {
		return SendResult{}, nil, err
	}
	from, receivers, failed, err := s.splitReceivers(ctx, &req, to)
	if err != nil {
		return SendResult{}, failed, err
	}
	now := s.clock.Now()
	if now.Unix() < req.born {
		now = time.Unix(req.born, 0)
	}
	if !req.OnlineOnly {
		us, err := s.claims.ClaimBatch(ctx, s.app, req.From, req.idempotencyKey(), now.UnixMicro())
		if err != nil {
			return SendResult{}, nil, err
		}
		now = time.UnixMicro(us)
	}
	m := req.newMessage(now)
	req.Seq = &m.Seq // the same for all receivers
	m.Nick, m.Face = from.Nick, from.Face
	for part := range slices.Chunk(receivers, batchPart) {
		// If a part fails, the other parts are still sent. The first failure is returned at
		// the end, so that the caller repeats the call and the rest is sent. A part for which
		// there is no time left is a failure as well.
		e := ctx.Err()
		if e == nil {
			e = s.sendPart(ctx, req, m, part)
		}
		if err == nil {
			err = e
		}
	}
	if err != nil {
		return SendResult{}, nil, err
	}
	return SendResult{Key: m.Key}, failed, nil
}

// splitReceivers returns the sender, the receivers that are accounts, and the others,
// both in the order of the request. It sets req.born to the latest birth of all
// accounts, and req.indexedUsers.
func (s Service) splitReceivers(ctx context.Context, req *SendRequest, to []string) (from *accounts.Account, accepted []receiver, failed []string, err error) {
	var unique []string
	for _, u := range to {
		switch {
		case slices.Contains(unique, u) || slices.Contains(failed, u):
		case u == req.From || accounts.CheckID(u) != nil:
			failed = append(failed, u)
		default:
			unique = append(unique, u)
		}
	}
	list, windows, err := s.accountsAndWindows(ctx, *req, unique)
	if err != nil {
		return nil, nil, nil, err
	}
	from = list[len(unique)]
	if !from.Alive() {
		return nil, nil, nil, fault.New(fault.SenderUnknown, "the sender %s is not an account", req.From)
	}
	req.born, req.indexedUsers = from.Reborn, usersWithIndex(list...)
	for i, u := range unique {
		if list[i].Alive() {
			accepted, req.born = append(accepted, receiver{u, windows[i]}), max(req.born, list[i].Reborn)
		} else {
			failed = append(failed, u)
		}
	}
	if len(accepted) == 0 {
		return nil, nil, failed, fault.New(fault.ReceiverUnknown, "none of the receivers is an account")
	}
	return from, accepted, failed, nil
}

// A receiver is one receiver of a batch, with the Window of the sender's row.
type receiver struct {
	user   string
	window Window
}

// accountsAndWindows reads the accounts of some receivers and of the sender, and the Windows of
// the sender's rows of the receivers, which a request that is not stored does not need.
func (s Service) accountsAndWindows(ctx context.Context, req SendRequest, to []string) (list []*accounts.Account, windows []Window, err error) {
	windows = make([]Window, len(to))
	run := []func(context.Context) error{func(ctx context.Context) (err error) {
		list, err = s.store.Accounts(ctx, s.app, append(slices.Clone(to), req.From))
		return err
	}}
	if !req.OnlineOnly {
		ids := make([]chat.ID, len(to))
		for i, u := range to {
			ids[i] = chat.Between(req.From, u)
		}
		run = append(run, func(ctx context.Context) (err error) {
			windows, err = s.claims.Windows(ctx, s.app, req.From, ids)
			return err
		})
	}
	err = s.parallel.Run(ctx, run...)
	return list, windows, err
}

// sendPart sends to some receivers. If one fails, the others are still sent. It
// returns the first failure of a write.
func (s Service) sendPart(ctx context.Context, req SendRequest, m timeline.Message, part []receiver) error {
	list := make([]outgoing, len(part))
	var run []func(context.Context) error
	for i, r := range part {
		list[i] = outgoing{Message: m, request: req, window: r.window}
		list[i].Chat = chat.Between(req.From, r.user)
		if req.OnlineOnly {
			continue
		}
		run = append(run, func(ctx context.Context) error {
			list[i].failure = s.write(ctx, &list[i])
			return nil // a failure must not stop the other receivers
		})
	}
	if err := s.parallel.Run(ctx, run...); err != nil {
		return err
	}
	if err := s.notify(ctx, req, m, list); err != nil {
		return err
	}
	for _, o := range list {
		if o.failure != nil {
			return o.failure
		}
	}
	return nil
}
