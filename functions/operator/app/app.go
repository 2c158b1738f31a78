// Package app manages the applications of a deployment for its operator.
package app

import (
	"parley/shared/dialect/operator"
	"parley/shared/domain/apps"
	"parley/shared/op"
	"parley/shared/store/schema"
)

// Operations returns the operations. Their error numbers are the codes of package
// fault.
func Operations() []op.Operation {
	reads, writes := op.Reads(schema.Apps), op.Writes(schema.Apps)
	return []op.Operation{
		operator.Action("app.create", create, writes, op.Writes(schema.Secrets, schema.AccountCounts), op.Fails(apps.CreateFaults()), op.Writes(schema.Accounts, schema.AccountList), op.EncryptsSecrets(), op.DocumentedErrors(11, 12, 53)),
		operator.Action("app.get", get, reads, op.Fails(apps.GetFaults()), op.DocumentedErrors(21)),
		operator.Action("app.list", list, reads, op.DocumentedErrors(12)),
		operator.Action("app.update", update, reads, op.Fails(apps.CreateFaults()), writes, op.Reads(schema.AccountList), op.Writes(schema.AccountCounts), op.DocumentedErrors(12, 21, 53)),
		operator.Action("app.rotate-key", rotateKey, reads, op.Fails(apps.KeyFaults()), writes, op.Writes(schema.Secrets), op.EncryptsSecrets(), op.DocumentedErrors(12, 21)),
		operator.Action("app.add-admin", addAdmin, reads, op.Fails(apps.AdminFaults()), writes, op.Writes(schema.Accounts, schema.AccountList, schema.AccountCounts), op.DocumentedErrors(12, 21, 53, 54)),
		operator.Action("app.remove-admin", removeAdmin, reads, op.Fails(apps.GetFaults()), writes, op.DocumentedErrors(12, 21)),
	}
}
