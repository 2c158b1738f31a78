// Package account is what the operator of a deployment does with the accounts of
// an application.
package account

import (
	"parley/shared/dialect/operator"
	"parley/shared/op"
	"parley/shared/store"
)

// Operations lists the actions. The numbers that they answer are those of package
// fault.
func Operations() []op.Operation {
	apps := op.Reads(store.Apps)
	return []op.Operation{
		operator.Action("account.get", get, apps, op.Reads(store.Accounts), op.Answers(21, 50)),
		operator.Action("account.ban", ban, apps, op.Writes(store.Accounts),
			op.Reads(store.Sessions), op.Writes(store.Sessions), op.Kicks(), op.Answers(12, 21, 50)),
		operator.Action("account.unban", unban, apps, op.Writes(store.Accounts), op.Answers(21, 50)),
	}
}
