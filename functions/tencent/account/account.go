// Package account imports, deletes and kicks the accounts of an application: the
// vendor's service im_open_login_svc (docs/spec/tencent §4).
package account

import (
	"parley/shared/dialect/tencent"
	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/accounts"
	"parley/shared/op"
	"parley/shared/queue"
	"parley/shared/store/schema"
	"parley/shared/timeouts"
)

func service() tencent.Service {
	return tencent.Service{Path: "im_open_login_svc", Group: "account", Codes: v4.Login()}
}

// Operations lists the commands in the order of the reference.
func Operations() []op.Operation {
	s := service()
	return []op.Operation{
		tencent.Command(s, "account_import", accountImport, op.Fails(accounts.ImportFaults()), op.Writes(schema.Accounts, schema.AccountList, schema.AccountCounts), op.Delivers(), op.Sends(queue.Broadcast),
			op.DocumentedErrors(40601, 70398, 70402, 70403)),
		tencent.Command(s, "multiaccount_import", multiaccountImport, op.Fails(accounts.ImportFaults()), op.Writes(schema.Accounts, schema.AccountList, schema.AccountCounts), op.Delivers(), op.Sends(queue.Broadcast), op.Timeout(timeouts.RowsBatch),
			op.DocumentedErrors(70206, 70398, 70402, 70403)),
		tencent.Command(s, "account_delete", accountDelete, op.Fails(accounts.DeleteFaults()), op.Writes(schema.Accounts, schema.AccountList, schema.AccountCounts),
			op.Reads(schema.Sessions), op.Writes(schema.Sessions), op.ClosesConnections(), op.Sends(queue.Background), op.Timeout(timeouts.RowsBatch),
			op.DocumentedErrors(70107, 70206, 70402, 70403, 71000)),
		tencent.Command(s, "account_check", accountCheck, op.Reads(schema.Accounts), op.DocumentedErrors(70206, 70402, 70403)),
		tencent.Command(s, "kick", kick, op.Fails(accounts.KickFaults()), op.Writes(schema.Accounts),
			op.Reads(schema.Sessions), op.Writes(schema.Sessions), op.ClosesConnections(), op.DocumentedErrors(70107, 70402, 70403)),
	}
}
