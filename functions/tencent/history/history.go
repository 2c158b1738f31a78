// Package history gives out messages by the hour.
package history

import (
	"parley/shared/dialect/tencent"
	v4 "parley/shared/dialect/v4"
	"parley/shared/objects"
	"parley/shared/op"
	"parley/shared/store"
)

// Operations lists the commands of open_msg_svc (core spec §11.2).
func Operations() []op.Operation {
	service := tencent.Service{Path: "open_msg_svc", Group: "history", Numbers: v4.History()}
	return []op.Operation{
		tencent.Command(service, "get_history", getHistory, op.Reads(store.Exports), op.Fetches(objects.File),
			op.Answers(1001, 1002, 1004, 1005)),
	}
}
