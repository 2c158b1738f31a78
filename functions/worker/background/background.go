// Package background does the work that no caller waits for: it removes the data of
// deleted accounts and of destroyed groups, destroys groups that nobody uses, and puts the conversation rows of users who have very many rows into
// the index.
package background

import (
	"parley/shared/domain/accounts"
	"parley/shared/op"
	"parley/shared/queue"
	"parley/shared/store/schema"
)

// Operations returns the worker. Its access is that of all accounts.DataRemovers in
// shared/app, that of the index, and those of groups.Service.ContinueRemoval
// and ReclaimIdle.
func Operations() []op.Operation {
	return []op.Operation{
		op.Worker("background.run", queue.Background, run, op.Reads(schema.Apps), op.Writes(schema.Accounts), op.Continues(queue.Background),
			op.Reads(schema.Sessions), op.Writes(schema.Sessions), op.ClosesConnections(),
			op.Reads(schema.Conversations), op.Writes(schema.Conversations),
			op.Reads(schema.Relations, schema.Follows), op.Writes(schema.Relations, schema.Follows, schema.Profiles), op.Delivers(),
			op.Reads(schema.Watches), op.Writes(schema.Watches),
			op.Reads(schema.Groups, schema.GroupList, schema.Members, schema.GroupHeads, schema.GroupRequests, schema.GroupAttributes, schema.Messages),
			op.Writes(schema.Groups, schema.GroupList, schema.Members, schema.GroupHeads, schema.GroupRequests, schema.GroupAttributes),
			op.Timeout(accounts.SweepTimeout)),
		op.Schedule("background.reclaim", "rate(1 day)", reclaim, op.Reads(schema.Apps), op.Sends(queue.Background)),
	}
}
