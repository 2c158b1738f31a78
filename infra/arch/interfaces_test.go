package arch

import (
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"strings"
	"testing"
)

// maxMethods is the maximum number of methods of an interface of the domain. A larger
// one must be split by purpose, so that each part of a service asks for what it uses.
const maxMethods = 9

// An interfaceSet finds the methods of the interfaces of some packages.
type interfaceSet struct {
	packages map[string][]source
	standard types.Importer // imports packages of the standard library
}

// methods returns the names of the methods of an interface, with those of embedded
// interfaces, each once. It returns nil if the type is not an interface.
func (i interfaceSet) methods(pkg, name string) (names []string, err error) {
	for _, s := range i.packages[pkg] {
		spec := typeSpec(s.file, name)
		if spec == nil {
			continue
		}
		interfaceType, ok := spec.Type.(*ast.InterfaceType)
		if !ok {
			return nil, nil
		}
		for _, field := range interfaceType.Methods.List {
			for _, method := range field.Names {
				names = append(names, method.Name)
			}
			if len(field.Names) == 0 {
				embedded, err := i.embedded(pkg, s.file, field.Type)
				if err != nil {
					return nil, err
				}
				names = append(names, embedded...)
			}
		}
		slices.Sort(names)
		return slices.Compact(names), nil
	}
	return nil, fmt.Errorf("%s has no type %s", pkg, name)
}

// typeSpec returns the declaration of a type in a file; nil if there is none.
func typeSpec(file *ast.File, name string) *ast.TypeSpec {
	for _, d := range file.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.TYPE {
			for _, spec := range g.Specs {
				if spec := spec.(*ast.TypeSpec); spec.Name.Name == name {
					return spec
				}
			}
		}
	}
	return nil
}

// embedded returns the names of the methods of an interface that a file embeds in
// another one.
func (i interfaceSet) embedded(pkg string, file *ast.File, x ast.Expr) (names []string, err error) {
	switch x := x.(type) {
	case *ast.Ident:
		return i.methods(pkg, x.Name)
	case *ast.SelectorExpr:
		imported := packageOf(file, x.X)
		if own, found := strings.CutPrefix(imported, "parley/"); found {
			return i.methods(own, x.Sel.Name)
		}
		p, err := i.standard.Import(imported)
		if err != nil {
			return nil, err
		}
		object := p.Scope().Lookup(x.Sel.Name)
		if object == nil {
			return nil, fmt.Errorf("%s has no type %s", imported, x.Sel.Name)
		}
		if t, ok := object.Type().Underlying().(*types.Interface); ok {
			for method := range t.Methods() {
				names = append(names, method.Name())
			}
		}
		return names, nil
	}
	return nil, fmt.Errorf("%s: cannot count what an interface embeds here", pkg)
}

func newInterfaceSet(packages map[string][]source) interfaceSet {
	return interfaceSet{packages, importer.ForCompiler(token.NewFileSet(), "source", nil)}
}

// TestInterfacesAreSmall checks that no exported interface of the domain has more than
// maxMethods methods, those of embedded interfaces included.
func TestInterfacesAreSmall(t *testing.T) {
	set := newInterfaceSet(load(t, "shared"))
	interfaces := 0
	for pkg, files := range set.packages {
		if !in(pkg, "shared/domain/...") {
			continue
		}
		for _, s := range files {
			for _, name := range typeNames(s.file) {
				methods, err := set.methods(pkg, name.Name)
				if err != nil {
					t.Error(err)
				}
				if len(methods) > 0 {
					interfaces++
				}
				if len(methods) > maxMethods {
					t.Errorf("%s: %s has %d methods, want at most %d", s.fset.Position(name.Pos()), name.Name, len(methods), maxMethods)
				}
			}
		}
	}
	if interfaces < 20 {
		t.Errorf("found %d interfaces, want at least 20", interfaces)
	}
}

// TestMethodsOfAnInterfaceAreCounted tests the count itself.
func TestMethodsOfAnInterfaceAreCounted(t *testing.T) {
	fset := token.NewFileSet()
	packages := make(map[string][]source)
	for pkg, text := range map[string]string{
		"a": "package a\n\nimport (\n\t\"io\"\n\n\t\"parley/b\"\n)\n\ntype Small interface{ M() }\n\ntype Large interface {\n\tSmall\n\tb.Other\n\tio.ReadCloser\n\tM()\n\tN()\n}\n\ntype Text string\n",
		"b": "package b\n\ntype Other interface{ O(); P() }\n",
	} {
		file, err := parser.ParseFile(fset, pkg+".go", text, 0)
		if err != nil {
			t.Fatal(err)
		}
		packages[pkg] = []source{{pkg + ".go", file, fset}}
	}
	set := newInterfaceSet(packages)
	for name, want := range map[string]string{"Small": "M", "Large": "Close M N O P Read", "Text": ""} {
		if got, err := set.methods("a", name); err != nil || strings.Join(got, " ") != want {
			t.Errorf("methods of %s are %q, %v, want %q", name, got, err, want)
		}
	}
	if _, err := set.methods("a", "Missing"); err == nil {
		t.Error("a missing type has methods, want an error")
	}
}
