// Package profiles stores the profiles of users. It implements the Store of the domain package
// profiles.
//
// Some fields of a profile are in the item of the account, which every send reads; the domain
// package says which. If a call changes other fields as well, one transaction writes both
// items.
package profiles

import (
	"context"
	"fmt"

	domain "parley/shared/domain/profiles"
	"parley/shared/dynamo"
	"parley/shared/fault"
	"parley/shared/store/items"
	"parley/shared/store/schema"
)

// Store reads and writes the aggregate Profiles, and the fields of Accounts that belong to a
// profile.
type Store struct{ core dynamo.Table }

var _ domain.Store = (*Store)(nil)

// New returns a Store over the table core.
func New(core dynamo.Table) *Store { return &Store{core} }

// attributes returns the attributes of the standard fields. profiles.InAccount
// says which of them are in the account.
func attributes() map[domain.Name]dynamo.Attribute {
	return map[domain.Name]dynamo.Attribute{
		domain.Nick: schema.AccountNick, domain.Face: schema.AccountFace, domain.Allow: schema.AccountAllow, domain.Forbid: schema.AccountNoRequests,
		domain.Gender: schema.ProfileGender, domain.Birthday: schema.ProfileBirthday, domain.Location: schema.ProfileLocation,
		domain.Signature: schema.ProfileSignature, domain.Language: schema.ProfileLanguage, domain.MessageSettings: schema.ProfileMessageSettings,
		domain.Level: schema.ProfileLevel, domain.Role: schema.ProfileRole, domain.Email: schema.ProfileEmail, domain.Birth: schema.ProfileBirth,
		domain.Mobile: schema.ProfileMobile, domain.Phone: schema.ProfilePhone, domain.Extra: schema.ProfileExtra,
		domain.Metadata: schema.ProfileMetadata,
	}
}

// Profiles implements profiles.Store.
func (s *Store) Profiles(ctx context.Context, app int64, users []string, whole bool) ([]*domain.Profile, error) {
	keys := make([]dynamo.Key, 0, 2*len(users))
	for _, user := range users {
		keys = append(keys, schema.AccountKey(app, user))
	}
	if whole {
		for _, user := range users {
			keys = append(keys, schema.ProfileKey(app, user))
		}
	}
	found, err := s.core.GetConfirmed(ctx, keys, func(i int, item dynamo.Item) bool { return i < len(users) && items.RereadNotAlive(item) })
	if err != nil {
		return nil, err
	}
	attributes, out := attributes(), make([]*domain.Profile, len(users))
	for i, user := range users {
		if !items.Account(user, found[i]).Alive() {
			continue
		}
		p := &domain.Profile{User: user, Fields: make(map[domain.Name]any), Custom: make(map[string]string)}
		addFields(p, found[i], attributes, true)
		if whole {
			addFields(p, found[len(users)+i], attributes, false)
			addCustomFields(p, found[len(users)+i])
		}
		out[i] = p
	}
	return out, nil
}

// addFields adds the standard fields of an item to a profile. inAccount says that the item is
// the account.
func addFields(p *domain.Profile, item dynamo.Item, attributes map[domain.Name]dynamo.Attribute, inAccount bool) {
	for name, a := range attributes {
		switch {
		case domain.InAccount(name) != inAccount || !item.Has(a):
		case name.Number():
			p.Fields[name] = item.Int(a)
		default:
			p.Fields[name] = item.Text(a)
		}
	}
}

func addCustomFields(p *domain.Profile, item dynamo.Item) {
	for stored := range item {
		if word, ok := schema.ProfileCustom.Cut(stored); ok {
			p.Custom[word] = item.Text(schema.ProfileCustom.Of(word))
		}
	}
}

// SetProfile implements profiles.Store.
func (s *Store) SetProfile(ctx context.Context, app int64, user string, m domain.Mutation) error {
	attributes := attributes()
	account := dynamo.NewUpdate(schema.AccountKey(app, user)).If(items.IfAlive())
	profile := dynamo.NewUpdate(schema.ProfileKey(app, user))
	for name, v := range m.Fields {
		u := profile
		if domain.InAccount(name) {
			u = account
		}
		if name == domain.Allow && v == "" { // the account has no value of its own: the application's holds
			u.Remove(attributes[name])
			continue
		}
		u.Set(attributes[name], value(v))
	}
	for word, text := range m.Custom {
		profile.Set(schema.ProfileCustom.Of(word), dynamo.Str(text))
	}
	if profile.IsEmpty() {
		_, alive, err := s.core.Update(ctx, account)
		if err == nil && !alive {
			return items.UnknownAccount(user)
		}
		return err
	}
	first := account.Write()
	if account.IsEmpty() {
		first = dynamo.Check(account.Key(), items.IfAlive())
	}
	err := s.core.Transact(ctx, first, profile.Write())
	switch reasons := dynamo.CancellationReasons(err); {
	case reasons.ConditionFailedAt(0):
		return items.UnknownAccount(user)
	case reasons != nil:
		return fault.New(fault.Conflict, "another call changes the profile of %s at the same time", user)
	case err != nil:
		return fmt.Errorf("set profile: %w", err)
	}
	return nil
}

// value returns the value of a standard field, which is a string or an int64.
func value(v any) dynamo.Value {
	if n, ok := v.(int64); ok {
		return dynamo.Num(n)
	}
	text, _ := v.(string)
	return dynamo.Str(text)
}

// ForgetProfile implements profiles.Store.
func (s *Store) ForgetProfile(ctx context.Context, app int64, user string) error {
	return s.core.Delete(ctx, schema.ProfileKey(app, user))
}
