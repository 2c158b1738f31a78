package testkit

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"parley/shared/domain/messages"
)

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
		return s.Edit(ctx, by, args[0], args[1], key, messages.Edition{Elements: []messages.Element{Text(strings.Join(args[3:], " "))}})
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
	m, err := s.ImportMerged(ctx, args[0], w.Clock.Now(), list)
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
