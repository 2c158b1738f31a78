// Package groups stores the profiles of groups, the list of an application's groups and how many
// there are. It implements the Store of the domain package groups.
//
// The creation of a group is one transaction: the profile, the head of its conversation, the entry
// in the list and the counts. The head has copies of what a send needs of the profile
// (docs/adr/0044-groups.md); a change of the profile is copied after it is written.
package groups

import (
	"context"
	"fmt"

	domain "parley/shared/domain/groups"
	"parley/shared/domain/membership"
	"parley/shared/dynamo"
	"parley/shared/fault"
	"parley/shared/store/items"
	"parley/shared/store/schema"
)

// Store reads and writes the aggregates Groups and GroupList. It writes the GroupHeads of new
// groups, and what they copy.
type Store struct{ core, msg dynamo.Table }

var (
	_ domain.Store     = (*Store)(nil)
	_ domain.ListStore = (*Store)(nil)
)

// New returns a Store over the table core.
func New(core, msg dynamo.Table) *Store { return &Store{core, msg} }

// Groups implements groups.Reader. A group that is not found is read again, strongly.
func (s *Store) Groups(ctx context.Context, app int64, ids []string) ([]*domain.Group, error) {
	found, err := s.core.GetConfirmed(ctx, keys(app, ids, schema.GroupKey), dynamo.RereadMissing)
	if err != nil {
		return nil, err
	}
	list := make([]*domain.Group, len(ids))
	for i, item := range found {
		list[i] = items.Group(ids[i], item)
	}
	return list, nil
}

// Heads implements groups.Reader.
func (s *Store) Heads(ctx context.Context, app int64, ids []string) ([]*domain.Head, error) {
	found, err := s.core.GetAll(ctx, keys(app, ids, schema.GroupHeadKey), false)
	if err != nil {
		return nil, err
	}
	list := make([]*domain.Head, len(ids))
	for i, item := range found {
		list[i] = items.GroupHead(ids[i], item)
	}
	return list, nil
}

func keys(app int64, ids []string, of func(int64, string) dynamo.Key) []dynamo.Key {
	list := make([]dynamo.Key, len(ids))
	for i, id := range ids {
		list[i] = of(app, id)
	}
	return list
}

// The places of the writes in the transactions that create and destroy a group. Those of the
// members follow.
const (
	profileWrite = iota
	countWrite
	listWrite
	headWrite
	memberWrites
)

// CreateGroup implements groups.Store.
func (s *Store) CreateGroup(ctx context.Context, app int64, g domain.Group, list []domain.NewMember, c domain.NewGroupInfo) error {
	count := counting{app: app, kind: g.Type, day: c.Day}
	up := count.up(c.Limits)
	var former *domain.Head // of the destroyed group that had the id, if there was one
	for range countTries {
		head, joins := newHead(app, g, former, c.Earlier), joinWrites(app, g, former, list, c)
		writes := make([]dynamo.Write, memberWrites, memberWrites+len(joins))
		writes[profileWrite] = dynamo.Put(items.GroupItem(app, g), dynamo.ItemAbsent())
		writes[countWrite] = up.Write()
		writes[listWrite] = dynamo.Put(dynamo.NewItem(schema.GroupListKey(app, string(g.Type), g.ID)))
		writes[headWrite] = head
		for _, j := range joins {
			writes = append(writes, j.Write)
		}
		err := s.core.Transact(ctx, writes...)
		reasons := dynamo.CancellationReasons(err)
		switch {
		case err == nil:
			return nil
		case reasons.ConditionFailedAt(profileWrite):
			return taken(g, items.Group(g.ID, reasons.ItemAt(profileWrite)))
		case reasons.ConditionFailedAt(countWrite):
			if up, err = count.again(reasons.ItemAt(countWrite), c.Limits); err != nil {
				return err
			}
		case reasons.ConditionFailedAt(headWrite):
			former = items.GroupHead(g.ID, reasons.ItemAt(headWrite))
		case reasons != nil:
			for i, j := range joins {
				if j.Refusal != nil && reasons.ConditionFailedAt(memberWrites+i) {
					return j.Refusal
				}
			}
			return fmt.Errorf("create group: %w: %w", dynamo.ErrRetriesExhausted, err)
		default:
			return fmt.Errorf("create group: %w", err)
		}
	}
	return fault.New(fault.Conflict, "too many groups are created at this moment")
}

// joinWrites are the writes by which the members of a new group join it.
func joinWrites(app int64, g domain.Group, former *domain.Head, list []domain.NewMember, c domain.NewGroupInfo) (writes []items.JoinWrite) {
	t := membership.Transaction{Group: g.ID, NowMs: c.NowMs, MaxMembers: g.MaxMembers, MaxJoined: c.Limits.Joined}
	var head domain.Head
	if former != nil {
		head = *former
	}
	for _, m := range list {
		writes = append(writes, items.JoinWrites(app, t, membership.FirstJoin(g, head, m, g.Created))...)
	}
	return writes
}

// taken returns the fault for a new group with the id of an old one.
func taken(g domain.Group, old *domain.Group) error {
	switch {
	case old != nil && old.Destroyed != 0:
		return fault.At(fault.GroupIDTaken, fault.Group, "the data of the destroyed group is still being removed, use the id again in a moment")
	case old != nil && old.Owner != "" && old.Owner == g.Owner:
		return fault.At(fault.GroupIDOwned, fault.Group, "%.40q owns a group with this id", g.Owner)
	}
	return fault.At(fault.GroupIDTaken, fault.Group, "another group has the id")
}

// UpdateGroup implements groups.Store.
func (s *Store) UpdateGroup(ctx context.Context, app int64, id string, c domain.Update, at int64) (*domain.Group, error) {
	u := dynamo.NewUpdate(schema.GroupKey(app, id)).Set(schema.GroupChanged, dynamo.Num(at)).Add(schema.GroupVersion, dynamo.Num(1)).
		If(items.IfGroupExists()).ReturnNew()
	text := func(a dynamo.Attribute, v *string) {
		if v != nil {
			u.SetOrRemove(a, dynamo.StrIfAny(*v))
		}
	}
	text(schema.GroupName, c.Name)
	text(schema.GroupIntroduction, c.Introduction)
	text(schema.GroupNotice, c.Notice)
	text(schema.GroupFace, c.Face)
	text(schema.GroupJoin, (*string)(c.Join))
	text(schema.GroupInvite, (*string)(c.Invite))
	for name, value := range c.Fields {
		text(schema.GroupCustom.Of(name), &value)
	}
	if c.MaxMembers != nil {
		u.Set(schema.GroupMaxMembers, dynamo.Num(*c.MaxMembers))
	}
	if c.MuteAll != nil {
		if *c.MuteAll {
			u.Set(schema.GroupMuteAll, dynamo.True())
		} else {
			u.Remove(schema.GroupMuteAll)
		}
	}
	if c.HistoryBeforeJoin != nil {
		u.Set(schema.GroupHistory, dynamo.Bool(*c.HistoryBeforeJoin))
	}
	item, ok, err := s.core.Update(ctx, u)
	if err != nil || !ok {
		return nil, err
	}
	return items.Group(id, item), nil
}

// Group implements groups.Store.
func (s *Store) Group(ctx context.Context, app int64, id string) (*domain.Group, error) {
	item, err := s.core.Get(ctx, schema.GroupKey(app, id), true)
	if err != nil {
		return nil, err
	}
	return items.Group(id, item), nil
}
