package op

import (
	"reflect"
	"runtime"
	"strings"
)

// FuncName returns "package.function" of an operation's function, by which the
// reference finds its comment.
func FuncName(f any) string {
	full := runtime.FuncForPC(reflect.ValueOf(f).Pointer()).Name()
	return full[strings.LastIndex(full, "/")+1:]
}
