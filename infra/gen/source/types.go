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
	Any     Kind = "any" // what is read as it comes
)

// A Type is the JSON form of a Go type.
type Type struct {
	Kind   Kind
	Elem   *Type   // of a list
	Fields []Field // of an object
	// Name is that of a struct type, with its package's folder; Doc is its comment
	// without "Name is".
	Dir, Name, Doc string
	// Least is 0 for an unsigned integer; Bits is the size of an integer.
	Unsigned bool
	Bits     int
}

// A Field is a member of an object.
type Field struct {
	Name     string
	Type     *Type
	Optional bool // left out when empty, or nil where it was left out
	// Need and Bad are the numbers that answer a missing field and one of a wrong
	// type, 0 for none.
	Need, Bad int
	ID        string // what a text is the id of: the tag id of v4.Decode
	Comment   string
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

func (s *Source) named(c *code, name string) (*Type, error) {
	d, ok := c.types[name]
	if !ok {
		return nil, fmt.Errorf("%s has no type %s", c.dir, name)
	}
	t, err := s.resolve(c, d.file, d.node.Type)
	if err != nil {
		return nil, err
	}
	if t.Kind == Object {
		out := *t
		out.Dir, out.Name, out.Doc = c.dir, name, comment(d.node)
		return &out, nil
	}
	return t, nil
}

// comment is that of a type, from after "Name is" or "A Name is".
func comment(t *ast.TypeSpec) string {
	doc := strings.TrimSpace(t.Doc.Text())
	for _, article := range []string{"A ", "An ", ""} {
		if rest, ok := strings.CutPrefix(doc, article+t.Name.Name+" is "); ok {
			doc = rest
			break
		}
	}
	return capital(doc)
}

func capital(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// resolve turns a type expression of a file into its JSON form.
func (s *Source) resolve(c *code, file *ast.File, e ast.Expr) (*Type, error) {
	switch e := e.(type) {
	case *ast.Ident:
		if t := basic(e.Name); t != nil {
			return t, nil
		}
		return s.named(c, e.Name)
	case *ast.StarExpr:
		return s.resolve(c, file, e.X)
	case *ast.ArrayType:
		if id, ok := e.Elt.(*ast.Ident); ok && id.Name == "byte" {
			return &Type{Kind: Bytes}, nil
		}
		elem, err := s.resolve(c, file, e.Elt)
		return &Type{Kind: List, Elem: elem}, err
	case *ast.MapType:
		return &Type{Kind: Object}, nil
	case *ast.InterfaceType:
		return &Type{Kind: Any}, nil
	case *ast.SelectorExpr:
		return s.imported(file, e)
	case *ast.StructType:
		fields, err := s.fields(c, file, e)
		return &Type{Kind: Object, Fields: fields}, err
	}
	return nil, fmt.Errorf("%s: the JSON form of %T is not known", c.dir, e)
}

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

func (s *Source) imported(file *ast.File, e *ast.SelectorExpr) (*Type, error) {
	pkg, ok := e.X.(*ast.Ident)
	if !ok {
		return nil, fmt.Errorf("a type of no package: %v", e)
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
	return nil, fmt.Errorf("the JSON form of %s.%s is not known", pkg.Name, e.Sel.Name)
}

// fields are those of a struct; what it embeds counts as its own.
func (s *Source) fields(c *code, file *ast.File, e *ast.StructType) ([]Field, error) {
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
		t, err := s.resolve(c, file, f.Type)
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
		field := Field{Name: name, Type: t, ID: tag.Get("id"), Comment: comment, Optional: strings.Contains(options, "omitempty") || strings.Contains(options, "omitzero")}
		for key, to := range map[string]*int{"need": &field.Need, "bad": &field.Bad} {
			if text := tag.Get(key); text != "" {
				if *to, err = strconv.Atoi(text); err != nil {
					return nil, fmt.Errorf("%s: field %s: %w", c.dir, name, err)
				}
			}
		}
		out = append(out, field)
	}
	return out, nil
}

// Walk visits the fields of an object and of what they hold: the path, as
// "MsgBody[].MsgType", and the fields that lead there, itself the last.
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
