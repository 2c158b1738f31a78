package membership

import (
	"context"
	"slices"

	"parley/shared/domain/accounts"
	"parley/shared/domain/groups"
	"parley/shared/fault"
)

// mutesPerWrite is how many users are muted in one transaction, which has three items of each and
// one of the group. DynamoDB takes 100.
const mutesPerWrite = 33

// endOfMute returns when a mute of so many seconds ends, Unix seconds; 0 if there is to be none.
func (s Service) endOfMute(seconds int64) int64 {
	if seconds == 0 {
		return 0
	}
	return min(s.clock.Now().Unix()+seconds, Forever)
}

// Mute mutes users in a group for so many seconds, or ends their mutes if that is 0. Forever is for
// ever. They need not be members: a mute outlives the membership. Users without an account are
// skipped.
func (s Service) Mute(ctx context.Context, by groups.Actor, group string, list []string, seconds int64) error {
	if len(list) > MaxMuted {
		return tooMany(MaxMuted)
	}
	if seconds < 0 || seconds > Forever {
		return fault.At(fault.Invalid, fault.MuteTime, "a mute has 0 to %d seconds", int64(Forever))
	}
	g, err := s.find(ctx, group)
	if err != nil {
		return err
	}
	role, err := s.require(ctx, by, g, groups.CapabilitiesOfTypes().MuteMembers, "mute members")
	if err != nil {
		return err
	}
	living, err := accounts.Living(ctx, s.accounts, s.app, list)
	if err != nil {
		return err
	}
	ids := slices.DeleteFunc(accounts.Distinct(list), func(id string) bool { return living[id] == nil })
	found, err := s.reader.MembersOf(ctx, s.app, g.ID, ids, true)
	if err != nil {
		return err
	}
	for _, m := range found {
		if err := mayActOn(role, m.Role); err != nil {
			return err
		}
	}
	until := s.endOfMute(seconds)
	for chunk := range slices.Chunk(ids, mutesPerWrite) {
		again := false
		err := s.untilWritten(ctx, func() (bool, error) {
			if again {
				if found, err = s.reader.MembersOf(ctx, s.app, g.ID, chunk, true); err != nil {
					return false, err
				}
			}
			again = true
			t := Transaction{Group: g.ID, NowMs: s.clock.Now().UnixMilli()}
			for _, id := range chunk {
				seen := found[id]
				if seen.User = id; mayActOn(role, seen.Role) == nil {
					t.Changes = append(t.Changes, Change{Seen: seen, MutedUntil: &until})
				}
			}
			out, err := s.store.WriteMembers(ctx, s.app, t)
			return out.Written, err
		})
		if err != nil {
			return err
		}
	}
	members := slices.DeleteFunc(ids, func(id string) bool { return found[id].Role == groups.NotMember })
	s.notifyMute(ctx, by, g, members, seconds)
	return nil
}

// notifyMute notifies members that they are muted, or that their mute has ended.
func (s Service) notifyMute(ctx context.Context, by groups.Actor, g groups.Group, members []string, seconds int64) {
	if len(members) == 0 {
		return
	}
	s.notifier.Tip(ctx, g, groups.Tip{Kind: groups.TipMemberChanged, By: by.User, Users: members, MutedSeconds: seconds})
	s.notify(ctx, g, members, groups.Notice{Kind: groups.NoticeMuted, By: by.User, MutedSeconds: seconds})
}

// Mutes returns the mutes of a group that are in force.
func (s Service) Mutes(ctx context.Context, group string) ([]Mute, error) {
	if _, err := s.find(ctx, group); err != nil {
		return nil, err
	}
	return s.reader.Mutes(ctx, s.app, group, s.clock.Now().Unix())
}
