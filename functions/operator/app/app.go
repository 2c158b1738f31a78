// Package app is what the operator of a deployment does with its applications.
package app

import (
	"parley/shared/dialect/operator"
	"parley/shared/op"
	"parley/shared/store"
)

// Operations lists the actions.
func Operations() []op.Operation {
	reads, writes := op.Reads(store.Apps), op.Writes(store.Apps)
	return []op.Operation{
		operator.Action("app.create", create, writes, op.Seals()),
		operator.Action("app.get", get, reads),
		operator.Action("app.list", list, reads),
		operator.Action("app.update", update, reads, writes, op.Reads(store.Accounts)),
		operator.Action("app.rotate-key", rotateKey, reads, writes, op.Seals()),
		operator.Action("app.add-admin", addAdmin, reads, writes),
		operator.Action("app.remove-admin", removeAdmin, reads, writes),
	}
}
