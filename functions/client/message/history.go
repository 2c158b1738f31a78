package message

import (
	"context"
	"slices"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/messages"
	"parley/shared/op"
)

type historyRequest struct {
	To    string `json:"To_Account" id:"user" need:"90003"`
	After string `json:"From" bad:"90054"`  // a MsgKey: newer than that message
	Until string `json:"To" bad:"90054"`    // a MsgKey: older than that message
	Limit *int   `json:"Limit" bad:"90001"` // 1 to 100, default 20
}

type historyReply struct {
	List     []v4.Message `json:"MsgList"`
	Complete bool         `json:"Complete"`       // the range has nothing older
	Next     string       `json:"Next,omitempty"` // To of the next call
	Senders  []sender     `json:"Senders,omitempty"`
}

// sender is what is shown beside the messages of a user: as it is now, not as it
// was when they were sent.
type sender struct {
	User string `json:"From_Account"`
	Nick string `json:"Nick,omitempty"`
	Face string `json:"FaceUrl,omitempty"`
}

const defaultPage = 20

// history returns the newest messages of a conversation between two keys, in
// ascending order: as many as asked for, or as fit into 100 KB, and the names and
// faces of who sent them. Not complete: the next call takes Next as To.
func history(ctx context.Context, c *op.Call, in historyRequest) (historyReply, error) {
	q := messages.Range{User: c.Caller.Account, Peer: in.To, Limit: defaultPage}
	if in.Limit != nil {
		if q.Limit = *in.Limit; q.Limit < 1 || q.Limit > messages.MaxPage {
			return historyReply{}, v4.Refuse(90001, "Limit is 1 to %d", messages.MaxPage)
		}
	}
	var err error
	if q.After, err = bound(in.After); err != nil {
		return historyReply{}, err
	}
	if q.Before, err = bound(in.Until); err != nil {
		return historyReply{}, err
	}
	q.Accept = v4.Within(v4.MaxAnswer, v4.FromMessage)
	var h messages.History
	var senders []messages.Sender
	err = c.Messages.Parallel(ctx,
		func(ctx context.Context) (err error) {
			h, err = c.Messages.History(ctx, q)
			return err
		},
		func(ctx context.Context) (err error) {
			senders, err = c.Messages.Senders(ctx, q.User, q.Peer)
			return err
		},
	)
	if err != nil {
		return historyReply{}, err
	}
	out := historyReply{List: v4.FromMessages(h.Messages), Complete: h.Complete}
	for _, u := range senders {
		if slices.ContainsFunc(h.Messages, func(m messages.Message) bool { return m.From == u.User }) {
			out.Senders = append(out.Senders, sender(u))
		}
	}
	if h.Next != nil {
		out.Next = h.Next.String()
	}
	return out, nil
}

func bound(text string) (*messages.Key, error) {
	if text == "" {
		return nil, nil
	}
	k, err := messages.ParseKey(text)
	return &k, err
}
