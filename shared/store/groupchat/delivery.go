package groupchat

import (
	"context"

	"parley/shared/domain/accounts"
	"parley/shared/domain/groups"
	"parley/shared/dynamo"
	"parley/shared/store/items"
	"parley/shared/store/schema"
)

// Senders implements groupchat.DeliveryStore.
func (s *Store) Senders(ctx context.Context, app int64, users []string) ([]*accounts.Account, error) {
	return items.GetAccounts(ctx, s.core, app, users, false)
}

// BeginDelivery implements groupchat.DeliveryStore.
func (s *Store) BeginDelivery(ctx context.Context, app int64, group string, nowMs, untilMs int64) (*groups.Head, error) {
	item, ok, err := s.core.Update(ctx, dynamo.NewUpdate(schema.GroupHeadKey(app, group)).Set(schema.GroupHeadDelivery, dynamo.Num(untilMs)).
		If(dynamo.ItemExists(), dynamo.Absent(schema.GroupHeadDestroyed),
			dynamo.AbsentOr(dynamo.Less(schema.GroupHeadDelivery, dynamo.Num(nowMs)))).ReturnNew())
	if !ok || err != nil {
		return nil, err
	}
	return items.GroupHead(group, item), nil
}

// EndDelivery implements groupchat.DeliveryStore.
func (s *Store) EndDelivery(ctx context.Context, app int64, group string, delivered int64, anyway bool) (*groups.Head, error) {
	u := dynamo.NewUpdate(schema.GroupHeadKey(app, group)).Set(schema.GroupHeadDelivered, dynamo.Num(delivered)).
		Remove(schema.GroupHeadDelivery).If(dynamo.ItemExists())
	if !anyway {
		u.If(dynamo.AbsentOr(dynamo.AtMost(schema.GroupHeadNumber, dynamo.Num(delivered))))
	}
	item, ok, err := s.core.Update(ctx, u)
	if ok || err != nil {
		return nil, err
	}
	return items.GroupHead(group, item), nil
}
