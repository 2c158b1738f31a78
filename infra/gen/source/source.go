// Package source reads what Go's source says of the operations: the comment of
// each function, and the fields of what it takes and answers.
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

// A Source is the repository's Go code, read as far as it is asked for.
type Source struct {
	root     string
	packages map[string]*code // by folder
}

// New returns a Source for the repository at root.
func New(root string) *Source { return &Source{root: root, packages: make(map[string]*code)} }

// code is the package of one folder, without its tests.
type code struct {
	dir   string
	name  string
	doc   string
	types map[string]decl[*ast.TypeSpec]
	funcs map[string]decl[*ast.FuncDecl]
	texts map[string]string // constants, as they are written
	files []*ast.File
}

type decl[T any] struct {
	node T
	file *ast.File
}

// read parses a folder once.
func (s *Source) read(dir string) (*code, error) {
	if c, ok := s.packages[dir]; ok {
		return c, nil
	}
	entries, err := os.ReadDir(filepath.Join(s.root, dir))
	if err != nil {
		return nil, err
	}
	c := &code{
		dir: dir, types: make(map[string]decl[*ast.TypeSpec]), funcs: make(map[string]decl[*ast.FuncDecl]), texts: make(map[string]string),
	}
	for _, e := range entries {
		if e.IsDir() || filepath.Ext(e.Name()) != ".go" || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(s.root, dir, e.Name()), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		c.name = file.Name.Name
		c.files = append(c.files, file)
		if file.Doc != nil {
			c.doc = file.Doc.Text()
		}
		for _, d := range file.Decls {
			c.add(file, d)
		}
	}
	if c.name == "" {
		return nil, fmt.Errorf("%s has no Go files", dir)
	}
	s.packages[dir] = c
	return c, nil
}

func (c *code) add(file *ast.File, d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			c.funcs[d.Name.Name] = decl[*ast.FuncDecl]{d, file}
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				if spec.Doc == nil {
					spec.Doc = d.Doc // of a declaration that stands alone
				}
				c.types[spec.Name.Name] = decl[*ast.TypeSpec]{spec, file}
			case *ast.ValueSpec:
				for i, name := range spec.Names {
					if i < len(spec.Values) && d.Tok == token.CONST {
						if lit, ok := spec.Values[i].(*ast.BasicLit); ok {
							c.texts[name.Name] = lit.Value
						}
					}
				}
			}
		}
	}
}

// Said is what the source says of an operation.
type Said struct {
	Doc string // the comment without the function's name
	// Request and Answer are nil where the operation has no body of its own.
	Request, Answer *Type
}

// Operation reads an operation's function.
func (s *Source) Operation(o *op.Operation) (Said, error) {
	pkg, name, _ := strings.Cut(o.Func, ".")
	var found decl[*ast.FuncDecl]
	var in *code
	for _, dir := range []string{
		filepath.Join("functions", o.Surface(), o.Group()), filepath.Join("shared/dialect", pkg),
	} {
		c, err := s.read(dir)
		if err != nil || c.name != pkg || c.funcs[name].node == nil {
			continue
		}
		in, found = c, c.funcs[name]
		break
	}
	if in == nil {
		return Said{}, fmt.Errorf("%s: the source of %s is not found", o.Name, o.Func)
	}
	doc := strings.TrimPrefix(found.node.Doc.Text(), name+" ")
	doc = strings.TrimPrefix(doc, "makes the operation that ") // where a dialect does it
	out := Said{Doc: capital(strings.TrimSpace(doc))}
	if out.Doc == "" {
		return out, fmt.Errorf("%s: %s has no comment", o.Name, o.Func)
	}
	t := found.node.Type
	if o.Doors[0].Stream != "" || t.Params.NumFields() != 3 || t.Results.NumFields() == 0 {
		return out, nil
	}
	var err error
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

// Package returns the comment of an operation's package.
func (s *Source) Package(surface, group string) string {
	c, err := s.read(filepath.Join("functions", surface, group))
	if err != nil {
		return ""
	}
	_, doc, _ := strings.Cut(c.doc, "Package "+c.name+" ")
	return capital(strings.TrimSpace(doc))
}

// Type returns a type of a package by its folder and name.
func (s *Source) Type(dir, name string) (*Type, error) {
	c, err := s.read(dir)
	if err != nil {
		return nil, err
	}
	return s.named(c, name)
}

// A Constant is a constant with a number and the comment on its line.
type Constant struct {
	Name    string
	Value   string
	Comment string
}

// Constants returns the numbered constants of one type, in their order.
func (s *Source) Constants(dir, kind string) ([]Constant, error) {
	c, err := s.read(dir)
	if err != nil {
		return nil, err
	}
	var out []Constant
	for _, file := range c.files {
		for _, d := range file.Decls {
			group, ok := d.(*ast.GenDecl)
			if !ok || group.Tok != token.CONST {
				continue
			}
			for _, spec := range group.Specs {
				v := spec.(*ast.ValueSpec) //nolint:forcetypeassert // a constant declaration has no other
				if id, ok := v.Type.(*ast.Ident); !ok || id.Name != kind || len(v.Values) != 1 {
					continue
				}
				lit, ok := v.Values[0].(*ast.BasicLit)
				if !ok {
					return nil, fmt.Errorf("%s.%s is no literal", c.name, v.Names[0].Name)
				}
				out = append(out, Constant{v.Names[0].Name, lit.Value, strings.TrimSpace(v.Comment.Text())})
			}
		}
	}
	return out, nil
}

// A Refusal is a place that answers a number of its own.
type Refusal struct {
	Number int
	Text   string // the sentence, with %d and the like
}

// Refusals returns the calls of v4.Refuse in a package's folder.
func (s *Source) Refusals(dir string) ([]Refusal, error) {
	c, err := s.read(dir)
	if err != nil {
		return nil, err
	}
	var out []Refusal
	for _, file := range c.files {
		var failed error
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) < 2 || !refuse(call.Fun) {
				return true
			}
			number, err := strconv.Atoi(c.text(call.Args[0]))
			text, err2 := strconv.Unquote(c.text(call.Args[1]))
			if err != nil || err2 != nil {
				failed = fmt.Errorf("%s: a call of v4.Refuse whose number and text cannot be read", dir)
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

func refuse(f ast.Expr) bool {
	switch f := f.(type) {
	case *ast.SelectorExpr:
		x, ok := f.X.(*ast.Ident)
		return ok && x.Name == "v4" && f.Sel.Name == "Refuse"
	case *ast.Ident: // within v4 itself
		return f.Name == "Refuse"
	}
	return false
}

func (c *code) text(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		return e.Value
	case *ast.Ident:
		return c.texts[e.Name]
	}
	return ""
}
