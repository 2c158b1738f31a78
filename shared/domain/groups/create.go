package groups

import (
	"context"

	"parley/shared/fault"
)

// MaxFirstMembers is how many members a call that creates a group names at most
// (docs/spec/tencent §16.7).
const MaxFirstMembers = 100

// A NewGroup is what a call asks for that creates a group.
type NewGroup struct {
	// Group is the profile. What is empty gets the default of the type: ID, MaxMembers, Join,
	// Invite. Of the other fields that a profile has, Version, ChangedAt, Members, Active and
	// Destroyed are not read. Created is 0, or, of an import, a time in the past.
	Group
	// Prefix begins the ids that Parley makes in this dialect. No id that a caller chooses begins
	// with it.
	Prefix  string
	Members []NewMember // besides the owner
	// Import: the group has existed in another system. Nobody is notified of it, and it is not
	// hidden until the first message.
	Import bool
}

// A NewMember is a user who becomes a member of a group.
type NewMember struct {
	User   string
	Role   Role              // Member, Admin or Owner
	Fields map[string]string // custom fields
	// Indexed: the rows of the user are in an index. Create sets it.
	Indexed bool
}

// firstInCreation is how many members are written in the transaction that creates a group: four
// writes of each, and four of the group. DynamoDB takes 100.
const firstInCreation = 24

// Create creates a group with its owner and its first members, who need not agree. It notifies
// the owner and the others.
//
// It refuses an id that another group has with GroupIDTaken. If that group has the same owner, the
// fault is GroupIDOwned: the call may be a repeat of one whose answer was lost, and the caller
// goes on with that group. Example: a backend creates the group "chess" of alice and gets no
// answer. Its second call gets GroupIDOwned.
//
// The owner and the first 23 others become members in the transaction that creates the group. If
// the call dies after it, the group lacks the rest, and the caller adds them as to any group.
func (s Service) Create(ctx context.Context, by Actor, n NewGroup) (Group, error) {
	g, err := s.newGroup(n, by.creator())
	if err != nil {
		return Group{}, err
	}
	list, err := s.firstMembers(ctx, g, n.Members, by.creator())
	if err != nil {
		return Group{}, err
	}
	first, rest := list[:min(len(list), firstInCreation)], list[min(len(list), firstInCreation):]
	now := s.clock.Now()
	g.Members = len(first)
	if err := s.store.CreateGroup(ctx, s.app, g, first, NewGroupInfo{NowMs: now.UnixMilli(), Day: day(now), Earlier: s.SeesEarlier(g), Limits: s.settings.Limits}); err != nil {
		return Group{}, err
	}
	if len(rest) > 0 {
		if err := s.members.AddFirst(ctx, g, rest); err != nil {
			return g, err
		}
		g.Members = len(list)
	}
	if !n.Import {
		s.notifyFirst(ctx, by, g, list)
	}
	return g, nil
}

// notifyFirst notifies the first members of a new group. Members other than the owner do not see a
// group that is hidden until its first message, so they are not notified of it.
func (s Service) notifyFirst(ctx context.Context, by Actor, g Group, list []NewMember) {
	n := Notice{Group: g.ID, Name: g.Name, By: by.User, TimeMs: s.clock.Now().UnixMilli()}
	if g.Owner != "" {
		n.Kind = NoticeCreated
		s.notifier.Notify(ctx, []string{g.Owner}, n)
	}
	var added []string
	for _, m := range list {
		if m.User != g.Owner {
			added = append(added, m.User)
		}
	}
	if !g.Active || len(added) == 0 {
		return
	}
	s.notifier.Tip(ctx, g, Tip{Kind: TipJoined, By: by.User, Users: added, Members: g.Members, Invited: true})
	n.Kind = NoticeAdded
	s.notifier.Notify(ctx, added, n)
}

// firstMembers returns the members of a new group, the owner first, each once. It refuses too many,
// a user without an account, an admin in a group of a type that has none, and custom fields that
// the application does not declare.
func (s Service) firstMembers(ctx context.Context, g Group, others []NewMember, r Role) ([]NewMember, error) {
	if len(others) > MaxFirstMembers {
		return nil, fault.At(fault.BatchTooLarge, fault.Members, "a new group has at most %d members besides the owner", MaxFirstMembers)
	}
	var list []NewMember
	seen := make(map[string]bool)
	if g.Owner != "" {
		if _, err := s.living(ctx, fault.Owner, []string{g.Owner}); err != nil {
			return nil, err
		}
		list = append(list, NewMember{User: g.Owner, Role: Owner})
		seen[g.Owner] = true
	}
	for i, m := range others {
		switch {
		case m.Role == Admin && CapabilitiesOfTypes().AppointAdmins.For(g.Type) == Nobody:
			return nil, fault.AtItem(fault.NotPermitted, fault.Members, i, "a group of this type has no admins")
		case m.Role != Admin && m.Role != Member:
			return nil, fault.AtItem(fault.Invalid, fault.Members, i, "a first member is an admin or an ordinary member")
		}
		if err := CheckFields(s.settings.MemberFields, m.Fields, r, MaxMemberFieldValue, fault.MemberField); err != nil {
			return nil, err
		}
		if seen[m.User] {
			if m.User == g.Owner {
				list[0].Fields = m.Fields
			}
			continue
		}
		seen[m.User] = true
		list = append(list, m)
	}
	if len(list) > g.MaxMembers {
		return nil, fault.At(fault.GroupMembersLimit, fault.Members, "the group has at most %d members", g.MaxMembers)
	}
	users := make([]string, len(list))
	for i, m := range list {
		users[i] = m.User
	}
	living, err := s.living(ctx, fault.Members, users)
	if err != nil {
		return nil, err
	}
	for i := range list {
		list[i].Indexed = living[list[i].User].Indexed
	}
	if len(list) > firstInCreation { // else the transaction finds out
		return list, s.members.CheckFirst(ctx, users)
	}
	return list, nil
}

// newGroup checks what a call asks for, and returns the profile of the new group.
func (s Service) newGroup(n NewGroup, r Role) (Group, error) {
	g, now, types := n.Group, s.clock.Now().Unix(), CapabilitiesOfTypes()
	if !g.Type.Valid() {
		return g, fault.At(fault.Invalid, fault.GroupType, "%.20q is not a type of groups", string(g.Type))
	}
	if g.ID == "" {
		g.ID = newID(s.clock, n.Prefix)
	} else if err := CheckChosenID(g.ID, n.Prefix); err != nil {
		return g, err
	}
	if g.Name == "" {
		return g, fault.At(fault.Invalid, fault.GroupName, "a group has a name")
	}
	if g.Created == 0 {
		g.Created = now
	} else if g.Created < 0 || g.Created > now {
		return g, fault.New(fault.Invalid, "a group is not created in the future")
	}
	if g.Invite == "" {
		g.Invite = types.InviteBy.For(g.Type)
	}
	if g.Join == "" || types.Apply.For(g.Type) == Nobody {
		g.Join = types.Join.For(g.Type) // the option has no effect in a type in which nobody asks to join
	}
	if g.MaxMembers == 0 {
		g.MaxMembers = s.settings.Limits.Members
	}
	err := s.check(Update{
		Name: &g.Name, Introduction: &g.Introduction, Notice: &g.Notice, Face: &g.Face, Join: &g.Join, Invite: &g.Invite, MaxMembers: &g.MaxMembers, Fields: g.Fields,
	}, r)
	g.Version, g.ChangedAt = 1, g.Created
	g.Active = n.Import || !types.NeedsActivation.For(g.Type)
	return g, err
}
