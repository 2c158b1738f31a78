package source

import (
	"fmt"
	"go/ast"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// A Kind is a kind of JSON value.
type Kind string

// The kinds.
const (
	Text    Kind = "string"
	Bytes   Kind = "base64"
	Integer Kind = "integer"
	Number  Kind = "number"
	Boolean Kind = "boolean"
	List    Kind = "array"
	Object  Kind = "object"
	Any     Kind = "any" // any JSON value; the operation reads it later
)

// A Type is the JSON form of a Go type.
type Type struct {
	Kind   Kind
	Elem   *Type   // of a list
	Fields []Field // of an object
	// Dir, Name and Doc describe a struct type that has a name: the folder of its package,
	// its name, and its comment without "Name is".
	Dir, Name, Doc string
	// Unsigned and Bits describe an integer. Bits is its size.
	Unsigned bool
	Bits     int
}

// A Field is a member of an object.
type Field struct {
	Name     string
	Type     *Type
	Optional bool // an answer leaves the field out if it is empty
	// Need is the error number for a missing field, Bad the one for a field of a wrong
	// type: the tags need and bad of v4.Decode. 0 means that there is no tag.
	Need, Bad int
	ID        string // what a text identifies, "user" or "receiver": the tag id of v4.Decode
	Comment   string
	Rule      string // what the value of a setting may be, from the table of settings
}

// Description returns the comment with the rule after it.
func (f Field) Description() string {
	if f.Rule == "" {
		return f.Comment
	}
	return f.Comment + "; " + f.Rule
}

// String returns the type as the reference shows it.
func (t *Type) String() string {
	switch {
	case t.Kind == List:
		return "list of " + t.Elem.String()
	case t.Kind == Integer && t.Unsigned:
		return fmt.Sprintf("integer, %d bits unsigned", t.Bits)
	case t.Kind == Bytes:
		return "string (base64)"
	}
	return string(t.Kind)
}

// named returns the JSON form of a type of a package.
func (s *Source) named(p *goPackage, name string) (*Type, error) {
	d, ok := p.types[name]
	if !ok {
		return nil, fmt.Errorf("%s has no type %s", p.dir, name)
	}
	if p.isText(name) {
		return &Type{Kind: Text}, nil
	}
	t, err := s.resolve(p, d.file, d.node.Type)
	if err != nil {
		return nil, err
	}
	if t.Kind == Object {
		out := *t
		out.Dir, out.Name, out.Doc = p.dir, name, typeDoc(d.node)
		return &out, nil
	}
	return t, nil
}

// isText reports whether a type has the method MarshalText, so that JSON has it as a text.
func (p *goPackage) isText(name string) bool {
	for _, file := range p.files {
		for _, d := range file.Decls {
			method, ok := d.(*ast.FuncDecl)
			if !ok || method.Name.Name != "MarshalText" || method.Recv == nil {
				continue
			}
			if receiver, ok := method.Recv.List[0].Type.(*ast.Ident); ok && receiver.Name == name {
				return true
			}
		}
	}
	return false
}

// typeDoc returns the comment of a type, without "Name is" or "A Name is" before it.
func typeDoc(t *ast.TypeSpec) string {
	doc := strings.TrimSpace(t.Doc.Text())
	for _, article := range []string{"A ", "An ", ""} {
		if rest, ok := strings.CutPrefix(doc, article+t.Name.Name+" is "); ok {
			doc = rest
			break
		}
	}
	return capital(doc)
}

// resolve returns the JSON form of a type expression in a file of a package.
func (s *Source) resolve(p *goPackage, file *ast.File, e ast.Expr) (*Type, error) {
	switch e := e.(type) {
	case *ast.Ident:
		if t := basic(e.Name); t != nil {
			return t, nil
		}
		return s.named(p, e.Name)
	case *ast.StarExpr:
		return s.resolve(p, file, e.X)
	case *ast.ArrayType:
		if id, ok := e.Elt.(*ast.Ident); ok && id.Name == "byte" {
			return &Type{Kind: Bytes}, nil
		}
		elem, err := s.resolve(p, file, e.Elt)
		return &Type{Kind: List, Elem: elem}, err
	case *ast.MapType:
		return &Type{Kind: Object}, nil
	case *ast.InterfaceType:
		return &Type{Kind: Any}, nil
	case *ast.SelectorExpr:
		return s.imported(file, e)
	case *ast.StructType:
		fields, err := s.fields(p, file, e)
		return &Type{Kind: Object, Fields: fields}, err
	}
	return nil, fmt.Errorf("%s: the JSON form of %T is not known", s.fset.Position(e.Pos()), e)
}

// basic returns the JSON form of a predeclared type, or nil.
func basic(name string) *Type {
	switch name {
	case "string":
		return &Type{Kind: Text}
	case "bool":
		return &Type{Kind: Boolean}
	case "float32", "float64":
		return &Type{Kind: Number}
	case "any":
		return &Type{Kind: Any}
	case "int":
		return &Type{Kind: Integer, Bits: 64}
	}
	rest, unsigned := strings.CutPrefix(name, "u")
	if bits, err := strconv.Atoi(strings.TrimPrefix(rest, "int")); err == nil && strings.HasPrefix(rest, "int") {
		return &Type{Kind: Integer, Bits: bits, Unsigned: unsigned}
	}
	return nil
}

// imported returns the JSON form of a type of another package: json.RawMessage, or a type
// of this repository.
func (s *Source) imported(file *ast.File, e *ast.SelectorExpr) (*Type, error) {
	pkg, ok := e.X.(*ast.Ident)
	if !ok {
		return nil, fmt.Errorf("%s: the JSON form of %s is not known", s.fset.Position(e.Pos()), e.Sel.Name)
	}
	for _, spec := range file.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		if path == "encoding/json" && pkg.Name == "json" && e.Sel.Name == "RawMessage" {
			return &Type{Kind: Any}, nil
		}
		dir, ours := strings.CutPrefix(path, "parley/")
		if !ours {
			continue
		}
		name := dir[strings.LastIndex(dir, "/")+1:]
		if spec.Name != nil {
			name = spec.Name.Name
		}
		if name == pkg.Name {
			return s.Type(dir, e.Sel.Name)
		}
	}
	return nil, fmt.Errorf("%s: the JSON form of %s.%s is not known", s.fset.Position(e.Pos()), pkg.Name, e.Sel.Name)
}

// fields returns the fields of a struct, with those of the structs that it embeds. The
// fields of an embedded pointer are optional: the pointer may be nil.
func (s *Source) fields(p *goPackage, file *ast.File, e *ast.StructType) ([]Field, error) {
	var out []Field
	for _, f := range e.Fields.List {
		var tag reflect.StructTag
		if f.Tag != nil {
			text, err := strconv.Unquote(f.Tag.Value)
			if err != nil {
				return nil, err
			}
			tag = reflect.StructTag(text)
		}
		name, options, _ := strings.Cut(tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		t, err := s.resolve(p, file, f.Type)
		if err != nil {
			return nil, err
		}
		if len(f.Names) == 0 && name == "" {
			_, pointer := f.Type.(*ast.StarExpr)
			for _, inner := range t.Fields {
				inner.Optional = inner.Optional || pointer
				out = append(out, inner)
			}
			continue
		}
		if len(f.Names) > 0 && !f.Names[0].IsExported() {
			continue
		}
		if name == "" && len(f.Names) > 0 {
			name = f.Names[0].Name
		}
		comment := strings.TrimSpace(f.Comment.Text())
		if comment == "" {
			comment = strings.Join(strings.Fields(f.Doc.Text()), " ")
		}
		field := Field{Name: name, Type: t, ID: tag.Get("id"), Comment: comment, Rule: settingRule(p.dir, tag), Optional: strings.Contains(options, "omitempty") || strings.Contains(options, "omitzero")}
		for key, number := range map[string]*int{"need": &field.Need, "bad": &field.Bad} {
			if text := tag.Get(key); text != "" {
				if *number, err = strconv.Atoi(text); err != nil {
					return nil, fmt.Errorf("%s: field %s: %w", s.fset.Position(f.Pos()), name, err)
				}
			}
		}
		out = append(out, field)
	}
	return out, nil
}

// Walk visits the fields of an object, and the fields of the objects in them. visit gets
// the path of a field, for example "MsgBody[].MsgType", and the fields on that path; the
// last one is the field itself.
func (t *Type) Walk(visit func(path string, chain []Field)) { t.walk("", nil, visit) }

func (t *Type) walk(prefix string, outer []Field, visit func(string, []Field)) {
	for _, f := range t.Fields {
		path, chain := prefix+f.Name, append(slices.Clip(outer), f)
		visit(path, chain)
		inner := f.Type
		for inner.Kind == List {
			path, inner = path+"[]", inner.Elem
		}
		if inner.Kind == Object {
			inner.walk(path+".", chain, visit)
		}
	}
}
