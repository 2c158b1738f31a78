// Package apps stores the applications of a deployment. It implements the Store and the
// CountStore of the domain package apps.
//
// The creation of an application is one transaction: its settings and admins, its entry in the
// list of applications, its secret, the count of its accounts, and the accounts of its admins.
// Secret, count and accounts are aggregates of their own. A new key is one transaction over
// the settings and the secret.
package apps

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"sync"

	"parley/shared/domain/accounts"
	domain "parley/shared/domain/apps"
	"parley/shared/domain/groups"
	"parley/shared/dynamo"
	"parley/shared/fault"
	"parley/shared/store/items"
	"parley/shared/store/schema"
)

// Store reads and writes the aggregates Apps and Secrets, and writes AccountCounts. It writes
// Accounts when it creates an application, and reads the list of accounts to count them.
type Store struct {
	core dynamo.Table
	rows func() []domain.Row // of all settings
}

var (
	_ domain.Store      = (*Store)(nil)
	_ domain.CountStore = (*Store)(nil)
)

// New returns a Store over the table core.
func New(core dynamo.Table) *Store { return &Store{core: core, rows: sync.OnceValue(domain.Table)} }

// storedKey is a signing key in the settings.
type storedKey struct {
	Number  int   `json:"n"`
	Created int64 `json:"ct"`
	Until   int64 `json:"un,omitempty"`
}

// keysValue returns the value of the attribute with the keys of an application.
func keysValue(keys []domain.Key) dynamo.Value {
	list := make([]storedKey, len(keys))
	for i, k := range keys {
		list[i] = storedKey(k)
	}
	return jsonValue(list)
}

func readKeys(item dynamo.Item) []domain.Key {
	var list []storedKey
	_ = json.Unmarshal(item.Bytes(schema.AppKeys), &list) // written by keysValue
	keys := make([]domain.Key, len(list))
	for i, k := range list {
		keys[i] = domain.Key(k)
	}
	return keys
}

// jsonValue returns the value of an attribute with a value that JSON can always write: one of
// texts, numbers and booleans.
func jsonValue(v any) dynamo.Value {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return dynamo.Bin(text)
}

// setting is an attribute of settings.
type setting struct {
	name  dynamo.Attribute
	value dynamo.Value // nil: the setting has its default, and no attribute
}

// settings returns the attributes of all settings.
func settings(set domain.Settings) []setting {
	list := []setting{
		{schema.AppProfileFields, fieldsValue(set.ProfileFields)}, {schema.AppFriendFields, fieldsValue(set.FriendFields)},
		{schema.AppGroupFields, fieldsValue(groupFields(set.GroupFields))}, {schema.AppMemberFields, fieldsValue(groupFields(set.MemberFields))},
	}
	for _, r := range domain.Table() {
		if r.Part == domain.OfFeatures {
			continue
		}
		s := setting{name: dynamo.Attribute(r.Stored)}
		switch v := r.Value(set).(type) {
		case string:
			s.value = dynamo.StrIfAny(v)
		case bool:
			if v {
				s.value = dynamo.True()
			}
		case int:
			if v > 0 {
				s.value = dynamo.Num(v)
			}
		}
		list = append(list, s)
	}
	return list
}

func fieldsValue[T any](list []T) dynamo.Value {
	if len(list) == 0 {
		return nil
	}
	return jsonValue(list)
}

func fields[T any](item dynamo.Item, a dynamo.Attribute) (list []T) {
	if text := item.Bytes(a); text != nil {
		_ = json.Unmarshal(text, &list) // written by fieldsValue
	}
	return list
}

// storedGroupField is a custom field of groups or of members in the settings.
type storedGroupField struct {
	Name   string      `json:"w"`
	Reads  groups.Role `json:"r"`
	Writes groups.Role `json:"u"`
	Own    bool        `json:"o,omitempty"`
}

func groupFields(list []groups.Field) []storedGroupField {
	stored := make([]storedGroupField, len(list))
	for i, f := range list {
		stored[i] = storedGroupField(f)
	}
	return stored
}

func readGroupFields(item dynamo.Item, a dynamo.Attribute) (list []groups.Field) {
	for _, f := range fields[storedGroupField](item, a) {
		list = append(list, groups.Field(f))
	}
	return list
}

// readSettings reads the settings of an application into a.
func readSettings(rows []domain.Row, item dynamo.Item, a *domain.App) {
	a.Settings = domain.Settings{
		ProfileFields: fields[domain.Field](item, schema.AppProfileFields), FriendFields: fields[domain.Field](item, schema.AppFriendFields),
		GroupFields: readGroupFields(item, schema.AppGroupFields), MemberFields: readGroupFields(item, schema.AppMemberFields),
	}
	for _, r := range rows {
		name := dynamo.Attribute(r.Stored)
		switch {
		case !item.Has(name): // the zero value
		case r.Kind() == reflect.String:
			r.Set(&a.Settings, item.Text(name))
		case r.Kind() == reflect.Bool:
			r.Set(&a.Settings, true)
		default:
			r.Set(&a.Settings, int(item.Int(name)))
		}
	}
	a.Created, a.Updated, a.Keys = item.Int(schema.AppCreated), item.Int(schema.AppUpdated), readKeys(item)
}

func secretItem(app int64, number int, sealed []byte) dynamo.Item {
	item := dynamo.NewItem(schema.SecretKey(app, number))
	item.Set(schema.SecretSealed, dynamo.Bin(sealed))
	return item
}

// CreateApp implements apps.Store.
func (s *Store) CreateApp(ctx context.Context, a domain.App, sealed []byte) (bool, error) {
	var writes []dynamo.Write
	put := func(item dynamo.Item) { writes = append(writes, dynamo.Put(item, dynamo.ItemAbsent())) }
	app := dynamo.NewItem(schema.SettingsKey(a.ID))
	app.Set(schema.AppCreated, dynamo.Num(a.Created))
	app.Set(schema.AppUpdated, dynamo.Num(a.Updated))
	app.Set(schema.AppKeys, keysValue(a.Keys))
	for _, setting := range settings(a.Settings) {
		if setting.value != nil {
			app.Set(setting.name, setting.value)
		}
	}
	put(app)
	entry := dynamo.NewItem(schema.RegistryKey(a.ID))
	entry.Set(schema.RegistryName, dynamo.Str(a.Settings.Name))
	entry.Set(schema.RegistryCreated, dynamo.Num(a.Created))
	put(entry)
	put(countItem(a.ID, len(a.Admins)))
	put(secretItem(a.ID, a.Keys[0].Number, sealed))
	for _, admin := range a.Admins {
		put(dynamo.NewItem(schema.AdminKey(a.ID, admin)))
		put(items.AccountItem(a.ID, accounts.Account{ID: admin, Created: a.Created}))
		put(dynamo.NewItem(schema.AccountListKey(a.ID, admin)))
	}
	err := s.core.Transact(ctx, writes...)
	if dynamo.CancellationReasons(err) != nil {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("create app: %w", err)
	}
	return true, nil
}

// App implements apps.Reader. The first read is eventually consistent. If it finds no
// application or no signing key, the application may have been created just now, and
// is read again, strongly.
func (s *Store) App(ctx context.Context, id int64) (*domain.App, error) {
	a, err := s.app(ctx, id, false)
	if err != nil || (a != nil && len(a.Keys) > 0) {
		return a, err
	}
	return s.app(ctx, id, true)
}

// AppNow implements apps.Reader.
func (s *Store) AppNow(ctx context.Context, id int64) (*domain.App, error) {
	return s.app(ctx, id, true)
}

func (s *Store) app(ctx context.Context, id int64, strong bool) (*domain.App, error) {
	found, err := s.core.QueryAll(ctx, schema.AppPK(id), "", strong)
	if err != nil {
		return nil, err
	}
	a, exists := &domain.App{ID: id}, false
	for _, item := range found {
		if schema.IsSettingsSK(item.SK()) {
			readSettings(s.rows(), item, a)
			exists = true
		} else if user, ok := schema.ParseAdminSK(item.SK()); ok {
			a.Admins = append(a.Admins, user)
		}
	}
	if !exists {
		return nil, nil
	}
	return a, nil
}

// SealedSecrets implements apps.Reader. The first read is eventually consistent.
func (s *Store) SealedSecrets(ctx context.Context, id int64, numbers []int) (map[int][]byte, error) {
	sealed, err := s.sealedSecrets(ctx, id, false)
	if err == nil && slices.ContainsFunc(numbers, func(n int) bool { return sealed[n] == nil }) {
		return s.sealedSecrets(ctx, id, true)
	}
	return sealed, err
}

func (s *Store) sealedSecrets(ctx context.Context, id int64, strong bool) (map[int][]byte, error) {
	found, err := s.core.QueryAll(ctx, schema.SecretsPK(id), "", strong)
	if err != nil {
		return nil, err
	}
	sealed := make(map[int][]byte, len(found))
	for _, item := range found {
		if n, ok := schema.ParseSecretSK(item.SK()); ok {
			sealed[n] = item.Bytes(schema.SecretSealed)
		}
	}
	return sealed, nil
}

// Apps implements apps.Store.
func (s *Store) Apps(ctx context.Context, after int64, limit int) ([]domain.App, error) {
	page, err := s.core.Query(ctx, dynamo.Query{PK: schema.RegistryPK(), Range: dynamo.GreaterThan(schema.RegistryKey(after).SK), Limit: limit})
	if err != nil {
		return nil, err
	}
	return items.Readable(ctx, page.Items, func(item dynamo.Item) (domain.App, bool) {
		id, ok := schema.ParseRegistrySK(item.SK())
		return domain.App{ID: id, Created: item.Int(schema.RegistryCreated), Settings: domain.Settings{Name: item.Text(schema.RegistryName)}}, ok
	}), nil
}

// SaveSettings implements apps.Store. It does not touch the keys, which another call may
// change at the same time.
func (s *Store) SaveSettings(ctx context.Context, id int64, set domain.Settings, now int64) (bool, error) {
	app := dynamo.NewUpdate(schema.SettingsKey(id)).Set(schema.AppUpdated, dynamo.Num(now)).If(dynamo.ItemExists())
	for _, setting := range settings(set) {
		app.SetOrRemove(setting.name, setting.value)
	}
	entry := dynamo.NewUpdate(schema.RegistryKey(id)).Set(schema.RegistryName, dynamo.Str(set.Name)).If(dynamo.ItemExists())
	err := s.core.Transact(ctx, app.Write(), entry.Write())
	if dynamo.CancellationReasons(err).ConditionFailedAt(0) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("save settings of app %d: %w", id, err)
	}
	return true, nil
}

// AddKey implements apps.Store. The secrets of keys that are no longer among keys are removed. If two calls rotate the key at once, one of them
// succeeds and the other fails with Conflict: both have read the same keys.
func (s *Store) AddKey(ctx context.Context, id int64, before, keys []domain.Key, sealed []byte) error {
	app := dynamo.NewUpdate(schema.SettingsKey(id)).Set(schema.AppKeys, keysValue(keys)).If(dynamo.Equals(schema.AppKeys, keysValue(before)))
	writes := []dynamo.Write{app.Write(), dynamo.Put(secretItem(id, keys[len(keys)-1].Number, sealed), dynamo.ItemAbsent())}
	for _, k := range before {
		if !slices.ContainsFunc(keys, func(left domain.Key) bool { return left.Number == k.Number }) {
			writes = append(writes, dynamo.Delete(schema.SecretKey(id, k.Number)))
		}
	}
	err := s.core.Transact(ctx, writes...)
	if dynamo.CancellationReasons(err) != nil {
		return fault.New(fault.Conflict, "the key was rotated by another call at the same time")
	}
	if err != nil {
		return fmt.Errorf("add key to app %d: %w", id, err)
	}
	return nil
}

// PutAdmin implements apps.Store.
func (s *Store) PutAdmin(ctx context.Context, id int64, user string) error {
	return s.core.Put(ctx, dynamo.NewItem(schema.AdminKey(id, user)))
}

// DeleteAdmin implements apps.Store.
func (s *Store) DeleteAdmin(ctx context.Context, id int64, user string) error {
	return s.core.Delete(ctx, schema.AdminKey(id, user))
}

// CountAccounts implements apps.CountStore.
func (s *Store) CountAccounts(ctx context.Context, id int64, limit int) (int, error) {
	total := 0
	for shard := range schema.AccountListShards {
		for page, err := range s.core.Pages(ctx, &dynamo.Query{PK: schema.AccountListPK(id, shard), CountOnly: true}) {
			if err != nil {
				return 0, err
			}
			if total += page.Count; total > limit {
				return total, nil
			}
		}
	}
	return total, nil
}

// SetAccountCount implements apps.CountStore.
func (s *Store) SetAccountCount(ctx context.Context, id int64, n int) error {
	return s.core.Put(ctx, countItem(id, n))
}

func countItem(app int64, n int) dynamo.Item {
	item := dynamo.NewItem(schema.AccountCountKey(app))
	item.Set(schema.AccountCount, dynamo.Num(n))
	return item
}
