package testkit

import (
	"context"
	"strings"

	"parley/shared/domain/delivery"
	"parley/shared/dynamo"
)

// workerVerbs do what the operations of surface worker do.
func workerVerbs() []verb {
	return []verb{
		{"sweep", "sweep", "Remove the data of deleted accounts.", sweep},
		{"claim-sweep", "claim-sweep USER DURATION", "Claim the removal of a deleted account's data for a duration, as a worker that has begun it.", func(ctx context.Context, l seedLine) error {
			d, err := l.duration(1)
			if err != nil {
				return err
			}
			return l.setAccount(ctx, dynamo.Item{"so": Number(l.w.Clock.Now().Add(d).UnixMilli())})
		}},
		{"notify-watchers", "notify-watchers USER", "Deliver the user's presence to all watchers of the user.", func(ctx context.Context, l seedLine) error {
			return l.tenant.Presence.DeliverBroadcast(ctx, delivery.Broadcast{App: l.w.ID, User: l.arg(0), Audience: delivery.Watchers})
		}},
		{"index-rows", "index-rows USER", "Put all rows of the user into the index.", func(ctx context.Context, l seedLine) error {
			return l.w.Index(ctx, l.tenant.Inbox, l.arg(0))
		}},
		{"archive-collect", "archive-collect USER PEER...", "Write the messages of each pair of users, or of a group that follows the word @group, as the table's stream delivers them, into parts of the archive.", func(ctx context.Context, l seedLine) error {
			event, err := l.w.streamEvent("INSERT " + strings.Join(l.args, " "))
			if err != nil {
				return err
			}
			return l.w.collect(ctx, event)
		}},
		{"archive-merge", "archive-merge", "Merge the parts of each hour into a file.", func(ctx context.Context, l seedLine) error {
			return l.w.App.Archive().Merge(ctx)
		}},
		{"archive-expire", "archive-expire", "Remove the hourly files whose retention has ended.", func(ctx context.Context, l seedLine) error {
			return l.w.App.Archive().Expire(ctx)
		}},
	}
}

func sweep(ctx context.Context, l seedLine) error {
	for list := l.w.RemovalJobs.Take(); len(list) > 0; list = l.w.RemovalJobs.Take() {
		for _, r := range list {
			if err := l.tenant.Accounts.Sweep(ctx, r.Job); err != nil {
				return err
			}
		}
	}
	return nil
}
