// Package message sends, reads, searches and changes the messages of a signed-in user
// (docs/client-protocol.md §4, §7).
package message

import (
	"slices"

	"parley/shared/dialect/client"
	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/content"
	"parley/shared/domain/direct"
	"parley/shared/domain/groupchat"
	"parley/shared/domain/inbox"
	"parley/shared/domain/timeline"
	"parley/shared/fault"
	"parley/shared/op"
	"parley/shared/queue"
	"parley/shared/store/schema"
	"parley/shared/timeouts"
)

// Operations lists the message operations of clients.
func Operations() []op.Operation {
	n := v4.OpenIM()
	reacting := []op.Option{
		op.Reads(schema.Accounts, schema.Messages), op.Writes(schema.Messages, schema.Conversations), op.Delivers(),
	}
	changing := append(slices.Clone(reacting), op.Reads(schema.Conversations))
	inGroups := append(slices.Clone(changing), op.Reads(schema.GroupHeads, schema.Members), op.Writes(schema.GroupHeads), op.Sends(queue.Broadcast))
	ofGroups := append(groupchat.GroupFaults(), fault.MemberUnknown)
	return []op.Operation{
		client.Action("message.send", n, send, op.Fails(direct.SendFaults(), groupchat.SendFaults()), op.ChecksCaller(),
			op.Reads(schema.Accounts, schema.Relations, schema.Conversations, schema.IdempotencyKeys, schema.Messages),
			op.Reads(schema.GroupHeads, schema.Members), op.Writes(schema.GroupHeads, schema.Groups), op.Sends(queue.Broadcast),
			op.Writes(schema.Messages, schema.Conversations, schema.IdempotencyKeys), op.Delivers(), op.Sends(queue.Push),
			op.DocumentedErrors(10007, 10010, 10015, 10017, 10053, 20007, 20009, 20010, 20011, 20012, 70051, 70052, 70107, 90012, 93000)),
		client.Action("message.import-key", n, importKey, op.Fails(content.Faults()), op.Reads(schema.Accounts), op.Writes(schema.Merged),
			op.DocumentedErrors(70051, 70052, 70107, 90002, 90007, 90010, 93000)),
		client.Action("message.forward", n, forward, op.Fails(direct.SendFaults(), groupchat.SendFaults()),
			op.Reads(schema.Accounts, schema.Relations, schema.Conversations, schema.IdempotencyKeys, schema.Merged, schema.Messages),
			op.Reads(schema.GroupHeads, schema.Members), op.Writes(schema.GroupHeads, schema.Groups), op.Sends(queue.Broadcast),
			op.Writes(schema.Messages, schema.Conversations, schema.IdempotencyKeys), op.Delivers(), op.Sends(queue.Push),
			op.DocumentedErrors(10007, 10010, 10015, 10017, 10053, 20007, 20012, 90001, 90003, 90004, 90005, 90007, 90010, 90012, 90043, 90054, 93000)),
		client.Action("message.relay", n, relay, op.Fails(timeline.KeyFaults(), direct.MergedFaults(), ofGroups), op.Reads(schema.Messages, schema.Conversations, schema.Merged, schema.GroupHeads),
			op.DocumentedErrors(10007, 10010, 20022, 90003, 90054)),
		client.Action("message.history", n, history, op.Fails(timeline.KeyFaults(), ofGroups), op.Reads(schema.Accounts, schema.Messages, schema.Conversations, schema.GroupHeads)),
		client.Action("message.search", n, searchMessages, op.Fails(timeline.KeyFaults(), ofGroups), op.Reads(schema.Messages, schema.Conversations, schema.GroupHeads), op.Sends(queue.Background), op.Timeout(timeouts.Search),
			op.DocumentedErrors(90001, 90003)),
		client.Action("message.read", n, read, op.Fails(inbox.MarkReadFaults()), op.Reads(schema.Accounts, schema.GroupHeads, schema.Messages), op.Writes(schema.Conversations), op.Delivers()),
		client.Action("message.typing", n, typing, op.Fails(direct.PermissionFaults()), op.ChecksCaller(), op.Reads(schema.Accounts, schema.Relations), op.PostsBestEffort(),
			op.DocumentedErrors(20007, 20009, 20010, 20011, 20012, 70051, 70052, 70107, 90003, 90012)),
		client.Action("message.get", n, get, op.Fails(timeline.KeyFaults(), ofGroups), op.Reads(schema.Messages, schema.Conversations, schema.GroupHeads), op.DocumentedErrors(90001, 90003, 90054)),
		client.Action("message.changes", n, changes, op.Fails(timeline.KeyFaults(), ofGroups), op.Reads(schema.Messages, schema.Conversations, schema.GroupHeads), op.DocumentedErrors(90001, 90003)),
		client.Action("message.recall", n, recall, append(inGroups, op.Fails(timeline.KeyFaults(), timeline.RecallFaults(), ofGroups, groupchat.RecallFaults()),
			op.DocumentedErrors(20016, 20022, 20023, 70051, 70052, 70107, 90003, 90054))...),
		client.Action("message.edit", n, edit, append(inGroups, op.Fails(timeline.KeyFaults(), timeline.EditFaults(), direct.PermissionFaults(), groupchat.SendFaults()), op.ChecksCaller(), op.Reads(schema.Relations),
			op.DocumentedErrors(20007, 20009, 20010, 20011, 20012, 20022, 20023, 70051, 70052, 70107, 90001, 90002, 90003, 90007, 90010, 90012, 90054, 93000))...),
		client.Action("message.delete", n, remove, append(changing, op.Reads(schema.GroupHeads), op.Fails(timeline.KeyFaults(), timeline.DeleteForUserFaults(), ofGroups),
			op.DocumentedErrors(10007, 10010, 10051, 70051, 70052, 70107, 90001, 90003, 90054))...),
		client.Action("message.receipts", n, receipts, append(changing, op.Reads(schema.GroupHeads), op.Fails(timeline.KeyFaults(), groupchat.SendReceiptsFaults()),
			op.DocumentedErrors(10007, 10010, 10015, 10059, 70051, 70052, 70107, 90001, 90003, 90054))...),
		client.Action("message.react", n, react, append(inGroups, op.Fails(timeline.KeyFaults(), timeline.ReactFaults(), direct.PermissionFaults(), groupchat.WriterFaults()), op.ChecksCaller(), op.Reads(schema.Relations),
			op.DocumentedErrors(10007, 10010, 10015, 10017, 20007, 20009, 20010, 20011, 20012, 23004, 23005, 23006, 23007, 70051, 70052, 70107, 90001, 90003, 90012, 90054))...),
		client.Action("message.unreact", n, unreact, append(inGroups, op.Fails(timeline.KeyFaults(), timeline.UnreactFaults(), direct.PermissionFaults(), groupchat.WriterFaults()), op.ChecksCaller(), op.Reads(schema.Relations),
			op.DocumentedErrors(10007, 10017, 20007, 20009, 20010, 20011, 20012, 23004, 23009, 70051, 70052, 70107, 90001, 90003, 90012, 90054))...),
		client.Action("message.reactions", n, reactions, op.Fails(timeline.KeyFaults(), ofGroups), op.Reads(schema.Messages, schema.Conversations, schema.GroupHeads), op.DocumentedErrors(90001, 90003, 90054)),
		client.Action("message.clear", n, clearAll, op.Fails(inbox.DataFaults(), ofGroups),
			op.Reads(schema.Accounts, schema.Messages, schema.Conversations, schema.GroupHeads), op.Writes(schema.Conversations), op.Delivers(), op.DocumentedErrors(70107)),
	}
}
