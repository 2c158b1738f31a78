package testkit

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/direct"
	"parley/shared/domain/groupchat"
	"parley/shared/domain/timeline"
)

func messageVerbs() []verb {
	plain := func(*direct.SendRequest) {}
	return []verb{
		{"message", "message FROM TO RANDOM [TEXT...]", "Send a text, with RANDOM as MsgSeq and MsgRandom.", sendMessage(plain)},
		{"message-excluded-from-unread", "message-excluded-from-unread FROM TO RANDOM [TEXT...]", "Send a text that is excluded from unread.",
			sendMessage(func(r *direct.SendRequest) { r.ExcludedFromUnread = true })},
		{"message-hidden-from-sender", "message-hidden-from-sender FROM TO RANDOM [TEXT...]", "Send a text that the sender's own history does not have.",
			sendMessage(func(r *direct.SendRequest) { r.Sync = direct.NoCopy })},
		{"message-with-receipt", "message-with-receipt FROM TO RANDOM [TEXT...]", "Send a text that asks for a read receipt.",
			sendMessage(func(r *direct.SendRequest) { r.NeedReceipt = true })},
		{"message-extensible", "message-extensible FROM TO RANDOM [TEXT...]", "Send a text that users can attach extensions to.",
			sendMessage(func(r *direct.SendRequest) { r.Extensible = true })},
		{"messages", "messages FROM TO N [TEXT...]", "Send N texts, one a second, with RANDOM 1 ... N. The clock moves N seconds.", sendMessages(time.Second)},
		{"messages-hourly", "messages-hourly FROM TO N [TEXT...]", "Send N texts, one an hour, with RANDOM 1 ... N. The clock moves N hours.", sendMessages(time.Hour)},
		{"senders", "senders USER N", "Make each of u1 ... uN send a text to the user, one a second. The clock moves N seconds.", func(ctx context.Context, l seedLine) error {
			return l.forUsers(1, func(from string) error {
				err := l.send(ctx, from, l.arg(0), 1, "", plain)
				l.w.Clock.Move(time.Second)
				return err
			})
		}},
		{"send-batch", "send-batch USER N", "Make the user send one text to u1 ... uN in one call.", sendBatch},
		{"import-message", "import-message FROM TO AGO RANDOM [TEXT...]", "Import a text that was sent so long ago into the history, with RANDOM as MsgSeq and MsgRandom.", importMessage},
		{"merged-list", "merged-list USER N [PEER RANDOM]", "Import a list of N merged texts in the user's name. If a peer is given, forward it to the peer.", mergedList},
		{"merged-list-group", "merged-list-group USER N GROUP RANDOM", "Import a list of N merged texts in the user's name, and send it to a group.", mergedListToGroup},
		{"recall", "recall FROM TO KEY", "Recall a message, as a backend does.", changeMessage(func(ctx context.Context, l seedLine, by timeline.Actor, key timeline.Key) error {
			return l.tenant.Timeline.Recall(ctx, by, l.arg(0), chat.Between(l.arg(0), l.arg(1)), key)
		})},
		{"edit", "edit FROM TO KEY TEXT...", "Replace the text of a message, as a backend does.", changeMessage(func(ctx context.Context, l seedLine, by timeline.Actor, key timeline.Key) error {
			_, err := l.tenant.Timeline.Edit(ctx, by, l.arg(0), chat.Between(l.arg(0), l.arg(1)), key, timeline.EditRequest{Elements: []content.Element{Text(l.text(3))}})
			return err
		})},
		{"hide-messages", "hide-messages USER PEER KEY...", "Delete messages from the user's own history.", func(ctx context.Context, l seedLine) error {
			keys, err := l.keys()
			if err != nil {
				return err
			}
			return l.tenant.Timeline.DeleteForUser(ctx, timeline.Actor{Trusted: true}, l.arg(0), chat.Between(l.arg(0), l.arg(1)), keys)
		}},
		{"react", "react USER PEER KEY REACTION...", "Add the user's reactions to a message.", changeMessage(func(ctx context.Context, l seedLine, by timeline.Actor, key timeline.Key) error {
			for _, reaction := range l.args[3:] {
				if err := l.tenant.Timeline.React(ctx, by, l.arg(0), chat.Between(l.arg(0), l.arg(1)), key, reaction, true); err != nil {
					return err
				}
			}
			return nil
		})},
		{"send-receipts", "send-receipts READER SENDER KEY...", "Make the reader send read receipts for messages of the sender.", func(ctx context.Context, l seedLine) error {
			keys, err := l.keys()
			if err != nil {
				return err
			}
			return l.tenant.Timeline.SendReadReceipts(ctx, timeline.Actor{Trusted: true}, l.arg(0), chat.Between(l.arg(0), l.arg(1)), keys)
		}},
		{"extensions", "extensions FROM TO KEY N", "Attach the extensions p1=v1 ... pN=vN to a message. After every 200 the clock moves a minute.", changeMessage(addExtensions)},
	}
}

// changeMessage runs f with the key of a line "FROM TO KEY ...", in the name of a
// backend.
func changeMessage(f func(context.Context, seedLine, timeline.Actor, timeline.Key) error) func(context.Context, seedLine) error {
	return func(ctx context.Context, l seedLine) error {
		key, err := timeline.ParseKey(l.arg(2))
		if err != nil {
			return err
		}
		return f(ctx, l, timeline.Actor{Trusted: true}, key)
	}
}

// keys returns the keys of a line "USER PEER KEY...".
func (l seedLine) keys() ([]timeline.Key, error) {
	keys := make([]timeline.Key, len(l.args)-2)
	for i, text := range l.args[2:] {
		var err error
		if keys[i], err = timeline.ParseKey(text); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

func sendMessage(options func(*direct.SendRequest)) func(context.Context, seedLine) error {
	return func(ctx context.Context, l seedLine) error {
		random, err := l.number32(2)
		if err != nil {
			return err
		}
		return l.send(ctx, l.arg(0), l.arg(1), random, l.text(3), options)
	}
}

// send sends a text, which is "text RANDOM" unless it is given.
func (l seedLine) send(ctx context.Context, from, to string, random uint32, text string, options func(*direct.SendRequest)) error {
	if text == "" {
		text = fmt.Sprint("text ", random)
	}
	r := direct.SendRequest{
		From: from, To: to, Seq: &random, Random: random, Trusted: true,
		Content: content.Content{Elements: []content.Element{Text(text)}},
	}
	options(&r)
	_, err := l.tenant.Direct.Send(ctx, r)
	return err
}

func sendMessages(interval time.Duration) func(context.Context, seedLine) error {
	return func(ctx context.Context, l seedLine) error {
		n, err := l.number32(2)
		if err != nil {
			return err
		}
		for random := uint32(1); random <= n; random++ {
			if err := l.send(ctx, l.arg(0), l.arg(1), random, l.text(3), func(*direct.SendRequest) {}); err != nil {
				return err
			}
			l.w.Clock.Move(interval)
		}
		return nil
	}
}

func sendBatch(ctx context.Context, l seedLine) error {
	var to []string
	err := l.forUsers(1, func(user string) error {
		to = append(to, user)
		return nil
	})
	if err != nil {
		return err
	}
	one := uint32(1)
	_, _, err = l.tenant.Direct.SendBatch(ctx, direct.SendRequest{
		From: l.arg(0), Seq: &one, Random: 1, Trusted: true,
		Content: content.Content{Elements: []content.Element{Text("batch")}},
	}, to)
	return err
}

func importMessage(ctx context.Context, l seedLine) error {
	ago, err := l.duration(2)
	if err != nil {
		return err
	}
	random, err := l.number32(3)
	if err != nil {
		return err
	}
	return l.tenant.Direct.Import(ctx, direct.Import{
		From: l.arg(0), To: l.arg(1), Seq: &random, Random: random, Time: l.now() - int64(ago.Seconds()),
		Content: content.Content{Elements: []content.Element{Text(l.text(4))}},
	})
}

// mergedListToGroup sends a message that refers to a merged list to a group.
func mergedListToGroup(ctx context.Context, l seedLine) error {
	m, err := importMerged(ctx, l)
	if err != nil {
		return err
	}
	random, err := l.number32(3)
	if err != nil {
		return err
	}
	merged, err := l.tenant.Direct.Merge(ctx, l.arg(0), direct.MergedRequest{Title: "merged", Key: m.Key})
	if err != nil {
		return err
	}
	_, err = l.tenant.GroupChat.Send(ctx, groupchat.SendRequest{
		Actor: groupchat.Actor{User: l.arg(0), Trusted: true}, Group: l.arg(2), Random: random, Content: content.Content{Elements: []content.Element{merged.Element}}, Priority: timeline.Normal,
	})
	return err
}

func mergedList(ctx context.Context, l seedLine) error {
	m, err := importMerged(ctx, l)
	if err != nil || len(l.args) == 2 {
		return err
	}
	random, err := l.number32(3)
	if err != nil {
		return err
	}
	_, err = l.tenant.Direct.Forward(ctx, direct.Forward{
		SendRequest: direct.SendRequest{From: l.arg(0), To: l.arg(2), Seq: &random, Random: random, Trusted: true}, MergedRequest: direct.MergedRequest{Title: "merged", Key: m.Key},
	})
	return err
}

// importMerged imports the list of N texts.
func importMerged(ctx context.Context, l seedLine) (content.MergedList, error) {
	n, err := l.number(1)
	if err != nil {
		return content.MergedList{}, err
	}
	list := make([]json.RawMessage, n)
	for i := range list {
		list[i] = fmt.Appendf(nil, `{"From_Account":%q,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"merged %d"}}]}`, l.arg(0), i)
	}
	messages, err := v4.ReadMergedList(list)
	if err != nil {
		return content.MergedList{}, err
	}
	return l.tenant.Direct.ImportMerged(ctx, l.arg(0), messages, v4.Form{})
}

func addExtensions(ctx context.Context, l seedLine, _ timeline.Actor, key timeline.Key) error {
	n, err := l.number(3)
	if err != nil {
		return err
	}
	return l.attach(ctx, l.arg(0), chat.Between(l.arg(0), l.arg(1)), key, n)
}

// attach attaches n extensions to a message. from is the sender of the message, or empty for a group.
func (l seedLine) attach(ctx context.Context, from string, id chat.ID, key timeline.Key, n int) (err error) {
	var list []timeline.Extension
	for i := 1; i <= n && err == nil; i++ {
		list = append(list, timeline.Extension{Key: fmt.Sprint("p", i), Value: fmt.Sprint("v", i)})
		if len(list) == timeline.MaxExtensionWrites || i == n {
			_, err = l.tenant.Timeline.ChangeExtensions(ctx, timeline.Actor{Trusted: true}, "", from, id, key, timeline.SetExtensions, list)
			list = nil
		}
		if i%200 == 0 { // the limit of a minute
			l.w.Clock.Move(time.Minute)
		}
	}
	return err
}
