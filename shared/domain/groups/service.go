package groups

import (
	"context"
	"time"

	"parley/shared/clock"
	"parley/shared/domain/accounts"
	"parley/shared/fault"
)

// Members is what the verbs of a group need of its members. Package membership implements it.
type Members interface {
	// RoleOf returns the role of a user in a group; NotMember if the user is not in it.
	RoleOf(ctx context.Context, group, user string) (Role, error)
	// CheckFirst fails with JoinedLimit if one of the users is a member of as many groups as a user
	// may be.
	CheckFirst(ctx context.Context, users []string) error
	// RemoveGroup removes a page of what is stored about the members of a group that was destroyed,
	// and sends those members a notice. more reports whether there is more to remove.
	RemoveGroup(ctx context.Context, g Group, n Notice) (more bool, err error)
	// AddFirst makes users members of a group that was just created, and notifies nobody.
	AddFirst(ctx context.Context, g Group, list []NewMember) error
}

// Service creates, reads, changes and destroys the groups of one application.
type Service struct {
	app      int64
	settings Settings
	store    Store
	list     ListStore
	accounts accounts.Reader
	members  Members
	notifier Notifier
	removals RemovalQueue
	clock    clock.Clock
}

// New returns a Service.
func New(app int64, set Settings, store Store, l ListStore, a accounts.Reader, m Members, n Notifier, q RemovalQueue, c clock.Clock) Service {
	return Service{app: app, settings: set, store: store, list: l, accounts: a, members: m, notifier: n, removals: q, clock: c}
}

// day returns the day of a time, in days since 1970-01-01, in UTC.
func day(at time.Time) int64 { return at.Unix() / (24 * 60 * 60) }

// current reads a group strongly. It fails with GroupUnknown and GroupIDInvalid.
func (s Service) current(ctx context.Context, id string) (Group, error) {
	if err := CheckID(id); err != nil {
		return Group{}, err
	}
	g, err := s.store.Group(ctx, s.app, id)
	if err == nil {
		err = g.Exists(id)
	}
	if err != nil {
		return Group{}, err
	}
	return *g, nil
}

// role returns the role with which somebody makes a change.
func (s Service) role(ctx context.Context, by Actor, group string) (Role, error) {
	if by.Application {
		return Application, nil
	}
	return s.members.RoleOf(ctx, group, by.User)
}

// check fails with NotPermitted if a user with this role may not do something in a group of a
// type.
func (r Role) check(t Type, least Cells[Role], what string) error {
	switch needed := least.For(t); {
	case needed == Nobody:
		return fault.New(fault.NotPermitted, "a group of this type does not allow to %s", what)
	case !r.May(needed):
		return fault.New(fault.NotPermitted, "the role of the user does not allow to %s", what)
	}
	return nil
}

// living returns the accounts of users. It refuses a user who has none; field names the users in
// the call.
func (s Service) living(ctx context.Context, field fault.Field, users []string) (map[string]*accounts.Account, error) {
	living, err := accounts.Living(ctx, s.accounts, s.app, users)
	if err != nil {
		return nil, err
	}
	for _, user := range users {
		if living[user] == nil {
			return nil, fault.At(fault.AccountUnknown, field, "%.40q is not an account", user)
		}
	}
	return living, nil
}

// SeesEarlier reports whether members of a group see the messages from before they joined.
func (s Service) SeesEarlier(g Group) bool {
	if g.HistoryBeforeJoin != nil {
		return *g.HistoryBeforeJoin
	}
	return s.settings.HistoryBeforeJoin || CapabilitiesOfTypes().HistoryBeforeJoin.For(g.Type)
}
