package groupchat

import (
	"context"
	"slices"

	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/delivery"
	"parley/shared/domain/groups"
	"parley/shared/domain/timeline"
)

// Tip implements groups.Notifier. A tip takes a number like a message of a user. It does not count
// as unread and is not pushed. Nothing is stored, and nothing is delivered, if the type of the group
// does not have tips of this kind, or if the group is hidden until its first message.
//
// If the profile has changed, the devices of all members are notified of that as well, whether there
// is a tip or not.
func (s Service) Tip(ctx context.Context, g groups.Group, t groups.Tip) {
	if !g.Active {
		return
	}
	if t.Kind == groups.TipProfileChanged {
		s.fanout.DeliverAfterCommit(ctx, g.ID, nil, delivery.Origin{}, groups.ProfileChanged{Group: g.ID, Changes: t.Changes, Version: g.Version})
	}
	t, kept := keepTip(g.Type, t)
	if !kept {
		return
	}
	m := timeline.Message{
		Chat: chat.OfGroup(g.ID), From: t.By, Content: content.Content{Tip: &t}, ExcludedFromUnread: true,
	}
	s.delivery.LogFailure(ctx, g.ID+": tip", s.storeTip(ctx, g.ID, m))
}

// storeTip stores a tip, counts it and delivers it.
func (s Service) storeTip(ctx context.Context, group string, m timeline.Message) error {
	since := s.clock.Now().Unix()
	head, err := s.heads.Head(ctx, s.app, group)
	if head == nil || err != nil {
		return err
	}
	if err := s.store(ctx, &m, *head, since); err != nil {
		return err
	}
	counted := s.count(ctx, HeadUpdate{Message: m, Delivered: !large(*head)})
	if large(*head) {
		return s.queue(ctx, group, counted)
	}
	s.fanout.DeliverAfterCommit(ctx, group, nil, delivery.Origin{}, m)
	return nil
}

// keepTip returns a tip without the changes of which a group of this type has no tips. It returns
// false if nothing is left.
func keepTip(kind groups.Type, t groups.Tip) (groups.Tip, bool) {
	can := groups.CapabilitiesOfTypes()
	switch t.Kind {
	case groups.TipJoined, groups.TipLeft, groups.TipRemoved:
		return t, can.TipMembership.For(kind)
	case groups.TipAdminsAdded, groups.TipAdminsRemoved, groups.TipMemberChanged:
		return t, can.TipRoles.For(kind)
	case groups.TipProfileChanged:
	}
	t.Changes = slices.DeleteFunc(slices.Clone(t.Changes), func(c groups.Change) bool {
		switch c.Field {
		case groups.NameField, groups.IntroductionField, groups.NoticeField, groups.FaceField, groups.OwnerField:
			return !can.TipProfile.For(kind)
		default:
			return !can.TipSettings.For(kind)
		}
	})
	return t, len(t.Changes) > 0
}

// noticePart is how many users a notice is delivered to at once.
const noticePart = 100

// Notify implements groups.Notifier.
func (s Service) Notify(ctx context.Context, to []string, n groups.Notice) {
	if n.TimeMs == 0 {
		n.TimeMs = s.clock.Now().UnixMilli()
	}
	for part := range slices.Chunk(to, noticePart) {
		s.delivery.DeliverAfterCommit(ctx, part, delivery.Origin{}, n)
	}
}

// NotifyMembers delivers a notice of the application to the devices of members that are online: to
// those of the users who are members or, if only is nil, to all.
func (s Service) NotifyMembers(ctx context.Context, group, by, text string, only []string) error {
	if _, err := s.check.head(ctx, group); err != nil {
		return err
	}
	r, err := s.fanout.Audience(ctx, group, only)
	if err != nil {
		return err
	}
	_, _, err = s.fanout.Deliver(ctx, r.Anyway(), delivery.Origin{}, groups.Notice{
		Kind: groups.NoticeOfApplication, Group: group, By: by, Text: text, TimeMs: s.clock.Now().UnixMilli(),
	})
	return err
}
