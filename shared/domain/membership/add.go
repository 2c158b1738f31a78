package membership

import (
	"context"
	"slices"

	"parley/shared/domain/accounts"
	"parley/shared/domain/groups"
	"parley/shared/fault"
)

// A Result says what became of a user whom a call adds to a group. The numbers are those of the
// vendor (docs/spec/tencent §16.0).
type Result int

// The results.
const (
	Failed  Result = 0 // the user has no account, or is in as many groups as a user may be
	Added   Result = 1
	Already Result = 2 // the user is a member already
	// UserDecides and AdminDecides: the user has to agree, or the owner or an admin.
	UserDecides  Result = 3
	AdminDecides Result = 4
)

// joinsPerWrite is how many users join in one transaction, which has three items of each and one of
// the group. DynamoDB takes 100.
const joinsPerWrite = 33

// Add adds users to a group, and returns what became of each. A user who is named twice is a member
// already the second time.
//
// It fails with GroupFull if those who are not members yet do not fit, with AccountUnknown if none
// of the users has an account, and with JoinedLimit if nobody could be added because of that limit.
// If silent is true, nobody is notified. If invited users of the application have to agree, the users
// are asked, and are notified of that.
func (s Service) Add(ctx context.Context, by groups.Actor, group string, list []string, silent bool) ([]Result, error) {
	if len(list) > MaxAdded {
		return nil, tooMany(MaxAdded)
	}
	g, err := s.find(ctx, group)
	if err == nil {
		_, err = s.require(ctx, by, g, groups.CapabilitiesOfTypes().Invite, "add users")
	}
	if err != nil {
		return nil, err
	}
	return s.add(ctx, by, g, list, "", silent)
}

// add is Add for a group that was read, and an actor who may add users. text is for users who have to
// agree.
func (s Service) add(ctx context.Context, by groups.Actor, g groups.Group, list []string, text string, silent bool) ([]Result, error) {
	a, err := s.newAddition(ctx, g, list)
	if err != nil {
		return nil, err
	}
	if s.settings.InviteeConfirms {
		if err := s.askUsers(ctx, by, a, text); err != nil {
			return nil, err
		}
		return a.results(list)
	}
	head, err := s.reader.Head(ctx, s.app, g.ID)
	if err != nil {
		return nil, err
	}
	for _, user := range a.missing {
		a.joins = append(a.joins, s.joining(g, head, user, a.living[user].Indexed))
	}
	if err := s.join(ctx, a); err != nil {
		return nil, err
	}
	if added := a.added(); len(added) > 0 && !silent {
		s.notifier.Tip(ctx, a.group, groups.Tip{
			Kind: groups.TipJoined, By: by.User, Users: added, Members: a.group.Members, Invited: true,
		})
		s.notify(ctx, a.group, added, groups.Notice{Kind: groups.NoticeAdded, By: by.User})
	}
	return a.results(list)
}

// joining returns what is written of a user who becomes an ordinary member now. What was sent
// before is read.
func (s Service) joining(g groups.Group, head groups.Head, user string, indexed bool) Join {
	return Join{
		Member: Member{User: user, Role: groups.Member, Joined: s.clock.Now().Unix(), Option: firstOption(g.Type)},
		Number: head.Number, Read: head.Number, Counted: head.Counted, Indexed: indexed,
	}
}

// An addition is users who are to become members of a group.
type addition struct {
	group   groups.Group // Members counts those who have been added
	living  map[string]*accounts.Account
	missing []string // who has an account and is not a member
	joins   []Join
	result  map[string]Result
	refused map[string]error
	// accepted is the request that the joins accept; nil if there is none.
	accepted *AcceptedRequest
}

// newAddition reads which of the users have accounts, and which are members already. It fails with
// AccountUnknown if none has an account, and with GroupFull if the others do not fit.
func (s Service) newAddition(ctx context.Context, g groups.Group, list []string) (*addition, error) {
	a := &addition{group: g, result: make(map[string]Result), refused: make(map[string]error)}
	ids := accounts.Distinct(list)
	var found map[string]Member
	err := s.parallel.Run(ctx,
		func(ctx context.Context) (err error) {
			a.living, err = accounts.Living(ctx, s.accounts, s.app, ids)
			return err
		},
		func(ctx context.Context) (err error) {
			found, err = s.reader.MembersOf(ctx, s.app, g.ID, ids, false)
			return err
		},
	)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if found[id].Role != groups.NotMember {
			a.result[id] = Already
		} else if a.living[id] != nil {
			a.missing = append(a.missing, id)
		}
	}
	if len(a.missing) == 0 && len(a.result) == 0 {
		return nil, fault.At(fault.AccountUnknown, fault.Members, "none of the users has an account")
	}
	if limit := s.maxMembers(g); g.Members+len(a.missing) > limit {
		return nil, groupFull(limit)
	}
	return a, nil
}

func groupFull(limit int) error {
	return fault.New(fault.GroupFull, "the group has at most %d members", limit)
}

// join writes the joins of an addition, joinsPerWrite at a time. Users who cannot join are left
// out. If the group becomes full meanwhile, the rest has failed.
func (s Service) join(ctx context.Context, a *addition) error {
	for chunk := range slices.Chunk(a.joins, joinsPerWrite) {
		err := s.untilWritten(ctx, func() (bool, error) {
			chunk = slices.DeleteFunc(slices.Clone(chunk), func(j Join) bool { return a.refused[j.User] != nil })
			if len(chunk) == 0 {
				return true, nil
			}
			out, err := s.store.WriteMembers(ctx, s.app, Transaction{
				Group: a.group.ID, NowMs: s.clock.Now().UnixMilli(), Joins: chunk, MaxMembers: s.maxMembers(a.group), MaxJoined: s.settings.Limits.Joined,
				Accepted: a.accepted,
			})
			for user, refusal := range out.Refused {
				a.refused[user] = refusal
			}
			return out.Written, err
		})
		if fault.Is(err, fault.GroupFull) && a.added() != nil {
			break
		}
		if err != nil {
			return err
		}
		for _, j := range chunk {
			a.result[j.User] = Added
		}
		a.group.Members += len(chunk)
	}
	if a.added() != nil {
		s.copied(ctx, a.group)
	}
	return nil
}

// added returns who has become a member, in the order of the joins; nil if nobody has.
func (a *addition) added() []string {
	var list []string
	for _, j := range a.joins {
		if a.result[j.User] == Added {
			list = append(list, j.User)
		}
	}
	return list
}

// results returns what became of each user of the call.
func (a *addition) results(list []string) ([]Result, error) {
	for user, refusal := range a.refused {
		if fault.Is(refusal, fault.AlreadyMember) {
			a.result[user] = Already
		}
	}
	if len(a.result) == 0 {
		for _, refusal := range a.refused {
			return nil, refusal // each of them has reached the limit
		}
	}
	out, seen := make([]Result, len(list)), make(map[string]bool)
	for i, user := range list {
		if out[i] = a.result[user]; seen[user] && out[i] == Added {
			out[i] = Already
		}
		seen[user] = true
	}
	return out, nil
}
