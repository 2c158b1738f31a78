// Package history is what the operator of a deployment does with the hourly files
// of messages of an application.
package history

import (
	"parley/shared/dialect/operator"
	"parley/shared/objects"
	"parley/shared/op"
	"parley/shared/store"
)

// Operations lists the actions. The numbers that they answer are those of package
// fault.
func Operations() []op.Operation {
	reads := op.Reads(store.Apps, store.Exports)
	return []op.Operation{
		operator.Action("history.list", list, reads, op.Answers(12, 21)),
		operator.Action("history.get", get, reads, op.Fetches(objects.File), op.Answers(12, 21, 140, 141)),
	}
}
