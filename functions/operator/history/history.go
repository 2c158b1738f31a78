// Package history shows the hourly files of an application's messages to the operator of
// the deployment.
package history

import (
	"parley/shared/dialect/operator"
	"parley/shared/domain/apps"
	"parley/shared/domain/archive"
	"parley/shared/objects"
	"parley/shared/op"
	"parley/shared/store/schema"
)

// Operations returns the operations. Their error numbers are the codes of package
// fault.
func Operations() []op.Operation {
	reads := op.Reads(schema.Apps, schema.Exports)
	return []op.Operation{
		operator.Action("history.list", list, reads, op.Fails(apps.GetFaults()), op.DocumentedErrors(12, 21)),
		operator.Action("history.get", get, reads, op.Fails(apps.GetFaults(), archive.ExportFaults()), op.ReadsObjects(objects.File), op.DocumentedErrors(12, 21, 140, 141)),
	}
}
