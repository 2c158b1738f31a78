package membership

import (
	"context"
	"slices"

	"parley/shared/clock"
	"parley/shared/domain/accounts"
	"parley/shared/domain/groups"
	"parley/shared/fault"
	"parley/shared/parallel"
	"parley/shared/retry"
)

// An ErrorLog receives what goes wrong after a change is stored: it does not fail the call.
type ErrorLog interface {
	// LogUndelivered notes what could not be delivered.
	LogUndelivered(ctx context.Context, what string)
}

// Service changes and reads the members of the groups of one application.
type Service struct {
	app      int64
	settings groups.Settings
	reader   Reader
	joined   JoinedReader
	store    Store
	requests RequestStore
	accounts accounts.Reader
	notifier groups.Notifier
	log      ErrorLog
	clock    clock.Clock
	parallel parallel.Runner
}

// New returns the Service of an application.
func New(
	app int64, s groups.Settings, r Reader, j JoinedReader, w Store, q RequestStore, a accounts.Reader, notifier groups.Notifier, l ErrorLog, c clock.Clock, p parallel.Runner,
) Service {
	return Service{app: app, settings: s, reader: r, joined: j, store: w, requests: q, accounts: a, notifier: notifier, log: l, clock: c, parallel: p}
}

// find reads a group. It fails with GroupUnknown, and with GroupIDInvalid.
func (s Service) find(ctx context.Context, group string) (groups.Group, error) {
	if err := groups.CheckID(group); err != nil {
		return groups.Group{}, err
	}
	g, err := s.reader.Group(ctx, s.app, group)
	if err == nil {
		err = g.Exists(group)
	}
	if err != nil {
		return groups.Group{}, err
	}
	return *g, nil
}

// RoleOf returns what a user is in a group.
func (s Service) RoleOf(ctx context.Context, group, user string) (groups.Role, error) {
	found, err := s.reader.MembersOf(ctx, s.app, group, accounts.Distinct([]string{user}), true)
	return found[user].Role, err
}

// require fails with NotPermitted if the actor's role is below least. It returns the role.
func (s Service) require(ctx context.Context, by groups.Actor, g groups.Group, least groups.Cells[groups.Role], what string) (groups.Role, error) {
	role, err := groups.Application, error(nil)
	if !by.Application {
		role, err = s.RoleOf(ctx, g.ID, by.User)
	}
	if err == nil {
		err = checkRole(role, g, least, what)
	}
	return role, err
}

// checkRole fails with NotPermitted if a role is below least.
func checkRole(role groups.Role, g groups.Group, least groups.Cells[groups.Role], what string) error {
	switch needed := least.For(g.Type); {
	case needed == groups.Nobody:
		return notPermitted("a group of this type does not allow to %s", what)
	case !role.May(needed):
		return notPermitted("the role of the user does not allow to %s", what)
	}
	return nil
}

// mayActOn fails with NotPermitted if a user with one role may not remove, mute or change a member
// with another one: a member acts only on members with a lesser role, nobody but the application on the owner.
func mayActOn(actor, target groups.Role) error {
	if actor != groups.Application && actor <= target {
		return notPermitted("the user may change only members with a lesser role")
	}
	return nil
}

func notPermitted(format string, args ...any) error {
	return fault.New(fault.NotPermitted, format, args...)
}

func memberUnknown(user string) error {
	return fault.At(fault.MemberUnknown, fault.Members, "%.40q is not a member of the group", user)
}

func tooMany(limit int) error {
	return fault.At(fault.BatchTooLarge, fault.Members, "a call names at most %d users", limit)
}

// untilWritten calls try until it has written, which it reports. It fails with Conflict if other
// calls change the same members at each try.
func (s Service) untilWritten(ctx context.Context, try func() (bool, error)) error {
	done, err := retry.Do(ctx, s.clock, retry.Contended(), func(int) (bool, error) { return try() })
	if err == nil && !done {
		err = fault.New(fault.Conflict, "other calls change the same members all the time, try again later")
	}
	return err
}

// copied writes the number of members to the head of the conversation, best effort: it says which
// way messages are delivered, and the next change corrects it.
func (s Service) copied(ctx context.Context, g groups.Group) {
	if err := s.store.CopyMembers(ctx, s.app, g.ID, g.Members); err != nil {
		s.log.LogUndelivered(ctx, "members of a group, to its head: "+err.Error())
	}
}

// notify notifies users of what has happened to them in a group. Users who do not see the group
// yet, because it is hidden until its first message, get no notice.
func (s Service) notify(ctx context.Context, g groups.Group, to []string, n groups.Notice) {
	if !g.Active {
		to = slices.DeleteFunc(slices.Clone(to), func(user string) bool { return user != g.Owner })
	}
	if len(to) == 0 {
		return
	}
	n.Group, n.Name, n.TimeMs = g.ID, g.Name, s.clock.Now().UnixMilli()
	s.notifier.Notify(ctx, to, n)
}

// maxMembers is how many members a group may have.
func (s Service) maxMembers(g groups.Group) int {
	if g.MaxMembers > 0 {
		return g.MaxMembers
	}
	return s.settings.Limits.Members
}
