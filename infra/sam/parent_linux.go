package sam

import "syscall"

// endWithParent has a child ended when this process is, however that ends.
func endWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM} }
