package membership

import (
	"context"

	"parley/shared/domain/groups"
	"parley/shared/fault"
)

// An Import is a member whom another system has.
type Import struct {
	User   string
	Role   groups.Role // Member or Admin
	Joined int64       // Unix seconds; 0: now
	Unread int64       // how many messages the member has not read
}

// Import adds members of another system, and returns what became of each. They see all messages of
// the group. Nobody is notified. A time of the join that is in the future or before the group fails the
// item, and so does an admin in a group that has none. It fails like Add.
func (s Service) Import(ctx context.Context, group string, list []Import) ([]Result, error) {
	if len(list) > MaxImported {
		return nil, tooMany(MaxImported)
	}
	g, err := s.find(ctx, group)
	if err != nil {
		return nil, err
	}
	users, byUser := make([]string, len(list)), make(map[string]Import)
	for i, m := range list {
		users[i] = m.User
		if _, found := byUser[m.User]; !found {
			byUser[m.User] = m
		}
	}
	a, err := s.newAddition(ctx, g, users)
	if err != nil {
		return nil, err
	}
	head, err := s.reader.Head(ctx, s.app, g.ID)
	if err != nil {
		return nil, err
	}
	now, admins := s.clock.Now().Unix(), groups.CapabilitiesOfTypes().AppointAdmins.For(g.Type) != groups.Nobody
	for _, user := range a.missing {
		m := byUser[user]
		if m.Joined == 0 {
			m.Joined = now
		}
		if m.Joined < g.Created || m.Joined > now || (m.Role == groups.Admin && !admins) || m.Unread < 0 {
			a.result[user] = Failed
			continue
		}
		j := s.joining(g, head, user, a.living[user].Indexed)
		j.Role, j.Joined, j.Number = m.Role, m.Joined, 0
		j.Read, j.Counted = unread(head, m.Unread)
		a.joins = append(a.joins, j)
	}
	if err := s.join(ctx, a); err != nil {
		return nil, err
	}
	return a.results(users)
}

// unread returns the read cursor of a member who has not read so many messages, at most as many as
// count as unread.
func unread(head groups.Head, n int64) (read, counted int64) {
	n = min(n, head.Counted)
	return max(0, head.Number-n), head.Counted - n
}

// SetUnread sets how many messages a member has not read; more than there are is all of them. In a
// group that counts nothing unread it has no effect.
func (s Service) SetUnread(ctx context.Context, group, user string, n int64) error {
	if n < 0 {
		return fault.New(fault.Invalid, "there are no %d unread messages", n)
	}
	g, err := s.find(ctx, group)
	if err != nil {
		return err
	}
	role, err := s.RoleOf(ctx, g.ID, user)
	if err == nil && role == groups.NotMember {
		err = memberUnknown(user)
	}
	if err != nil || !groups.CapabilitiesOfTypes().Unread.For(g.Type) {
		return err
	}
	head, err := s.reader.Head(ctx, s.app, g.ID)
	if err != nil {
		return err
	}
	read, counted := unread(head, n)
	for _, excluded := range head.Excluded {
		if excluded > read {
			counted = max(0, counted-1) // Head.Unread takes off what was recalled after the cursor
		}
	}
	set, err := s.store.SetRead(ctx, s.app, g.ID, user, read, counted, s.clock.Now().UnixMilli())
	if err == nil && !set {
		err = memberUnknown(user)
	}
	return err
}
