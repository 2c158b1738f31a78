// Package conversation lists a signed-in user's conversations and changes what the user
// puts on them: pins, labels (Mark and CustomMark), folders (conversation groups),
// drafts and receive options (docs/client-protocol.md §4, §7).
package conversation

import (
	"slices"

	"parley/shared/dialect/client"
	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/inbox"
	"parley/shared/op"
	"parley/shared/queue"
	"parley/shared/store/schema"
	"parley/shared/timeouts"
)

// Operations lists the conversation operations of clients.
func Operations() []op.Operation {
	n := v4.Contacts()
	reads := []op.Option{op.Reads(schema.Conversations, schema.GroupHeads)}
	changes := func(more ...op.Option) []op.Option {
		return slices.Concat(reads, []op.Option{op.Reads(schema.Accounts), op.Writes(schema.Conversations), op.Delivers()}, more)
	}
	batch := op.Timeout(timeouts.RowsBatch)
	return []op.Operation{
		client.Action("conversation.list", v4.OpenIM(), list, slices.Concat(reads, []op.Option{op.Sends(queue.Background)})...),
		client.Action("conversation.get", n, get, slices.Concat(reads, []op.Option{op.Fails(inbox.GetFaults()), op.DocumentedErrors(51006)})...),
		client.Action("conversation.delete", n, remove, changes(op.Fails(inbox.DataFaults()), op.Reads(schema.Messages))...),
		client.Action("conversation.pin", n, pin, changes(op.Fails(inbox.PinFaults()), op.DocumentedErrors(50001, 51008, 51012))...),
		client.Action("conversation.mark", n, mark, changes(op.Fails(inbox.LabelFaults()), batch, op.DocumentedErrors(50001, 51006, 51008, 51013))...),
		client.Action("conversation.draft", n, draft, changes(op.Fails(inbox.DataFaults()), op.DocumentedErrors(50001))...),
		client.Action("conversation.option", n, option, changes(op.Fails(inbox.OptionFaults()), batch, op.Reads(schema.Groups, schema.Members), op.Writes(schema.Members), op.DocumentedErrors(50001, 51006, 51008))...),
		client.Action("conversation.unread", n, unread, slices.Concat(reads, []op.Option{op.DocumentedErrors(51006)})...),
		client.Action("conversation.read-all", n, readAll, slices.Concat(reads, []op.Option{op.Writes(schema.Conversations), op.Delivers(), batch})...),
		client.Action("conversation.group-create", n, groupCreate, changes(op.Fails(inbox.CreateFolderFaults()), batch, op.DocumentedErrors(50001, 51006, 51008, 51010, 51011, 51013))...),
		client.Action("conversation.group-update", n, groupUpdate, changes(op.Fails(inbox.RenameFolderFaults()), batch, op.DocumentedErrors(50001, 51006, 51008, 51009, 51011, 51013))...),
		client.Action("conversation.group-delete", n, groupDelete, changes(op.Fails(inbox.FolderFaults()), batch, op.DocumentedErrors(51009, 51013))...),
		client.Action("conversation.groups", n, groups, slices.Concat(reads, []op.Option{op.Fails(inbox.AccountFaults()), op.Reads(schema.Accounts)})...),
	}
}
