// Package client lists the groups of the client protocol (docs/client-protocol.md).
package client

import (
	"parley/functions/client/block"
	"parley/functions/client/conversation"
	"parley/functions/client/friend"
	"parley/functions/client/group"
	"parley/functions/client/message"
	"parley/functions/client/presence"
	"parley/functions/client/profile"
	"parley/functions/client/session"
	"parley/shared/op"
)

// Groups returns the groups in the order of docs/reference.
func Groups() op.Catalog {
	return op.Catalog{
		{Name: "client.session", Operations: session.Operations},
		{Name: "client.presence", Operations: presence.Operations},
		{Name: "client.profile", Operations: profile.Operations},
		{Name: "client.message", Operations: message.Operations},
		{Name: "client.conversation", Operations: conversation.Operations},
		{Name: "client.group", Operations: group.Operations},
		{Name: "client.friend", Operations: friend.Operations},
		{Name: "client.block", Operations: block.Operations},
	}
}
