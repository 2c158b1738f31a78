// Package friend reads and changes a signed-in user's friend table, the lists of
// friends in it, and the requests to become a friend (docs/client-protocol.md §4, §7).
package friend

import (
	"slices"
	"time"

	"parley/shared/dialect/client"
	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
	"parley/shared/store"
)

// batchTimeout is how long an operation on 500 users may run.
const batchTimeout = 25 * time.Second

// Operations lists the friend operations of clients.
func Operations() []op.Operation {
	n := v4.Relations()
	reads := func(errors ...int) []op.Option {
		return []op.Option{op.Reads(store.Relations), op.DocumentedErrors(30001), op.DocumentedErrors(errors...)}
	}
	changes := func(errors ...int) []op.Option {
		return slices.Concat(reads(errors...), []op.Option{op.Writes(store.Relations), op.Delivers()})
	}
	accounts := op.Reads(store.Accounts)
	batch := op.Resources(1024, batchTimeout)
	return []op.Operation{
		client.Action("friend.add", n, add, append(changes(30003, 30009, 30010, 30011, 30012, 30014, 30515, 30516, 30525, 30539), accounts, batch)...),
		client.Action("friend.check", n, check, append(reads(30003), accounts)...),
		client.Action("friend.update", n, update, append(changes(30011), accounts, batch)...),
		client.Action("friend.delete", n, remove, append(changes(31704), accounts, batch)...),
		client.Action("friend.list", n, list, reads()...),
		client.Action("friend.get", n, get, reads()...),
		client.Action("friend.requests", n, requests, reads()...),
		client.Action("friend.accept", n, accept, append(changes(30003, 30010, 30014, 30614), accounts)...),
		client.Action("friend.reject", n, reject, changes(30614)...),
		client.Action("friend.read-requests", n, readRequests, changes()...),
		client.Action("friend.list-create", n, listCreate, append(changes(30011, 32216), accounts, batch)...),
		client.Action("friend.list-rename", n, listRename, append(changes(), batch)...),
		client.Action("friend.list-delete", n, listDelete, append(changes(), accounts, batch)...),
		client.Action("friend.list-add", n, listAdd, append(changes(32216), batch)...),
		client.Action("friend.list-remove", n, listRemove, append(changes(32216), batch)...),
		client.Action("friend.lists", n, lists, reads()...),
	}
}
