package message

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/chat"
	"parley/shared/op"
)

type getReply struct {
	List []v4.Message `json:"MsgList"`
	Left []string     `json:"Left,omitempty"` // keys of messages that did not fit: ask again
}

// get returns up to 30 messages of a conversation by their keys, in the order of the
// request. Messages that the caller cannot see are left out. An answer has at most
// 100 KB, and Left has the keys of the messages that did not fit.
func get(ctx context.Context, c *op.Call, in someMessages) (getReply, error) {
	keys, err := in.keys()
	if err != nil {
		return getReply{}, err
	}
	list, err := c.Timeline.Get(ctx, c.Caller.Account, chat.Between(c.Caller.Account, in.To), keys)
	if err != nil {
		return getReply{}, err
	}
	fits := v4.SizeLimit(v4.MaxAnswer, v4.FromMessage)
	for i, m := range list {
		if !fits(m) {
			out := getReply{List: v4.FromMessages(list[:i])}
			for _, m := range list[i:] {
				out.Left = append(out.Left, m.Key.String())
			}
			return out, nil
		}
	}
	return getReply{List: v4.FromMessages(list)}, nil
}
