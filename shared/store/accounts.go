package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parley/shared/domain/accounts"
	"parley/shared/domain/profiles"
	"parley/shared/fault"
)

func accountItem(app int64, a accounts.Account) Item {
	item := AccountKey(app, a.ID).attributes()
	item["ct"] = num(a.Created)
	if a.Nick != "" {
		item["n"] = str(a.Nick)
	}
	if a.Face != "" {
		item["fa"] = str(a.Face)
	}
	if a.Reborn != 0 {
		item["rb"] = num(a.Reborn)
	}
	if a.SignaturesFrom != 0 {
		item["se"] = num(a.SignaturesFrom)
	}
	return item
}

func readAccount(id string, item Item) *accounts.Account {
	if item == nil {
		return nil
	}
	return &accounts.Account{
		ID: id, Nick: text(item, "n"), Face: text(item, "fa"), Created: integer(item, "ct"), Reborn: integer(item, "rb"),
		Deleted: integer(item, "del"), Swept: has(item, "sw"), SignaturesFrom: integer(item, "se"),
		MutedUntil: integer(item, "mc"), GroupsMuted: integer(item, "mg"), BannedUntil: integer(item, "bn"),
		Allow: accounts.Allow(text(item, "al")), NoRequests: text(item, "nr") == profiles.Yes,
		Indexed: has(item, "im"),
	}
}

// Accounts implements accounts.Store.
func (s *Store) Accounts(ctx context.Context, app int64, ids []string) ([]*accounts.Account, error) {
	keys := make([]Key, len(ids))
	for i, id := range ids {
		keys[i] = AccountKey(app, id)
	}
	items, err := s.confirmed(ctx, Core, keys, func(_ int, item Item) bool { return dead(item) })
	if err != nil {
		return nil, err
	}
	list := make([]*accounts.Account, len(ids))
	for i, item := range items {
		list[i] = readAccount(ids[i], item)
	}
	return list, nil
}

// Account implements accounts.CallerStore.
func (s *Store) Account(ctx context.Context, app int64, id string, strong bool) (*accounts.Account, error) {
	item, err := s.get(ctx, Core, AccountKey(app, id), strong)
	if err != nil {
		return nil, err
	}
	return readAccount(id, item), nil
}

// AccountsAlive tells which of distinct users are accounts.
func (s *Store) AccountsAlive(ctx context.Context, app int64, users []string) ([]bool, error) {
	list, err := s.Accounts(ctx, app, users)
	if err != nil {
		return nil, err
	}
	alive := make([]bool, len(list))
	for i, a := range list {
		alive[i] = a.Alive()
	}
	return alive, nil
}

// CreateAccount implements accounts.Store. The index line is written first: one
// without an account is harmless and is there again after the next import, an
// account without a line would be missed by a count.
func (s *Store) CreateAccount(ctx context.Context, app int64, a accounts.Account, reborn int64, limit int) error {
	old, err := s.putAccount(ctx, app, a, "attribute_not_exists(pk)", nil, limit)
	switch {
	case old == nil:
		return err
	case !has(old, "del"):
		return fault.New(fault.Conflict, "%s exists", a.ID)
	case integer(old, "del") > reborn:
		return fault.New(fault.AccountReserved, "%s was deleted and cannot be imported again yet", a.ID)
	case !has(old, "sw"):
		return unswept(a.ID)
	}
	a.SignaturesFrom = integer(old, "se")
	a.Reborn = max(a.Created, integer(old, "del")+1) // no second has both lives
	old, err = s.putAccount(ctx, app, a, "del = :del AND attribute_exists(sw)", Item{":del": old["del"]}, limit)
	switch {
	case old == nil:
		return err
	case !has(old, "del"):
		return fault.New(fault.Conflict, "%s exists", a.ID)
	}
	return unswept(a.ID) // the second sweep began just now
}

func unswept(id string) error {
	return fault.New(fault.AccountReserved, "the data of the deleted %s is still being removed, import it again in a moment", id)
}

// putAccount writes an account where a condition holds. Where it does not, it
// returns the item that is there.
func (s *Store) putAccount(ctx context.Context, app int64, a accounts.Account, cond string, values Item, limit int) (old Item, err error) {
	item, index := accountItem(app, a), AccountIndexKey(app, a.ID).attributes()
	if limit == 0 {
		if _, err := s.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: s.name(Core), Item: index}); err != nil {
			return nil, fmt.Errorf("index account: %w", err)
		}
		_, err := s.db.PutItem(ctx, &dynamodb.PutItemInput{
			TableName: s.name(Core), Item: item, ConditionExpression: &cond, ExpressionAttributeValues: values,
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		})
		if old, failed := refused(err); failed {
			return old, nil
		}
		if err != nil {
			return nil, fmt.Errorf("create account: %w", err)
		}
		return nil, nil
	}
	err = s.db.Transact(ctx, []types.TransactWriteItem{
		{Put: &types.Put{
			TableName: s.name(Core), Item: item, ConditionExpression: &cond, ExpressionAttributeValues: values,
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		}},
		{Put: &types.Put{TableName: s.name(Core), Item: index}},
		{Update: &types.Update{
			TableName: s.name(Core), Key: CounterKey(app).attributes(),
			UpdateExpression: aws.String("ADD n :one"), ConditionExpression: aws.String("n < :limit"),
			ExpressionAttributeValues: Item{":one": num(1), ":limit": num(limit)},
		}},
	})
	reasons := cancelled(err)
	switch {
	case failedAt(reasons, 0):
		return reasons[0].Item, nil
	case failedAt(reasons, 2):
		return nil, fault.New(fault.AccountQuota, "the edition's %d accounts are used up", limit)
	case reasons != nil:
		return nil, fmt.Errorf("create account: %w: %w", errConflict, err)
	case err != nil:
		return nil, fmt.Errorf("create account: %w", err)
	}
	return nil, nil
}

// RenameAccount implements accounts.Store.
func (s *Store) RenameAccount(ctx context.Context, app int64, d accounts.Draft) (bool, error) {
	var set, other []string
	values := Item{}
	for name, v := range map[string]string{"n": d.Nick, "fa": d.Face} {
		if v != "" {
			set, values[":"+name] = append(set, name+" = :"+name), str(v)
			other = append(other, "attribute_not_exists("+name+") OR "+name+" <> :"+name)
		}
	}
	_, err := s.update(ctx, update{
		table: Core, key: AccountKey(app, d.ID), set: "SET " + strings.Join(set, ", "), values: values,
		cond: alive + " AND (" + strings.Join(other, " OR ") + ")",
	})
	item, failed := refused(err)
	switch {
	case !failed:
		return err == nil, err
	case item == nil || has(item, "del"):
		return false, fault.New(fault.AccountUnknown, "%s was deleted at the same time", d.ID)
	}
	return false, nil // it has these texts
}

// alive is the condition of every write to an account.
const alive = "attribute_exists(pk) AND attribute_not_exists(del)"

// DeleteAccount implements accounts.Store.
func (s *Store) DeleteAccount(ctx context.Context, app int64, id string, at int64, counted bool) (accounts.Deletion, error) {
	items := []types.TransactWriteItem{
		{Update: &types.Update{
			TableName: s.name(Core), Key: AccountKey(app, id).attributes(),
			UpdateExpression:                    aws.String("SET del = :at, se = :se REMOVE n, fa, al, nr"),
			ConditionExpression:                 aws.String(alive),
			ExpressionAttributeValues:           Item{":at": num(at), ":se": num(at + int64(accounts.MaxAhead.Seconds()))},
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		}},
		{Delete: &types.Delete{TableName: s.name(Core), Key: AccountIndexKey(app, id).attributes()}},
	}
	if counted {
		items = append(items, types.TransactWriteItem{Update: &types.Update{
			TableName: s.name(Core), Key: CounterKey(app).attributes(),
			UpdateExpression: aws.String("ADD n :less"), ExpressionAttributeValues: Item{":less": num(-1)},
		}})
	}
	err := s.db.Transact(ctx, items)
	if reasons := cancelled(err); failedAt(reasons, 0) {
		old := reasons[0].Item
		return accounts.Deletion{Known: old != nil, At: integer(old, "del"), Swept: has(old, "sw")}, nil
	}
	if err != nil {
		return accounts.Deletion{}, fmt.Errorf("delete account: %w", err)
	}
	return accounts.Deletion{Known: true, Ended: true, At: at}, nil
}

// RevokeSignatures implements accounts.Store.
func (s *Store) RevokeSignatures(ctx context.Context, app int64, id string, at int64) error {
	_, err := s.update(ctx, update{
		table: Core, key: AccountKey(app, id), set: "SET se = :at",
		cond: alive + " AND (attribute_not_exists(se) OR se < :at)", values: Item{":at": num(at)},
	})
	item, failed := refused(err)
	switch {
	case !failed:
		return err
	case item == nil || has(item, "del"):
		return unknownAccount(id)
	}
	return nil // they are void already
}

func unknownAccount(id string) error {
	return fault.New(fault.AccountUnknown, "%.40q is not an account", id)
}

// MuteAccount implements accounts.Store.
func (s *Store) MuteAccount(ctx context.Context, app int64, id string, c2c, groups *int64) error {
	return s.setTimes(ctx, app, id, map[string]*int64{"mc": c2c, "mg": groups})
}

// BanAccount implements accounts.Store.
func (s *Store) BanAccount(ctx context.Context, app int64, id string, until int64) error {
	return s.setTimes(ctx, app, id, map[string]*int64{"bn": &until})
}

// setTimes sets those times of a living account that are not nil, and takes away
// those that are 0.
func (s *Store) setTimes(ctx context.Context, app int64, id string, times map[string]*int64) error {
	to := newSetting()
	for name, t := range times {
		if t != nil {
			to.put(name, *t)
		}
	}
	_, err := s.update(ctx, update{
		table: Core, key: AccountKey(app, id), set: to.expression(), cond: alive, names: to.names, values: to.given(),
	})
	if _, failed := refused(err); failed {
		return unknownAccount(id)
	}
	return err
}

// ClaimRemoval implements accounts.Store.
func (s *Store) ClaimRemoval(ctx context.Context, app int64, id string, deleted, nowMs, untilMs int64) (claimed bool, busy int64, err error) {
	_, err = s.update(ctx, update{
		table: Core, key: AccountKey(app, id), set: "SET so = :until REMOVE sw",
		cond:   "del = :del AND (attribute_not_exists(so) OR so <= :now)",
		values: Item{":del": num(deleted), ":now": num(nowMs), ":until": num(untilMs)},
	})
	item, failed := refused(err)
	switch {
	case !failed:
		return err == nil, 0, err
	case item == nil || !has(item, "del") || integer(item, "del") != deleted:
		return false, 0, nil
	}
	return false, integer(item, "so"), nil
}

// EndRemoval implements accounts.Store.
func (s *Store) EndRemoval(ctx context.Context, app int64, id string, deleted, untilMs int64, swept bool) error {
	u := update{
		table: Core, key: AccountKey(app, id), set: "REMOVE so", cond: "del = :del AND so = :until",
		values: Item{":del": num(deleted), ":until": num(untilMs)},
	}
	if swept {
		u.set = "SET sw = :yes REMOVE so"
		u.values[":yes"] = num(1)
	}
	_, err := s.update(ctx, u)
	if _, failed := refused(err); failed {
		return nil
	}
	return err
}
