package group

import (
	"cmp"
	"context"

	"parley/shared/domain/membership"
	"parley/shared/op"
)

type answerRequest struct {
	target
	User string `json:"User_Account" id:"user" bad:"10004"` // absent: the caller, who is invited
	Text string `json:"RemarkInfo" bad:"10004"`             // for who asked or invited, at most 300 bytes
}

// approve accepts the request of a user to join a group, or an invitation. The user is a member then.
// A request that is answered already has the code 10024.
func approve(ctx context.Context, c *op.Call, in answerRequest) (nothing, error) {
	return nothing{}, c.Members.AnswerRequest(ctx, actor(c), in.answer(c, true))
}

// answer returns the answer for the domain.
func (r answerRequest) answer(c *op.Call, accept bool) membership.AnswerToRequest {
	return membership.AnswerToRequest{Group: r.Group, User: cmp.Or(r.User, c.Caller.Account), Accept: accept, Text: r.Text}
}
