package testkit

import (
	"context"
	"errors"
	"strconv"
	"time"

	"parley/shared/domain/chat"
	"parley/shared/domain/delivery"
	"parley/shared/domain/groups"
	"parley/shared/domain/inbox"
	"parley/shared/domain/timeline"
	"parley/shared/dynamo"
	"parley/shared/store/schema"
)

func conversationVerbs() []verb {
	var nobody delivery.Origin
	return []verb{
		{"read", "read READER PEER [OFFSET]", "Move the reader's read cursor to an offset, or past all messages.", readConversation},
		{"receive-option", "receive-option USER PEER N", "Set the receive option: 0 notifies, 1 is silent, 2 discards.", func(ctx context.Context, l seedLine) error {
			n, err := l.number(2)
			if err != nil {
				return err
			}
			return allErrors(l.tenant.Inbox.SetOption(ctx, l.arg(0), chat.BetweenEach(l.arg(0), l.args[1:2]), groups.ReceiveOption(n), nobody))
		}},
		{"clear-history", "clear-history USER PEER", "Hide all messages that the user has with the peer until now.", func(ctx context.Context, l seedLine) error {
			id := chat.Between(l.arg(0), l.arg(1))
			last := schema.MessageSK(id, timeline.Key{Time: l.now(), Seq: 1<<32 - 1, Random: 1<<32 - 1})
			return l.w.SetAttributes(ctx, schema.Core, schema.RowKey(l.w.ID, l.arg(0), id), dynamo.Item{"cl": stringValue(last)})
		}},
		{"pin", "pin USER PEER...", "Pin conversations, one a second. The clock moves a second for each.", func(ctx context.Context, l seedLine) error {
			for _, peer := range l.args[1:] {
				if _, err := l.tenant.Inbox.Pin(ctx, l.arg(0), chat.Between(l.arg(0), peer), true, nobody); err != nil {
					return err
				}
				l.w.Clock.Move(time.Second)
			}
			return nil
		}},
		{"label", "label USER PEER LABEL...", "Put labels, which are numbers, on a conversation.", labelConversation},
		{"rename-folder", "rename-folder USER NAME TO", "Rename a folder.", func(ctx context.Context, l seedLine) error {
			_, _, err := l.tenant.Inbox.RenameFolder(ctx, l.arg(0), l.arg(1), l.arg(2), delivery.Origin{})
			return err
		}},
		{"folder", "folder USER NAME [PEER...]", "Make a folder and put conversations into it.", func(ctx context.Context, l seedLine) error {
			_, errs, _, err := l.tenant.Inbox.CreateFolder(ctx, l.arg(0), l.arg(1), chat.BetweenEach(l.arg(0), l.args[2:]), nobody)
			return allErrors(errs, err)
		}},
		{"draft", "draft USER PEER TEXT...", "Set the draft of a conversation.", func(ctx context.Context, l seedLine) error {
			_, err := l.tenant.Inbox.SetDraft(ctx, l.arg(0), chat.Between(l.arg(0), l.arg(1)), l.text(2), nobody)
			return err
		}},
		{"delete-conversation", "delete-conversation USER PEER [history]", "Delete a conversation from the user's list, and its history if the line says so.", func(ctx context.Context, l seedLine) error {
			return l.tenant.Inbox.DeleteConversation(ctx, l.arg(0), chat.Between(l.arg(0), l.arg(1)), len(l.args) > 2, nobody)
		}},
		{"rows", "rows USER N [indexed]", "Write rows for N conversations with p000000, p000001, ... as if each peer had sent one message, a second apart, the last one now. " +
			"There are no messages. \"indexed\" also puts the rows into the index.", func(ctx context.Context, l seedLine) error {
			n, err := l.number(1)
			if err != nil {
				return err
			}
			return l.w.Rows(ctx, l.arg(0), n, l.arg(2) == "indexed")
		}},
		{"conversation-head", "conversation-head USER DATA PINNED", "Set the counts in the head of the user's conversations: how many have pinned data, how many are pinned.", setHead},
	}
}

func readConversation(ctx context.Context, l seedLine) error {
	var upTo *int64
	if l.arg(2) != "" {
		n, err := strconv.ParseInt(l.arg(2), 10, 64)
		if err != nil {
			return err
		}
		upTo = &n
	}
	_, err := l.tenant.Inbox.MarkRead(ctx, l.arg(0), chat.Between(l.arg(0), l.arg(1)), upTo, delivery.Origin{})
	return err
}

func labelConversation(ctx context.Context, l seedLine) error {
	var labels []int
	for _, text := range l.args[2:] {
		n, err := strconv.Atoi(text)
		if err != nil {
			return err
		}
		labels = append(labels, n)
	}
	change := []inbox.LabelChange{{Set: labels}}
	return allErrors(l.tenant.Inbox.SetLabels(ctx, l.arg(0), chat.BetweenEach(l.arg(0), l.args[1:2]), change, delivery.Origin{}))
}

func setHead(ctx context.Context, l seedLine) error {
	withData, err1 := strconv.ParseInt(l.arg(1), 10, 64)
	pinned, err2 := strconv.ParseInt(l.arg(2), 10, 64)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	return l.w.SetAttributes(ctx, schema.Core, schema.HeadKey(l.w.ID, l.arg(0)), dynamo.Item{"n": Number(withData), "np": Number(pinned)})
}
