package membership

import (
	"context"
	"slices"

	"parley/shared/domain/accounts"
	"parley/shared/domain/groups"
	"parley/shared/fault"
)

// MaxPage is how many members a page has at most (docs/spec/tencent §17.4).
const MaxPage = 6000

// A Query says which members of a group a call reads. An empty list of roles is all roles.
type Query struct {
	Roles         []groups.Role
	Offset, Limit int // Limit 0: no limit
	InfoSet
}

// Members returns a page of the members of a group, in the order in which they joined, and how many
// members the group has. A user sees the custom fields that the user may read.
func (s Service) Members(ctx context.Context, by groups.Actor, group string, q Query) ([]Member, int, error) {
	if q.Offset < 0 || q.Limit < 0 || q.Limit > MaxPage {
		return nil, 0, fault.New(fault.Invalid, "a page has at most %d members", MaxPage)
	}
	g, err := s.find(ctx, group)
	if err != nil {
		return nil, 0, err
	}
	list, err := s.reader.AllMembers(ctx, s.app, group)
	if err != nil {
		return nil, 0, err
	}
	role := groups.Application
	if !by.Application {
		role = roleIn(list, by.User)
		if err := checkRole(role, g, groups.CapabilitiesOfTypes().ReadMembers, "read the members"); err != nil {
			return nil, 0, err
		}
	}
	sortByJoin(list)
	list = page(withRoles(list, q.Roles), q.Offset, q.Limit)
	err = s.addInfo(ctx, group, list, q.InfoSet)
	return s.withReadable(list, by, role), g.Members, err
}

// MembersOfGroups returns all members of groups that exist, in the order of the groups, for the
// application. Those of one group are in the order in which they joined.
func (s Service) MembersOfGroups(ctx context.Context, ids []string, w InfoSet) ([][]Member, error) {
	lists := make([][]Member, len(ids))
	run := make([]func(context.Context) error, len(ids))
	for i, id := range ids {
		run[i] = func(ctx context.Context) (err error) {
			if lists[i], err = s.reader.AllMembers(ctx, s.app, id); err != nil {
				return err
			}
			sortByJoin(lists[i])
			return s.addInfo(ctx, id, lists[i], w)
		}
	}
	return lists, s.parallel.Run(ctx, run...)
}

// roleIn returns the role of a user in a list of members.
func roleIn(list []Member, user string) groups.Role {
	for _, m := range list {
		if m.User == user {
			return m.Role
		}
	}
	return groups.NotMember
}

// fieldsOf returns the custom fields of members as they are for an actor and a member.
func (s Service) fieldsOf(by groups.Actor, user string) []groups.Field {
	if by.User == user {
		return groups.OwnFields(s.settings.MemberFields)
	}
	return s.settings.MemberFields
}

// withReadable returns members with the custom fields that a user with a role may read.
func (s Service) withReadable(list []Member, by groups.Actor, role groups.Role) []Member {
	if role == groups.Application {
		return list
	}
	for i, m := range list {
		if len(m.Fields) > 0 {
			list[i].Fields = groups.Readable(s.fieldsOf(by, m.User), m.Fields, role)
		}
	}
	return list
}

// Specified returns those of the users who are members and have one of the roles of the query, in the
// order of the users. A user sees the custom fields that the user may read.
func (s Service) Specified(ctx context.Context, by groups.Actor, group string, users []string, q Query) ([]Member, error) {
	if len(users) > MaxSpecified {
		return nil, tooMany(MaxSpecified)
	}
	g, err := s.find(ctx, group)
	if err != nil {
		return nil, err
	}
	ids, read := accounts.Distinct(users), users
	if !by.Application {
		read = append(slices.Clone(users), by.User)
	}
	found, err := s.reader.MembersOf(ctx, s.app, group, accounts.Distinct(read), false)
	if err != nil {
		return nil, err
	}
	role := groups.Application
	if !by.Application {
		role = found[by.User].Role
		if err := checkRole(role, g, groups.CapabilitiesOfTypes().ReadMembers, "read the members"); err != nil {
			return nil, err
		}
	}
	list := make([]Member, 0, len(found))
	for _, id := range ids {
		if m, ok := found[id]; ok {
			list = append(list, m)
		}
	}
	list = withRoles(list, q.Roles)
	err = s.addInfo(ctx, group, list, q.InfoSet)
	return s.withReadable(list, by, role), err
}

func withRoles(list []Member, roles []groups.Role) []Member {
	return slices.DeleteFunc(list, func(m Member) bool { return len(roles) > 0 && !slices.Contains(roles, m.Role) })
}

// addInfo reads what the caller asks for of members. A mute that is over is none.
func (s Service) addInfo(ctx context.Context, group string, list []Member, w InfoSet) error {
	if err := s.reader.AddInfo(ctx, s.app, group, list, w); err != nil {
		return err
	}
	now := s.clock.Now().Unix()
	for i := range list {
		if list[i].MutedUntil <= now {
			list[i].MutedUntil = 0
		}
	}
	return nil
}

// Roles returns what each of the users is in a group.
func (s Service) Roles(ctx context.Context, group string, list []string) ([]groups.Role, error) {
	if len(list) > MaxRoles {
		return nil, tooMany(MaxRoles)
	}
	if _, err := s.find(ctx, group); err != nil {
		return nil, err
	}
	found, err := s.reader.MembersOf(ctx, s.app, group, accounts.Distinct(list), false)
	if err != nil {
		return nil, err
	}
	roles := make([]groups.Role, len(list))
	for i, user := range list {
		roles[i] = found[user].Role
	}
	return roles, nil
}

// MaxJoinedPage is how many groups a page of a user's groups has at most (docs/spec/tencent §17.7).
const MaxJoinedPage = 5000

// A JoinedQuery says which groups of a user a call reads.
type JoinedQuery struct {
	Type          groups.Type // empty: all types
	Hidden        bool        // also groups that wait for their first message
	Readable      bool        // only the custom fields that the user may read
	Offset, Limit int         // Limit 0: no limit
}

// JoinedBy returns a page of the groups of a user, in the order of their ids, and how many groups
// the query has. A group that was destroyed is not among them. One that waits for its first message
// is, if the user is its owner or the query asks for it. It fails with AccountUnknown.
func (s Service) JoinedBy(ctx context.Context, user string, q JoinedQuery) ([]JoinedGroup, int, error) {
	if q.Offset < 0 || q.Limit < 0 || q.Limit > MaxJoinedPage {
		return nil, 0, fault.New(fault.Invalid, "a page has at most %d groups", MaxJoinedPage)
	}
	living, err := accounts.Living(ctx, s.accounts, s.app, []string{user})
	if err != nil {
		return nil, 0, err
	}
	if living[user] == nil {
		return nil, 0, fault.New(fault.AccountUnknown, "%.40q is not an account", user)
	}
	joined, err := s.joined.JoinedBy(ctx, s.app, user)
	if err != nil {
		return nil, 0, err
	}
	ids := make([]string, 0, len(joined))
	for id := range joined {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	found, err := s.reader.Groups(ctx, s.app, ids)
	if err != nil {
		return nil, 0, err
	}
	list := make([]JoinedGroup, 0, len(ids))
	for i, id := range ids {
		g, m := found[i], joined[id]
		if g.Exists(id) != nil || (q.Type != "" && g.Type != q.Type) || (!q.Hidden && !g.ActiveFor(m.Role)) {
			continue
		}
		if q.Readable {
			g.Fields = groups.Readable(s.settings.GroupFields, g.Fields, m.Role)
		}
		list = append(list, JoinedGroup{Group: *g, Member: m})
	}
	return page(list, q.Offset, q.Limit), len(list), nil
}
