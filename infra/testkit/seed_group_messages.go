package testkit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/groupchat"
	"parley/shared/domain/groups"
	"parley/shared/domain/membership"
	"parley/shared/domain/timeline"
	"parley/shared/dynamo"
	"parley/shared/store/schema"
)

func groupMessageVerbs() []verb {
	return []verb{
		{"group-message", "group-message USER GROUP RANDOM [TEXT...]", "Send a text to a group, as a backend does in the name of a user.", func(ctx context.Context, l seedLine) error {
			random, err := l.number32(2)
			if err != nil {
				return err
			}
			return l.sendToGroup(ctx, random, l.text(3), nil)
		}},
		{"group-messages", "group-messages USER GROUP N [TEXT...]", "Send N texts to a group, one a second, with RANDOM 1 ... N. The clock moves N seconds.", func(ctx context.Context, l seedLine) error {
			n, err := l.number32(2)
			for random := uint32(1); err == nil && random <= n; random++ {
				err = l.sendToGroup(ctx, random, l.text(3), nil)
				l.w.Clock.Move(time.Second)
			}
			return err
		}},
		{"group-message-full", "group-message-full USER GROUP RANDOM", "Send a text to a group with all that a message can have: priority, custom data, mentions, receivers, receipts, extensions.", func(ctx context.Context, l seedLine) error {
			random, err := l.number32(2)
			if err != nil {
				return err
			}
			return l.sendToGroup(ctx, random, "", func(r *groupchat.SendRequest) {
				r.Custom, r.Priority, r.Mentions, r.Receivers, r.NeedReceipt, r.Extensible = "custom", timeline.High, []string{""}, []string{l.arg(0)}, true, true
			})
		}},
		{"group-message-to", "group-message-to USER GROUP RANDOM MEMBER...", "Send a text to some members of a group only.", func(ctx context.Context, l seedLine) error {
			random, err := l.number32(2)
			if err != nil {
				return err
			}
			return l.sendToGroup(ctx, random, "", func(r *groupchat.SendRequest) { r.Receivers = l.args[3:] })
		}},
		{"group-message-extensible", "group-message-extensible USER GROUP RANDOM [MEMBER...]", "Send a text to a group, or to some members, that asks for read receipts and that extensions can be attached to.", func(ctx context.Context, l seedLine) error {
			random, err := l.number32(2)
			if err != nil {
				return err
			}
			return l.sendToGroup(ctx, random, "", func(r *groupchat.SendRequest) {
				r.Extensible, r.NeedReceipt, r.Receivers = true, true, l.args[3:]
			})
		}},
		{"group-messages-extensible", "group-messages-extensible USER GROUP N", "Send N texts to a group, one a second, that ask for read receipts. The clock moves N seconds.", func(ctx context.Context, l seedLine) error {
			n, err := l.number32(2)
			for random := uint32(1); err == nil && random <= n; random++ {
				err = l.sendToGroup(ctx, random, "", func(r *groupchat.SendRequest) { r.Extensible, r.NeedReceipt = true, true })
				l.w.Clock.Move(time.Second)
			}
			return err
		}},
		{"group-leave", "group-leave GROUP USER...", "Remove members from a group, and notify nobody.", func(ctx context.Context, l seedLine) error {
			return l.tenant.Members.Remove(ctx, groups.Actor{Application: true}, membership.Removal{Group: l.arg(0), Users: l.args[1:], Silent: true})
		}},
		{"group-extensions", "group-extensions GROUP NUMBER N", "Attach the extensions p1=v1 ... pN=vN to a message of a group. After every 200 the clock moves a minute.", func(ctx context.Context, l seedLine) error {
			number, err1 := l.number(1)
			n, err2 := l.number(2)
			if err := errors.Join(err1, err2); err != nil {
				return err
			}
			return l.attach(ctx, "", chat.OfGroup(l.arg(0)), timeline.KeyOfNumber(int64(number)), n)
		}},
		{"group-react", "group-react USER GROUP NUMBER REACTION...", "Add a member's reactions to a message of a group.", func(ctx context.Context, l seedLine) error {
			n, err := l.number(2)
			for _, reaction := range l.args[3:] {
				err = errors.Join(err, l.tenant.Timeline.React(ctx, timeline.Actor{Trusted: true}, l.arg(0), chat.OfGroup(l.arg(1)), timeline.KeyOfNumber(int64(n)), reaction, true))
			}
			return err
		}},
		{"group-reactions", "group-reactions GROUP NUMBER REACTION N", "Note that u1 ... uN have given a reaction to a message of a group.", func(ctx context.Context, l seedLine) error {
			number, err1 := l.number(1)
			n, err2 := l.number(3)
			users := make([]string, n)
			for i := range users {
				users[i] = "u" + strconv.Itoa(i+1)
			}
			key := schema.MessageKey(l.w.ID, chat.OfGroup(l.arg(0)), timeline.KeyOfNumber(int64(number)))
			return errors.Join(err1, err2, l.w.SetAttributes(ctx, schema.Msg, key, dynamo.Item{
				string(schema.MessageReactionTexts): dynamo.TextSet(l.arg(2)), string(schema.MessageReactedBy.Of(l.arg(2))): dynamo.TextSet(users...),
			}))
		}},
		{"group-receipts", "group-receipts GROUP NUMBER USER...", "Note that members have read a message of a group.", func(ctx context.Context, l seedLine) error {
			n, err := l.number(1)
			for _, user := range l.args[2:] {
				err = errors.Join(err, l.tenant.GroupChat.SendReceipts(ctx, timeline.Actor{Trusted: true}, user, l.arg(0), []int64{int64(n)}))
			}
			return err
		}},
		{"group-expire", "group-expire GROUP NUMBER", "End the retention of one message of a group now.", func(ctx context.Context, l seedLine) error {
			n, err := l.number(1)
			key := schema.MessageKey(l.w.ID, chat.OfGroup(l.arg(0)), timeline.KeyOfNumber(int64(n)))
			return errors.Join(err, l.w.SetAttributes(ctx, schema.Msg, key, dynamo.Item{string(schema.Expires): Number(l.now())}))
		}},
		{"group-recall", "group-recall GROUP NUMBER...", "Recall messages of a group by their numbers, as a backend does.", func(ctx context.Context, l seedLine) error {
			for i := range l.args[1:] {
				n, err := l.number(i + 1)
				if err != nil {
					return err
				}
				errs, err := l.tenant.GroupChat.Recall(ctx, l.arg(0), []int64{int64(n)})
				if err := errors.Join(append(errs, err)...); err != nil {
					return err
				}
			}
			return nil
		}},
		{"hide-group-messages", "hide-group-messages USER GROUP FIRST LAST", "Delete messages of a group, by their numbers, from a member's own history.", func(ctx context.Context, l seedLine) error {
			first, err := l.number(2)
			if err != nil {
				return err
			}
			last, err := l.number(3)
			if err != nil {
				return err
			}
			var keys []timeline.Key
			for n := first; n <= last; n++ {
				keys = append(keys, timeline.KeyOfNumber(int64(n)))
			}
			for part := range slices.Chunk(keys, timeline.MaxKeys) {
				if err := l.tenant.Timeline.DeleteForUser(ctx, timeline.Actor{Trusted: true}, l.arg(0), chat.OfGroup(l.arg(1)), part); err != nil {
					return err
				}
			}
			return nil
		}},
		{"group-delete-of", "group-delete-of GROUP USER", "Delete what a user has sent to a group, for everybody.", func(ctx context.Context, l seedLine) error {
			return l.tenant.GroupChat.DeleteOf(ctx, l.arg(0), l.arg(1))
		}},
		{"group-clear", "group-clear GROUP [NUMBER]", "Hide the history of a group up to a number, or all of it, from everybody.", func(ctx context.Context, l seedLine) error {
			if l.arg(1) == "" {
				return l.tenant.GroupChat.Clear(ctx, l.arg(0), 0)
			}
			n, err := l.number(1)
			if err != nil {
				return err
			}
			return l.tenant.GroupChat.Clear(ctx, l.arg(0), int64(n))
		}},
		{"group-tip", "group-tip GROUP BY USER...", "Store the tip of a Public group that a user added others.", func(ctx context.Context, l seedLine) error {
			g := groups.Group{ID: l.arg(0), Type: groups.Public, Active: true}
			l.tenant.GroupChat.Tip(ctx, g, groups.Tip{Kind: groups.TipJoined, By: l.arg(1), Users: l.args[2:], Members: 1 + len(l.args[2:]), Invited: true})
			return nil
		}},
		{"group-rate", "group-rate GROUP N", "Set how many messages were sent to a group in this second.", func(ctx context.Context, l seedLine) error {
			n, err := l.number(1)
			rate := dynamo.Item{string(schema.GroupHeadSecond): Number(l.now()), string(schema.GroupHeadInSecond): Number(int64(n))}
			return errors.Join(err, l.w.SetAttributes(ctx, schema.Core, schema.GroupHeadKey(l.w.ID, l.arg(0)), rate))
		}},
		{"group-mute-all", "group-mute-all GROUP", "Mute all members of a group but the owner and the admins.", func(ctx context.Context, l seedLine) error {
			on := true
			return l.tenant.Groups.Update(ctx, groups.Actor{Application: true}, l.arg(0), groups.Update{MuteAll: &on})
		}},
		{"group-option", "group-option GROUP N USER...", "Set the receive option of members: 0 notifies, 1 is silent, 2 discards, 3 notifies of mentions only.", func(ctx context.Context, l seedLine) error {
			n, err := l.number(1)
			option := groups.ReceiveOption(n)
			for _, user := range l.args[2:] {
				err = errors.Join(err, l.tenant.Members.Update(ctx, groups.Actor{Application: true}, l.arg(0), user, membership.Update{Option: &option}))
			}
			return err
		}},
	}
}

// sendToGroup sends a text, which is "text RANDOM" unless it is given, in the name of the user who
// is the first argument, to the group that is the second one.
func (l seedLine) sendToGroup(ctx context.Context, random uint32, text string, options func(*groupchat.SendRequest)) error {
	if text == "" {
		text = fmt.Sprint("text ", random)
	}
	r := groupchat.SendRequest{
		Actor: groupchat.Actor{User: l.arg(0), Trusted: true}, Group: l.arg(1), Random: random, Priority: timeline.Normal,
		Content: content.Content{Elements: []content.Element{Text(text)}},
	}
	if options != nil {
		options(&r)
	}
	_, err := l.tenant.GroupChat.Send(ctx, r)
	return err
}
