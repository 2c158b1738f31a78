package membership

import (
	"context"

	"parley/shared/domain/accounts"
	"parley/shared/domain/groups"
	"parley/shared/fault"
)

// Transfer gives a group to one of its members. The owner before becomes an ordinary member. A
// group without an owner gets one. To give it to its owner changes nothing.
func (s Service) Transfer(ctx context.Context, by groups.Actor, group, user string) error {
	g, err := s.find(ctx, group)
	if err == nil {
		_, err = s.require(ctx, by, g, groups.CapabilitiesOfTypes().Transfer, "give the group to another owner")
	}
	if err != nil {
		return err
	}
	err = s.untilWritten(ctx, func() (bool, error) {
		if g, err = s.find(ctx, group); err != nil || g.Owner == user {
			return true, err
		}
		ids := accounts.Distinct([]string{user, g.Owner})
		found, err := s.reader.MembersOf(ctx, s.app, group, ids, true)
		if err != nil {
			return false, err
		}
		if found[user].User == "" {
			return false, fault.At(fault.MemberUnknown, fault.NewOwner, "%.40q is not a member of the group", user)
		}
		owner, member := groups.Owner, groups.Member
		t := Transaction{
			Group: group, NowMs: s.clock.Now().UnixMilli(), Owner: &OwnerChange{From: g.Owner, To: user}, Changes: []Change{{Seen: found[user], Role: &owner}},
		}
		if before := found[g.Owner]; before.User != "" {
			t.Changes = append(t.Changes, Change{Seen: before, Role: &member})
		}
		out, err := s.store.WriteMembers(ctx, s.app, t)
		return out.Written, err
	})
	if err != nil || g.Owner == user {
		return err
	}
	g.Owner, g.Version = user, g.Version+1
	s.notifier.Tip(ctx, g, groups.Tip{
		Kind: groups.TipProfileChanged, By: by.User, Users: []string{user}, Changes: []groups.Change{{Field: groups.OwnerField, Value: user}},
	})
	return nil
}
