package extension

import (
	"context"

	"parley/shared/op"
)

type groupSetRequest struct {
	groupMessageRef
	changes
}

// groupSetKeyValues sets or deletes up to 20 extensions of a message of a group, or clears all of them,
// with the rules of set_key_values, and notifies the devices of the members who received the message. A
// caller who is not an admin must be a member who sees the message.
func groupSetKeyValues(ctx context.Context, c *op.Call, in groupSetRequest) (setResponse, error) {
	id, key, err := in.groupMessageRef.parse()
	if err != nil {
		return setResponse{}, err
	}
	verb, list, err := in.changes.parse()
	if err != nil {
		return setResponse{}, err
	}
	results, err := c.Timeline.ChangeExtensions(ctx, actor(c), c.Caller.Account, "", id, key, verb, list)
	if err != nil {
		return setResponse{}, err
	}
	return fromResults(results), nil
}
