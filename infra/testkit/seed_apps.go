package testkit

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"parley/shared/domain/accounts"
	"parley/shared/domain/apps"
	"parley/shared/domain/groups"
	"parley/shared/domain/sessions"
	"parley/shared/dynamo"
	"parley/shared/dynamo/calls"
	"parley/shared/store/schema"
)

func appVerbs() []verb {
	return []verb{
		{"edition", "edition NAME", "Change the edition.", changeSettings(func(s *apps.Settings, args []string) error {
			s.Edition = apps.Edition(args[0])
			return nil
		})},
		{"limit", "limit NAME N", "Set a limit of this application: friends, blocked, lists, requests, following, watched, history (in days), " +
			"group-members, groups, new-groups, or joined-groups.", changeSettings(setLimit)},
		{"set", "set NAME [VALUE]", "Change a setting. With a number: recall (seconds), pictures and files (MB), native and web (instances), peak (users online), group-idle (days). " +
			"With a word: policy, allow-friends. Switched on: wording, friends-only, block-silently, follow, invitee-confirms, history-before-join.", changeSettings(setSetting)},
		{"custom-field", "custom-field profile|friend WORD [RIGHTS]", "Declare a custom field. The rights of users are r (read), w (write), or rw.", changeSettings(addField)},
		{"group-field", "group-field group|member NAME [READS WRITES [own]]", "Declare a custom field of groups or members. The least roles that read and write it are " +
			"anybody, member, admin, owner, or app, if nothing is given member and app. With own, members read and write their own.", changeSettings(addGroupField)},
		{"admin", "admin USER", "Make the user an admin.", func(ctx context.Context, l seedLine) error {
			_, err := l.w.App.Apps.AddAdmin(ctx, l.w.ID, l.arg(0))
			return err
		}},
		{"disable-app", "disable-app", "Switch the application off.", changeSettings(func(s *apps.Settings, _ []string) error {
			s.Disabled = true
			return nil
		})},
		{"expire-secret", "expire-secret", "End the validity of the application's secret now.", func(ctx context.Context, l seedLine) error {
			keys := fmt.Appendf(nil, `[{"n":1,"ct":%d,"un":%d}]`, l.app.Created, l.now())
			return l.w.SetAttributes(ctx, schema.Core, schema.SettingsKey(l.w.ID), dynamo.Item{"ks": &calls.Binary{Value: keys}})
		}},
		{"next-app", "next-app", "Add an application that follows this one in the operator's list.", func(ctx context.Context, l seedLine) error {
			return l.w.SetAttributes(ctx, schema.Core, schema.RegistryKey(l.w.ID+1), dynamo.Item{"n": stringValue("next"), "ct": Number(l.now())})
		}},
	}
}

func changeSettings(change func(s *apps.Settings, args []string) error) func(context.Context, seedLine) error {
	return func(ctx context.Context, l seedLine) error {
		if err := change(&l.app.Settings, l.args); err != nil {
			return err
		}
		_, err := l.w.App.Apps.Update(ctx, l.w.ID, l.app.Settings)
		return err
	}
}

func setLimit(s *apps.Settings, args []string) error {
	limit := map[string]*int{
		"friends": &s.Override.Friends, "blocked": &s.Override.Blocked, "lists": &s.Override.Lists, "requests": &s.Override.Requests,
		"following": &s.Override.Following, "watched": &s.Override.Watched, "history": &s.Override.HistoryDays,
		"group-members": &s.Override.GroupMembers, "groups": &s.Override.Groups, "new-groups": &s.Override.NewGroups, "joined-groups": &s.Override.JoinedGroups,
	}[args[0]]
	if limit == nil {
		return fmt.Errorf("no limit %q", args[0])
	}
	n, err := strconv.Atoi(args[1])
	*limit = n
	return err
}

func setSetting(s *apps.Settings, args []string) error {
	name, value := args[0], ""
	if len(args) > 1 {
		value = args[1]
	}
	numbers := map[string]*int{
		"recall": &s.RecallSeconds, "pictures": &s.PictureMB, "files": &s.FileMB,
		"native": &s.NativeInstances, "web": &s.WebInstances, "peak": &s.PeakOnline, "group-idle": &s.GroupIdleDays,
	}
	switches := map[string]*bool{
		"wording": &s.RequestWording, "friends-only": &s.FriendsOnly, "block-silently": &s.BlockSilently, "follow": &s.Follow,
		"invitee-confirms": &s.InviteeConfirms, "history-before-join": &s.HistoryBeforeJoin,
	}
	switch {
	case numbers[name] != nil:
		n, err := strconv.Atoi(value)
		*numbers[name] = n
		return err
	case switches[name] != nil:
		*switches[name] = true
	case name == "policy":
		s.LoginPolicy = sessions.Policy(value)
	case name == "allow-friends":
		s.Allow = accounts.FriendRequestPolicy(value)
	default:
		return fmt.Errorf("no setting %q", name)
	}
	return nil
}

func addField(s *apps.Settings, args []string) error {
	f := apps.Field{Name: args[1]}
	if len(args) > 2 {
		f.UserReads, f.UserWrites = strings.Contains(args[2], "r"), strings.Contains(args[2], "w")
	}
	switch args[0] {
	case "friend":
		s.FriendFields = append(s.FriendFields, f)
	case "profile":
		s.ProfileFields = append(s.ProfileFields, f)
	default:
		return fmt.Errorf("no custom fields of %q", args[0])
	}
	return nil
}

func addGroupField(s *apps.Settings, args []string) error {
	roles := map[string]groups.Role{
		"anybody": groups.NotMember, "member": groups.Member, "admin": groups.Admin, "owner": groups.Owner, "app": groups.Application,
	}
	f := groups.Field{Name: args[1], Reads: groups.Member, Writes: groups.Application}
	if len(args) > 3 {
		reads, ok := roles[args[2]]
		writes, known := roles[args[3]]
		if !ok || !known {
			return fmt.Errorf("no role %q or %q", args[2], args[3])
		}
		f.Reads, f.Writes, f.Own = reads, writes, len(args) > 4
	}
	switch args[0] {
	case "group":
		s.GroupFields = append(s.GroupFields, f)
	case "member":
		s.MemberFields = append(s.MemberFields, f)
	default:
		return fmt.Errorf("no custom fields of %q", args[0])
	}
	return nil
}
