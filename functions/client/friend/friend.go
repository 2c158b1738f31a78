// Package friend reads and changes a signed-in user's friend table, the lists of
// friends in it, and the requests to become a friend (docs/client-protocol.md §4, §7).
package friend

import (
	"slices"

	"parley/shared/dialect/client"
	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/relations"
	"parley/shared/fault"
	"parley/shared/op"
	"parley/shared/store/schema"
	"parley/shared/timeouts"
)

// Operations lists the friend operations of clients.
func Operations() []op.Operation {
	n := v4.Relations()
	reads := func(fails []fault.Code, errors ...int) []op.Option {
		return []op.Option{op.Reads(schema.Relations), op.DocumentedErrors(30001), op.DocumentedErrors(errors...), op.Fails(fails)}
	}
	changes := func(fails []fault.Code, errors ...int) []op.Option {
		return slices.Concat(reads(fails, errors...), []op.Option{op.Writes(schema.Relations), op.Delivers()})
	}
	accounts := op.Reads(schema.Accounts)
	batch := op.Timeout(timeouts.UsersBatch)
	return []op.Operation{
		client.Action("friend.add", n, add, append(changes(relations.AddFaults(), 30003, 30009, 30010, 30011, 30012, 30014, 30515, 30516, 30525, 30539), accounts, batch)...),
		client.Action("friend.check", n, check, append(reads(relations.AccountFaults(), 30003), accounts)...),
		client.Action("friend.update", n, update, append(changes(relations.UpdateFaults(), 30011), accounts, batch)...),
		client.Action("friend.delete", n, remove, append(changes(relations.DeleteFaults(), 31704), accounts, batch)...),
		client.Action("friend.list", n, list, reads(nil)...),
		client.Action("friend.get", n, get, reads([]fault.Code{fault.NotFriend})...),
		client.Action("friend.requests", n, requests, reads(nil)...),
		client.Action("friend.accept", n, accept, append(changes(relations.AcceptFaults(), 30003, 30010, 30014, 30614), accounts)...),
		client.Action("friend.reject", n, reject, changes(relations.RejectFaults(), 30614)...),
		client.Action("friend.read-requests", n, readRequests, changes(relations.MarkRequestsReadFaults())...),
		client.Action("friend.list-create", n, listCreate, append(changes(relations.CreateListsFaults(), 30011, 32216), accounts, batch)...),
		client.Action("friend.list-rename", n, listRename, append(changes(relations.ListFaults()), batch)...),
		client.Action("friend.list-delete", n, listDelete, append(changes(relations.ListFaults()), accounts, batch)...),
		client.Action("friend.list-add", n, listAdd, append(changes(relations.ListFaults(), 32216), batch)...),
		client.Action("friend.list-remove", n, listRemove, append(changes(relations.ListFaults(), 32216), batch)...),
		client.Action("friend.lists", n, lists, reads(nil)...),
	}
}
