// Package accounts stores the accounts of users. It implements the Store and the CallerStore of
// the domain package accounts.
//
// An account is in the list of its application's accounts as well. If the edition of the
// application limits the number of accounts, one transaction writes the account, the list and
// the count, which is the aggregate AccountCounts. So does every deletion of an account.
package accounts

import (
	"context"
	"fmt"

	domain "parley/shared/domain/accounts"
	"parley/shared/dynamo"
	"parley/shared/fault"
	"parley/shared/store/items"
	"parley/shared/store/schema"
)

// Store reads and writes the aggregate Accounts, and writes AccountCounts.
type Store struct{ core dynamo.Table }

var (
	_ domain.Store       = (*Store)(nil)
	_ domain.CallerStore = (*Store)(nil)
)

// New returns a Store over the table core.
func New(core dynamo.Table) *Store { return &Store{core} }

// Accounts implements accounts.Reader.
func (s *Store) Accounts(ctx context.Context, app int64, ids []string) ([]*domain.Account, error) {
	return items.GetAccounts(ctx, s.core, app, ids, true)
}

// Account implements accounts.CallerStore.
func (s *Store) Account(ctx context.Context, app int64, id string, strong bool) (*domain.Account, error) {
	return items.GetAccount(ctx, s.core, app, id, strong)
}

// CreateAccount implements accounts.Store. If the edition has no limit, the entry in
// the list of accounts is written before the account. If the call stops in between,
// there is an entry without an account, which does no harm: the next import of the id
// completes it. An account without an entry would never be counted.
func (s *Store) CreateAccount(ctx context.Context, app int64, a domain.Account, reborn int64, limit int) error {
	old, err := s.putIf(ctx, app, a, dynamo.ItemAbsent(), limit)
	switch {
	case old == nil:
		return err
	case !old.Has(schema.AccountDeleted):
		return fault.New(fault.Conflict, "%s exists", a.ID)
	case old.Int(schema.AccountDeleted) > reborn:
		return fault.New(fault.AccountReserved, "%s was deleted and cannot be imported again yet", a.ID)
	case !old.Has(schema.AccountSwept):
		return dataNotRemoved(a.ID)
	}
	a.SignaturesFrom = old.Int(schema.AccountSignaturesFrom)
	a.Reborn = max(a.Created, old.Int(schema.AccountDeleted)+1) // no second belongs to both lives (docs/adr/0023)
	old, err = s.putIf(ctx, app, a, dynamo.All(dynamo.Unchanged(old, schema.AccountDeleted), dynamo.Exists(schema.AccountSwept)), limit)
	switch {
	case old == nil:
		return err
	case !old.Has(schema.AccountDeleted):
		return fault.New(fault.Conflict, "%s exists", a.ID)
	}
	return dataNotRemoved(a.ID) // the second removal of the data has just begun (docs/adr/0012)
}

func dataNotRemoved(id string) error {
	return fault.New(fault.AccountReserved, "the data of the deleted %s is still being removed, import it again in a moment", id)
}

// putIf writes an account and its entry in the list of accounts, if the
// condition holds. If it does not hold, putIf returns the existing account as
// old. A limit above 0 bounds the number of the application's accounts.
func (s *Store) putIf(ctx context.Context, app int64, a domain.Account, c dynamo.Condition, limit int) (old dynamo.Item, err error) {
	item, entry := items.AccountItem(app, a), dynamo.NewItem(schema.AccountListKey(app, a.ID))
	if limit == 0 {
		if err := s.core.Put(ctx, entry); err != nil {
			return nil, err
		}
		old, _, err = s.core.PutIf(ctx, item, c)
		return old, err
	}
	count := dynamo.NewUpdate(schema.AccountCountKey(app)).Add(schema.AccountCount, dynamo.Num(1)).
		If(dynamo.Less(schema.AccountCount, dynamo.Num(limit)))
	err = s.core.Transact(ctx, dynamo.Put(item, c), dynamo.Put(entry), count.Write())
	reasons := dynamo.CancellationReasons(err)
	switch {
	case reasons.ConditionFailedAt(0):
		return reasons.ItemAt(0), nil
	case reasons.ConditionFailedAt(2):
		return nil, fault.New(fault.AccountQuota, "the edition's %d accounts are used up", limit)
	case reasons != nil:
		return nil, fmt.Errorf("create account: %w: %w", dynamo.ErrRetriesExhausted, err)
	case err != nil:
		return nil, fmt.Errorf("create account: %w", err)
	}
	return nil, nil
}

// update changes an account if it is alive and the other conditions of the update hold. If ok
// is false, alive says which of the two it was.
func (s *Store) update(ctx context.Context, u *dynamo.Update) (ok, alive bool, err error) {
	item, ok, err := s.core.Update(ctx, u.If(items.IfAlive()))
	return ok, ok || !items.RereadNotAlive(item), err
}

// RenameAccount implements accounts.Store.
func (s *Store) RenameAccount(ctx context.Context, app int64, i domain.Import) (bool, error) {
	u := dynamo.NewUpdate(schema.AccountKey(app, i.ID))
	var differs []dynamo.Condition
	rename := func(a dynamo.Attribute, text string) {
		if text != "" {
			v := dynamo.Str(text)
			u.Set(a, v)
			differs = append(differs, dynamo.AbsentOr(dynamo.Differs(a, v)))
		}
	}
	rename(schema.AccountNick, i.Nick)
	rename(schema.AccountFace, i.Face)
	changed, alive, err := s.update(ctx, u.If(dynamo.Any(differs...)))
	if err == nil && !alive {
		return false, fault.New(fault.AccountUnknown, "%s was deleted at the same time", i.ID)
	}
	return changed, err // if it has not changed, the account already has these texts
}

// DeleteAccount implements accounts.Store. Signatures stay void for accounts.MaxAhead
// longer than the deletion, because a signature may be dated that much ahead.
func (s *Store) DeleteAccount(ctx context.Context, app int64, id string, at int64, counted bool) (domain.Deletion, error) {
	account := dynamo.NewUpdate(schema.AccountKey(app, id)).
		Set(schema.AccountDeleted, dynamo.Num(at)).Set(schema.AccountSignaturesFrom, dynamo.Num(at+int64(domain.MaxAhead.Seconds()))).
		Remove(schema.AccountNick, schema.AccountFace, schema.AccountAllow, schema.AccountNoRequests).If(items.IfAlive())
	writes := []dynamo.Write{account.Write(), dynamo.Delete(schema.AccountListKey(app, id))}
	if counted {
		writes = append(writes, dynamo.NewUpdate(schema.AccountCountKey(app)).Add(schema.AccountCount, dynamo.Num(-1)).Write())
	}
	err := s.core.Transact(ctx, writes...)
	if reasons := dynamo.CancellationReasons(err); reasons.ConditionFailedAt(0) {
		old := reasons.ItemAt(0)
		return domain.Deletion{Known: old != nil, At: old.Int(schema.AccountDeleted), Swept: old.Has(schema.AccountSwept)}, nil
	}
	if err != nil {
		return domain.Deletion{}, fmt.Errorf("delete account: %w", err)
	}
	return domain.Deletion{Known: true, DeletedNow: true, At: at}, nil
}

// RevokeSignatures implements accounts.Store. AccountSignaturesFrom only grows. Example: two
// calls revoke what was signed before 12:00:05 and before 12:00:03; whichever comes last,
// what was signed at 12:00:04 stays void.
func (s *Store) RevokeSignatures(ctx context.Context, app int64, id string, at int64) error {
	from := dynamo.Num(at)
	_, alive, err := s.update(ctx, dynamo.NewUpdate(schema.AccountKey(app, id)).
		Set(schema.AccountSignaturesFrom, from).If(dynamo.AbsentOr(dynamo.Less(schema.AccountSignaturesFrom, from))))
	if err == nil && !alive {
		return items.UnknownAccount(id)
	}
	return err
}

// MuteAccount implements accounts.Store.
func (s *Store) MuteAccount(ctx context.Context, app int64, id string, c2c, groups *int64) error {
	u := dynamo.NewUpdate(schema.AccountKey(app, id))
	if c2c != nil {
		u.SetOrRemove(schema.AccountMutedUntil, dynamo.NumIfAny(*c2c))
	}
	if groups != nil {
		u.SetOrRemove(schema.AccountGroupsMutedUntil, dynamo.NumIfAny(*groups))
	}
	return s.setTimes(ctx, id, u)
}

// BanAccount implements accounts.Store.
func (s *Store) BanAccount(ctx context.Context, app int64, id string, until int64) error {
	return s.setTimes(ctx, id, dynamo.NewUpdate(schema.AccountKey(app, id)).SetOrRemove(schema.AccountBannedUntil, dynamo.NumIfAny(until)))
}

// setTimes makes an update that sets or removes times of a living account.
func (s *Store) setTimes(ctx context.Context, id string, u *dynamo.Update) error {
	ok, _, err := s.update(ctx, u)
	if err == nil && !ok {
		return items.UnknownAccount(id)
	}
	return err
}

// ClaimRemoval implements accounts.Store. AccountRemovalUntil is when the claim ends. Example:
// one worker has the claim until 25,000 ms and dies; another worker gets it from 25,000 ms
// on. A claim takes AccountSwept away, so that nobody imports the id while data is removed.
func (s *Store) ClaimRemoval(ctx context.Context, app int64, id string, deleted, nowMs, untilMs int64) (claimed bool, busy int64, err error) {
	item, ok, err := s.core.Update(ctx, dynamo.NewUpdate(schema.AccountKey(app, id)).
		Set(schema.AccountRemovalUntil, dynamo.Num(untilMs)).Remove(schema.AccountSwept).
		If(dynamo.Equals(schema.AccountDeleted, dynamo.Num(deleted)), dynamo.AbsentOr(dynamo.AtMost(schema.AccountRemovalUntil, dynamo.Num(nowMs)))))
	switch {
	case ok || err != nil:
		return ok, 0, err
	case !item.Has(schema.AccountDeleted) || item.Int(schema.AccountDeleted) != deleted:
		return false, 0, nil
	}
	return false, item.Int(schema.AccountRemovalUntil), nil
}

// EndRemoval implements accounts.Store. It changes nothing if the caller's claim has
// ended and another worker has a claim.
func (s *Store) EndRemoval(ctx context.Context, app int64, id string, deleted, untilMs int64, swept bool) error {
	u := dynamo.NewUpdate(schema.AccountKey(app, id)).Remove(schema.AccountRemovalUntil).
		If(dynamo.Equals(schema.AccountDeleted, dynamo.Num(deleted)), dynamo.Equals(schema.AccountRemovalUntil, dynamo.Num(untilMs)))
	if swept {
		u.Set(schema.AccountSwept, dynamo.Num(1))
	}
	_, _, err := s.core.Update(ctx, u)
	return err
}
