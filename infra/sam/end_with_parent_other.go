//go:build !linux

package sam

import "syscall"

// endWithParent returns no attributes: podman is only used on Linux.
func endWithParent() *syscall.SysProcAttr { return nil }
