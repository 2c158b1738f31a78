package client

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestEveryEventHasAnEncoder walks the domain: each type that declares EventName has an
// encoder, under a name that no other type has, and its frame can be made.
func TestEveryEventHasAnEncoder(t *testing.T) {
	const domain = "../../domain"
	var declared []string
	err := filepath.WalkDir(domain, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil && f.Name.Name == "EventName" {
				if receiver, ok := f.Recv.List[0].Type.(*ast.Ident); ok {
					declared = append(declared, file.Name.Name+"."+receiver.Name)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var encoded, names []string
	frames := NewFrames()
	for _, e := range encoders() {
		encoded = append(encoded, reflect.TypeOf(e.event).String())
		if slices.Contains(names, e.event.EventName()) {
			t.Errorf("two events have the name %q", e.event.EventName())
		}
		names = append(names, e.event.EventName())
		if _, err := frames.Frame(e.event); err != nil {
			t.Errorf("%T: %v", e.event, err)
		}
	}
	slices.Sort(declared)
	slices.Sort(encoded)
	if len(declared) < 20 || !slices.Equal(declared, encoded) {
		t.Errorf("got encoders of %q, want those of the events of the domain, %q", encoded, declared)
	}
}
