// Package gateway answers what no command's route takes (core spec §1.5).
package gateway

import (
	"parley/shared/dialect/tencent"
	"parley/shared/op"
)

// Operations lists the one operation. known tells which paths are commands.
func Operations(known func(path string) bool) []op.Operation {
	return []op.Operation{tencent.Unknown(known)}
}
