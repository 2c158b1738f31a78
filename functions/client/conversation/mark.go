package conversation

import (
	"context"

	"parley/shared/domain/conversations"
	"parley/shared/op"
)

type markRequest struct {
	peers
	Set    []int   `json:"SetMark" bad:"50002"`    // 1 to 64
	Clear  []int   `json:"ClearMark" bad:"50002"`  // 1 to 64
	Custom *string `json:"CustomMark" bad:"50002"` // at most 256 bytes; empty: none
}

// mark sets and clears standard marks, 1 to 64, of up to 100 conversations, and
// sets their custom mark; an empty one removes it. A mark that is in both lists is
// set. Standard marks need an edition that has them.
func mark(ctx context.Context, c *op.Call, in markRequest) (results, error) {
	if err := size(len(in.To), conversations.MaxBatch); err != nil {
		return results{}, err
	}
	marks := make([]conversations.Marking, len(in.To))
	for i := range marks {
		marks[i] = conversations.Marking{Set: in.Set, Clear: in.Clear, Custom: in.Custom}
	}
	errs, err := c.Conversations.Mark(ctx, c.Caller.Account, in.To, marks, c.Origin())
	if err != nil {
		return results{}, err
	}
	return results{outcome(in.To, errs)}, nil
}
