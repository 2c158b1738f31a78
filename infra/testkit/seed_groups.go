package testkit

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"parley/shared/domain/accounts"
	"parley/shared/domain/chat"
	"parley/shared/domain/delivery"
	"parley/shared/domain/groupdata"
	"parley/shared/domain/groups"
	"parley/shared/domain/membership"
	"parley/shared/dynamo"
	"parley/shared/store/schema"
)

func groupVerbs() []verb {
	return []verb{
		{"group", "group GROUP work|public|meeting [OWNER]", "Make a group in which messages have been sent.", func(ctx context.Context, l seedLine) error {
			return l.group(ctx, true)
		}},
		{"hidden-group", "hidden-group GROUP work|public|meeting [OWNER]", "Make a group that waits for its first message.", func(ctx context.Context, l seedLine) error {
			return l.group(ctx, false)
		}},
		{"destroyed-group", "destroyed-group GROUP", "Destroy a group, and leave its data.", func(ctx context.Context, l seedLine) error {
			defer l.w.GroupJobs.Take()
			return l.tenant.Groups.Destroy(ctx, groups.Actor{Application: true}, l.arg(0))
		}},
		{"removed-group", "removed-group GROUP", "Destroy a group, and remove its data. The clock moves half a minute.", func(ctx context.Context, l seedLine) error {
			err := l.tenant.Groups.Destroy(ctx, groups.Actor{Application: true}, l.arg(0))
			if err != nil {
				return err
			}
			return removeGroups(ctx, l)
		}},
		{"member", "member GROUP USER...", "Add users to a group.", func(ctx context.Context, l seedLine) error {
			for users := l.args[1:]; len(users) > 0; users = users[min(len(users), membership.MaxAdded):] {
				_, err := l.tenant.Members.Add(ctx, groups.Actor{Application: true}, l.arg(0), users[:min(len(users), membership.MaxAdded)], true)
				if err != nil {
					return err
				}
			}
			return nil
		}},
		{"join-option", "join-option GROUP free|confirm|deny", "Set what happens to users who ask to join a group.", func(ctx context.Context, l seedLine) error {
			o := groups.JoinOption(l.arg(1))
			return l.tenant.Groups.Update(ctx, groups.Actor{Application: true}, l.arg(0), groups.Update{Join: &o})
		}},
		{"invite-option", "invite-option GROUP free|confirm|deny", "Set what happens to users whom members invite to a group.", func(ctx context.Context, l seedLine) error {
			o := groups.InviteOption(l.arg(1))
			return l.tenant.Groups.Update(ctx, groups.Actor{Application: true}, l.arg(0), groups.Update{Invite: &o})
		}},
		{"join-request", "join-request GROUP USER [TEXT]", "Let a user ask to join a group.", func(ctx context.Context, l seedLine) error {
			_, err := l.tenant.Members.Apply(ctx, l.arg(1), l.arg(0), l.arg(2))
			return err
		}},
		{"invitation", "invitation GROUP BY USER [TEXT]", "Let a member invite a user to a group.", func(ctx context.Context, l seedLine) error {
			_, err := l.tenant.Members.Invite(ctx, groups.Actor{User: l.arg(1)}, l.arg(0), []string{l.arg(2)}, l.arg(3))
			return err
		}},
		{"group-admin", "group-admin GROUP USER...", "Make members admins of a group.", func(ctx context.Context, l seedLine) error {
			admin := groups.Admin
			for _, user := range l.args[1:] {
				err := l.tenant.Members.Update(ctx, groups.Actor{Application: true}, l.arg(0), user, membership.Update{Role: &admin})
				if err != nil {
					return err
				}
			}
			return nil
		}},
		{"name-card", "name-card GROUP USER CARD [FIELD VALUE]", "Set the name card of a member, and a custom field.", func(ctx context.Context, l seedLine) error {
			card, u := l.arg(2), membership.Update{}
			if u.NameCard = &card; l.arg(3) != "" {
				u.Fields = map[string]string{l.arg(3): l.arg(4)}
			}
			return l.tenant.Members.Update(ctx, groups.Actor{Application: true}, l.arg(0), l.arg(1), u)
		}},
		{"group-mute", "group-mute GROUP SECONDS USER...", "Mute users in a group.", func(ctx context.Context, l seedLine) error {
			seconds, err := l.number(1)
			if err != nil {
				return err
			}
			return l.tenant.Members.Mute(ctx, groups.Actor{Application: true}, l.arg(0), l.args[2:], int64(seconds))
		}},
		{"group-numbers", "group-numbers GROUP NUMBER COUNTED", "Set the number of the last message of a group, and how many count as unread, without messages.", func(ctx context.Context, l seedLine) error {
			n, err1 := l.number(1)
			counted, err2 := l.number(2)
			head := dynamo.Item{"q": Number(int64(n)), "c": Number(int64(counted)), "lt": Number(l.now())}
			return errors.Join(err1, err2, l.w.SetAttributes(ctx, schema.Core, schema.GroupHeadKey(l.w.ID, l.arg(0)), head))
		}},
		{"group-data", "group-data GROUP NAME=VALUE...", "Set custom fields of a group.", func(ctx context.Context, l seedLine) error {
			fields := make(map[string]string)
			for _, arg := range l.args[1:] {
				name, value, _ := strings.Cut(arg, "=")
				fields[name] = value
			}
			return l.tenant.Groups.Update(ctx, groups.Actor{Application: true}, l.arg(0), groups.Update{Fields: fields})
		}},
		{"group-attributes", "group-attributes GROUP KEY=VALUE...", "Set attributes of a group.", func(ctx context.Context, l seedLine) error {
			values := make(map[string]string)
			for _, arg := range l.args[1:] {
				key, value, _ := strings.Cut(arg, "=")
				values[key] = value
			}
			_, err := l.tenant.GroupData.SetAttributes(ctx, groups.Actor{Application: true}, l.arg(0), values, false, delivery.Origin{})
			return err
		}},
		{"group-counters", "group-counters GROUP KEY=N...", "Set counters of a group.", func(ctx context.Context, l seedLine) error {
			u := groupdata.CountersUpdate{Values: make(map[string]int64)}
			for _, arg := range l.args[1:] {
				key, text, _ := strings.Cut(arg, "=")
				n, err := strconv.ParseInt(text, 10, 64)
				if err != nil {
					return err
				}
				u.Values[key] = n
			}
			_, err := l.tenant.GroupData.ChangeCounters(ctx, groups.Actor{Application: true}, l.arg(0), u, delivery.Origin{})
			return err
		}},
		{"group-rename", "group-rename GROUP NAME", "Change the name of a group, as a backend does.", func(ctx context.Context, l seedLine) error {
			name := l.arg(1)
			return l.tenant.Groups.Update(ctx, groups.Actor{Application: true}, l.arg(0), groups.Update{Name: &name})
		}},
		{"group-limit", "group-limit GROUP N", "Set how many members a group may have.", func(ctx context.Context, l seedLine) error {
			n, err := l.number(1)
			if err != nil {
				return err
			}
			return l.setGroup(ctx, dynamo.Item{"mx": Number(int64(n))})
		}},
		{"group-row-pinned", "group-row-pinned USER GROUP", "Pin the conversation of a group in the user's list.", func(ctx context.Context, l seedLine) error {
			row := dynamo.Item{"pn": Number(l.now() * 1000), "kx": Number(4_000_000_000)}
			if err := l.w.SetAttributes(ctx, schema.Core, schema.RowKey(l.w.ID, l.arg(0), chat.OfGroup(l.arg(1))), row); err != nil {
				return err
			}
			return l.w.SetAttributes(ctx, schema.Core, schema.HeadKey(l.w.ID, l.arg(0)), dynamo.Item{"n": Number(1), "np": Number(1)})
		}},
		{"group-row-labelled", "group-row-labelled USER GROUP TEXT", "Put a label on the conversation of a group in the user's list.", func(ctx context.Context, l seedLine) error {
			row := dynamo.Item{"cd": stringValue(l.text(2)), "kx": Number(4_000_000_000)}
			if err := l.w.SetAttributes(ctx, schema.Core, schema.RowKey(l.w.ID, l.arg(0), chat.OfGroup(l.arg(1))), row); err != nil {
				return err
			}
			return l.w.SetAttributes(ctx, schema.Core, schema.HeadKey(l.w.ID, l.arg(0)), dynamo.Item{"n": Number(1)})
		}},
		{"group-head", "group-head GROUP USER NUMBER COUNTED TEXT...", "Set the head of a group as if a user had sent the message with that number, and so many count as unread.", func(ctx context.Context, l seedLine) error {
			number, err := l.number(2)
			if err != nil {
				return err
			}
			counted, err := l.number(3)
			if err != nil {
				return err
			}
			return l.w.SetAttributes(ctx, schema.Core, schema.GroupHeadKey(l.w.ID, l.arg(0)), dynamo.Item{
				"q": Number(int64(number)), "c": Number(int64(counted)), "k": Number(int64(number)), "t": Number(l.now() * 1000), "lt": Number(l.now()),
				"u": stringValue(l.arg(1)), "pv": stringValue(l.text(4)),
			})
		}},
		{"joined-count", "joined-count USER N", "Set the count of groups that a user is a member of, without memberships.", func(ctx context.Context, l seedLine) error {
			n, err := l.number(1)
			if err != nil {
				return err
			}
			return l.w.SetAttributes(ctx, schema.Core, schema.HeadKey(l.w.ID, l.arg(0)), dynamo.Item{"gn": Number(int64(n))})
		}},
	}
}

// group makes a group, and an account for the owner. Nobody is told of it.
func (l seedLine) group(ctx context.Context, active bool) error {
	if owner := l.arg(2); owner != "" {
		if err := l.tenant.Accounts.Import(ctx, accounts.Import{ID: owner}); err != nil {
			return err
		}
	}
	_, err := l.tenant.Groups.Create(ctx, groups.Actor{Application: true}, groups.NewGroup{
		Group: groups.Group{ID: l.arg(0), Type: groups.Type(l.arg(1)), Name: l.arg(0), Owner: l.arg(2)}, Prefix: "@TGS#", Import: active,
	})
	return err
}

// setGroup writes attributes to the profile of the group that is the first argument.
func (l seedLine) setGroup(ctx context.Context, attributes dynamo.Item) error {
	return l.w.SetAttributes(ctx, schema.Core, schema.GroupKey(l.w.ID, l.arg(0)), attributes)
}

// removeGroups does the jobs that remove the data of destroyed groups.
func removeGroups(ctx context.Context, l seedLine) error {
	for list := l.w.GroupJobs.Take(); len(list) > 0; list = l.w.GroupJobs.Take() {
		for _, r := range list {
			l.w.Clock.Move(r.Delay)
			if err := l.tenant.Groups.ContinueRemoval(ctx, r.Job); err != nil {
				return err
			}
		}
	}
	return nil
}
