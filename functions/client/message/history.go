package message

import (
	"context"
	"slices"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/chat"
	"parley/shared/domain/direct"
	"parley/shared/domain/timeline"
	"parley/shared/op"
)

type historyRequest struct {
	To    string `json:"To_Account" id:"user" need:"90003"`
	After string `json:"From" bad:"90054"`  // a MsgKey: only messages newer than it
	Until string `json:"To" bad:"90054"`    // a MsgKey: only messages older than it
	Limit *int   `json:"Limit" bad:"90001"` // 1 to 100, default 20
}

type historyReply struct {
	List     []v4.Message `json:"MsgList"`
	Complete bool         `json:"Complete"`       // the range has no older messages
	Next     string       `json:"Next,omitempty"` // To of the next call; absent if Complete
	Senders  []sender     `json:"Senders,omitempty"`
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
// order, and the nicknames and faces of their senders. It returns as many messages as
// Limit says, or as fit into 100 KB. If the answer is not Complete, the next call passes
// Next as To.
func history(ctx context.Context, c *op.Call, in historyRequest) (historyReply, error) {
	r := timeline.HistoryRange{User: c.Caller.Account, Chat: chat.Between(c.Caller.Account, in.To), Limit: defaultPage}
	if in.Limit != nil {
		if r.Limit = *in.Limit; r.Limit < 1 || r.Limit > timeline.MaxPage {
			return historyReply{}, v4.Refuse(90001, "Limit is 1 to %d", timeline.MaxPage)
		}
	}
	var err error
	if r.After, err = keyOrNil(in.After); err != nil {
		return historyReply{}, err
	}
	if r.Before, err = keyOrNil(in.Until); err != nil {
		return historyReply{}, err
	}
	r.Accept = v4.SizeLimit(v4.MaxAnswer, v4.FromMessage)
	var h timeline.History
	var senders []direct.Sender
	err = c.Timeline.Parallel(ctx,
		func(ctx context.Context) (err error) {
			h, err = c.Timeline.History(ctx, r)
			return err
		},
		func(ctx context.Context) (err error) {
			senders, err = c.Direct.Senders(ctx, r.User, in.To)
			return err
		},
	)
	if err != nil {
		return historyReply{}, err
	}
	out := historyReply{List: v4.FromMessages(h.Messages), Complete: h.Complete}
	for _, u := range senders {
		if slices.ContainsFunc(h.Messages, func(m timeline.Message) bool { return m.From == u.User }) {
			out.Senders = append(out.Senders, sender(u))
		}
	}
	if h.Next != nil {
		out.Next = h.Next.String()
	}
	return out, nil
}

// keyOrNil parses a MsgKey. It returns nil for an empty text.
func keyOrNil(text string) (*timeline.Key, error) {
	if text == "" {
		return nil, nil
	}
	k, err := timeline.ParseKey(text)
	return &k, err
}
