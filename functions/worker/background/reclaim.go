package background

import (
	"context"
	"errors"

	"parley/shared/domain/groups"
	"parley/shared/fault"
	"parley/shared/op"
)

// appsPerRead is how many applications one request reads.
const appsPerRead = 100

// reclaim queues a job for each application whose setting GroupIdleDays says that groups which nobody
// uses are destroyed. If that fails for an application, it goes on with the others.
func reclaim(ctx context.Context, c *op.Call) error {
	var failed []error
	for after := int64(0); ; {
		list, err := c.App.Apps.List(ctx, after, appsPerRead)
		if err != nil {
			return errors.Join(append(failed, err)...)
		}
		for _, entry := range list {
			after = entry.ID
			if err := reclaimOf(ctx, c, entry.ID); err != nil {
				failed = append(failed, err)
			}
		}
		if len(list) < appsPerRead {
			return errors.Join(failed...)
		}
	}
}

func reclaimOf(ctx context.Context, c *op.Call, app int64) error {
	a, err := c.App.Apps.Get(ctx, app)
	switch {
	case fault.Is(err, fault.AppUnknown):
		return nil // it was deleted meanwhile
	case err != nil || a.Settings.InForce().GroupIdleDays == 0:
		return err
	}
	return c.App.QueueReclaim(ctx, groups.Reclaim{App: app})
}
