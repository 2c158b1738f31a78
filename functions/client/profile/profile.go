// Package profile reads the profiles of users and changes the caller's own
// (docs/client-protocol.md §4, §7).
package profile

import (
	"parley/shared/dialect/client"
	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/profiles"
	"parley/shared/op"
	"parley/shared/queue"
	"parley/shared/store/schema"
)

// Operations lists the profile operations of clients.
func Operations() []op.Operation {
	n := v4.Profile()
	return []op.Operation{
		client.Action("profile.get", n, get, op.Fails(profiles.ReadFaults()), op.Reads(schema.Accounts, schema.Profiles), op.DocumentedErrors(40001, 40002, 40003, 40007, 40009)),
		client.Action("profile.set", n, set, op.Fails(profiles.SetFaults()), op.Reads(schema.Accounts), op.Writes(schema.Accounts, schema.Profiles), op.Delivers(),
			op.Sends(queue.Broadcast), op.DocumentedErrors(40001, 40008, 40009, 40601, 40605, 40610, 70051, 70052)),
	}
}
