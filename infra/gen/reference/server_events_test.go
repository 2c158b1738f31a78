package reference

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"parley/infra/gen/source"
	"parley/infra/testkit/table"
)

// described returns the operations and events that the reference describes.
func described(t *testing.T) ([]entry, []event) {
	t.Helper()
	src := source.New(root)
	entries, err := read(root, src)
	if err != nil {
		t.Fatal(err)
	}
	events, err := readEvents(src)
	if err != nil {
		t.Fatal(err)
	}
	return entries, events
}

// TestServerEvents checks that the events that client.Frames encodes are those that the
// reference describes.
func TestServerEvents(t *testing.T) {
	paths, err := filepath.Glob(root + "/shared/dialect/client/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var sent []string
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			lit := eventName(n)
			if lit == nil {
				return true
			}
			name, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Error(err)
			}
			sent = append(sent, name)
			return true
		})
	}
	_, events := described(t)
	for _, e := range events {
		if !slices.Contains(sent, e.name) {
			t.Errorf("%s is described, but not sent", e.name)
		}
	}
	for _, name := range sent {
		if !slices.ContainsFunc(events, func(e event) bool { return e.name == name }) {
			t.Errorf("%s is sent, but serverEvents does not describe it", name)
		}
	}
}

// eventName returns the literal that names an event: the first argument of encode, which
// makes the encoder of an event, or the field Event of a frame. It returns nil for any
// other node.
func eventName(n ast.Node) *ast.BasicLit {
	var name ast.Expr
	switch n := n.(type) {
	case *ast.CallExpr:
		if f, ok := n.Fun.(*ast.Ident); ok && f.Name == "encode" {
			name = n.Args[0]
		}
	case *ast.KeyValueExpr:
		if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Event" {
			name = n.Value
		}
	}
	lit, _ := name.(*ast.BasicLit)
	return lit
}

// TestBodies compares the events and the answers in the case tables with what the reference
// describes: each of them matches its type, and every form of an event is in some case.
func TestBodies(t *testing.T) {
	entries, events := described(t)
	byName := make(map[string]event)
	for _, e := range events {
		byName[e.name] = e
	}
	shown := make(map[*source.Type]bool)
	answers := 0
	for _, e := range entries {
		tab, err := table.Read(root, e.Name)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range sections(tab) {
			switch {
			case f.Name == "effects" && e.Surface() != "worker": // the frames in the cases of workers are not real events
				for line := range strings.Lines(string(f.Data)) {
					if at := strings.Index(line, `{"event":`); at >= 0 {
						checkEvent(t, e.Name, line[at:], byName, shown)
					}
				}
			case f.Name == "response" && e.action() != "":
				var frame struct {
					Code int
					Body any
				}
				at := strings.IndexByte(string(f.Data), '{')
				if at < 0 {
					continue // the request has no answer
				}
				if err := json.Unmarshal(f.Data[at:], &frame); err != nil {
					t.Errorf("%s: %s: %v", e.Name, f.Data, err)
				} else if frame.Code == 0 {
					answers++
					if err := matches(e.Answer, frame.Body); err != nil {
						t.Errorf("%s: the answer %s: %v", e.Name, f.Data, err)
					}
				}
			}
		}
	}
	if answers == 0 {
		t.Error("no case table has an answer")
	}
	for _, e := range events {
		for _, form := range e.forms {
			if !shown[form] {
				t.Errorf("no case has the event %s with the body %s", e.name, form.Name)
			}
		}
	}
}

// checkEvent checks that a frame matches one of the forms of its event, and notes the form
// in shown.
func checkEvent(t *testing.T, operation, text string, byName map[string]event, shown map[*source.Type]bool) {
	t.Helper()
	var frame struct {
		Event string
		Body  any
	}
	if err := json.Unmarshal([]byte(text), &frame); err != nil {
		t.Errorf("%s: %s: %v", operation, text, err)
		return
	}
	var mismatches []error
	for _, form := range byName[frame.Event].forms {
		err := matches(form, frame.Body)
		if err == nil {
			shown[form] = true
			return
		}
		mismatches = append(mismatches, err)
	}
	t.Errorf("%s: %s matches no form of its event: %v", operation, text, errors.Join(mismatches...))
}

// matches checks that a JSON value has the form of a type that the server sends: the fields
// that may not be left out, no unknown fields, and values of the right kinds.
func matches(t *source.Type, v any) error {
	ok := true
	switch t.Kind {
	case source.Any:
	case source.Text, source.Bytes:
		_, ok = v.(string)
	case source.Integer, source.Number:
		_, ok = v.(float64)
	case source.Boolean:
		_, ok = v.(bool)
	case source.List:
		items, is := v.([]any)
		for i, item := range items {
			if err := matches(t.Elem, item); err != nil {
				return fmt.Errorf("[%d]: %w", i, err)
			}
		}
		ok = is
	case source.Object:
		fields, is := v.(map[string]any)
		for _, f := range t.Fields {
			value, found := fields[f.Name]
			if !found && inAnswer(f) {
				return fmt.Errorf("%s is missing", f.Name)
			}
			if found {
				if err := matches(f.Type, value); err != nil {
					return fmt.Errorf("%s: %w", f.Name, err)
				}
			}
		}
		for name := range fields {
			if !slices.ContainsFunc(t.Fields, func(f source.Field) bool { return f.Name == name }) {
				return fmt.Errorf("the field %s is not known", name)
			}
		}
		ok = is
	}
	if !ok {
		return fmt.Errorf("%v is not of the type %s", v, t)
	}
	return nil
}

// sections returns the sections of all cases of a table.
func sections(t table.Table) []txtar.File {
	var all []txtar.File
	for _, c := range t.Cases {
		all = append(all, c.Sections...)
	}
	return all
}
