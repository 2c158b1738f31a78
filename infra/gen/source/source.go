// Package source reads the Go source of the operations: the comment of the function
// behind each operation, and the fields of its request and of its answer.
package source

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"parley/shared/op"
)

// A Source is the Go code of the repository. It parses a package when something of it is
// asked for, and only once.
type Source struct {
	root     string
	fset     *token.FileSet
	packages map[string]*goPackage // by folder
}

// New returns a Source for the repository at root.
func New(root string) *Source {
	return &Source{root: root, fset: token.NewFileSet(), packages: make(map[string]*goPackage)}
}

// goPackage is the package of one folder, without its tests.
type goPackage struct {
	dir       string
	name      string
	doc       *ast.CommentGroup // the package comment, or nil
	types     map[string]decl[*ast.TypeSpec]
	funcs     map[string]decl[*ast.FuncDecl]
	constants map[string]string // the literals of constants, as they are written
	files     []*ast.File
}

// decl is a declaration with its file, whose imports say what the names in it mean.
type decl[T any] struct {
	node T
	file *ast.File
}

// read returns the package of a folder.
func (s *Source) read(dir string) (*goPackage, error) {
	if p, ok := s.packages[dir]; ok {
		return p, nil
	}
	entries, err := os.ReadDir(filepath.Join(s.root, dir))
	if err != nil {
		return nil, err
	}
	p := &goPackage{
		dir: dir, types: make(map[string]decl[*ast.TypeSpec]), funcs: make(map[string]decl[*ast.FuncDecl]), constants: make(map[string]string),
	}
	for _, e := range entries {
		if e.IsDir() || filepath.Ext(e.Name()) != ".go" || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(s.fset, filepath.Join(s.root, dir, e.Name()), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		p.name = file.Name.Name
		p.files = append(p.files, file)
		if file.Doc != nil {
			p.doc = file.Doc
		}
		for _, d := range file.Decls {
			p.add(file, d)
		}
	}
	if p.name == "" {
		return nil, fmt.Errorf("%s has no Go files", dir)
	}
	s.packages[dir] = p
	return p, nil
}

// add adds the types, functions and constants of a declaration, but no methods.
func (p *goPackage) add(file *ast.File, d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			p.funcs[d.Name.Name] = decl[*ast.FuncDecl]{d, file}
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				if spec.Doc == nil {
					spec.Doc = d.Doc // the comment of a declaration without parentheses
				}
				p.types[spec.Name.Name] = decl[*ast.TypeSpec]{spec, file}
			case *ast.ValueSpec:
				for i, name := range spec.Names {
					if i < len(spec.Values) && d.Tok == token.CONST {
						if lit, ok := spec.Values[i].(*ast.BasicLit); ok {
							p.constants[name.Name] = lit.Value
						}
					}
				}
			}
		}
	}
}

// Said is what the source says of an operation.
type Said struct {
	Doc string // the comment of the function, without the function's name
	// Request and Answer are nil if the operation has no body of its own.
	Request, Answer *Type
}

// Operation reads the function of an operation. The error names the file and the line of
// a comment whose summary the reference cannot show (see checkSummary).
func (s *Source) Operation(o *op.Operation) (Said, error) {
	pkg, name, _ := strings.Cut(o.FuncName(), ".")
	var found decl[*ast.FuncDecl]
	var in *goPackage
	for _, dir := range []string{
		filepath.Join("functions", o.Surface(), o.Group()), filepath.Join("shared/dialect", pkg),
	} {
		p, err := s.read(dir)
		if err != nil || p.name != pkg || p.funcs[name].node == nil {
			continue
		}
		in, found = p, p.funcs[name]
		break
	}
	if in == nil {
		return Said{}, fmt.Errorf("%s: the source of %s is not found", o.Name, o.FuncName())
	}
	doc, err := s.doc(found.node.Doc, found.node.Pos(), name)
	out := Said{Doc: doc}
	if err != nil {
		return out, fmt.Errorf("%w (operation %s)", err, o.Name)
	}
	t := found.node.Type
	if o.Triggers[0].Stream != "" || t.Params.NumFields() != 3 || t.Results.NumFields() == 0 {
		return out, nil
	}
	if out.Request, err = s.resolve(in, found.file, t.Params.List[len(t.Params.List)-1].Type); err != nil {
		return out, fmt.Errorf("%s: %w", o.Name, err)
	}
	if t.Results.NumFields() == 2 {
		if out.Answer, err = s.resolve(in, found.file, t.Results.List[0].Type); err != nil {
			return out, fmt.Errorf("%s: %w", o.Name, err)
		}
	}
	return out, nil
}

// Package returns the comment of the package of a group of operations, without
// "Package name". It checks the summary like Operation does.
func (s *Source) Package(surface, group string) (string, error) {
	p, err := s.read(filepath.Join("functions", surface, group))
	if err != nil {
		return "", err
	}
	return s.doc(p.doc, p.files[0].Package, "Package "+p.name)
}

// Type returns a type of a package by its folder and name.
func (s *Source) Type(dir, name string) (*Type, error) {
	p, err := s.read(dir)
	if err != nil {
		return nil, err
	}
	return s.named(p, name)
}

// A Constant is a constant that is a number, with the comment on its line.
type Constant struct {
	Name    string
	Value   string
	Comment string
}

// Constants returns the constants of one type that are numbers, in the order of the
// source.
func (s *Source) Constants(dir, kind string) ([]Constant, error) {
	p, err := s.read(dir)
	if err != nil {
		return nil, err
	}
	var out []Constant
	for _, file := range p.files {
		for _, d := range file.Decls {
			group, ok := d.(*ast.GenDecl)
			if !ok || group.Tok != token.CONST {
				continue
			}
			for _, spec := range group.Specs {
				v := spec.(*ast.ValueSpec) // every spec of a constant declaration is one
				if id, ok := v.Type.(*ast.Ident); !ok || id.Name != kind || len(v.Values) != 1 {
					continue
				}
				lit, ok := v.Values[0].(*ast.BasicLit)
				if !ok {
					return nil, fmt.Errorf("%s.%s is not a literal", p.name, v.Names[0].Name)
				}
				out = append(out, Constant{v.Names[0].Name, lit.Value, strings.TrimSpace(v.Comment.Text())})
			}
		}
	}
	return out, nil
}

// A Refusal is a call of v4.Refuse: a rule with an error number of its own.
type Refusal struct {
	Number int
	Text   string // the sentence that the caller reads, with its verbs: %d, %s, ...
}

// Refusals returns the calls of v4.Refuse in the package of a folder.
func (s *Source) Refusals(dir string) ([]Refusal, error) {
	p, err := s.read(dir)
	if err != nil {
		return nil, err
	}
	var out []Refusal
	for _, file := range p.files {
		var failed error
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) < 2 || !isRefuse(call.Fun) {
				return true
			}
			number, err := strconv.Atoi(p.literal(call.Args[0]))
			text, err2 := strconv.Unquote(p.literal(call.Args[1]))
			if err != nil || err2 != nil {
				failed = fmt.Errorf("%s: v4.Refuse is called with a number or a text that is neither a literal nor a constant of the package", s.fset.Position(call.Pos()))
				return false
			}
			out = append(out, Refusal{number, text})
			return true
		})
		if failed != nil {
			return nil, failed
		}
	}
	return out, nil
}

// isRefuse reports whether a called function is v4.Refuse.
func isRefuse(f ast.Expr) bool {
	switch f := f.(type) {
	case *ast.SelectorExpr:
		x, ok := f.X.(*ast.Ident)
		return ok && x.Name == "v4" && f.Sel.Name == "Refuse"
	case *ast.Ident: // in the package v4 itself
		return f.Name == "Refuse"
	}
	return false
}

// literal returns a literal, or the literal of a constant of the package, as it is
// written. It returns "" for any other expression.
func (p *goPackage) literal(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		return e.Value
	case *ast.Ident:
		return p.constants[e.Name]
	}
	return ""
}
