package message

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/messages"
	"parley/shared/op"
)

type historyRequest struct {
	To    string `json:"To_Account" need:"90003"`
	After string `json:"From" bad:"90054"`
	Until string `json:"To" bad:"90054"`
	Limit *int   `json:"Limit" bad:"90001"`
}

type historyReply struct {
	List     []v4.Message `json:"MsgList"`
	Complete bool         `json:"Complete"`
	Next     string       `json:"Next,omitempty"`
}

const defaultPage = 20

// history returns the newest messages of a conversation between two keys, in
// ascending order: as many as asked for, or as fit into 100 KB. Not complete: the
// next call takes Next as To.
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
	h, err := c.Messages.History(ctx, q)
	if err != nil {
		return historyReply{}, err
	}
	out := historyReply{List: make([]v4.Message, len(h.Messages)), Complete: h.Complete}
	for i, m := range h.Messages {
		out.List[i] = v4.FromMessage(m)
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
