package group

import (
	"context"

	"parley/shared/op"
)

// reject refuses the request of a user to join a group, or an invitation. A request that is answered
// already has the code 10024.
func reject(ctx context.Context, c *op.Call, in answerRequest) (nothing, error) {
	return nothing{}, c.Members.AnswerRequest(ctx, actor(c), in.answer(c, false))
}
