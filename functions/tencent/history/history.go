// Package history returns the stored messages of an hour as a file: the vendor's
// service open_msg_svc (docs/spec/tencent §11.2).
package history

import (
	"parley/shared/dialect/tencent"
	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/archive"
	"parley/shared/objects"
	"parley/shared/op"
	"parley/shared/store/schema"
)

// Operations lists the commands in the order of the reference.
func Operations() []op.Operation {
	service := tencent.Service{Path: "open_msg_svc", Group: "history", Codes: v4.History()}
	return []op.Operation{
		tencent.Command(service, "get_history", getHistory, op.Fails(archive.ExportFaults()), op.Reads(schema.Exports), op.ReadsObjects(objects.File),
			op.DocumentedErrors(1001, 1002, 1004, 1005)),
	}
}
