package groupchat

import (
	"context"
	"time"

	"parley/shared/clock"
	"parley/shared/domain/accounts"
	"parley/shared/domain/chat"
	"parley/shared/domain/groups"
	"parley/shared/domain/timeline"
	"parley/shared/fault"
	"parley/shared/parallel"
)

// An Actor says who sends to a group, and by what right.
type Actor struct {
	User    string
	Issued  time.Time // when the user's signature was made
	Trusted bool      // the application sends in the name of the user, who need not be a member
	// Own: with Trusted, the user is an admin of the application, which sends in its own name. No
	// mute of the group holds for it.
	Own bool
}

// A SenderCheck decides who may write to the groups of an application. It implements
// timeline.SenderCheck.
type SenderCheck struct {
	app      int64
	callers  *accounts.Callers
	heads    HeadStore
	senders  SenderStore
	clock    clock.Clock
	parallel parallel.Runner
}

// NewSenderCheck returns the SenderCheck of an application. callers checks the account of a
// sender that is not Trusted.
func NewSenderCheck(app int64, callers *accounts.Callers, heads HeadStore, senders SenderStore, c clock.Clock, r parallel.Runner) SenderCheck {
	return SenderCheck{app: app, callers: callers, heads: heads, senders: senders, clock: c, parallel: r}
}

// Admit implements timeline.SenderCheck. The application may change the messages of every group
// that exists, and names no user.
func (s SenderCheck) Admit(ctx context.Context, by timeline.Actor, from string, id chat.ID) (born int64, blockedSilently bool, err error) {
	group, _ := id.Names()
	if by.Trusted {
		_, err := s.head(ctx, group)
		return 0, false, err
	}
	_, _, err = s.admit(ctx, Actor{User: from, Issued: by.Issued}, group)
	return 0, false, err
}

// head reads the head of a group. It fails with GroupIDInvalid or GroupUnknown.
func (s SenderCheck) head(ctx context.Context, group string) (groups.Head, error) {
	if err := groups.CheckID(group); err != nil {
		return groups.Head{}, err
	}
	h, err := s.heads.Head(ctx, s.app, group)
	if err != nil {
		return groups.Head{}, err
	}
	if h == nil {
		return groups.Head{}, fault.At(fault.GroupUnknown, fault.Group, "there is no group %.60q", group)
	}
	return *h, nil
}

// admit reads the head of a group and the sender, and refuses a sender who may not send.
func (s SenderCheck) admit(ctx context.Context, by Actor, group string) (h groups.Head, from Sender, err error) {
	if err := accounts.CheckID(by.User); err != nil {
		return h, from, fault.New(fault.SenderUnknown, "the sender: %s", err)
	}
	err = s.parallel.Run(ctx,
		func(ctx context.Context) (err error) {
			h, err = s.head(ctx, group)
			return err
		},
		func(ctx context.Context) (err error) {
			from, err = s.senders.Sender(ctx, s.app, group, by.User, !by.Trusted)
			return err
		},
	)
	if err == nil {
		err = s.checkSender(ctx, by, h, &from)
	}
	return h, from, err
}

// checkSender refuses a sender who is not an account, is not served, is not a member, or is muted.
func (s SenderCheck) checkSender(ctx context.Context, by Actor, h groups.Head, from *Sender) error {
	now := s.clock.Now().Unix()
	if !by.Trusted {
		var err error
		if from.Account, err = s.callers.Confirm(ctx, s.app, accounts.Caller{ID: by.User, Issued: by.Issued}, from.Account); err != nil {
			return err
		}
	}
	switch {
	case !from.Account.Alive():
		return fault.At(fault.SenderUnknown, fault.Sender, "%.40q is not an account", by.User)
	case by.Own:
		return nil
	case now < from.MutedUntil:
		return fault.New(fault.GroupMuted, "the sender is muted in the group")
	case h.MuteAll && from.Role < groups.Admin:
		return fault.New(fault.GroupMuted, "only the owner and admins may send to the group")
	case by.Trusted:
		return nil
	case from.Role < groups.Member:
		return fault.At(fault.MemberUnknown, fault.Group, "the sender is not a member of the group")
	case h.Inactive && from.Role < groups.Owner:
		return fault.At(fault.NotPermitted, fault.Group, "the group is not active until its owner has sent a message")
	case now < from.Account.GroupsMutedUntil:
		return fault.New(fault.Muted, "the sender is muted in all groups")
	}
	return nil
}
