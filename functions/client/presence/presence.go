// Package presence reads which users are online, sets the status that a user shows, and
// subscribes clients to changes (docs/client-protocol.md §4, §7).
package presence

import (
	"parley/shared/dialect/client"
	v4 "parley/shared/dialect/v4"
	domain "parley/shared/domain/presence"
	"parley/shared/fault"
	"parley/shared/op"
	"parley/shared/queue"
	"parley/shared/store/schema"
)

// Operations lists the presence operations of clients.
func Operations() []op.Operation {
	n := v4.Gateway()
	return []op.Operation{
		client.Action("presence.get", n, get, op.Fails([]fault.Code{fault.AccountUnknown, fault.BatchTooLarge}), op.Reads(schema.Accounts, schema.Sessions), op.DocumentedErrors(60003, 70107, 70206)),
		client.Action("presence.set", n, set, op.Fails(domain.StatusFaults()), op.Reads(schema.Accounts), op.Writes(schema.Sessions), op.RetriesPosts(),
			op.Sends(queue.Broadcast), op.DocumentedErrors(40601, 60003, 70051, 70052)),
		client.Action("presence.subscribe", n, subscribe, op.Fails(domain.SubscribeFaults(), []fault.Code{fault.AccountUnknown, fault.BatchTooLarge}), op.Reads(schema.Accounts, schema.Watches), op.Writes(schema.Watches, schema.Sessions),
			op.DocumentedErrors(60003, 70051, 70052, 70107, 70206, 72012)),
		client.Action("presence.unsubscribe", n, unsubscribe, op.Fails(domain.UnsubscribeFaults(), []fault.Code{fault.BatchTooLarge}), op.Reads(schema.Watches), op.Writes(schema.Watches), op.DocumentedErrors(60003, 70206)),
		client.Action("presence.subscriptions", n, subscriptions, op.Reads(schema.Watches), op.DocumentedErrors(60003)),
	}
}
