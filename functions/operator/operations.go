// Package operator lists the groups of the API for operators.
package operator

import (
	"parley/functions/operator/account"
	"parley/functions/operator/app"
	"parley/functions/operator/history"
	"parley/shared/op"
)

// Groups returns the groups in the order of docs/reference.
func Groups() op.Catalog {
	return op.Catalog{
		{Name: "operator.app", Operations: app.Operations},
		{Name: "operator.account", Operations: account.Operations},
		{Name: "operator.history", Operations: history.Operations},
	}
}
