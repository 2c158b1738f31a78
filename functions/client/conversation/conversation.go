// Package conversation lists and changes a signed-in user's conversations
// (docs/client-protocol.md §4, §7).
package conversation

import (
	"slices"
	"time"

	"parley/shared/dialect/client"
	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
	"parley/shared/queue"
	"parley/shared/store"
)

// batch is the time an action with a hundred conversations may take.
const batch = 15 * time.Second

// Operations lists the actions of the subject.
func Operations() []op.Operation {
	n := v4.Contacts()
	reads := []op.Option{op.Reads(store.Conversations)}
	changes := func(more ...op.Option) []op.Option {
		return slices.Concat(reads, []op.Option{op.Reads(store.Accounts), op.Writes(store.Conversations), op.Posts()}, more)
	}
	many := op.Takes(512, batch)
	return []op.Operation{
		client.Action("conversation.list", v4.OpenIM(), list, slices.Concat(reads, []op.Option{op.Sends(queue.Index)})...),
		client.Action("conversation.get", n, get, slices.Concat(reads, []op.Option{op.Answers(51006)})...),
		client.Action("conversation.delete", n, remove, changes(op.Reads(store.Messages))...),
		client.Action("conversation.pin", n, pin, changes(op.Answers(50001, 51008, 51012))...),
		client.Action("conversation.mark", n, mark, changes(many, op.Answers(50001, 51006, 51008, 51013))...),
		client.Action("conversation.draft", n, draft, changes(op.Answers(50001))...),
		client.Action("conversation.option", n, option, changes(many, op.Answers(50001, 51006, 51008))...),
		client.Action("conversation.unread", n, unread, slices.Concat(reads, []op.Option{op.Answers(51006)})...),
		client.Action("conversation.read-all", n, readAll, slices.Concat(reads, []op.Option{op.Writes(store.Conversations), op.Posts(), many})...),
		client.Action("conversation.group-create", n, groupCreate, changes(many, op.Answers(50001, 51006, 51008, 51010, 51011, 51013))...),
		client.Action("conversation.group-update", n, groupUpdate, changes(many, op.Answers(50001, 51006, 51008, 51009, 51011, 51013))...),
		client.Action("conversation.group-delete", n, groupDelete, changes(many, op.Answers(51009, 51013))...),
		client.Action("conversation.groups", n, groups, slices.Concat(reads, []op.Option{op.Reads(store.Accounts)})...),
	}
}
