// Package message sends, reads and marks messages on behalf of a signed-in user
// (docs/client-protocol.md §4, §7).
package message

import (
	"time"

	"parley/shared/dialect/client"
	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
	"parley/shared/queue"
	"parley/shared/store"
)

// Operations lists the actions of the subject.
func Operations() []op.Operation {
	n := v4.OpenIM()
	return []op.Operation{
		client.Action("message.send", n, send,
			op.Reads(store.Accounts, store.Relations, store.Dedup),
			op.Writes(store.Messages, store.Conversations, store.Dedup), op.Posts(), op.Sends(queue.Push),
			op.Answers(20003, 20007, 20009, 20010, 20011, 20012, 70051, 70052, 90012, 93000)),
		client.Action("message.import-key", n, importKey, op.Reads(store.Accounts), op.Writes(store.Merged),
			op.Answers(70051, 70052, 90002, 90007, 90010, 90048, 93000)),
		client.Action("message.forward", n, forward,
			op.Reads(store.Accounts, store.Relations, store.Dedup, store.Merged),
			op.Writes(store.Messages, store.Conversations, store.Dedup), op.Posts(), op.Sends(queue.Push),
			op.Answers(20003, 20007, 20012, 90005, 90007, 90010, 90012, 90043, 90054, 93000)),
		client.Action("message.relay", n, relay, op.Reads(store.Messages, store.Conversations, store.Merged),
			op.Answers(20022, 90003, 90054)),
		client.Action("message.history", n, history, op.Reads(store.Accounts, store.Messages, store.Conversations)),
		client.Action("message.search", n, searchMessages, op.Reads(store.Messages, store.Conversations), op.Takes(512, 10*time.Second),
			op.Answers(90001, 90003)),
		client.Action("message.read", n, read, op.Reads(store.Accounts), op.Writes(store.Conversations), op.Posts()),
		client.Action("message.typing", n, typing, op.Reads(store.Accounts, store.Relations), op.Flashes(),
			op.Answers(20003, 20007, 20009, 20010, 20011, 20012, 70051, 70052, 90003, 90012)),
	}
}
