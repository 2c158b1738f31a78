// Package conversation lists and changes a signed-in user's conversations
// (docs/client-protocol.md §4, §7).
package conversation

import (
	"parley/shared/dialect/client"
	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
	"parley/shared/store"
)

// Operations lists the actions of the subject.
func Operations() []op.Operation {
	return []op.Operation{
		client.Action("conversation.list", v4.OpenIM(), list, op.Reads(store.Conversations)),
	}
}
