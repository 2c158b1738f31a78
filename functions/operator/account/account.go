// Package account shows the accounts of an application to the operator of the
// deployment, and bans them.
package account

import (
	"parley/shared/dialect/operator"
	"parley/shared/domain/accounts"
	"parley/shared/op"
	"parley/shared/store/schema"
)

// Operations returns the operations. Their error numbers are the codes of package
// fault.
func Operations() []op.Operation {
	apps := op.Reads(schema.Apps)
	return []op.Operation{
		operator.Action("account.get", get, apps, op.Fails(accounts.GetFaults()), op.Reads(schema.Accounts), op.DocumentedErrors(21, 50)),
		operator.Action("account.ban", ban, apps, op.Fails(accounts.KickFaults()), op.Writes(schema.Accounts),
			op.Reads(schema.Sessions), op.Writes(schema.Sessions), op.ClosesConnections(), op.DocumentedErrors(12, 21, 50)),
		operator.Action("account.unban", unban, apps, op.Fails(accounts.GetFaults()), op.Writes(schema.Accounts), op.DocumentedErrors(21, 50)),
	}
}
