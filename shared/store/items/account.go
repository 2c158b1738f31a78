// Package items converts between stored items and values of the domain, if the stores of
// several aggregates do it. Example: a send, a profile and a connect read the account of a
// user. What only one store needs is in that store.
package items

import (
	"context"

	"parley/shared/domain/accounts"
	"parley/shared/domain/profiles"
	"parley/shared/dynamo"
	"parley/shared/fault"
	"parley/shared/store/schema"
)

// AccountItem returns the item of an account.
func AccountItem(app int64, a accounts.Account) dynamo.Item {
	item := dynamo.NewItem(schema.AccountKey(app, a.ID))
	item.Set(schema.AccountCreated, dynamo.Num(a.Created))
	item.SetText(schema.AccountNick, a.Nick)
	item.SetText(schema.AccountFace, a.Face)
	item.SetInt(schema.AccountReborn, a.Reborn)
	item.SetInt(schema.AccountSignaturesFrom, a.SignaturesFrom)
	return item
}

// Account reads the account of a user from its item. It returns nil if there is no item.
func Account(user string, item dynamo.Item) *accounts.Account {
	if item == nil {
		return nil
	}
	return &accounts.Account{
		ID: user, Nick: item.Text(schema.AccountNick), Face: item.Text(schema.AccountFace),
		Created: item.Int(schema.AccountCreated), Reborn: item.Int(schema.AccountReborn),
		Deleted: item.Int(schema.AccountDeleted), Swept: item.Has(schema.AccountSwept), SignaturesFrom: item.Int(schema.AccountSignaturesFrom),
		MutedUntil: item.Int(schema.AccountMutedUntil), GroupsMutedUntil: item.Int(schema.AccountGroupsMutedUntil),
		BannedUntil: item.Int(schema.AccountBannedUntil),
		Allow:       accounts.FriendRequestPolicy(item.Text(schema.AccountAllow)), NoRequests: item.Text(schema.AccountNoRequests) == profiles.Yes,
		Indexed: item.Has(schema.AccountIndexed),
	}
}

// GetAccount reads the account of a user. It returns nil if there is none.
func GetAccount(ctx context.Context, core dynamo.Table, app int64, user string, strong bool) (*accounts.Account, error) {
	item, err := core.Get(ctx, schema.AccountKey(app, user), strong)
	if err != nil {
		return nil, err
	}
	return Account(user, item), nil
}

// GetAccounts reads the accounts of users, in their order; nil for a user without one. If confirm
// is set, an account that is not alive is read again, strongly. Otherwise an account may be a
// moment old.
func GetAccounts(ctx context.Context, core dynamo.Table, app int64, users []string, confirm bool) ([]*accounts.Account, error) {
	keys := make([]dynamo.Key, len(users))
	for i, user := range users {
		keys[i] = schema.AccountKey(app, user)
	}
	found, err := core.GetConfirmed(ctx, keys, func(_ int, item dynamo.Item) bool { return confirm && RereadNotAlive(item) })
	if err != nil {
		return nil, err
	}
	list := make([]*accounts.Account, len(users))
	for i, item := range found {
		list[i] = Account(users[i], item)
	}
	return list, nil
}

// RereadNotAlive doubts the item of an account that was not found or is deleted: it may have been
// imported since.
func RereadNotAlive(item dynamo.Item) bool { return item == nil || item.Has(schema.AccountDeleted) }

// IfAlive is the condition of every write that changes a living account.
func IfAlive() dynamo.Condition {
	return dynamo.All(dynamo.ItemExists(), dynamo.Absent(schema.AccountDeleted))
}

// UnknownAccount returns the fault of a call that names a user who has no living account.
func UnknownAccount(user string) error {
	return fault.New(fault.AccountUnknown, "%.40q is not an account", user)
}
