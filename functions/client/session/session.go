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
	reads, writes, malformed := op.Reads(store.Sessions), op.Writes(store.Sessions), op.Answers(60003)
	moves := op.Sends(queue.Announce) // watchers are told
	return []op.Operation{
		client.Authorizer(authorize),
		client.Lifecycle("connect", "$connect", connect, op.Admits(),
			op.Reads(store.Accounts), writes, op.Kicks(), moves),
		client.Lifecycle("disconnect", "$disconnect", disconnect, writes, moves, op.Sends(queue.Delivery)),
		client.Unknown(),
		client.Action("session.sync", v4.Gateway(), sync, malformed, op.Reads(store.Conversations, store.Relations),
			reads, op.Sends(queue.Delivery, queue.Index)),
		client.Action("session.logout", v4.Gateway(), logout, malformed, reads, writes, moves),
		client.Action("session.background", v4.Gateway(), background, malformed, reads, writes),
		client.Action("session.foreground", v4.Gateway(), foreground, malformed, reads, writes),
		client.Action("session.devices", v4.Gateway(), devices, malformed, reads),
		client.Action("session.kick", v4.Gateway(), kick, malformed, reads, writes, op.Kicks(), moves),
	}
}
