package membership

import (
	"context"
	"unicode/utf8"

	"parley/shared/domain/accounts"
	"parley/shared/domain/groups"
	"parley/shared/fault"
)

// An Update is what a call changes of one member. What is nil stays as it is.
type Update struct {
	Role     *groups.Role // Admin or Member
	Option   *groups.ReceiveOption
	NameCard *string
	Fields   map[string]string // an empty value removes the field
	MuteFor  *int64            // seconds from now; 0 ends the mute, Forever is for ever
}

// Update changes one member, all at once. Users change their receive options by SetOption. Roles are the
// owner's to give, and no call makes an owner: Transfer does.
func (s Service) Update(ctx context.Context, by groups.Actor, group, user string, u Update) error {
	g, err := s.find(ctx, group)
	if err != nil {
		return err
	}
	if err := s.checkUpdate(ctx, by, g, user, u); err != nil {
		return err
	}
	var seen Member
	var until *int64
	if u.MuteFor != nil {
		end := s.endOfMute(*u.MuteFor)
		until = &end
	}
	err = s.untilWritten(ctx, func() (bool, error) {
		found, err := s.reader.MembersOf(ctx, s.app, group, accounts.Distinct([]string{user}), true)
		if err != nil {
			return false, err
		}
		if seen = found[user]; seen.User == "" {
			return false, memberUnknown(user)
		}
		if u.Role != nil && seen.Role == groups.Owner {
			return false, notPermitted("the role of the owner changes with the owner")
		}
		if err := s.mayUpdate(ctx, by, g, seen, u); err != nil {
			return false, err
		}
		c := Change{Seen: seen, Role: u.Role, Option: u.Option, NameCard: u.NameCard, Fields: u.Fields, MutedUntil: until}
		out, err := s.store.WriteMembers(ctx, s.app, Transaction{Group: group, NowMs: s.clock.Now().UnixMilli(), Changes: []Change{c}})
		return out.Written, err
	})
	if err != nil {
		return err
	}
	s.notifyUpdate(ctx, by, g, seen, u)
	return nil
}

// SetOption sets the receive option of a member. It returns whether it was another one before.
func (s Service) SetOption(ctx context.Context, group, user string, o groups.ReceiveOption) (changed bool, err error) {
	if _, err := s.find(ctx, group); err != nil {
		return false, err
	}
	err = s.untilWritten(ctx, func() (bool, error) {
		found, err := s.reader.MembersOf(ctx, s.app, group, accounts.Distinct([]string{user}), true)
		if err != nil {
			return false, err
		}
		seen := found[user]
		switch {
		case seen.User == "":
			return false, memberUnknown(user)
		case seen.Option == o:
			changed = false
			return true, nil
		}
		out, err := s.store.WriteMembers(ctx, s.app, Transaction{
			Group: group, NowMs: s.clock.Now().UnixMilli(), Changes: []Change{{Seen: seen, Option: &o}},
		})
		changed = out.Written
		return out.Written, err
	})
	return changed, err
}

// checkUpdate refuses what no member of the group can have.
func (s Service) checkUpdate(ctx context.Context, by groups.Actor, g groups.Group, user string, u Update) error {
	types := groups.CapabilitiesOfTypes()
	if u.Role != nil {
		if *u.Role != groups.Admin && *u.Role != groups.Member {
			return fault.At(fault.Invalid, fault.Role, "a member is made an admin or an ordinary member")
		}
		if _, err := s.require(ctx, by, g, types.AppointAdmins, "appoint admins"); err != nil {
			return err
		}
	}
	if u.MuteFor != nil {
		if _, err := s.require(ctx, by, g, types.MuteMembers, "mute members"); err != nil {
			return err
		}
	}
	if u.Option != nil && !u.Option.Valid() {
		return fault.At(fault.Invalid, fault.ReceiveOption, "there is no receive option %d", int(*u.Option))
	}
	if u.Option != nil && !by.Application {
		return notPermitted("a user sets the own receive option only")
	}
	if u.NameCard != nil && (len(*u.NameCard) > MaxNameCard || !utf8.ValidString(*u.NameCard)) {
		return fault.At(fault.TextTooLong, fault.NameCard, "a name card has at most %d bytes", MaxNameCard)
	}
	role := groups.Application
	if !by.Application {
		var err error
		if role, err = s.RoleOf(ctx, g.ID, by.User); err != nil {
			return err
		}
	}
	return groups.CheckFields(s.fieldsOf(by, user), u.Fields, role, groups.MaxMemberFieldValue, fault.MemberField)
}

// mayUpdate refuses a change of a member whom the actor may not change: others than oneself only
// the owner and admins do.
func (s Service) mayUpdate(ctx context.Context, by groups.Actor, g groups.Group, seen Member, u Update) error {
	if by.Application || (by.User == seen.User && u.Role == nil && u.MuteFor == nil) {
		return nil
	}
	role, err := s.RoleOf(ctx, g.ID, by.User)
	if err != nil {
		return err
	}
	if role < groups.Admin {
		return notPermitted("only the owner and admins change other members")
	}
	return mayActOn(role, seen.Role)
}

// notifyUpdate notifies a member of a new role, and of a mute.
func (s Service) notifyUpdate(ctx context.Context, by groups.Actor, g groups.Group, seen Member, u Update) {
	list := []string{seen.User}
	if u.Role != nil && *u.Role != seen.Role {
		tip, notice := groups.TipAdminsRemoved, groups.NoticeNoAdmin
		if *u.Role == groups.Admin {
			tip, notice = groups.TipAdminsAdded, groups.NoticeAdmin
		}
		s.notifier.Tip(ctx, g, groups.Tip{Kind: tip, By: by.User, Users: list})
		s.notify(ctx, g, list, groups.Notice{Kind: notice, By: by.User, User: seen.User})
	}
	if u.MuteFor != nil {
		s.notifyMute(ctx, by, g, list, *u.MuteFor)
	}
}
