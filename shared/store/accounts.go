package store

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parley/shared/domain/accounts"
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
	return item
}

func readAccount(id string, item Item) *accounts.Account {
	if item == nil {
		return nil
	}
	return &accounts.Account{
		ID: id, Nick: text(item, "n"), Face: text(item, "fa"), Created: integer(item, "ct"),
		Deleted: integer(item, "del"), SignaturesFrom: integer(item, "se"),
		MutedUntil: integer(item, "mc"), GroupsMuted: integer(item, "mg"), BannedUntil: integer(item, "bn"),
		Allow: accounts.Allow(text(item, "al")), NoRequests: has(item, "nr"),
	}
}

// Accounts implements accounts.Store.
func (s *Store) Accounts(ctx context.Context, app int64, ids []string) ([]*accounts.Account, error) {
	keys := make([]Key, len(ids))
	for i, id := range ids {
		keys[i] = AccountKey(app, id)
	}
	items, err := s.getAll(ctx, Core, keys, false)
	if err != nil {
		return nil, err
	}
	list := make([]*accounts.Account, len(ids))
	for i, item := range items {
		list[i] = readAccount(ids[i], item)
	}
	return list, nil
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
	item := accountItem(app, a)
	free := "attribute_not_exists(pk) OR del <= :reborn"
	index := AccountIndexKey(app, a.ID).attributes()
	if limit == 0 {
		if _, err := s.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: s.name(Core), Item: index}); err != nil {
			return fmt.Errorf("index account: %w", err)
		}
		_, err := s.db.PutItem(ctx, &dynamodb.PutItemInput{
			TableName: s.name(Core), Item: item, ConditionExpression: &free,
			ExpressionAttributeValues:           Item{":reborn": num(reborn)},
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		})
		return s.created(err, a.ID)
	}
	_, err := s.db.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{Put: &types.Put{
			TableName: s.name(Core), Item: item, ConditionExpression: &free,
			ExpressionAttributeValues:           Item{":reborn": num(reborn)},
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		}},
		{Put: &types.Put{TableName: s.name(Core), Item: index}},
		{Update: &types.Update{
			TableName: s.name(Core), Key: CounterKey(app).attributes(),
			UpdateExpression: aws.String("ADD n :one"), ConditionExpression: aws.String("n < :limit"),
			ExpressionAttributeValues: Item{":one": num(1), ":limit": num(limit)},
		}},
	}})
	reasons := cancelled(err)
	switch {
	case failedAt(reasons, 0):
		return exists(reasons[0].Item, a.ID)
	case failedAt(reasons, 2):
		return fault.New(fault.AccountQuota, "the edition's %d accounts are used up", limit)
	case reasons != nil:
		return fmt.Errorf("create account: %w: %w", errConflict, err)
	}
	return s.created(err, a.ID)
}

func (s *Store) created(err error, id string) error {
	if item, failed := refused(err); failed {
		return exists(item, id)
	}
	if err != nil {
		return fmt.Errorf("create account: %w", err)
	}
	return nil
}

func exists(item Item, id string) error {
	if has(item, "del") {
		return fault.New(fault.AccountReserved, "%s was deleted and cannot be imported again yet", id)
	}
	return fault.New(fault.Conflict, "%s exists", id)
}

// RenameAccount implements accounts.Store.
func (s *Store) RenameAccount(ctx context.Context, app int64, d accounts.Draft) error {
	set, values := "", Item{}
	if d.Nick != "" {
		set, values[":n"] = "n = :n", str(d.Nick)
	}
	if d.Face != "" {
		if set != "" {
			set += ", "
		}
		set, values[":fa"] = set+"fa = :fa", str(d.Face)
	}
	_, err := s.update(ctx, update{
		table: Core, key: AccountKey(app, d.ID), set: "SET " + set, values: values,
		cond: "attribute_exists(pk) AND attribute_not_exists(del)",
	})
	if _, failed := refused(err); failed {
		return fault.New(fault.AccountUnknown, "%s was deleted at the same time", d.ID)
	}
	return err
}

// DeleteAccount implements accounts.Store.
func (s *Store) DeleteAccount(ctx context.Context, app int64, id string, at int64, counted bool) (known, ended bool, err error) {
	alive := "attribute_exists(pk) AND attribute_not_exists(del)"
	items := []types.TransactWriteItem{
		{Update: &types.Update{
			TableName: s.name(Core), Key: AccountKey(app, id).attributes(),
			UpdateExpression:                    aws.String("SET del = :at, se = :at REMOVE n, fa, al, nr"),
			ConditionExpression:                 &alive,
			ExpressionAttributeValues:           Item{":at": num(at)},
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
	_, err = s.db.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: items})
	if reasons := cancelled(err); failedAt(reasons, 0) {
		return reasons[0].Item != nil, false, nil
	}
	if err != nil {
		return false, false, fmt.Errorf("delete account: %w", err)
	}
	return true, true, nil
}

// ForgetConversations implements accounts.Store.
func (s *Store) ForgetConversations(ctx context.Context, app int64, id string) error {
	items, err := s.query(ctx, Core, UserPK(app, id), prefixConversation, true)
	if err != nil {
		return err
	}
	return s.deleteAll(ctx, Core, items)
}
