package membership

import (
	"context"

	"parley/shared/domain/groups"
	"parley/shared/fault"
)

// View returns groups as a user sees them, in the order of ids, each with what the user is in it. The
// role of a user who is not a member is NotMember. A group has the custom fields that the user may
// read.
//
// The item of a group that does not exist is an error with GroupUnknown, and so is one that is hidden
// from the user until its first message. That of an id that no group can have is GroupIDInvalid, and
// that of a group that only members may see NotPermitted.
func (s Service) View(ctx context.Context, user string, ids []string) ([]JoinedGroup, []error, error) {
	if len(ids) > groups.MaxGet {
		return nil, nil, fault.At(fault.BatchTooLarge, fault.Group, "a call reads at most %d groups", groups.MaxGet)
	}
	errs := make([]error, len(ids))
	var valid []string
	seen := make(map[string]int) // position in valid
	for i, id := range ids {
		if errs[i] = groups.CheckID(id); errs[i] != nil {
			continue
		}
		if _, again := seen[id]; !again {
			seen[id] = len(valid)
			valid = append(valid, id)
		}
	}
	found, err := s.reader.Groups(ctx, s.app, valid)
	if err != nil {
		return nil, nil, err
	}
	joined, err := s.joined.Memberships(ctx, s.app, user, valid)
	if err != nil {
		return nil, nil, err
	}
	list := make([]JoinedGroup, len(ids))
	for i, id := range ids {
		if errs[i] == nil {
			list[i].Member = joined[id]
			list[i].Group, errs[i] = s.view(id, found[seen[id]], joined[id].Role)
		}
	}
	return list, errs, nil
}

// view returns a group as a user with a role sees it.
func (s Service) view(id string, g *groups.Group, role groups.Role) (groups.Group, error) {
	err := g.Exists(id)
	if err == nil && !g.ActiveFor(role) {
		err = fault.At(fault.GroupUnknown, fault.Group, "there is no group %.60q", id)
	}
	if err == nil && role < groups.Member {
		err = checkRole(role, *g, groups.CapabilitiesOfTypes().Find, "find the group without being a member")
	}
	if err != nil {
		return groups.Group{}, err
	}
	seen := *g
	seen.Fields = groups.Readable(s.settings.GroupFields, g.Fields, role)
	return seen, nil
}
