package op

import "strings"

// A Group is the operations of one package, functions/<surface>/<group>.
type Group struct {
	Name       string // surface.group
	Operations func() []Operation
}

// A Catalog is a list of groups.
type Catalog []Group

// All returns the operations of all groups.
func (c Catalog) All() []Operation {
	var all []Operation
	for _, g := range c {
		all = append(all, g.Operations()...)
	}
	return all
}

// Find returns the operation with a name; nil if there is none. It makes the operations of
// one group only. So the start of a function does not take longer if there are more groups.
func (c Catalog) Find(name string) *Operation {
	for _, g := range c {
		if rest, ok := strings.CutPrefix(name, g.Name); !ok || !strings.HasPrefix(rest, ".") {
			continue
		}
		operations := g.Operations()
		for i := range operations {
			if operations[i].Name == name {
				return &operations[i]
			}
		}
	}
	return nil
}
