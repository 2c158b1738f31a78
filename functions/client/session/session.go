// Package session opens, closes and synchronizes the connections of clients
// (docs/client-protocol.md §2, §6).
package session

import (
	"parley/shared/dialect/client"
	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
	"parley/shared/queue"
	"parley/shared/store"
)

// Operations lists the authorizer, the life of a connection, what answers
// unknown actions, and the actions of the subject.
func Operations() []op.Operation {
	return []op.Operation{
		client.Authorizer(authorize, op.Reads(store.Accounts)),
		client.Lifecycle("connect", "$connect", connect,
			op.Writes(store.Sessions), op.Kicks(), op.Sends(queue.Announce)),
		client.Lifecycle("disconnect", "$disconnect", disconnect, op.Writes(store.Sessions), op.Sends(queue.Announce)),
		client.Unknown(),
		client.Action("session.sync", v4.Gateway(), sync, op.Reads(store.Conversations, store.Relations)),
	}
}
