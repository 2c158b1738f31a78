// Package catalog joins the operations of all surfaces. An operation that it does not list
// is not deployed.
package catalog

import (
	"slices"

	"parley/functions/client"
	"parley/functions/operator"
	"parley/functions/tencent"
	"parley/functions/worker"
	"parley/shared/op"
)

// Groups returns all groups in the order of docs/reference.
func Groups() op.Catalog {
	return slices.Concat(tencent.Groups(), client.Groups(), operator.Groups(), worker.Groups())
}

// All returns all operations in the order of docs/reference.
func All() []op.Operation { return Groups().All() }

// Find returns the operation with a name; nil if there is none.
func Find(name string) *op.Operation { return Groups().Find(name) }
