//go:build !unix

package httpclient

import "net"

// isOpen reports whether a connection is open, as far as it is known.
func isOpen(net.Conn) bool { return true }
