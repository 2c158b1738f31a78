//go:build !linux

package sam

import "syscall"

// endWithParent does nothing: podman is used on Linux only.
func endWithParent() *syscall.SysProcAttr { return nil }
