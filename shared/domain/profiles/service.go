package profiles

import (
	"context"
	"slices"

	"parley/shared/domain/accounts"
	"parley/shared/domain/delivery"
	"parley/shared/fault"
)

// MaxUsers is the most profiles that one call can ask for (docs/spec/tencent §7.1).
const MaxUsers = 100

// Store holds profiles.
type Store interface {
	// Profiles reads the profiles of distinct users; nil for a user who is not an
	// account. If whole is false, it reads only the fields of the account's item.
	Profiles(ctx context.Context, app int64, users []string, whole bool) ([]*Profile, error)
	// SetProfile sets fields of a user, all or nothing. It fails with AccountUnknown if
	// the account does not exist or is deleted.
	SetProfile(ctx context.Context, app int64, user string, c Mutation) error
	// ForgetProfile removes the fields that are not in the account's item.
	ForgetProfile(ctx context.Context, app int64, user string) error
}

// Changed says which fields of a user's profile have changed. It is delivered to the
// user's devices, and to all users who have the user as a friend. It has no values: a
// device reads the profile when it needs it.
type Changed struct {
	User   string
	Fields []Name
	Custom []string
}

// Service reads and changes the profiles of an application's users.
type Service struct {
	app      int64
	fields   []Field
	store    Store
	delivery delivery.Service
}

// New returns the Service of an application with these custom fields.
func New(app int64, fields []Field, store Store, d delivery.Service) Service {
	return Service{app: app, fields: fields, store: store, delivery: d}
}

// Get returns profiles in the order of users; nil for a user who is not an account. If
// all names are fields of the account's item, it reads only that item.
func (s Service) Get(ctx context.Context, users []string, names []Name, custom bool) ([]*Profile, error) {
	whole := custom || slices.ContainsFunc(names, func(n Name) bool { return !InAccount(n) })
	distinct := accounts.Distinct(users)
	found, err := s.store.Profiles(ctx, s.app, distinct, whole)
	if err != nil {
		return nil, err
	}
	profiles := make([]*Profile, len(users))
	for i, u := range users {
		if at := slices.Index(distinct, u); at >= 0 {
			profiles[i] = found[at]
		}
	}
	return profiles, nil
}

// CheckReadable returns an error if the application does not declare a custom field, or if
// the caller may not read it. It returns nil for a field that the caller may read.
func (s Service) CheckReadable(word string, byAdmin bool) error {
	f := find(s.fields, word)
	switch {
	case f == nil:
		return fault.New(fault.FieldUnknown, "the application declares no custom field %.20q of profiles", word)
	case !byAdmin && !f.UserReads:
		return fault.New(fault.FieldHidden, "only an admin reads the custom field %q", word)
	}
	return nil
}

// Set sets fields of a profile, all or nothing, and notifies the user's other devices
// and those who have the user as a friend (docs/spec/tencent §7.2).
func (s Service) Set(ctx context.Context, user string, m Mutation, byAdmin bool, origin delivery.Origin) error {
	if err := m.check(s.fields, byAdmin); err != nil {
		return err
	}
	if err := s.store.SetProfile(ctx, s.app, user, m); err != nil {
		return err
	}
	event := Changed{User: user}
	for name := range m.Fields {
		event.Fields = append(event.Fields, name)
	}
	for word := range m.Custom {
		event.Custom = append(event.Custom, word)
	}
	slices.Sort(event.Fields)
	slices.Sort(event.Custom)
	return s.notify(ctx, event, origin)
}

// NotifyImported implements accounts.ProfileNotifier.
func (s Service) NotifyImported(ctx context.Context, imported accounts.Import) error {
	event := Changed{User: imported.ID}
	if imported.Face != "" {
		event.Fields = append(event.Fields, Face)
	}
	if imported.Nick != "" {
		event.Fields = append(event.Fields, Nick)
	}
	return s.notify(ctx, event, delivery.Origin{})
}

// notify delivers an event to the user's devices, but not to the origin, and
// broadcasts it to all users who have the user as a friend.
//
// Example: Alice has Carol as a friend, and Bob has Alice as a friend. When Alice
// changes her nickname, Bob is notified and Carol is not (docs/adr/0025).
func (s Service) notify(ctx context.Context, event Changed, origin delivery.Origin) error {
	if err := s.delivery.Deliver(ctx, []string{event.User}, origin, event); err != nil {
		return err
	}
	return s.delivery.Broadcast(ctx, event.User, delivery.Friends, event)
}

// RemoveData implements accounts.DataRemover.
func (s Service) RemoveData(ctx context.Context, user string) (more bool, err error) {
	return false, s.store.ForgetProfile(ctx, s.app, user)
}
