// Package app is what the operator of a deployment does with its applications.
package app

import (
	"parley/shared/dialect/operator"
	"parley/shared/op"
	"parley/shared/store"
)

// Operations lists the actions. The numbers that they answer are those of package
// fault.
func Operations() []op.Operation {
	reads, writes := op.Reads(store.Apps), op.Writes(store.Apps)
	return []op.Operation{
		operator.Action("app.create", create, writes, op.Writes(store.Accounts), op.Seals(), op.Answers(11, 12, 53)),
		operator.Action("app.get", get, reads, op.Answers(21)),
		operator.Action("app.list", list, reads, op.Answers(12)),
		operator.Action("app.update", update, reads, writes, op.Reads(store.Accounts), op.Answers(12, 21, 53)),
		operator.Action("app.rotate-key", rotateKey, reads, writes, op.Seals(), op.Answers(12, 21)),
		operator.Action("app.add-admin", addAdmin, reads, writes, op.Writes(store.Accounts), op.Answers(12, 21, 53, 54)),
		operator.Action("app.remove-admin", removeAdmin, reads, writes, op.Answers(12, 21)),
	}
}
