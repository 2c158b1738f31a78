package sam

import "syscall"

// endWithParent returns attributes of a child process: Linux sends it SIGTERM when this process
// ends, even if this process is killed.
func endWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM} }
