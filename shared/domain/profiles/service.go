package profiles

import (
	"context"
	"slices"

	"parley/shared/domain/accounts"
	"parley/shared/domain/delivery"
	"parley/shared/fault"
)

// MaxUsers is how many profiles one call may ask for (core spec §7.1).
const MaxUsers = 100

// Store keeps profiles.
type Store interface {
	// Profiles reads profiles of distinct users; nil for who is no account. Not
	// whole: only the fields that stand in the account itself.
	Profiles(ctx context.Context, app int64, users []string, whole bool) ([]*Profile, error)
	// SetProfile changes fields of a living account, all or nothing. It fails
	// with AccountUnknown where there is none.
	SetProfile(ctx context.Context, app int64, user string, c Change) error
	// ForgetProfile removes what does not stand in the account itself.
	ForgetProfile(ctx context.Context, app int64, user string) error
}

// Changed tells friends and a user's own devices which fields of a profile are
// others; they read it when they need it.
type Changed struct {
	User   string
	Fields []Name
	Custom []string
}

// Service reads and changes the profiles of an application's users.
type Service struct {
	App    int64
	Fields []Field
	Store  Store
	Out    delivery.Service
}

// Get returns profiles in the order of users; nil for who is no account. Where
// only fields in the account are asked for, it reads no more.
func (s Service) Get(ctx context.Context, users []string, names []Name, custom bool) ([]*Profile, error) {
	whole := custom || slices.ContainsFunc(names, func(n Name) bool { return !InAccount(n) })
	var distinct []string
	for _, u := range users {
		if accounts.CheckID(u) == nil && !slices.Contains(distinct, u) {
			distinct = append(distinct, u)
		}
	}
	list, err := s.Store.Profiles(ctx, s.App, distinct, whole)
	if err != nil {
		return nil, err
	}
	out := make([]*Profile, len(users))
	for i, u := range users {
		if at := slices.Index(distinct, u); at >= 0 {
			out[i] = list[at]
		}
	}
	return out, nil
}

// InAccount reports whether a field stands in the account itself, which every
// send reads anyway.
func InAccount(n Name) bool { return n == Nick || n == Face || n == Allow || n == Forbid }

// Hidden refuses a custom field that is not declared, or that users may not
// read.
func (s Service) Hidden(word string, byAdmin bool) error {
	f := find(s.Fields, word)
	switch {
	case f == nil:
		return fault.New(fault.FieldUnknown, "the application declares no custom field %.20q of profiles", word)
	case !byAdmin && !f.UserReads:
		return fault.New(fault.FieldHidden, "only an admin reads the custom field %q", word)
	}
	return nil
}

// Set changes fields of a profile, all or nothing, and tells the user's other
// devices and friends (core spec §7.2).
func (s Service) Set(ctx context.Context, user string, c Change, byAdmin bool, origin delivery.Origin) error {
	if err := c.check(s.Fields, byAdmin); err != nil {
		return err
	}
	if err := s.Store.SetProfile(ctx, s.App, user, c); err != nil {
		return err
	}
	e := Changed{User: user}
	for name := range c.Fields {
		e.Fields = append(e.Fields, name)
	}
	for word := range c.Custom {
		e.Custom = append(e.Custom, word)
	}
	slices.Sort(e.Fields)
	slices.Sort(e.Custom)
	return s.tell(ctx, e, origin)
}

// Renamed implements accounts.Herald.
func (s Service) Renamed(ctx context.Context, d accounts.Draft) error {
	e := Changed{User: d.ID}
	if d.Face != "" {
		e.Fields = append(e.Fields, Face)
	}
	if d.Nick != "" {
		e.Fields = append(e.Fields, Nick)
	}
	return s.tell(ctx, e, delivery.Origin{})
}

// tell brings a change to the user's devices, and to everybody who has the user as
// a friend.
func (s Service) tell(ctx context.Context, e Changed, origin delivery.Origin) error {
	if err := s.Out.Send(ctx, []string{e.User}, origin, e); err != nil {
		return err
	}
	return s.Out.Announce(ctx, e.User, delivery.Friends, e)
}

// Forget implements accounts.Forgetter.
func (s Service) Forget(ctx context.Context, user string) (more bool, err error) {
	return false, s.Store.ForgetProfile(ctx, s.App, user)
}
