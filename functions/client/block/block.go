// Package block reads and changes a signed-in user's blocklist
// (docs/client-protocol.md §4, §7).
package block

import (
	"parley/shared/dialect/client"
	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/relations"
	"parley/shared/op"
	"parley/shared/store/schema"
	"parley/shared/timeouts"
)

// Operations lists the blocklist operations of clients.
func Operations() []op.Operation {
	n := v4.Relations()
	reads := op.Reads(schema.Accounts, schema.Relations)
	return []op.Operation{
		client.Action("block.add", n, add, op.Fails(relations.BlockFaults()), reads, op.Writes(schema.Relations), op.Delivers(), op.Timeout(timeouts.UsersBatch),
			op.DocumentedErrors(30001, 30003, 30013)),
		client.Action("block.remove", n, remove, op.Fails(relations.UnblockFaults()), reads, op.Writes(schema.Relations), op.Delivers(), op.Timeout(timeouts.UsersBatch),
			op.DocumentedErrors(30001)),
		client.Action("block.list", n, list, op.Reads(schema.Relations), op.DocumentedErrors(30001)),
		client.Action("block.check", n, check, op.Fails(relations.AccountFaults()), reads, op.DocumentedErrors(30001, 30003)),
	}
}
