// Package gateway answers calls of paths that are not commands (docs/spec/tencent §1.5).
package gateway

import (
	"parley/shared/dialect/tencent"
	"parley/shared/op"
)

// Operations returns the one operation of the package. known reports whether a path is
// a command.
func Operations(known func(path string) bool) []op.Operation {
	return []op.Operation{tencent.Unknown(known)}
}
