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
		MutedUntil: integer(item, "mc"), GroupsMutedUntil: integer(item, "mg"), BannedUntil: integer(item, "bn"),
		Allow: accounts.FriendRequestPolicy(text(item, "al")), NoRequests: text(item, "nr") == profiles.Yes,
		Indexed: has(item, "im"),
	}
}

// Accounts implements accounts.Reader.
func (s *Store) Accounts(ctx context.Context, app int64, ids []string) ([]*accounts.Account, error) {
	keys := make([]Key, len(ids))
	for i, id := range ids {
		keys[i] = AccountKey(app, id)
	}
	items, err := s.getConfirmed(ctx, Core, keys, func(_ int, item Item) bool { return notAlive(item) })
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

// AccountStrongly implements sessions.Store.
func (s *Store) AccountStrongly(ctx context.Context, app int64, user string) (*accounts.Account, error) {
	item, err := s.get(ctx, Core, AccountKey(app, user), true)
	if err != nil {
		return nil, err
	}
	return readAccount(user, item), nil
}

// CreateAccount implements accounts.Store. If the edition has no limit, the entry in
// the list of accounts is written before the account. If the call stops in between,
// there is an entry without an account, which does no harm: the next import of the id
// completes it. An account without an entry would never be counted.
func (s *Store) CreateAccount(ctx context.Context, app int64, a accounts.Account, reborn int64, limit int) error {
	old, err := s.putAccountIf(ctx, app, a, "attribute_not_exists(pk)", nil, limit)
	switch {
	case old == nil:
		return err
	case !has(old, "del"):
		return fault.New(fault.Conflict, "%s exists", a.ID)
	case integer(old, "del") > reborn:
		return fault.New(fault.AccountReserved, "%s was deleted and cannot be imported again yet", a.ID)
	case !has(old, "sw"):
		return dataNotRemoved(a.ID)
	}
	a.SignaturesFrom = integer(old, "se")
	a.Reborn = max(a.Created, integer(old, "del")+1) // no second belongs to both lives (docs/adr/0023)
	old, err = s.putAccountIf(ctx, app, a, "del = :del AND attribute_exists(sw)", Item{":del": old["del"]}, limit)
	switch {
	case old == nil:
		return err
	case !has(old, "del"):
		return fault.New(fault.Conflict, "%s exists", a.ID)
	}
	return dataNotRemoved(a.ID) // the second removal of the data has just begun (docs/adr/0012)
}

func dataNotRemoved(id string) error {
	return fault.New(fault.AccountReserved, "the data of the deleted %s is still being removed, import it again in a moment", id)
}

// putAccountIf writes an account and its entry in the list of accounts, if the
// condition holds. If it does not hold, putAccountIf returns the existing account as
// old. A limit above 0 bounds the number of the application's accounts.
func (s *Store) putAccountIf(ctx context.Context, app int64, a accounts.Account, cond string, values Item, limit int) (old Item, err error) {
	item, entry := accountItem(app, a), AccountIndexKey(app, a.ID).attributes()
	if limit == 0 {
		if _, err := s.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: s.name(Core), Item: entry}); err != nil {
			return nil, fmt.Errorf("index account: %w", err)
		}
		_, err := s.db.PutItem(ctx, &dynamodb.PutItemInput{
			TableName: s.name(Core), Item: item, ConditionExpression: &cond, ExpressionAttributeValues: values,
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		})
		if old, failed := failedCondition(err); failed {
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
		{Put: &types.Put{TableName: s.name(Core), Item: entry}},
		{Update: &types.Update{
			TableName: s.name(Core), Key: CounterKey(app).attributes(),
			UpdateExpression: aws.String("ADD n :one"), ConditionExpression: aws.String("n < :limit"),
			ExpressionAttributeValues: Item{":one": num(1), ":limit": num(limit)},
		}},
	})
	reasons := cancellationReasons(err)
	switch {
	case conditionFailedAt(reasons, 0):
		return reasons[0].Item, nil
	case conditionFailedAt(reasons, 2):
		return nil, fault.New(fault.AccountQuota, "the edition's %d accounts are used up", limit)
	case reasons != nil:
		return nil, fmt.Errorf("create account: %w: %w", errConflict, err)
	case err != nil:
		return nil, fmt.Errorf("create account: %w", err)
	}
	return nil, nil
}

// RenameAccount implements accounts.Store.
func (s *Store) RenameAccount(ctx context.Context, app int64, d accounts.Import) (bool, error) {
	var set, differs []string
	values := Item{}
	for name, v := range map[string]string{"n": d.Nick, "fa": d.Face} {
		if v != "" {
			set, values[":"+name] = append(set, name+" = :"+name), str(v)
			differs = append(differs, "attribute_not_exists("+name+") OR "+name+" <> :"+name)
		}
	}
	_, err := s.update(ctx, update{
		table: Core, key: AccountKey(app, d.ID), set: "SET " + strings.Join(set, ", "), values: values,
		cond: ifAlive + " AND (" + strings.Join(differs, " OR ") + ")",
	})
	item, failed := failedCondition(err)
	switch {
	case !failed:
		return err == nil, err
	case item == nil || has(item, "del"):
		return false, fault.New(fault.AccountUnknown, "%s was deleted at the same time", d.ID)
	}
	return false, nil // the account already has these texts
}

// ifAlive is the condition of every write that changes a living account.
const ifAlive = "attribute_exists(pk) AND attribute_not_exists(del)"

// DeleteAccount implements accounts.Store. Signatures stay void for accounts.MaxAhead
// longer than the deletion, because a signature may be dated that much ahead.
func (s *Store) DeleteAccount(ctx context.Context, app int64, id string, at int64, counted bool) (accounts.Deletion, error) {
	items := []types.TransactWriteItem{
		{Update: &types.Update{
			TableName: s.name(Core), Key: AccountKey(app, id).attributes(),
			UpdateExpression:                    aws.String("SET del = :at, se = :se REMOVE n, fa, al, nr"),
			ConditionExpression:                 aws.String(ifAlive),
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
	if reasons := cancellationReasons(err); conditionFailedAt(reasons, 0) {
		old := reasons[0].Item
		return accounts.Deletion{Known: old != nil, At: integer(old, "del"), Swept: has(old, "sw")}, nil
	}
	if err != nil {
		return accounts.Deletion{}, fmt.Errorf("delete account: %w", err)
	}
	return accounts.Deletion{Known: true, DeletedNow: true, At: at}, nil
}

// RevokeSignatures implements accounts.Store. `se` only grows. Example: two calls
// revoke what was signed before 12:00:05 and before 12:00:03; whichever comes last,
// what was signed at 12:00:04 stays void.
func (s *Store) RevokeSignatures(ctx context.Context, app int64, id string, at int64) error {
	_, err := s.update(ctx, update{
		table: Core, key: AccountKey(app, id), set: "SET se = :at",
		cond: ifAlive + " AND (attribute_not_exists(se) OR se < :at)", values: Item{":at": num(at)},
	})
	item, failed := failedCondition(err)
	switch {
	case !failed:
		return err
	case item == nil || has(item, "del"):
		return unknownAccount(id)
	}
	return nil // the signatures were void before
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

// setTimes sets the times of a living account. It leaves a time as it is if the
// pointer is nil, and removes the attribute if the time is 0.
func (s *Store) setTimes(ctx context.Context, app int64, id string, times map[string]*int64) error {
	changes := newAttributeChanges()
	for name, t := range times {
		if t != nil {
			changes.setOrRemove(name, *t)
		}
	}
	_, err := s.update(ctx, update{
		table: Core, key: AccountKey(app, id), set: changes.expression(), cond: ifAlive, names: changes.names, values: changes.valuesOrNil(),
	})
	if _, failed := failedCondition(err); failed {
		return unknownAccount(id)
	}
	return err
}

// ClaimRemoval implements accounts.Store. `so` is when the claim ends. Example: one
// worker has the claim until 25,000 ms and dies; another worker gets it from 25,000 ms
// on. A claim takes `sw` away, so that nobody imports the id while data is removed.
func (s *Store) ClaimRemoval(ctx context.Context, app int64, id string, deleted, nowMs, untilMs int64) (claimed bool, busy int64, err error) {
	_, err = s.update(ctx, update{
		table: Core, key: AccountKey(app, id), set: "SET so = :until REMOVE sw",
		cond:   "del = :del AND (attribute_not_exists(so) OR so <= :now)",
		values: Item{":del": num(deleted), ":now": num(nowMs), ":until": num(untilMs)},
	})
	item, failed := failedCondition(err)
	switch {
	case !failed:
		return err == nil, 0, err
	case item == nil || !has(item, "del") || integer(item, "del") != deleted:
		return false, 0, nil
	}
	return false, integer(item, "so"), nil
}

// EndRemoval implements accounts.Store. It changes nothing if the caller's claim has
// ended and another worker has a claim.
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
	if _, failed := failedCondition(err); failed {
		return nil
	}
	return err
}
