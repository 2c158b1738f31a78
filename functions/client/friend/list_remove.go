package friend

import (
	"context"

	"parley/shared/op"
)

// listRemove takes friends out of a friend list; 32216 is who is no friend. Who
// is not in it is no error.
func listRemove(ctx context.Context, c *op.Call, in listMembersRequest) (listOutcome, error) {
	if err := size(len(in.To), maxUsers); err != nil {
		return listOutcome{}, err
	}
	errs, version, err := c.Relations.RemoveFromList(ctx, c.Caller.Account, in.Name, in.To, c.Origin())
	if err != nil {
		return listOutcome{}, err
	}
	return listOutcome{outcome(in.To, errs, notInTable), version}, nil
}
