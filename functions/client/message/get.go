package message

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type getReply struct {
	List []v4.Message `json:"MsgList"`
	Left []string     `json:"Left,omitempty"` // for these there was no room: ask again
}

// get returns up to 30 messages of a conversation by their keys, in the order
// asked for. Those that the caller does not see are missing; Left has the keys of
// those that had no room in 100 KB.
func get(ctx context.Context, c *op.Call, in someMessages) (getReply, error) {
	keys, err := in.keys()
	if err != nil {
		return getReply{}, err
	}
	list, err := c.Messages.Get(ctx, c.Caller.Account, in.To, keys)
	if err != nil {
		return getReply{}, err
	}
	fits := v4.Within(v4.MaxAnswer, v4.FromMessage)
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
