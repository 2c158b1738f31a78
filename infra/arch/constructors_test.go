package arch

import (
	"go/ast"
	"slices"
	"testing"
)

// TestServicesAreMadeByConstructors shows that no part of a service can be forgotten: a type
// Service of the domain has no exported field, so only its constructor makes it, and no struct of
// the domain has an exported field that is a function. A query may have one that chooses what is
// returned: nil chooses all.
func TestServicesAreMadeByConstructors(t *testing.T) {
	choosing := []string{"Accept", "Fits"}
	services := 0
	for _, files := range load(t, "shared/domain") {
		for _, s := range files {
			ast.Inspect(s.file, func(n ast.Node) bool {
				spec, ok := n.(*ast.TypeSpec)
				if !ok {
					return true
				}
				fields, ok := spec.Type.(*ast.StructType)
				if !ok {
					return false
				}
				if spec.Name.Name == "Service" {
					services++
				}
				for _, f := range fields.Fields.List {
					_, function := f.Type.(*ast.FuncType)
					for _, name := range f.Names {
						if name.IsExported() && (spec.Name.Name == "Service" || function && !slices.Contains(choosing, name.Name)) {
							t.Errorf("%s: %s.%s is exported", s.fset.Position(name.Pos()), spec.Name.Name, name.Name)
						}
					}
					if len(f.Names) == 0 && spec.Name.Name == "Service" {
						t.Errorf("%s: Service embeds a type", s.fset.Position(f.Pos()))
					}
				}
				return false
			})
		}
	}
	if services < 10 {
		t.Errorf("found %d services, want at least 10", services)
	}
}
