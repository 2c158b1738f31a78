// Package message sends, reads, searches and changes the messages of a signed-in user
// (docs/client-protocol.md §4, §7).
package message

import (
	"slices"

	"parley/shared/dialect/client"
	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/content"
	"parley/shared/domain/direct"
	"parley/shared/domain/inbox"
	"parley/shared/domain/timeline"
	"parley/shared/op"
	"parley/shared/queue"
	"parley/shared/store"
	"parley/shared/timeouts"
)

// Operations lists the message operations of clients.
func Operations() []op.Operation {
	n := v4.OpenIM()
	reacting := []op.Option{
		op.Reads(store.Accounts, store.Messages), op.Writes(store.Messages, store.Conversations), op.Delivers(),
	}
	changing := append(slices.Clone(reacting), op.Reads(store.Conversations))
	return []op.Operation{
		client.Action("message.send", n, send, op.Fails(direct.SendFaults()), op.ChecksCaller(),
			op.Reads(store.Accounts, store.Relations, store.IdempotencyKeys),
			op.Writes(store.Messages, store.Conversations, store.IdempotencyKeys), op.Delivers(), op.Sends(queue.Push),
			op.DocumentedErrors(20007, 20009, 20010, 20011, 20012, 70051, 70052, 70107, 90012, 93000)),
		client.Action("message.import-key", n, importKey, op.Fails(content.Faults()), op.Reads(store.Accounts), op.Writes(store.Merged),
			op.DocumentedErrors(70051, 70052, 70107, 90002, 90007, 90010, 93000)),
		client.Action("message.forward", n, forward, op.Fails(direct.SendFaults()),
			op.Reads(store.Accounts, store.Relations, store.IdempotencyKeys, store.Merged),
			op.Writes(store.Messages, store.Conversations, store.IdempotencyKeys), op.Delivers(), op.Sends(queue.Push),
			op.DocumentedErrors(20007, 20012, 90005, 90007, 90010, 90012, 90043, 90054, 93000)),
		client.Action("message.relay", n, relay, op.Fails(timeline.KeyFaults(), direct.MergedFaults()), op.Reads(store.Messages, store.Conversations, store.Merged),
			op.DocumentedErrors(20022, 90003, 90054)),
		client.Action("message.history", n, history, op.Fails(timeline.KeyFaults()), op.Reads(store.Accounts, store.Messages, store.Conversations)),
		client.Action("message.search", n, searchMessages, op.Fails(timeline.KeyFaults()), op.Reads(store.Messages, store.Conversations), op.Sends(queue.Index), op.Resources(512, timeouts.Search),
			op.DocumentedErrors(90001, 90003)),
		client.Action("message.read", n, read, op.Fails(inbox.ReadFaults()), op.Reads(store.Accounts), op.Writes(store.Conversations), op.Delivers()),
		client.Action("message.typing", n, typing, op.Fails(direct.PermissionFaults()), op.ChecksCaller(), op.Reads(store.Accounts, store.Relations), op.PostsBestEffort(),
			op.DocumentedErrors(20007, 20009, 20010, 20011, 20012, 70051, 70052, 70107, 90003, 90012)),
		client.Action("message.get", n, get, op.Fails(timeline.KeyFaults()), op.Reads(store.Messages, store.Conversations), op.DocumentedErrors(90001, 90003, 90054)),
		client.Action("message.changes", n, changes, op.Fails(timeline.KeyFaults()), op.Reads(store.Messages, store.Conversations), op.DocumentedErrors(90001, 90003)),
		client.Action("message.recall", n, recall, append(changing, op.Fails(timeline.KeyFaults(), timeline.RecallFaults()),
			op.DocumentedErrors(20016, 20022, 20023, 70051, 70052, 70107, 90003, 90054))...),
		client.Action("message.edit", n, edit, append(changing, op.Fails(timeline.KeyFaults(), timeline.EditFaults(), direct.PermissionFaults()), op.ChecksCaller(), op.Reads(store.Relations),
			op.DocumentedErrors(20007, 20009, 20010, 20011, 20012, 20022, 20023, 70051, 70052, 70107, 90001, 90002, 90003, 90007, 90010, 90012, 90054, 93000))...),
		client.Action("message.delete", n, remove, append(changing, op.Fails(timeline.KeyFaults()), op.DocumentedErrors(70051, 70052, 70107, 90001, 90003, 90054))...),
		client.Action("message.receipts", n, receipts, append(changing, op.Fails(timeline.KeyFaults()), op.DocumentedErrors(70051, 70052, 70107, 90001, 90003, 90054))...),
		client.Action("message.react", n, react, append(reacting, op.Fails(timeline.KeyFaults(), timeline.ReactFaults(), direct.PermissionFaults()), op.ChecksCaller(), op.Reads(store.Relations),
			op.DocumentedErrors(20007, 20009, 20010, 20011, 20012, 23004, 23005, 23007, 70051, 70052, 70107, 90001, 90003, 90012, 90054))...),
		client.Action("message.unreact", n, unreact, append(reacting, op.Fails(timeline.KeyFaults(), timeline.UnreactFaults(), direct.PermissionFaults()), op.ChecksCaller(), op.Reads(store.Relations),
			op.DocumentedErrors(20007, 20009, 20010, 20011, 20012, 23004, 23009, 70051, 70052, 70107, 90001, 90003, 90012, 90054))...),
		client.Action("message.reactions", n, reactions, op.Fails(timeline.KeyFaults()), op.Reads(store.Messages, store.Conversations), op.DocumentedErrors(90001, 90003, 90054)),
		client.Action("message.clear", n, clearAll, op.Fails(inbox.DataFaults()),
			op.Reads(store.Accounts, store.Messages, store.Conversations), op.Writes(store.Conversations), op.Delivers(), op.DocumentedErrors(70107)),
	}
}
