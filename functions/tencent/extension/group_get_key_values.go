package extension

import (
	"context"

	"parley/shared/op"
)

type groupGetRequest struct {
	groupMessageRef
	Start int64 `json:"StartSeq" bad:"10004"`
}

// groupGetKeyValues returns the extensions of a message of a group from the Seq StartSeq on, in the
// order of Seq, at most 200. Extensions up to ClearSeq are removed. A caller who is not an admin must
// be a member who sees the message.
func groupGetKeyValues(ctx context.Context, c *op.Call, in groupGetRequest) (getResponse, error) {
	id, key, err := in.parse()
	if err != nil {
		return getResponse{}, err
	}
	page, err := c.Timeline.ExtensionsFor(ctx, actor(c), c.Caller.Account, "", id, key, in.Start)
	if err != nil {
		return getResponse{}, err
	}
	return fromPage(page), nil
}
