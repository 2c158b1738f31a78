package message

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/chat"
	"parley/shared/domain/timeline"
	"parley/shared/op"
)

type deleteRequest struct {
	Operator string   `json:"Operator_Account" id:"user" need:"90008"`
	Peer     string   `json:"Peer_Account" id:"user" need:"90003"`
	Keys     []string `json:"MsgKeyList" need:"90001"`
}

type deleteResponse struct {
	Invalid []string `json:"InvalidMsgKeyList,omitempty"` // the keys in a wrong form
}

// deleteC2CMsgRamble deletes up to 30 messages of a conversation for Operator_Account.
// Peer_Account still sees them. Keys of messages that do not exist are skipped.
func deleteC2CMsgRamble(ctx context.Context, c *op.Call, in deleteRequest) (deleteResponse, error) {
	var out deleteResponse
	var keys []timeline.Key
	for _, text := range in.Keys {
		key, err := timeline.ParseKey(text)
		if err != nil {
			out.Invalid = append(out.Invalid, text)
			continue
		}
		keys = append(keys, key)
	}
	switch {
	case len(in.Keys) == 0 || len(in.Keys) > timeline.MaxKeys:
		return deleteResponse{}, v4.Refuse(badJSON, "MsgKeyList has 1 to %d keys", timeline.MaxKeys)
	case len(keys) == 0:
		return deleteResponse{}, v4.Refuse(badKey, "MsgKeyList has no key of the form <MsgSeq>_<MsgRandom>_<MsgTime>")
	}
	return out, c.Timeline.DeleteForUser(ctx, timeline.Actor{Trusted: true}, in.Operator, chat.Between(in.Operator, in.Peer), keys)
}
