package limits

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"strings"
)

// Numbers evaluates constants of the repository, exported or not, as the compiler does.
type Numbers struct {
	root     string
	fset     *token.FileSet
	standard types.Importer
	packages map[string]*types.Package
}

// NewNumbers returns Numbers for the repository at root.
func NewNumbers(root string) *Numbers {
	fset := token.NewFileSet()
	return &Numbers{root: root, fset: fset, standard: importer.ForCompiler(fset, "source", nil), packages: make(map[string]*types.Package)}
}

// A Number is the value of a constant.
type Number struct {
	Value    int64
	Duration bool // the constant is a time.Duration, in nanoseconds
}

// Constant returns a constant of the package in a folder.
func (n *Numbers) Constant(dir, name string) (Number, error) {
	p, err := n.Import("parley/" + dir)
	if err != nil {
		return Number{}, err
	}
	c, ok := p.Scope().Lookup(name).(*types.Const)
	if !ok {
		return Number{}, fmt.Errorf("%s has no constant %s", dir, name)
	}
	value, exact := constant.Int64Val(constant.ToInt(c.Val()))
	if !exact {
		return Number{}, fmt.Errorf("%s.%s is not a whole number", dir, name)
	}
	return Number{Value: value, Duration: c.Type().String() == "time.Duration"}, nil
}

// Import implements types.Importer. It looks at declarations only, and what it does not
// need for constants may be missing: of the packages of others it knows the name, and of the
// standard library those that constants are made of.
func (n *Numbers) Import(path string) (*types.Package, error) {
	if p, ok := n.packages[path]; ok {
		return p, nil
	}
	dir, ours := strings.CutPrefix(path, "parley/")
	switch {
	case path == "time" || path == "math":
		return n.standard.Import(path)
	case !ours:
		p := types.NewPackage(path, path[strings.LastIndex(path, "/")+1:])
		p.MarkComplete()
		return p, nil
	}
	entries, err := os.ReadDir(filepath.Join(n.root, dir))
	if err != nil {
		return nil, err
	}
	var files []*ast.File
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".go" || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(n.fset, filepath.Join(n.root, dir, e.Name()), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	check := types.Config{Importer: n, IgnoreFuncBodies: true, Error: func(error) {}} // types of the packages of others are not known
	p, _ := check.Check(path, n.fset, files, nil)
	n.packages[path] = p
	return p, nil
}
