package conversation

import (
	"context"

	"parley/shared/domain/inbox"
	"parley/shared/op"
)

type markRequest struct {
	someConversations
	Set    []int   `json:"SetMark" bad:"50002"`    // 1 to 64
	Clear  []int   `json:"ClearMark" bad:"50002"`  // 1 to 64
	Custom *string `json:"CustomMark" bad:"50002"` // at most 256 bytes; empty: removes the custom label
}

// mark sets and clears the labels 1 to 64 of up to 100 conversations, and sets or removes
// their custom label. A label that is both in SetMark and in ClearMark is set. The labels
// 1 to 64 need an edition of the application that has them (error 51013); the custom
// label does not.
func mark(ctx context.Context, c *op.Call, in markRequest) (results, error) {
	ids, err := in.chats(c.Caller.Account, inbox.MaxBatch)
	if err != nil {
		return results{}, err
	}
	changes := make([]inbox.LabelChange, len(ids))
	for i := range changes {
		changes[i] = inbox.LabelChange{Set: in.Set, Clear: in.Clear, Custom: in.Custom}
	}
	errs, err := c.Inbox.SetLabels(ctx, c.Caller.Account, ids, changes, c.Origin())
	if err != nil {
		return results{}, err
	}
	return results{outcome(c.Caller.Account, ids, errs)}, nil
}
