package groups

import (
	"context"

	domain "parley/shared/domain/groups"
	"parley/shared/dynamo"
	"parley/shared/fault"
	"parley/shared/store/items"
	"parley/shared/store/schema"
)

// countTries is how often a write of the counts is tried. Each try fails only if another call has
// made the first change of a day.
const countTries = 5

// counting is a change of the counts of an application's groups: a group of this kind is created
// or destroyed on a day.
//
// The counts have the number of new groups of the last day on which a group was created or
// destroyed. Example: on day 5, 7 groups were created. On day 6 alice's group is created: the
// count of day 5 is replaced by 1 of day 6.
type counting struct {
	app  int64
	kind domain.Type
	day  int64
}

// change returns an update of the counts of all days.
func (c counting) change(by int) *dynamo.Update {
	return dynamo.NewUpdate(schema.GroupCountsKey(c.app)).Add(schema.GroupCountsAll, dynamo.Num(by)).
		Add(schema.GroupCountsType.Of(string(c.kind)), dynamo.Num(by))
}

// sameDay adds to the count of the day, if that is the day of the counts. The clock of another
// function may be ahead, on the next day already: then it is that day.
func (c counting) sameDay(by int) *dynamo.Update {
	return c.change(by).Add(schema.GroupCountsNew, dynamo.Num(by)).If(dynamo.AtLeast(schema.GroupCountsDay, dynamo.Num(c.day)))
}

// newDay begins the count of the day, if nobody else has done so since the counts were read.
func (c counting) newDay(by int, read dynamo.Item) *dynamo.Update {
	return c.change(by).Set(schema.GroupCountsDay, dynamo.Num(c.day)).Set(schema.GroupCountsNew, dynamo.Num(by)).
		If(dynamo.Unchanged(read, schema.GroupCountsDay))
}

// up counts a new group within limits.
func (c counting) up(limits domain.Limits) *dynamo.Update {
	return withinLimit(c.sameDay(1).If(dynamo.Less(schema.GroupCountsNew, dynamo.Num(limits.PerDay))), limits)
}

// withinLimit adds the condition that the application may have another group.
func withinLimit(u *dynamo.Update, limits domain.Limits) *dynamo.Update {
	if limits.Groups > 0 {
		u.If(dynamo.AbsentOr(dynamo.Less(schema.GroupCountsAll, dynamo.Num(limits.Groups))))
	}
	return u
}

// again returns the update for the next try, or the limit that is reached, if the counts are as
// read.
func (c counting) again(read dynamo.Item, limits domain.Limits) (*dynamo.Update, error) {
	switch {
	case limits.Groups > 0 && read.Int(schema.GroupCountsAll) >= int64(limits.Groups):
		return nil, fault.New(fault.GroupLimit, "the application has %d groups, as many as it may have", limits.Groups)
	case read.Int(schema.GroupCountsDay) < c.day:
		return withinLimit(c.newDay(1, read), limits), nil
	case read.Int(schema.GroupCountsNew) >= int64(limits.PerDay):
		return nil, fault.New(fault.GroupDailyLimit, "the application has created %d groups today, as many as it may create on a day", limits.PerDay)
	}
	return c.up(limits), nil
}

// down counts a group that is destroyed.
func (c counting) down() *dynamo.Update { return c.sameDay(-1) }

// downOnNewDay is the next try of down, if the counts are as read.
func (c counting) downOnNewDay(read dynamo.Item) *dynamo.Update {
	if read.Int(schema.GroupCountsDay) >= c.day {
		return c.down()
	}
	return c.newDay(-1, read)
}

// Count implements groups.ListStore.
func (s *Store) Count(ctx context.Context, app int64, t domain.Type) (int, error) {
	item, err := s.core.Get(ctx, schema.GroupCountsKey(app), false)
	if t == "" {
		return int(item.Int(schema.GroupCountsAll)), err
	}
	return int(item.Int(schema.GroupCountsType.Of(string(t)))), err
}

// List implements groups.ListStore. The list is in the order of the partitions, then of the types,
// then of hashes of ids.
func (s *Store) List(ctx context.Context, app int64, t domain.Type, after uint64, limit int) (ids []string, next uint64, err error) {
	shard, from, ok := schema.GroupListAfter(after)
	if !ok {
		return nil, 0, fault.At(fault.Invalid, fault.Place, "%d is not one that an answer gave", after)
	}
	first, end := "a", "{" // '{' follows 'z'
	if t != "" {
		first = schema.GroupListPrefix(string(t))
		end = string(first[0] + 1)
	}
	for ; shard < schema.GroupListShards; shard, from = shard+1, "" {
		if from = max(from, first); from >= end {
			continue
		}
		q := dynamo.Query{
			PK: schema.GroupListPK(app, shard), Range: dynamo.FromTo(dynamo.Str(from), dynamo.Str(end)), Limit: limit - len(ids) + 1, KeysOnly: true,
		}
		for page, err := range s.core.Pages(ctx, &q) {
			if err != nil {
				return nil, 0, err
			}
			for _, item := range page.Items {
				letter, id, ok := schema.ParseGroupListKey(item.Key())
				switch {
				case !ok:
					items.NoteUnreadable(ctx, item, "key")
				case len(ids) == limit:
					return ids, next, nil
				default:
					ids, next = append(ids, id), schema.GroupListPlace(letter, id)
				}
			}
		}
	}
	return ids, 0, nil
}
