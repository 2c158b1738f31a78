// Package arch holds the rules of how the packages stand to each other and of
// what their source may not have, as tests.
//
//	functions -> dialect -> op -> app -> store, queue, seal, gateway -> domain -> fault
//
// An arrow may be followed over several steps, and never back.
package arch
