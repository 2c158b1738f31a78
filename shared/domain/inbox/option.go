package inbox

import (
	"context"
	"slices"

	"parley/shared/domain/chat"
	"parley/shared/domain/delivery"
	"parley/shared/domain/direct"
	"parley/shared/domain/groups"
	"parley/shared/fault"
)

// MemberOptions sets the receive options of members of groups.
type MemberOptions interface {
	// SetOption sets the receive option of a member. It returns whether it was another one before. It
	// fails with GroupUnknown and MemberUnknown.
	SetOption(ctx context.Context, group, user string, o groups.ReceiveOption) (changed bool, err error)
}

// groupsAtOnce is for how many groups an option is set at the same time.
const groupsAtOnce = 25

// SetOption sets the receive option of some conversations: whether messages of others are
// delivered and pushed to the user. That a message is pushed if it mentions the user is an option
// of groups only. It returns an error for each conversation. It fails with DataLimit.
func (s Service) SetOption(ctx context.Context, user string, ids []chat.ID, o groups.ReceiveOption, origin delivery.Origin) ([]error, error) {
	isDirect := func(id chat.ID) bool { return id.Kind() == chat.Direct }
	switch {
	case !o.Valid():
		return nil, fault.At(fault.Invalid, fault.ReceiveOption, "there is no receive option %d", int(o))
	case o == groups.SilentButMentioned && slices.ContainsFunc(ids, isDirect):
		return nil, fault.At(fault.Invalid, fault.ReceiveOption, "a one-to-one conversation has no option for mentions")
	}
	errs := checkPeers(user, ids)
	var users, members []int // indices of the conversations with users, and of groups
	for _, i := range withoutError(errs) {
		if isDirect(ids[i]) {
			users = append(users, i)
		} else {
			members = append(members, i)
		}
	}
	if err := s.setDirectOptions(ctx, user, ids, users, direct.Option(o), origin, errs); err != nil {
		return nil, err
	}
	for part := range slices.Chunk(members, groupsAtOnce) {
		if err := s.setGroupOptions(ctx, user, ids, part, o, origin, errs); err != nil {
			return nil, err
		}
	}
	return errs, nil
}

// setDirectOptions sets the receive option of the conversations at some indices, and errs there.
func (s Service) setDirectOptions(ctx context.Context, user string, ids []chat.ID, at []int, o direct.Option, origin delivery.Origin, errs []error) error {
	list := make([]chat.ID, len(at))
	for n, i := range at {
		list[n] = ids[i]
	}
	got, err := s.changeData(ctx, user, list, false, origin, func(_ Head, r Row) (Data, error) {
		r.Option = o
		return r.Data, nil
	})
	if err != nil {
		return err
	}
	for n, i := range at {
		errs[i] = got[n]
	}
	return nil
}

// setGroupOptions sets the receive option of the groups at some indices, and errs there. The row of
// a group has a copy of the option, which is written together with that of the member.
func (s Service) setGroupOptions(ctx context.Context, user string, ids []chat.ID, at []int, o groups.ReceiveOption, origin delivery.Origin, errs []error) error {
	changed := make([]bool, len(at))
	run := make([]func(context.Context) error, len(at))
	for n, i := range at {
		run[n] = func(ctx context.Context) (err error) {
			group, _ := ids[i].Names()
			changed[n], err = s.options.SetOption(ctx, group, user, o)
			if err != nil && !fault.Of(err).Code.Ours() {
				errs[i], err = err, nil
			}
			return err
		}
	}
	failed := s.parallel.Run(ctx, run...)
	var list []chat.ID
	for n, i := range at {
		if changed[n] {
			list = append(list, ids[i])
		}
	}
	if len(list) == 0 || failed != nil {
		return failed
	}
	rows, err := s.rowsOf(ctx, user, list, true)
	if err != nil {
		s.delivery.LogFailure(ctx, "rows", err) // the options are stored: devices see them by their next sync
		return nil
	}
	s.deliverRows(ctx, user, origin, withoutGone(rows))
	return nil
}
