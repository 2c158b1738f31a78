package groups

import (
	"context"
	"fmt"

	"parley/shared/domain/chat"
	domain "parley/shared/domain/groups"
	"parley/shared/dynamo"
	"parley/shared/fault"
	"parley/shared/store/items"
	"parley/shared/store/schema"
)

// DestroyGroup implements groups.Store.
func (s *Store) DestroyGroup(ctx context.Context, app int64, g domain.Group, at, day int64) (bool, error) {
	profile := dynamo.NewUpdate(schema.GroupKey(app, g.ID)).Set(schema.GroupDestroyed, dynamo.Num(at)).If(items.IfGroupExists())
	head := dynamo.NewUpdate(schema.GroupHeadKey(app, g.ID)).Set(schema.GroupHeadDestroyed, dynamo.Num(at))
	count := counting{app: app, kind: g.Type, day: day}
	down := count.down()
	for range countTries {
		// in the order of the places above
		err := s.core.Transact(ctx, profile.Write(), down.Write(), dynamo.Delete(schema.GroupListKey(app, string(g.Type), g.ID)), head.Write())
		reasons := dynamo.CancellationReasons(err)
		switch {
		case err == nil:
			return true, nil
		case reasons.ConditionFailedAt(profileWrite):
			return false, nil
		case reasons.ConditionFailedAt(countWrite):
			down = count.downOnNewDay(reasons.ItemAt(countWrite))
		case reasons != nil:
			return false, fmt.Errorf("destroy group: %w: %w", dynamo.ErrRetriesExhausted, err)
		default:
			return false, fmt.Errorf("destroy group: %w", err)
		}
	}
	return false, fault.New(fault.Conflict, "too many groups are destroyed at this moment")
}

// FreeID implements groups.Store.
func (s *Store) FreeID(ctx context.Context, app int64, g domain.Group, expires int64) error {
	item, err := s.core.Get(ctx, schema.GroupHeadKey(app, g.ID), true)
	if err != nil || item == nil {
		return err
	}
	last, err := s.lastNumbers(ctx, app, *items.GroupHead(g.ID, item))
	if err != nil {
		return err
	}
	head := dynamo.NewItem(schema.GroupHeadKey(app, g.ID))
	setNumbers(head, last)
	head.SetInt(schema.GroupHeadDestroyed, g.Destroyed)
	head.SetInt(schema.Expires, expires)
	err = s.core.Transact(ctx,
		dynamo.Delete(schema.GroupKey(app, g.ID), dynamo.Equals(schema.GroupDestroyed, dynamo.Num(g.Destroyed))), dynamo.Put(head))
	if dynamo.CancellationReasons(err).ConditionFailedAt(0) {
		return nil
	}
	return err
}

// lastNumbers returns the head with the numbers of the last message that is stored. The head may
// be behind it, because a message is stored before it is counted.
func (s *Store) lastNumbers(ctx context.Context, app int64, h domain.Head) (domain.Head, error) {
	id := chat.OfGroup(h.Group)
	page, err := s.msg.Query(ctx, dynamo.Query{
		PK: schema.TimelinePK(app, id), Range: dynamo.Prefix(schema.MessagePrefix), Descending: true, Limit: 1, Strong: true,
	})
	if err != nil || len(page.Items) == 0 {
		return h, err
	}
	item := page.Items[0]
	if k, ok := schema.ParseMessageSK(id, item.Key().SK); ok && int64(k.Seq) > h.Number {
		h.Number, h.Counted, h.LastTime = int64(k.Seq), item.Int(schema.MessageCounted), item.Int(schema.MessageTime)
	}
	return h, nil
}
