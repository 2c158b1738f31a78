// Package message sends, reads and marks messages on behalf of a signed-in user
// (docs/client-protocol.md §4, §7).
package message

import (
	"parley/shared/dialect/client"
	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
	"parley/shared/store"
)

// Operations lists the actions of the subject.
func Operations() []op.Operation {
	n := v4.OpenIM()
	return []op.Operation{
		client.Action("message.send", n, send,
			op.Reads(store.Accounts, store.Relations, store.Dedup),
			op.Writes(store.Messages, store.Conversations, store.Dedup), op.Posts(),
			op.Answers(20003, 20007, 20009, 20010, 20011, 20012, 70051, 70052, 90012, 93000)),
		client.Action("message.history", n, history, op.Reads(store.Messages, store.Conversations)),
		client.Action("message.read", n, read, op.Reads(store.Accounts), op.Writes(store.Conversations), op.Posts()),
		client.Action("message.clear", n, clearAll,
			op.Reads(store.Accounts, store.Messages, store.Conversations), op.Writes(store.Conversations), op.Posts(), op.Answers(90048)),
	}
}
