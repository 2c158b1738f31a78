// Package status tells which users are online: commands of the vendor's service openim
// (docs/spec/tencent §5).
package status

import (
	"parley/shared/dialect/tencent"
	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
	"parley/shared/store/schema"
)

func service() tencent.Service {
	return tencent.Service{Path: "openim", Group: "status", Codes: v4.OpenIM()}
}

// Operations lists the commands in the order of the reference.
func Operations() []op.Operation {
	s, reads := service(), op.Reads(schema.Accounts, schema.Sessions)
	return []op.Operation{
		tencent.Command(s, "query_online_status", queryOnlineStatus, reads, op.DocumentedErrors(70107, 90001, 90003, 90009, 90011)),
		tencent.Command(s, "querystate", queryState, reads, op.DocumentedErrors(90001, 90003, 90009, 90011)),
	}
}
