// Package arch checks, by tests, which package may import which other one, and what
// the source may not contain.
//
//	functions -> dialect -> op -> app -> store, queue, seal, gateway -> domain -> fault
//
// A package may import only packages to the right of it, and never one to the left.
// The function allowed in imports_test.go has the exact list for each package.
package arch
