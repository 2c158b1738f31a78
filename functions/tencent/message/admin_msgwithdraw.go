package message

import (
	"context"

	"parley/shared/domain/chat"
	"parley/shared/domain/timeline"
	"parley/shared/op"
)

type withdrawRequest struct {
	From string `json:"From_Account" id:"user" need:"90008"`
	To   string `json:"To_Account" id:"user" need:"90003"`
	Key  string `json:"MsgKey" need:"90054"`
}

type withdrawResponse struct{}

// adminMsgWithdraw recalls a message from From_Account to To_Account, however old it is.
// Its content is removed, its place in the history stays, it is excluded from unread,
// and the devices of both users are notified. A recall cannot be undone.
func adminMsgWithdraw(ctx context.Context, c *op.Call, in withdrawRequest) (withdrawResponse, error) {
	key, err := timeline.ParseKey(in.Key)
	if err != nil {
		return withdrawResponse{}, err
	}
	return withdrawResponse{}, c.Timeline.Recall(ctx, timeline.Actor{Trusted: true}, in.From, chat.Between(in.From, in.To), key)
}
