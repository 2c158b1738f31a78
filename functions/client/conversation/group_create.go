package conversation

import (
	"context"

	"parley/shared/domain/conversations"
	"parley/shared/op"
)

type groupCreateRequest struct {
	Name string   `json:"GroupName" need:"50002"`
	To   []string `json:"To_Account" bad:"50002"`
}

// groupCreate makes a conversation group and puts conversations into it. A name
// that exists is no error. At most 20 groups, names of 32 bytes; needs an edition
// that has them.
func groupCreate(ctx context.Context, c *op.Call, in groupCreateRequest) (folderOutcome, error) {
	if err := size(len(in.To), conversations.MaxBatch); err != nil {
		return folderOutcome{}, err
	}
	f, errs, h, err := c.Conversations.CreateFolder(ctx, c.Caller.Account, in.Name, in.To, c.Origin())
	if err != nil {
		return folderOutcome{}, err
	}
	return changed(f, h, in.To, errs), nil
}
