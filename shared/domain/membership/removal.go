package membership

import (
	"context"

	"parley/shared/domain/groups"
	"parley/shared/fault"
)

// removalPage is of how many groups one call of RemoveData removes a user, and how many members
// one call of RemoveGroup removes.
const removalPage = 20

// RemoveData implements accounts.DataRemover: a user whose account is deleted leaves all groups,
// without tips. A group that the user owns has no owner after that. Mutes of the user end, and invitations
// are removed.
func (s Service) RemoveData(ctx context.Context, user string) (more bool, err error) {
	ids, err := s.store.RowsOfGroups(ctx, s.app, user, removalPage)
	if err != nil {
		return false, err
	}
	for _, id := range ids {
		if err := s.leaveDeleted(ctx, id, user); err != nil {
			return false, err
		}
		if err := s.store.RemoveMute(ctx, s.app, id, user); err != nil {
			return false, err
		}
	}
	if len(ids) == removalPage {
		return true, nil
	}
	return s.requests.RemoveListed(ctx, s.app, user)
}

// leaveDeleted ends the membership of a user whose account is deleted, also in a group that is
// destroyed or gone.
func (s Service) leaveDeleted(ctx context.Context, group, user string) error {
	var g *groups.Group
	err := s.untilWritten(ctx, func() (bool, error) {
		found, err := s.reader.MembersOf(ctx, s.app, group, []string{user}, true)
		if err != nil || found[user].User == "" {
			return true, err
		}
		if g, err = s.reader.Group(ctx, s.app, group); err != nil {
			return false, err
		}
		t := Transaction{
			Group: group, NowMs: s.clock.Now().UnixMilli(), Leaves: []Member{found[user]}, Erasing: true, Removing: g.Exists(group) != nil,
		}
		if found[user].Role == groups.Owner && !t.Removing {
			t.Owner = &OwnerChange{From: user}
		}
		out, err := s.store.WriteMembers(ctx, s.app, t)
		if fault.Is(err, fault.GroupUnknown) {
			return false, nil // it was destroyed meanwhile
		}
		return out.Written, err
	})
	if err == nil && g.Exists(group) == nil {
		g.Members = max(0, g.Members-1)
		s.copied(ctx, *g)
	}
	return err
}

// RemoveGroup removes a page of the members of a group that was destroyed, to whom it sends a notice,
// then the mutes, and then the rest. A call may be repeated.
func (s Service) RemoveGroup(ctx context.Context, g groups.Group, n groups.Notice) (more bool, err error) {
	list, err := s.reader.AllMembers(ctx, s.app, g.ID)
	if err != nil {
		return false, err
	}
	if len(list) > 0 {
		list = list[:min(len(list), removalPage)]
		out, err := s.store.WriteMembers(ctx, s.app, Transaction{Group: g.ID, NowMs: s.clock.Now().UnixMilli(), Leaves: list, Removing: true})
		if err == nil && out.Written {
			s.notify(ctx, g, users(list), n)
		}
		return true, err
	}
	mutes, err := s.reader.Mutes(ctx, s.app, g.ID, 0)
	if err != nil {
		return false, err
	}
	for i, m := range mutes {
		if i == removalPage {
			return true, nil
		}
		if err := s.store.RemoveMute(ctx, s.app, g.ID, m.User); err != nil {
			return false, err
		}
	}
	return s.store.RemoveRest(ctx, s.app, g.ID)
}
