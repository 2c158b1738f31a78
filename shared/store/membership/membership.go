// Package membership stores who is in which group. It implements the Reader and the Store of the
// domain package membership.
//
// A member is stored twice: in the partition of the group, as a small item, because a message reads
// all members; and in the row that the user has for the group, because a send reads the row. One
// transaction writes both, the number of members in the profile of the group, and how many groups
// the user has in the head of the user's list.
package membership

import (
	"context"
	"slices"

	"parley/shared/domain/chat"
	"parley/shared/domain/groups"
	domain "parley/shared/domain/membership"
	"parley/shared/dynamo"
	"parley/shared/store/items"
	"parley/shared/store/schema"
)

// Store reads and writes the aggregate Members, the rows of groups in Conversations, and in Groups
// and GroupHeads how many members a group has, and its owner.
type Store struct{ core dynamo.Table }

var (
	_ domain.Reader       = (*Store)(nil)
	_ domain.JoinedReader = (*Store)(nil)
	_ domain.Store        = (*Store)(nil)
)

// New returns a Store over the table core.
func New(core dynamo.Table) *Store { return &Store{core} }

// rowKey is the row that a user has for a group.
func rowKey(app int64, user, group string) dynamo.Key {
	return schema.RowKey(app, user, chat.OfGroup(group))
}

// Group implements membership.Reader.
func (s *Store) Group(ctx context.Context, app int64, group string) (*groups.Group, error) {
	item, err := s.core.Get(ctx, schema.GroupKey(app, group), true)
	return items.Group(group, item), err
}

// Groups implements membership.Reader.
func (s *Store) Groups(ctx context.Context, app int64, ids []string) ([]*groups.Group, error) {
	keys := make([]dynamo.Key, len(ids))
	for i, id := range ids {
		keys[i] = schema.GroupKey(app, id)
	}
	found, err := s.core.GetAll(ctx, keys, false)
	if err != nil {
		return nil, err
	}
	list := make([]*groups.Group, len(ids))
	for i, id := range ids {
		list[i] = items.Group(id, found[i])
	}
	return list, nil
}

// Head implements membership.Reader.
func (s *Store) Head(ctx context.Context, app int64, group string) (groups.Head, error) {
	item, err := s.core.Get(ctx, schema.GroupHeadKey(app, group), true)
	if err != nil || item == nil {
		return groups.Head{Group: group}, err
	}
	return *items.GroupHead(group, item), nil
}

// member reads a member of a group.
func member(item dynamo.Item) (domain.Member, bool) {
	user, ok := schema.ParseMemberSK(item.SK())
	return domain.Member{
		User: user, Role: groups.Role(item.Int(schema.MemberRole)), Joined: item.Int(schema.MemberJoined),
		Option: groups.ReceiveOption(item.Int(schema.MemberOption)), HasInfo: item.Has(schema.MemberDetails),
	}, ok
}

// MembersOf implements membership.Reader.
func (s *Store) MembersOf(ctx context.Context, app int64, group string, users []string, strong bool) (map[string]domain.Member, error) {
	keys := make([]dynamo.Key, len(users))
	for i, user := range users {
		keys[i] = schema.MemberKey(app, group, user)
	}
	found, err := s.core.GetAll(ctx, keys, strong)
	if err != nil {
		return nil, err
	}
	list := make(map[string]domain.Member, len(users))
	for i, item := range found {
		if item != nil {
			m, _ := member(item)
			list[users[i]] = m
		}
	}
	return list, nil
}

// AllMembers implements membership.Reader.
func (s *Store) AllMembers(ctx context.Context, app int64, group string) ([]domain.Member, error) {
	found, err := s.core.QueryAll(ctx, schema.MembersPK(app, group), schema.MemberPrefix, false)
	if err != nil {
		return nil, err
	}
	return items.Readable(ctx, found, member), nil
}

// queryLimit is up to how many of the members of a read the items of their cards and mutes are read
// by their keys. Those of more members are read by one query.
const queryLimit = 100

// AddInfo implements membership.Reader.
func (s *Store) AddInfo(ctx context.Context, app int64, group string, list []domain.Member, w domain.InfoSet) error {
	at := make(map[string]int, len(list)) // position in list
	for i, m := range list {
		at[m.User] = i
	}
	if w.Card {
		withCard := slices.DeleteFunc(slices.Clone(list), func(m domain.Member) bool { return !m.HasInfo })
		key := func(user string) dynamo.Key { return schema.MemberDetailsKey(app, group, user) }
		found, err := s.itemsOf(ctx, withCard, key, schema.MemberDetailsPrefix)
		if err != nil {
			return err
		}
		for _, item := range found {
			user, _ := schema.ParseMemberDetailsSK(item.SK())
			if i, ok := at[user]; ok {
				list[i].NameCard, list[i].Fields = item.Text(schema.MemberNameCard), fields(item)
			}
		}
	}
	if w.Mutes {
		key := func(user string) dynamo.Key { return schema.MuteKey(app, group, user) }
		found, err := s.itemsOf(ctx, list, key, schema.MutePrefix)
		if err != nil {
			return err
		}
		for _, item := range found {
			user, _ := schema.ParseMuteSK(item.SK())
			if i, ok := at[user]; ok {
				list[i].MutedUntil = item.Int(schema.MuteUntil)
			}
		}
	}
	if !w.Status {
		return nil
	}
	keys := make([]dynamo.Key, len(list))
	for i, m := range list {
		keys[i] = rowKey(app, m.User, group)
	}
	found, err := s.core.GetAll(ctx, keys, false)
	if err != nil {
		return err
	}
	for i, item := range found {
		list[i].ReadNumber, list[i].LastSent = item.Int(schema.RowReadNumber), item.Int(schema.RowLastSent)
	}
	return nil
}

// itemsOf reads the items that members have in the partition of the group: by their keys, or by a
// query if there are many members.
func (s *Store) itemsOf(ctx context.Context, list []domain.Member, key func(user string) dynamo.Key, prefix string) ([]dynamo.Item, error) {
	if len(list) == 0 {
		return nil, nil
	}
	if len(list) > queryLimit {
		return s.core.QueryAll(ctx, key(list[0].User).PK, prefix, false)
	}
	keys := make([]dynamo.Key, len(list))
	for i, m := range list {
		keys[i] = key(m.User)
	}
	return s.core.GetAll(ctx, keys, false)
}

// fields reads the custom fields of a member.
func fields(item dynamo.Item) map[string]string {
	var list map[string]string
	for stored := range item {
		if name, ok := schema.MemberCustom.Cut(stored); ok {
			if list == nil {
				list = make(map[string]string)
			}
			list[name] = item.Text(schema.MemberCustom.Of(name))
		}
	}
	return list
}

// Mutes implements membership.Reader.
func (s *Store) Mutes(ctx context.Context, app int64, group string, now int64) ([]domain.Mute, error) {
	found, err := s.core.QueryAll(ctx, schema.MembersPK(app, group), schema.MutePrefix, false)
	if err != nil {
		return nil, err
	}
	list := items.Readable(ctx, found, func(item dynamo.Item) (domain.Mute, bool) {
		user, ok := schema.ParseMuteSK(item.SK())
		return domain.Mute{User: user, Until: item.Int(schema.MuteUntil)}, ok
	})
	return slices.DeleteFunc(list, func(m domain.Mute) bool { return m.Until <= now }), nil
}

// JoinedBy implements membership.JoinedReader.
func (s *Store) JoinedBy(ctx context.Context, app int64, user string) (map[string]domain.Member, error) {
	found, err := s.core.QueryAll(ctx, schema.RowsPK(app, user), schema.GroupRowPrefix, false)
	if err != nil {
		return nil, err
	}
	list := make(map[string]domain.Member)
	for _, item := range found {
		id, ok := schema.ParseRowSK(user, item.SK())
		if !ok {
			items.NoteUnreadable(ctx, item, "key")
			continue
		}
		if group, _ := id.Names(); item.Has(schema.RowRole) {
			list[group] = rowMember(user, item)
		}
	}
	return list, nil
}

// rowMember reads what a user is in a group from the row of the group.
func rowMember(user string, item dynamo.Item) domain.Member {
	m := domain.Member{
		User: user, Role: groups.Role(item.Int(schema.RowRole)), Joined: item.Int(schema.RowJoined),
		Option: groups.ReceiveOption(item.Int(schema.RowGroupOption)),
	}
	m.ReadNumber, m.LastSent, m.MutedUntil = item.Int(schema.RowReadNumber), item.Int(schema.RowLastSent), item.Int(schema.RowMutedUntil)
	return m
}

// Memberships implements membership.JoinedReader.
func (s *Store) Memberships(ctx context.Context, app int64, user string, ids []string) (map[string]domain.Member, error) {
	keys := make([]dynamo.Key, len(ids))
	for i, id := range ids {
		keys[i] = rowKey(app, user, id)
	}
	found, err := s.core.GetAll(ctx, keys, false)
	if err != nil {
		return nil, err
	}
	list := make(map[string]domain.Member)
	for i, item := range found {
		if item.Has(schema.RowRole) {
			list[ids[i]] = rowMember(user, item)
		}
	}
	return list, nil
}

// CopyMembers implements membership.Store.
func (s *Store) CopyMembers(ctx context.Context, app int64, group string, members int) error {
	_, _, err := s.core.Update(ctx, dynamo.NewUpdate(schema.GroupHeadKey(app, group)).Set(schema.GroupHeadMembers, dynamo.Num(members)).If(dynamo.ItemExists()))
	return err
}

// SetRead implements membership.Store. The user's own messages up to now are read.
func (s *Store) SetRead(ctx context.Context, app int64, group, user string, read, counted, nowMs int64) (bool, error) {
	u := dynamo.NewUpdate(rowKey(app, user, group)).If(dynamo.Exists(schema.RowRole))
	u.SetOrRemove(schema.RowReadNumber, dynamo.NumIfAny(read)).SetOrRemove(schema.RowReadCounted, dynamo.NumIfAny(counted))
	u.SetFrom(schema.RowSentAtRead, schema.RowSentCounted, dynamo.Num(0)).Set(schema.RowChanged, dynamo.Num(nowMs))
	_, ok, err := s.core.Update(ctx, u)
	return ok, err
}

// JoinedCounts implements membership.JoinedReader.
func (s *Store) JoinedCounts(ctx context.Context, app int64, users []string) ([]int, error) {
	keys := make([]dynamo.Key, len(users))
	for i, user := range users {
		keys[i] = schema.HeadKey(app, user)
	}
	found, err := s.core.GetAll(ctx, keys, false)
	if err != nil {
		return nil, err
	}
	counts := make([]int, len(users))
	for i, item := range found {
		counts[i] = int(item.Int(schema.HeadJoined))
	}
	return counts, nil
}
