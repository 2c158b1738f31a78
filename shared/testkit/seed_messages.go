package testkit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"parley/shared/domain/conversations"
	"parley/shared/domain/delivery"
	"parley/shared/domain/messages"
)

// seedConversation changes a user's conversations and fails where that is refused.
func (w *World) seedConversation(ctx context.Context, s conversations.Service, word string, args []string) error {
	var nobody delivery.Origin
	switch word {
	case "pin":
		for _, peer := range args[1:] {
			if _, err := s.Pin(ctx, args[0], peer, true, nobody); err != nil {
				return err
			}
			w.Clock.Move(time.Second)
		}
		return nil
	case "folder":
		_, errs, _, err := s.CreateFolder(ctx, args[0], args[1], args[2:], nobody)
		return errors.Join(append(errs, err)...)
	case "draft":
		_, err := s.SetDraft(ctx, args[0], args[1], strings.Join(args[2:], " "), nobody)
		return err
	case "drop":
		return s.Delete(ctx, args[0], args[1], len(args) > 2, nobody)
	}
	var list []int
	for _, text := range args[2:] {
		n, err := strconv.Atoi(text)
		if err != nil {
			return err
		}
		list = append(list, n)
	}
	if word == "option" {
		return only(s.SetOption(ctx, args[0], args[1:2], messages.Option(list[0]), nobody))
	}
	return only(s.Mark(ctx, args[0], args[1:2], []conversations.Marking{{Set: list}}, nobody))
}

func (w *World) seedMessage(ctx context.Context, s messages.Service, word string, args []string) error {
	n, err := strconv.ParseUint(args[2], 10, 32)
	if err != nil {
		return err
	}
	random := uint32(n)
	words := strings.Join(args[3:], " ")
	if words == "" {
		words = "text " + args[2]
	}
	_, err = s.Send(ctx, messages.Draft{
		From: args[0], To: args[1], Seq: &random, Random: random, Trusted: true, NoUnread: word == "quiet",
		NeedReceipt: word == "receipt", Extensible: word == "extensible",
		Sync:    map[bool]messages.Sync{true: messages.SyncNothing}[word == "aside"],
		Content: messages.Content{Elements: []messages.Element{Text(words)}},
	})
	return err
}

func seedChange(ctx context.Context, s messages.Service, word string, args []string) error {
	by := messages.Actor{Trusted: true}
	key, err := messages.ParseKey(args[2])
	if err != nil {
		return err
	}
	switch word {
	case "recall":
		return s.Recall(ctx, by, args[0], args[1], key)
	case "edit":
		_, err := s.Edit(ctx, by, args[0], args[1], key, messages.Edition{Elements: []messages.Element{Text(strings.Join(args[3:], " "))}})
		return err
	case "react":
		for _, reaction := range args[3:] {
			if err := s.React(ctx, by, args[0], args[1], key, reaction, true); err != nil {
				return err
			}
		}
		return nil
	}
	keys := make([]messages.Key, len(args)-2)
	for i, text := range args[2:] {
		if keys[i], err = messages.ParseKey(text); err != nil {
			return err
		}
	}
	if word == "hide" {
		return s.Hide(ctx, by, args[0], args[1], keys)
	}
	return s.Confirm(ctx, by, args[0], args[1], keys)
}

func (w *World) seedPairs(ctx context.Context, s messages.Service, args []string) error {
	key, err := messages.ParseKey(args[2])
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(args[3])
	var list []messages.Pair
	for i := 1; i <= n && err == nil; i++ {
		list = append(list, messages.Pair{Key: fmt.Sprint("p", i), Value: fmt.Sprint("v", i)})
		if len(list) == messages.MaxPairWrites || i == n {
			_, err = s.ChangePairs(ctx, messages.Actor{Trusted: true}, "", args[0], args[1], key, messages.SetPairs, list)
			list = nil
		}
		if i%200 == 0 {
			w.Clock.Move(time.Minute)
		}
	}
	return err
}

func (w *World) seedMerged(ctx context.Context, s messages.Service, args []string) error {
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	list := make([]json.RawMessage, n)
	for i := range list {
		list[i] = fmt.Appendf(nil, `{"From_Account":%q,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"merged %d"}}]}`, args[0], i)
	}
	m, err := s.ImportMerged(ctx, args[0], list)
	if err != nil || len(args) == 2 {
		return err
	}
	random, err := strconv.ParseUint(args[3], 10, 32)
	if err != nil {
		return err
	}
	seq := uint32(random)
	_, err = s.Forward(ctx, messages.Forward{
		Draft: messages.Draft{From: args[0], To: args[2], Seq: &seq, Random: seq, Trusted: true}, Title: "merged", Key: m.Key,
	})
	return err
}
