package message

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/chat"
	"parley/shared/domain/timeline"
	"parley/shared/op"
)

type historyRequest struct {
	conversation
	After string `json:"From" bad:"90054"`  // a MsgKey: only messages newer than it
	Until string `json:"To" bad:"90054"`    // a MsgKey: only messages older than it
	Limit *int   `json:"Limit" bad:"90001"` // 1 to 100, default 20
}

type historyReply struct {
	messages
	Complete bool     `json:"Complete"`       // the range has no older messages
	Next     string   `json:"Next,omitempty"` // To of the next call; absent if Complete
	Senders  []sender `json:"Senders,omitempty"`
}

// sender is a user who sent messages of this page, with the nickname and the face that
// the user has now, not those of the time when the messages were sent.
type sender struct {
	User string `json:"From_Account"`
	Nick string `json:"Nick,omitempty"`
	Face string `json:"FaceUrl,omitempty"`
}

const defaultPage = 20

// history returns the newest messages of a conversation between two keys, in ascending
// order. For a one-to-one conversation it also returns the nicknames and faces of the senders. It returns as many messages as
// Limit says, or as fit into 100 KB. If the answer is not Complete, the next call passes
// Next as To.
func history(ctx context.Context, c *op.Call, in historyRequest) (historyReply, error) {
	id, err := in.chat(c.Caller.Account)
	if err != nil {
		return historyReply{}, err
	}
	r := timeline.HistoryRange{User: c.Caller.Account, Chat: id, Limit: defaultPage, Accept: fits(id)}
	if in.Limit != nil {
		if r.Limit = *in.Limit; r.Limit < 1 || r.Limit > timeline.MaxPage {
			return historyReply{}, v4.Refuse(90001, "Limit is 1 to %d", timeline.MaxPage)
		}
	}
	if r.After, err = keyOrNil(id, in.After); err != nil {
		return historyReply{}, err
	}
	if r.Before, err = keyOrNil(id, in.Until); err != nil {
		return historyReply{}, err
	}
	h, senders, err := historyOf(ctx, c, r)
	if err != nil {
		return historyReply{}, err
	}
	out := historyReply{messages: messagesOf(id, h.Messages), Complete: h.Complete, Senders: senders}
	if h.Next != nil {
		out.Next = h.Next.Text(id)
	}
	return out, nil
}

// historyOf reads a part of a history, and, of a one-to-one conversation, the senders.
func historyOf(ctx context.Context, c *op.Call, r timeline.HistoryRange) (timeline.History, []sender, error) {
	if r.Chat.Kind() == chat.Group {
		h, err := c.Timeline.History(ctx, r)
		return h, nil, err
	}
	h, users, err := c.Direct.HistoryWithSenders(ctx, r)
	var list []sender
	for _, u := range users {
		list = append(list, sender(u))
	}
	return h, list, err
}

// keyOrNil parses a MsgKey. It returns nil for an empty text.
func keyOrNil(id chat.ID, text string) (*timeline.Key, error) {
	if text == "" {
		return nil, nil
	}
	k, err := timeline.ParseKeyOf(id, text)
	return &k, err
}
