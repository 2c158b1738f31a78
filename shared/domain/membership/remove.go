package membership

import (
	"context"
	"slices"

	"parley/shared/domain/accounts"
	"parley/shared/domain/groups"
	"parley/shared/fault"
)

// leavesPerWrite is how many members leave in one transaction, which has up to four items of each
// and one of the group. DynamoDB takes 100.
const leavesPerWrite = 24

// A Removal is members whom somebody removes from a group.
type Removal struct {
	Group  string
	Users  []string
	Reason string // the removed users see it
	Silent bool   // the others are not notified
}

// Remove removes members. Who is not a member is skipped. The owner cannot be removed: then nobody
// is.
func (s Service) Remove(ctx context.Context, by groups.Actor, r Removal) error {
	if len(r.Users) > MaxRemoved {
		return tooMany(MaxRemoved)
	}
	g, err := s.find(ctx, r.Group)
	if err != nil {
		return err
	}
	role, err := s.require(ctx, by, g, groups.CapabilitiesOfTypes().RemoveMembers, "remove members")
	if err != nil {
		return err
	}
	removed, err := s.leave(ctx, &g, accounts.Distinct(r.Users), func(m Member) error {
		if m.Role == groups.Owner {
			return notPermitted("the owner cannot be removed")
		}
		return mayActOn(role, m.Role)
	})
	if len(removed) > 0 {
		ids := users(removed)
		if !r.Silent {
			s.notifier.Tip(ctx, g, groups.Tip{Kind: groups.TipRemoved, By: by.User, Users: ids, Members: g.Members})
		}
		s.notify(ctx, g, ids, groups.Notice{Kind: groups.NoticeRemoved, By: by.User, Reason: r.Reason})
	}
	return err
}

// Leave ends the membership of a user who leaves. It fails with OwnerCannotLeave if the user owns
// the group, unless its type allows that: then the group has no owner.
func (s Service) Leave(ctx context.Context, group, user string) error {
	g, err := s.find(ctx, group)
	if err != nil {
		return err
	}
	left, err := s.leave(ctx, &g, []string{user}, func(m Member) error {
		if m.Role == groups.Owner && !groups.CapabilitiesOfTypes().LeaveAsOwner.For(g.Type) {
			return fault.New(fault.OwnerCannotLeave, "the owner gives the group to another member before leaving it")
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(left) == 0 {
		return memberUnknown(user)
	}
	s.notifier.Tip(ctx, g, groups.Tip{Kind: groups.TipLeft, By: user, Users: []string{user}, Members: g.Members})
	s.notify(ctx, g, []string{user}, groups.Notice{Kind: groups.NoticeLeft, By: user, User: user})
	return nil
}

// leave ends the memberships of users, leavesPerWrite at a time, and returns who has left. may
// refuses a member; then nobody has left. It lowers the number of members of the group.
func (s Service) leave(ctx context.Context, g *groups.Group, ids []string, may func(Member) error) ([]Member, error) {
	found, err := s.reader.MembersOf(ctx, s.app, g.ID, ids, true)
	if err != nil {
		return nil, err
	}
	for _, m := range found {
		if err := may(m); err != nil {
			return nil, err
		}
	}
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return found[id].User == "" })
	var left []Member
	for chunk := range slices.Chunk(ids, leavesPerWrite) {
		gone, err := s.leaveAtOnce(ctx, g.ID, chunk, found, may)
		left, g.Members = append(left, gone...), max(0, g.Members-len(gone))
		if err != nil {
			return left, err
		}
	}
	if len(left) > 0 {
		s.copied(ctx, *g)
	}
	return left, nil
}

// leaveAtOnce ends the memberships of some users in one transaction. found is the members as they
// were read; if they have changed since, they are read again.
func (s Service) leaveAtOnce(ctx context.Context, group string, ids []string, found map[string]Member, may func(Member) error) ([]Member, error) {
	var leaving []Member
	again := false
	err := s.untilWritten(ctx, func() (bool, error) {
		if again {
			var err error
			if found, err = s.reader.MembersOf(ctx, s.app, group, ids, true); err != nil {
				return false, err
			}
		}
		again, leaving = true, nil
		t := Transaction{Group: group, NowMs: s.clock.Now().UnixMilli()}
		for _, id := range ids {
			m, ok := found[id]
			if !ok {
				continue
			}
			if err := may(m); err != nil {
				return false, err
			}
			if leaving = append(leaving, m); m.Role == groups.Owner {
				t.Owner = &OwnerChange{From: id}
			}
		}
		if len(leaving) == 0 {
			return true, nil
		}
		t.Leaves = leaving
		out, err := s.store.WriteMembers(ctx, s.app, t)
		return out.Written, err
	})
	if err != nil {
		return nil, err
	}
	return leaving, nil
}
