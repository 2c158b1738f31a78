package message

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/chat"
	"parley/shared/domain/timeline"
	"parley/shared/op"
)

type getRequest struct {
	conversation
	Keys []string `json:"MsgKeyList" need:"90001"` // at most 30
}

// find returns the conversation and the keys. It fails if there are none or more than 30, or if one of
// them is not a key.
func (r getRequest) find(caller string) (chat.ID, []timeline.Key, error) {
	id, err := r.chat(caller)
	if err != nil {
		return id, nil, err
	}
	keys, err := v4.ToKeys(id, r.Keys)
	if err != nil {
		return id, nil, err
	}
	return id, keys, timeline.CheckKeys(keys)
}

type getReply struct {
	messages
	Left []string `json:"Left,omitempty"` // keys of messages that did not fit: ask again
}

// get returns up to 30 messages of a conversation by their keys, in the order of the
// request. Messages that the caller cannot see are left out. An answer has at most
// 100 KB, and Left has the keys of the messages that did not fit.
func get(ctx context.Context, c *op.Call, in getRequest) (getReply, error) {
	id, keys, err := in.find(c.Caller.Account)
	if err != nil {
		return getReply{}, err
	}
	list, err := c.Timeline.Get(ctx, c.Caller.Account, id, keys)
	if err != nil {
		return getReply{}, err
	}
	accept := fits(id)
	for i, m := range list {
		if !accept(m) {
			out := getReply{messages: messagesOf(id, list[:i])}
			for _, m := range list[i:] {
				out.Left = append(out.Left, m.Text(id))
			}
			return out, nil
		}
	}
	return getReply{messages: messagesOf(id, list)}, nil
}
