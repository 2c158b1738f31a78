package membership

import (
	"context"

	"parley/shared/domain/groups"
	"parley/shared/fault"
)

// FirstJoin returns what is written of a user who becomes a member of a new group at a time (Unix
// seconds). The group has no messages yet; its numbers go on after those of the head, which are
// not 0 if another group had the id before.
func FirstJoin(g groups.Group, head groups.Head, m groups.NewMember, joined int64) Join {
	return Join{
		Member: Member{User: m.User, Role: m.Role, Joined: joined, Option: firstOption(g.Type), Info: Info{Fields: m.Fields}},
		Number: head.Number, Read: head.Number, Counted: head.Counted, Indexed: m.Indexed,
	}
}

// firstOption returns the receive option of new members.
func firstOption(t groups.Type) groups.ReceiveOption {
	if groups.CapabilitiesOfTypes().Silent.For(t) {
		return groups.Silent
	}
	return groups.Notify
}

// CheckFirst implements groups.Members.
func (s Service) CheckFirst(ctx context.Context, users []string) error {
	counts, err := s.joined.JoinedCounts(ctx, s.app, users)
	for i, n := range counts {
		if n >= s.settings.Limits.Joined {
			return fault.At(fault.JoinedLimit, fault.Members, "%.40q is a member of %d groups, as many as a user may be", users[i], n)
		}
	}
	return err
}

// AddFirst implements groups.Members. The users are those of the call that created the group, so
// the first one who cannot join makes it fail.
func (s Service) AddFirst(ctx context.Context, g groups.Group, list []groups.NewMember) error {
	a := &addition{group: g, result: make(map[string]Result), refused: make(map[string]error)}
	head, err := s.reader.Head(ctx, s.app, g.ID)
	if err != nil {
		return err
	}
	for _, m := range list {
		a.joins = append(a.joins, FirstJoin(g, head, m, s.clock.Now().Unix()))
	}
	if err := s.join(ctx, a); err != nil {
		return err
	}
	for _, refusal := range a.refused {
		return refusal
	}
	return nil
}
