package groups

import (
	"context"
	"strconv"
	"unicode/utf8"

	"parley/shared/fault"
)

// An Update is what a call changes of a profile. What is nil stays as it is.
type Update struct {
	Name, Introduction, Notice, Face *string
	Join                             *JoinOption
	Invite                           *InviteOption
	MaxMembers                       *int
	MuteAll                          *bool
	HistoryBeforeJoin                *bool
	// Fields are values of custom fields; those that it does not name stay. An empty value removes
	// a field.
	Fields map[string]string
}

// check refuses values that no group has, and custom fields that a user with a role may not
// write.
func (s Service) check(u Update, r Role) error {
	for _, t := range []struct {
		text  *string
		most  int
		field fault.Field
	}{
		{u.Name, MaxName, fault.GroupName}, {u.Introduction, MaxIntroduction, fault.Introduction},
		{u.Notice, MaxNotice, fault.Notice}, {u.Face, MaxFace, fault.GroupFace},
	} {
		if t.text != nil && (len(*t.text) > t.most || !utf8.ValidString(*t.text)) {
			return fault.At(fault.TextTooLong, t.field, "the text has at most %d bytes", t.most)
		}
	}
	switch {
	case u.Name != nil && *u.Name == "":
		return fault.At(fault.Invalid, fault.GroupName, "a group has a name")
	case u.Join != nil && !u.Join.Valid():
		return fault.At(fault.Invalid, fault.JoinOption, "%.20q is not a join option", string(*u.Join))
	case u.Invite != nil && !u.Invite.Valid():
		return fault.At(fault.Invalid, fault.InviteOption, "%.20q is not an invite option", string(*u.Invite))
	case u.MaxMembers != nil && *u.MaxMembers < 1:
		return fault.At(fault.Invalid, fault.MaxMembers, "a group may have at least one member")
	case u.MaxMembers != nil && *u.MaxMembers > s.settings.Limits.Members:
		return fault.New(fault.GroupMembersLimit, "a group of the application has at most %d members", s.settings.Limits.Members)
	}
	return CheckFields(s.settings.GroupFields, u.Fields, r, MaxFieldValue, fault.GroupField)
}

// Update changes fields of a group, and notifies the members. What is as it was is no change: a
// repeat of the call changes nothing and notifies nobody.
//
// The head gets its copy of the profile also if nothing has changed: a call before this one may
// have died before it.
func (s Service) Update(ctx context.Context, by Actor, id string, u Update) error {
	g, err := s.current(ctx, id)
	if err != nil {
		return err
	}
	if CapabilitiesOfTypes().Apply.For(g.Type) == Nobody {
		u.Join = nil // the option has no effect in a type in which nobody asks to join
	}
	r, err := s.role(ctx, by, id)
	if err == nil {
		err = u.permitted(g.Type, r)
	}
	if err == nil {
		err = s.check(u, r)
	}
	if err != nil {
		return err
	}
	changed, list := u.changes(g, s.settings.GroupFields)
	if changed {
		after, err := s.store.UpdateGroup(ctx, s.app, id, u, s.clock.Now().Unix())
		if err != nil {
			return err
		}
		if err := after.Exists(id); err != nil {
			return err
		}
		g = *after
	}
	if err := s.store.CopyToHead(ctx, s.app, g, s.SeesEarlier(g)); err != nil {
		return err
	}
	if len(list) > 0 {
		s.notifier.Tip(ctx, g, Tip{Kind: TipProfileChanged, By: by.User, Members: g.Members, Changes: list})
	}
	return nil
}

// permitted fails with NotPermitted if a user with a role may not make the update in a group of a
// type. The rights of custom fields are those of the fields.
func (u Update) permitted(t Type, r Role) error {
	types := CapabilitiesOfTypes()
	if u.Name != nil || u.Introduction != nil || u.Notice != nil || u.Face != nil {
		if err := r.check(t, types.ChangeProfile, "change the group"); err != nil {
			return err
		}
	}
	if u.Join != nil || u.Invite != nil || u.MaxMembers != nil || u.HistoryBeforeJoin != nil {
		if err := r.check(t, types.ChangeSettings, "change the settings of the group"); err != nil {
			return err
		}
	}
	if u.MuteAll != nil {
		return r.check(t, types.MuteMembers, "mute all")
	}
	return nil
}

// changes reports whether an update changes a group, and returns the changes that the devices of
// members are notified of. A custom field is among them if all members may read it.
func (u Update) changes(g Group, declared []Field) (changed bool, list []Change) {
	add := func(field ProfileField, before, after string) {
		if before != after {
			list = append(list, Change{Field: field, Value: after})
		}
	}
	addText := func(field ProfileField, before string, after *string) {
		if after != nil {
			add(field, before, *after)
		}
	}
	addText(NameField, g.Name, u.Name)
	addText(IntroductionField, g.Introduction, u.Introduction)
	addText(NoticeField, g.Notice, u.Notice)
	addText(FaceField, g.Face, u.Face)
	addText(JoinField, string(g.Join), (*string)(u.Join))
	addText(InviteField, string(g.Invite), (*string)(u.Invite))
	if u.MuteAll != nil {
		add(MuteAllField, strconv.FormatBool(g.MuteAll), strconv.FormatBool(*u.MuteAll))
	}
	changed = len(list) > 0
	changed = changed || (u.MaxMembers != nil && *u.MaxMembers != g.MaxMembers)
	changed = changed || (u.HistoryBeforeJoin != nil && (g.HistoryBeforeJoin == nil || *g.HistoryBeforeJoin != *u.HistoryBeforeJoin))
	for name, value := range u.Fields {
		changed = changed || g.Fields[name] != value
	}
	for _, f := range declared {
		if value, ok := u.Fields[f.Name]; ok && value != g.Fields[f.Name] && Member.May(f.Reads) {
			list = append(list, Change{Field: CustomField, Key: f.Name, Value: value})
		}
	}
	return changed, list
}
