package groups

import (
	"context"

	domain "parley/shared/domain/groups"
	"parley/shared/dynamo"
	"parley/shared/store/schema"
)

// newHead returns the write of the head of a new group, which has no message. former is the head of
// the destroyed group that had the id before, nil if there was none: the numbers go on after those
// of that group, whose messages are cleared. The condition fails if the id had another group since.
func newHead(app int64, g domain.Group, former *domain.Head, history bool) dynamo.Write {
	item := dynamo.NewItem(schema.GroupHeadKey(app, g.ID))
	for _, c := range copies(g, history) {
		if c.value != nil {
			item.Set(c.name, c.value)
		}
	}
	item.SetInt(schema.GroupHeadMembers, int64(g.Members))
	if former == nil {
		return dynamo.Put(item, dynamo.ItemAbsent())
	}
	setNumbers(item, *former)
	item.SetInt(schema.GroupHeadCleared, former.Number)
	number := dynamo.EqualsOrAbsent(schema.GroupHeadNumber, dynamo.NumIfAny(former.Number))
	return dynamo.Put(item, dynamo.Any(dynamo.ItemAbsent(), dynamo.All(number, dynamo.Exists(schema.GroupHeadDestroyed))))
}

// setNumbers sets what the next message of a group needs to know of the last one.
func setNumbers(item dynamo.Item, h domain.Head) {
	item.SetInt(schema.GroupHeadNumber, h.Number)
	item.SetInt(schema.GroupHeadCounted, h.Counted)
	item.SetInt(schema.GroupHeadLastTime, h.LastTime)
}

// A copied is an attribute of the head that has what the profile says.
type copied struct {
	name  dynamo.Attribute
	value dynamo.Value // nil: the head does not have the attribute
}

// copies returns the attributes that a head copies of a profile. The count of members is not
// among them: it changes without a new version of the profile.
func copies(g domain.Group, history bool) []copied {
	one := func(yes bool) dynamo.Value {
		if yes {
			return dynamo.Num(1)
		}
		return nil
	}
	return []copied{
		{schema.GroupHeadType, dynamo.Str(string(g.Type))}, {schema.GroupHeadVersion, dynamo.Num(g.Version)},
		{schema.GroupHeadMuteAll, one(g.MuteAll)}, {schema.GroupHeadHistory, one(history)}, {schema.GroupHeadInactive, one(!g.Active)},
	}
}

// CopyToHead implements groups.Store.
func (s *Store) CopyToHead(ctx context.Context, app int64, g domain.Group, history bool) error {
	u := dynamo.NewUpdate(schema.GroupHeadKey(app, g.ID)).
		If(dynamo.ItemExists(), dynamo.AbsentOr(dynamo.Less(schema.GroupHeadVersion, dynamo.Num(g.Version))))
	for _, c := range copies(g, history) {
		if c.name != schema.GroupHeadInactive { // the first message makes a group active, at the head first
			u.SetOrRemove(c.name, c.value)
		}
	}
	_, _, err := s.core.Update(ctx, u)
	return err
}
