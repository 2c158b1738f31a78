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
)

func sources(t *testing.T) ([]entry, []event) {
	t.Helper()
	src := source.New(root)
	entries, err := read(src)
	if err != nil {
		t.Fatal(err)
	}
	pushed, err := readEvents(src)
	if err != nil {
		t.Fatal(err)
	}
	return entries, pushed
}

// TestPushed: what client.Frame names is what is described.
func TestPushed(t *testing.T) {
	paths, err := filepath.Glob(root + "/shared/dialect/client/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var named []string
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			pair, ok := n.(*ast.KeyValueExpr)
			if !ok {
				return true
			}
			if key, ok := pair.Key.(*ast.Ident); !ok || key.Name != "Event" {
				return true
			}
			lit, ok := pair.Value.(*ast.BasicLit)
			if !ok {
				t.Errorf("%s: an event whose name is not written out", path)
				return true
			}
			name, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Error(err)
			}
			named = append(named, name)
			return true
		})
	}
	_, described := sources(t)
	for _, e := range described {
		if !slices.Contains(named, e.name) {
			t.Errorf("%s is described, but not sent", e.name)
		}
	}
	for _, name := range named {
		if !slices.ContainsFunc(described, func(e event) bool { return e.name == name }) {
			t.Errorf("%s is sent, but not described in pushed", name)
		}
	}
}

// TestBodies holds what the case tables show of events and of answers to clients
// against what is described. Each form of an event is there, and fits.
func TestBodies(t *testing.T) {
	entries, pushed := sources(t)
	byName := make(map[string]event)
	for _, e := range pushed {
		byName[e.name] = e
	}
	shown := make(map[*source.Type]bool)
	answers := 0
	for _, e := range entries {
		text, err := os.ReadFile(table(root, e.Name)) //nolint:gosec // a file of the repository
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range txtar.Parse(text).Files {
			switch {
			case f.Name == "effects" && e.Surface() != "worker": // whose cases make frames up
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
					continue // a request that is answered by nothing
				}
				if err := json.Unmarshal(f.Data[at:], &frame); err != nil {
					t.Errorf("%s: %s: %v", e.Name, f.Data, err)
				} else if frame.Code == 0 {
					answers++
					if err := fits(e.Answer, frame.Body); err != nil {
						t.Errorf("%s: the answer %s: %v", e.Name, f.Data, err)
					}
				}
			}
		}
	}
	if answers == 0 {
		t.Error("no table has an answer")
	}
	for _, e := range pushed {
		for _, form := range e.forms {
			if !shown[form] {
				t.Errorf("no case shows %s as %s", e.name, form.Name)
			}
		}
	}
}

func checkEvent(t *testing.T, where, text string, byName map[string]event, shown map[*source.Type]bool) {
	t.Helper()
	var frame struct {
		Event string
		Body  any
	}
	if err := json.Unmarshal([]byte(text), &frame); err != nil {
		t.Errorf("%s: %s: %v", where, text, err)
		return
	}
	var wrong []error
	for _, form := range byName[frame.Event].forms {
		err := fits(form, frame.Body)
		if err == nil {
			shown[form] = true
			return
		}
		wrong = append(wrong, err)
	}
	t.Errorf("%s: %s has no form that is described: %v", where, text, errors.Join(wrong...))
}

// fits tells whether a JSON value has the form of a type that is sent: the fields
// that are always there, no other than are known, and values of their kinds.
func fits(t *source.Type, v any) error {
	ok := true
	switch t.Kind {
	case source.Text, source.Bytes:
		_, ok = v.(string)
	case source.Integer, source.Number:
		_, ok = v.(float64)
	case source.Boolean:
		_, ok = v.(bool)
	case source.List:
		items, is := v.([]any)
		for i, item := range items {
			if err := fits(t.Elem, item); err != nil {
				return fmt.Errorf("[%d]: %w", i, err)
			}
		}
		ok = is
	case source.Object:
		fields, is := v.(map[string]any)
		for _, f := range t.Fields {
			value, there := fields[f.Name]
			if !there && sent(f) {
				return fmt.Errorf("%s is missing", f.Name)
			}
			if there {
				if err := fits(f.Type, value); err != nil {
					return fmt.Errorf("%s: %w", f.Name, err)
				}
			}
		}
		for name := range fields {
			if !slices.ContainsFunc(t.Fields, func(f source.Field) bool { return f.Name == name }) {
				return fmt.Errorf("%s is not known", name)
			}
		}
		ok = is
	}
	if !ok {
		return fmt.Errorf("%v is no %s", v, t)
	}
	return nil
}
