package conversation

import (
	"context"

	"parley/shared/op"
)

type draftRequest struct {
	oneConversation
	Text string `json:"Draft" bad:"50002"` // at most 2048 bytes; empty: removes the draft
}

type draftReply struct {
	DraftMs int64 `json:"DraftMs"` // when the draft was set; 0: there is none
}

// draft stores the text that the caller has typed and not sent in a conversation, of at
// most 2,048 bytes, for 30 days. An empty text removes it. The caller's other devices
// are notified.
func draft(ctx context.Context, c *op.Call, in draftRequest) (draftReply, error) {
	id, err := in.chat(c.Caller.Account)
	if err != nil {
		return draftReply{}, err
	}
	at, err := c.Inbox.SetDraft(ctx, c.Caller.Account, id, in.Text, c.Origin())
	return draftReply{DraftMs: at}, err
}
