package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parley/shared/domain/accounts"
	"parley/shared/domain/apps"
	"parley/shared/fault"
)

// settingsItem returns the item of the settings. A setting that has its default has no
// attribute.
func settingsItem(a apps.App) Item {
	item := SettingsKey(a.ID).attributes()
	item["ct"], item["ut"] = num(a.Created), num(a.Updated)
	for _, r := range apps.Table() {
		switch v := r.Value(a.Settings).(type) {
		case string:
			if v != "" {
				item[r.Stored] = str(v)
			}
		case bool:
			if v {
				item[r.Stored] = &types.AttributeValueMemberBOOL{Value: true}
			}
		case int:
			if v > 0 {
				item[r.Stored] = num(v)
			}
		}
	}
	for name, fields := range map[string][]apps.Field{"pf": a.Settings.ProfileFields, "ff": a.Settings.FriendFields} {
		if len(fields) > 0 {
			text, err := json.Marshal(fields)
			if err != nil {
				panic(err) // fields have only texts and booleans, which JSON can always write
			}
			item[name] = bin(text)
		}
	}
	return item
}

func readFields(item Item, name string) (fields []apps.Field) {
	if text := bytesOf(item, name); text != nil {
		_ = json.Unmarshal(text, &fields) // written by settingsItem
	}
	return fields
}

func readSettings(item Item, a *apps.App) {
	a.Settings = apps.Settings{ProfileFields: readFields(item, "pf"), FriendFields: readFields(item, "ff")}
	for _, r := range apps.Table() {
		switch r.Value(a.Settings).(type) {
		case string:
			r.Set(&a.Settings, text(item, r.Stored))
		case bool:
			r.Set(&a.Settings, has(item, r.Stored))
		case int:
			r.Set(&a.Settings, int(integer(item, r.Stored)))
		}
	}
	a.Created, a.Updated = integer(item, "ct"), integer(item, "ut")
}

func secretItem(app int64, k apps.Key) Item {
	item := SecretKey(app, k.Number).attributes()
	item["s"], item["ct"] = bin(k.Sealed), num(k.Created)
	if k.Until > 0 {
		item["un"] = num(k.Until)
	}
	return item
}

// CreateApp implements apps.Store.
func (s *Store) CreateApp(ctx context.Context, a apps.App) (bool, error) {
	ifAbsent := aws.String("attribute_not_exists(pk)")
	put := func(item Item) types.TransactWriteItem {
		return types.TransactWriteItem{Put: &types.Put{TableName: s.name(Core), Item: item, ConditionExpression: ifAbsent}}
	}
	entry := RegistryKey(a.ID).attributes()
	entry["n"], entry["ct"] = str(a.Settings.Name), num(a.Created)
	counter := CounterKey(a.ID).attributes()
	counter["n"] = num(len(a.Admins))
	items := []types.TransactWriteItem{put(settingsItem(a)), put(entry), put(counter)}
	for _, k := range a.Keys {
		items = append(items, put(secretItem(a.ID, k)))
	}
	for _, admin := range a.Admins {
		items = append(items, put(AdminKey(a.ID, admin).attributes()),
			put(accountItem(a.ID, accounts.Account{ID: admin, Created: a.Created})), put(AccountIndexKey(a.ID, admin).attributes()))
	}
	err := s.db.Transact(ctx, items)
	if cancellationReasons(err) != nil {
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
func (s *Store) App(ctx context.Context, id int64) (*apps.App, error) {
	a, err := s.app(ctx, id, false)
	if err != nil || (a != nil && len(a.Keys) > 0) {
		return a, err
	}
	return s.app(ctx, id, true)
}

// AppNow implements apps.Reader.
func (s *Store) AppNow(ctx context.Context, id int64) (*apps.App, error) { return s.app(ctx, id, true) }

func (s *Store) app(ctx context.Context, id int64, strong bool) (*apps.App, error) {
	items, err := s.query(ctx, Core, AppPK(id), "", strong)
	if err != nil {
		return nil, err
	}
	a, found := &apps.App{ID: id}, false
	for _, item := range items {
		sk := text(item, "sk")
		switch {
		case sk == skSettings:
			readSettings(item, a)
			found = true
		case strings.HasPrefix(sk, prefixSecret):
			if n, ok := ParseSecretSK(sk); ok {
				a.Keys = append(a.Keys, apps.Key{
					Number: n, Sealed: bytesOf(item, "s"), Created: integer(item, "ct"), Until: integer(item, "un"),
				})
			}
		case strings.HasPrefix(sk, prefixAdmin):
			if user, ok := ParseAdminSK(sk); ok {
				a.Admins = append(a.Admins, user)
			}
		}
	}
	if !found {
		return nil, nil
	}
	return a, nil
}

// Apps implements apps.Store.
func (s *Store) Apps(ctx context.Context, after int64, limit int) ([]apps.App, error) {
	out, err := s.db.Query(ctx, &dynamodb.QueryInput{
		TableName: s.name(Core), Limit: aws.Int32(int32(limit)), // limits are small
		KeyConditionExpression:    aws.String("pk = :pk AND sk > :from"),
		ExpressionAttributeValues: Item{":pk": str(registryPK), ":from": str(RegistryKey(after).SK)},
	})
	if err != nil {
		return nil, fmt.Errorf("list apps: %w", err)
	}
	return readItems(ctx, out.Items, func(item Item) (apps.App, bool) {
		id, ok := ParseRegistrySK(text(item, "sk"))
		return apps.App{ID: id, Created: integer(item, "ct"), Settings: apps.Settings{Name: text(item, "n")}}, ok
	}), nil
}

// SaveSettings implements apps.Store.
func (s *Store) SaveSettings(ctx context.Context, id int64, set apps.Settings, now int64) (bool, error) {
	current, err := s.get(ctx, Core, SettingsKey(id), true)
	if err != nil || current == nil {
		return false, err
	}
	item := settingsItem(apps.App{ID: id, Settings: set, Created: integer(current, "ct"), Updated: now})
	ifExists := aws.String("attribute_exists(pk)")
	err = s.db.Transact(ctx, []types.TransactWriteItem{
		{Put: &types.Put{TableName: s.name(Core), Item: item, ConditionExpression: ifExists}},
		{Update: &types.Update{
			TableName: s.name(Core), Key: RegistryKey(id).attributes(), ConditionExpression: ifExists,
			UpdateExpression: aws.String("SET n = :n"), ExpressionAttributeValues: Item{":n": str(set.Name)},
		}},
	})
	if err != nil {
		return false, fmt.Errorf("save settings of app %d: %w", id, err)
	}
	return true, nil
}

// AddKey implements apps.Store. If two calls rotate the key at once, one of them
// succeeds and the other fails with Conflict: both add the same number.
func (s *Store) AddKey(ctx context.Context, id int64, k apps.Key, ended []apps.Key) error {
	items := []types.TransactWriteItem{{Put: &types.Put{
		TableName: s.name(Core), Item: secretItem(id, k), ConditionExpression: aws.String("attribute_not_exists(pk)"),
	}}}
	for _, old := range ended {
		items = append(items, types.TransactWriteItem{Update: &types.Update{
			TableName: s.name(Core), Key: SecretKey(id, old.Number).attributes(),
			UpdateExpression: aws.String("SET un = :un"), ConditionExpression: aws.String("attribute_exists(pk)"),
			ExpressionAttributeValues: Item{":un": num(old.Until)},
		}})
	}
	err := s.db.Transact(ctx, items)
	if cancellationReasons(err) != nil {
		return fault.New(fault.Conflict, "the key was rotated by another call at the same time")
	}
	if err != nil {
		return fmt.Errorf("add key to app %d: %w", id, err)
	}
	return nil
}

// PutAdmin implements apps.Store.
func (s *Store) PutAdmin(ctx context.Context, id int64, user string) error {
	_, err := s.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: s.name(Core), Item: AdminKey(id, user).attributes()})
	if err != nil {
		return fmt.Errorf("put admin of app %d: %w", id, err)
	}
	return nil
}

// DeleteAdmin implements apps.Store.
func (s *Store) DeleteAdmin(ctx context.Context, id int64, user string) error {
	_, err := s.db.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: s.name(Core), Key: AdminKey(id, user).attributes()})
	if err != nil {
		return fmt.Errorf("delete admin of app %d: %w", id, err)
	}
	return nil
}

// CountAccounts implements apps.CountStore.
func (s *Store) CountAccounts(ctx context.Context, id int64, limit int) (int, error) {
	total := 0
	for shard := range accountIndexShards {
		in := &dynamodb.QueryInput{
			TableName: s.name(Core), Select: types.SelectCount,
			KeyConditionExpression:    aws.String("pk = :pk"),
			ExpressionAttributeValues: Item{":pk": str(accountIndexPK(id, shard))},
		}
		for {
			out, err := s.db.Query(ctx, in)
			if err != nil {
				return 0, fmt.Errorf("count accounts of app %d: %w", id, err)
			}
			if total += int(out.Count); total > limit {
				return total, nil
			}
			if out.LastEvaluatedKey == nil {
				break
			}
			in.ExclusiveStartKey = out.LastEvaluatedKey
		}
	}
	return total, nil
}

// SetAccountCount implements apps.CountStore.
func (s *Store) SetAccountCount(ctx context.Context, id int64, n int) error {
	item := CounterKey(id).attributes()
	item["n"] = num(n)
	if _, err := s.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: s.name(Core), Item: item}); err != nil {
		return fmt.Errorf("set account count of app %d: %w", id, err)
	}
	return nil
}
