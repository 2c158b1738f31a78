package friend

import (
	"context"

	"parley/shared/op"
)

// listRemove takes up to 500 friends out of a friend list. They stay friends. A user
// who is not a friend has the result 32216. A friend who is not in the list is not an
// error.
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
