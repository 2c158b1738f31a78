// Package session opens and closes the connections of clients, and brings a device up to
// date after it was away (docs/client-protocol.md §2, §6).
package session

import (
	"parley/shared/dialect/client"
	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/sessions"
	"parley/shared/op"
	"parley/shared/queue"
	"parley/shared/store/schema"
)

// syncMemory is the memory of session.sync, in MB. Its cost cases have few rows; a device that was
// away reads a page of 100, which takes 1.2 ms of CPU time (docs/performance.md §5).
const syncMemory = 512

// Operations lists the authorizer, what runs when a connection opens and closes, what
// answers unknown actions, and the session operations of clients.
func Operations() []op.Operation {
	reads, writes, malformed := op.Reads(schema.Sessions), op.Writes(schema.Sessions), op.DocumentedErrors(60003)
	notifies := op.Sends(queue.Broadcast) // the user's watchers
	return []op.Operation{
		client.Authorizer(authorize, op.Fails(sessions.PlatformFaults())),
		client.Lifecycle("connect", "$connect", connect, op.Fails(sessions.ConnectFaults()), op.ReadsCallerAccount(),
			op.Reads(schema.Accounts), writes, op.ClosesConnections(), notifies),
		client.Lifecycle("disconnect", "$disconnect", disconnect, writes, notifies, op.Sends(queue.Delivery)),
		client.Unknown(),
		client.Action("session.sync", v4.Gateway(), sync, malformed, op.Reads(schema.Conversations, schema.Relations, schema.GroupHeads, schema.GroupRequests),
			reads, op.Sends(queue.Delivery, queue.Background), op.Memory(syncMemory)),
		client.Action("session.logout", v4.Gateway(), logout, malformed, reads, writes, notifies),
		client.Action("session.background", v4.Gateway(), background, malformed, reads, writes),
		client.Action("session.foreground", v4.Gateway(), foreground, malformed, reads, writes),
		client.Action("session.devices", v4.Gateway(), devices, malformed, reads),
		client.Action("session.kick", v4.Gateway(), kick, op.Fails(sessions.ConnectFaults()), malformed, reads, writes, op.ClosesConnections(), notifies),
	}
}
