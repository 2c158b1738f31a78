package catalog

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"parley/shared/op"
)

const root = "../.."

// inDialects returns the operations that have no file of their own, because a dialect
// makes them, and the files of the dialects.
func inDialects() map[string]string {
	return map[string]string{
		"client.session.default":  "shared/dialect/client/client.go",
		"tencent.gateway.unknown": "shared/dialect/tencent/tencent.go",
	}
}

// packageOf returns the folder of an operation's package and the last part of the
// operation's name.
func packageOf(o *op.Operation) (dir, name string) {
	parts := strings.SplitN(o.Name, ".", 3)
	return filepath.Join("functions", parts[0], parts[1]), parts[2]
}

// TestNames checks that names have their form and are unique, and that every operation
// has a trigger of its own.
func TestNames(t *testing.T) {
	form := regexp.MustCompile(`^[a-z][a-z0-9]*\.[a-z]+\.[a-z][a-z0-9]*([_-][a-z0-9]+)*$`)
	names, triggers := make(map[string]bool), make(map[op.Trigger]string)
	for _, o := range All() {
		if !form.MatchString(o.Name) {
			t.Errorf("%q is not of the form surface.group.operation", o.Name)
		}
		if names[o.Name] {
			t.Errorf("%s is listed twice", o.Name)
		}
		names[o.Name] = true
		if len(o.Triggers) == 0 {
			t.Errorf("%s has no trigger", o.Name)
		}
		for _, trigger := range o.Triggers {
			if other := triggers[trigger]; other != "" {
				t.Errorf("%s and %s have the same trigger %+v", o.Name, other, trigger)
			}
			triggers[trigger] = o.Name
		}
		if o.Protocol == nil || o.Run == nil {
			t.Errorf("%s has no Protocol or no Run", o.Name)
		}
		if got := Find(o.Name); got == nil || got.Name != o.Name {
			t.Errorf("%s is not found by its name", o.Name)
		}
	}
	if Find("client.message") != nil {
		t.Error("a part of a name is found")
	}
}

// TestPlaces checks that the name of an operation tells where its function, its case
// table and its sample event are, and that no case table or sample event is left over.
func TestPlaces(t *testing.T) {
	owned := map[string]bool{}
	for _, o := range All() {
		dir, name := packageOf(&o)
		source := filepath.Join(dir, strings.ReplaceAll(name, "-", "_")+".go")
		if file, ok := inDialects()[o.Name]; ok {
			source = file
		}
		checkComment(t, &o, source)
		cases := filepath.Join(dir, "testdata", name+".txt")
		event := filepath.Join("events", strings.ReplaceAll(o.Name, ".", string(filepath.Separator))+".json")
		for _, path := range []string{cases, event} {
			if info, err := os.Stat(filepath.Join(root, path)); err != nil || info.Size() == 0 {
				t.Errorf("%s lacks %s", o.Name, path)
			}
			owned[path] = true
		}
	}
	for _, pattern := range []string{"functions/*/*/testdata/*.txt", "events/*/*/*.json"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range found {
			if path, err := filepath.Rel(root, path); err != nil || !owned[path] {
				t.Errorf("%s belongs to no operation (%v)", path, err)
			}
		}
	}
}

// checkComment checks that the function of an operation is in its file, and has a
// comment that begins with its name. The reference is made from this comment.
func checkComment(t *testing.T, o *op.Operation, source string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, source), nil, parser.ParseComments)
	if err != nil {
		t.Errorf("%s lacks its file: %v", o.Name, err)
		return
	}
	pkg, name, _ := strings.Cut(o.FuncName(), ".")
	if pkg != file.Name.Name {
		t.Errorf("%s: the function %s is not in package %s", o.Name, o.FuncName(), file.Name.Name)
	}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == name {
			if !strings.HasPrefix(f.Doc.Text(), name+" ") {
				t.Errorf("%s: the comment of %s does not begin with its name: %q", o.Name, name, f.Doc.Text())
			}
			return
		}
	}
	t.Errorf("%s: %s has no function %s", o.Name, source, name)
}
