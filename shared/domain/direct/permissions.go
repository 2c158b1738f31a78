package direct

import (
	"context"
	"time"

	"parley/shared/clock"
	"parley/shared/domain/accounts"
	"parley/shared/domain/chat"
	"parley/shared/domain/timeline"
	"parley/shared/fault"
)

// Permissions are the facts about two users that decide whether one may write to the
// other.
type Permissions struct {
	From, To *accounts.Account
	Blocked  bool // To blocks From
	// ReceiverHasSender: the receiver has the sender as a friend. SenderHasReceiver: the other
	// direction. Both are false if friendship was not read.
	ReceiverHasSender, SenderHasReceiver bool
	Window                               Window // of the sender's row; zero if it was not read
}

// CheckSettings say what an application asks of those who write to each other.
type CheckSettings struct {
	// FriendsOnly: users can write only to friends (docs/spec/tencent §8.0).
	FriendsOnly bool
	// BlockSilently: if the receiver blocks the sender, the message is accepted and
	// stored, but only its sender sees it. Otherwise it is refused
	// (docs/spec/tencent §8.0, docs/divergences.md).
	BlockSilently bool
}

// A SenderCheck decides who may write to whom in an application.
type SenderCheck struct {
	app      int64
	settings CheckSettings
	callers  *accounts.Callers
	store    PermissionsStore
	clock    clock.Clock
}

// NewSenderCheck returns the SenderCheck of an application. callers checks the account of a
// sender that is not Trusted.
func NewSenderCheck(app int64, s CheckSettings, callers *accounts.Callers, store PermissionsStore, c clock.Clock) SenderCheck {
	return SenderCheck{app: app, settings: s, callers: callers, store: store, clock: c}
}

// Admit implements timeline.SenderCheck.
func (s SenderCheck) Admit(ctx context.Context, by timeline.Actor, from string, id chat.ID) (born int64, blockedSilently bool, err error) {
	p, blockedSilently, err := s.admit(ctx, SendRequest{From: from, To: id.Peer(from), Trusted: by.Trusted, Issued: by.Issued}, PermissionsQuery{})
	if err != nil {
		return 0, false, err
	}
	return p.From.Reborn, blockedSilently, nil
}

// admit checks whether one user may write to another, and returns what it read of
// the two. If the receiver blocks the sender and the application blocks silently,
// it returns blockedSilently and no error: only the sender will see the message, and
// the sender notices no difference.
func (s SenderCheck) admit(ctx context.Context, req SendRequest, q PermissionsQuery) (p Permissions, blockedSilently bool, err error) {
	if err := req.checkUsers(); err != nil {
		return p, false, err
	}
	q.From, q.To, q.Receiver, q.Friends = req.From, req.To, true, s.settings.FriendsOnly && !req.Trusted
	p, err = s.store.Permissions(ctx, s.app, q)
	if err != nil {
		return p, false, err
	}
	if !req.Trusted {
		if p.From, err = s.checkSender(ctx, req.From, p.From, req.Issued); err != nil {
			return p, false, err
		}
	}
	if !p.From.Alive() {
		return p, false, fault.New(fault.SenderUnknown, "the sender %s is not an account", req.From)
	}
	if !p.To.Alive() {
		return p, false, fault.New(fault.ReceiverUnknown, "the receiver %s is not an account", req.To)
	}
	if req.Trusted {
		return p, false, nil
	}
	blockedSilently, err = s.checkRelation(p)
	return p, blockedSilently, err
}

// checkSender refuses a sender who is not served (deleted, banned, or with a revoked
// signature) or who is muted. read is the account as it was read together with other
// items. It returns the account as it was read last.
func (s SenderCheck) checkSender(ctx context.Context, user string, read *accounts.Account, issued time.Time) (*accounts.Account, error) {
	read, err := s.callers.Confirm(ctx, s.app, accounts.Caller{ID: user, Issued: issued}, read)
	if err != nil {
		return nil, err
	}
	if s.clock.Now().Unix() < read.MutedUntil {
		return nil, fault.New(fault.Muted, "the sender is muted")
	}
	return read, nil
}

// checkRelation refuses a sender whom the receiver blocks and, if only friends may
// write, one who is not a friend. It returns blockedSilently instead of an error if
// the application blocks silently.
func (s SenderCheck) checkRelation(p Permissions) (blockedSilently bool, err error) {
	if p.Blocked {
		if s.settings.BlockSilently {
			return true, nil
		}
		return false, fault.New(fault.Blocked, "the receiver blocks the sender")
	}
	if s.settings.FriendsOnly {
		return false, p.requireFriends()
	}
	return false, nil
}

// requireFriends fails unless each of the two has the other as a friend.
func (p Permissions) requireFriends() error {
	switch {
	case !p.ReceiverHasSender && !p.SenderHasReceiver:
		return fault.New(fault.NeitherFriend, "sender and receiver are not friends")
	case !p.ReceiverHasSender:
		return fault.New(fault.SenderNotFriend, "the sender is not a friend of the receiver")
	case !p.SenderHasReceiver:
		return fault.New(fault.ReceiverNotFriend, "the receiver is not a friend of the sender")
	}
	return nil
}

// checkUsers refuses malformed user ids, and a message to oneself.
func (req SendRequest) checkUsers() error {
	if err := accounts.CheckID(req.From); err != nil {
		return fault.New(fault.SenderUnknown, "the sender: %s", err)
	}
	if err := accounts.CheckID(req.To); err != nil {
		return fault.At(fault.ReceiverUnknown, fault.Receiver, "%s", err)
	}
	if req.From == req.To {
		return fault.New(fault.ReceiverUnknown, "a message needs two users")
	}
	return nil
}
