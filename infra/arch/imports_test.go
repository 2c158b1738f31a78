package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	root   = "../.."
	module = "parley/"
)

// A source is one file that is no test.
type source struct {
	path string // from the root of the repository
	file *ast.File
	fset *token.FileSet
}

// load parses the packages below some folders: import path without the module's
// name to files.
func load(t *testing.T, folders ...string) map[string][]source {
	t.Helper()
	packages := make(map[string][]source)
	fset := token.NewFileSet()
	for _, folder := range folders {
		err := filepath.WalkDir(filepath.Join(root, folder), func(name string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() {
				if d.Name() == "testdata" || d.Name() == "node_modules" {
					return filepath.SkipDir
				}
				return nil
			}
			if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return nil
			}
			file, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(root, name)
			if err != nil {
				return err
			}
			rel = filepath.ToSlash(rel)
			packages[path.Dir(rel)] = append(packages[path.Dir(rel)], source{rel, file, fset})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(packages) < 5 {
		t.Fatalf("found %d packages below %q", len(packages), folders)
	}
	return packages
}

func imports(files []source) []string {
	seen := make(map[string]bool)
	for _, s := range files {
		for _, i := range s.file.Imports {
			name, err := strconv.Unquote(i.Path.Value)
			if err == nil {
				seen[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// in reports whether a package is one of a list; "a/..." means those below, too.
func in(pkg string, list ...string) bool {
	for _, l := range list {
		if below, ok := strings.CutSuffix(l, "/..."); pkg == l || (ok && (pkg == below || strings.HasPrefix(pkg, below+"/"))) {
			return true
		}
	}
	return false
}

// allowed lists what a package of ours may import of ours, and whether it may
// import modules of others.
func allowed(pkg string) (ours []string, modules bool) {
	domain := []string{"shared/fault", "shared/plainjson", "shared/retry", "shared/domain/..."}
	v4 := append([]string{"shared/op", "shared/dialect", "shared/dialect/v4", "shared/dialect/usersig"}, domain...)
	switch {
	case pkg == "shared/retry":
		return nil, false
	case pkg == "shared/attempt" || pkg == "shared/plainjson":
		return nil, true
	case pkg == "shared/fault" || pkg == "shared/config" || pkg == "shared/telemetry":
		return nil, false
	case pkg == "shared/dialect/usersig":
		return []string{"shared/plainjson"}, false
	case in(pkg, "shared/domain/..."):
		return domain, false
	case pkg == "shared/store":
		return append(domain, "shared/telemetry", "shared/config", "shared/attempt"), true
	case in(pkg, "shared/seal", "shared/queue", "shared/gateway"):
		return []string{"shared/fault", "shared/plainjson", "shared/telemetry", "shared/attempt"}, true
	case pkg == "shared/objects":
		return append(domain, "shared/telemetry"), true
	case pkg == "shared/app":
		return append(domain, "shared/attempt", "shared/objects", "shared/config", "shared/telemetry", "shared/store", "shared/objects", "shared/seal", "shared/queue", "shared/gateway"), true
	case pkg == "shared/op":
		return append(domain, "shared/app", "shared/telemetry", "shared/store", "shared/objects", "shared/queue"), true
	case in(pkg, "shared/dialect", "shared/dialect/v4"):
		return append(domain, "shared/dialect/usersig"), false
	case in(pkg, "shared/dialect/..."): // one dialect knows no other
		return v4, false
	case pkg == "shared/testkit":
		return []string{"shared/...", "infra/local/backing", "infra/local/object", "infra/local/template"}, true
	case pkg == "functions":
		return []string{"functions/catalog", "shared/app", "shared/config", "shared/dialect/client", "shared/op", "shared/telemetry"}, true
	case pkg == "functions/catalog":
		return []string{"functions/...", "shared/op"}, false
	case in(pkg, "functions/..."): // one group of operations knows no other
		return append(v4, "shared/dialect/tencent", "shared/dialect/client", "shared/dialect/operator", "shared/store", "shared/objects", "shared/queue"), false
	}
	return nil, false
}

// refusal says what is wrong with an import, empty when nothing is.
func refusal(pkg, imported string) string {
	ours, modules := allowed(pkg)
	if own, ok := strings.CutPrefix(imported, module); ok {
		if !in(own, ours...) {
			return pkg + " imports " + own
		}
		return ""
	}
	first, _, _ := strings.Cut(imported, "/")
	if imported == "golang.org/x/sync/errgroup" && in(pkg, "functions/...") {
		return "" // an operation may ask the domain several things at once
	}
	if strings.HasPrefix(imported, "golang.org/x/text/") && pkg == "shared/domain/search" {
		return "" // normal forms of Unicode are data, like the standard library's letters
	}
	if strings.Contains(first, ".") && !modules {
		return pkg + " imports the module " + imported
	}
	return ""
}

func TestImports(t *testing.T) {
	packages := load(t, "shared", "functions")
	for pkg, files := range packages {
		for _, i := range imports(files) {
			if why := refusal(pkg, i); why != "" {
				t.Error(why)
			}
		}
	}
	for _, pkg := range []string{
		"shared/fault", "shared/config", "shared/telemetry", "shared/store", "shared/seal", "shared/queue", "shared/gateway", "shared/app",
		"shared/op", "shared/dialect", "shared/dialect/v4", "shared/domain/messages", "shared/testkit", "functions", "functions/catalog",
	} {
		if len(packages[pkg]) == 0 {
			t.Errorf("the rules speak of %s, which is not there", pkg)
		}
	}
}

// TestTheRulesRefuse holds the rules against imports that they are there for.
func TestTheRulesRefuse(t *testing.T) {
	for _, c := range []struct {
		pkg, imported string
		want          bool // refused
	}{
		{"shared/domain/messages", "parley/shared/fault", false},
		{"shared/domain/messages", "parley/shared/domain/accounts", false},
		{"shared/domain/messages", "encoding/json", false},
		{"shared/domain/messages", "parley/shared/store", true},
		{"shared/domain/messages", "parley/shared/telemetry", true},
		{"shared/domain/messages", "parley/shared/dialect/v4", true},
		{"shared/domain/messages", "github.com/aws/aws-sdk-go-v2/aws", true},
		{"shared/domain/newer", "parley/shared/app", true},
		{"shared/fault", "parley/shared/telemetry", true},
		{"shared/store", "parley/shared/domain/apps", false},
		{"shared/store", "github.com/aws/aws-sdk-go-v2/service/dynamodb", false},
		{"shared/store", "parley/shared/app", true},
		{"shared/store", "parley/shared/queue", true},
		{"shared/store", "parley/infra/local/backing", true},
		{"shared/queue", "parley/shared/store", true},
		{"shared/app", "parley/shared/op", true},
		{"shared/app", "parley/shared/dialect/client", true},
		{"shared/op", "parley/shared/dialect/v4", true},
		{"shared/op", "parley/shared/seal", true},
		{"shared/dialect/tencent", "parley/shared/dialect/v4", false},
		{"shared/dialect/tencent", "parley/shared/dialect/client", true},
		{"shared/dialect/tencent", "parley/shared/store", true},
		{"shared/dialect/easemob", "parley/shared/dialect/tencent", true},
		{"shared/dialect/v4", "parley/shared/op", true},
		{"shared/testkit", "parley/infra/local/backing", false},
		{"shared/testkit", "parley/infra/local", true},
		{"shared/testkit", "parley/functions/catalog", true},
		{"functions/tencent/message", "parley/shared/dialect/tencent", false},
		{"functions/tencent/message", "parley/functions/tencent/account", true},
		{"functions/tencent/message", "parley/shared/app", true},
		{"functions/tencent/message", "parley/shared/gateway", true},
		{"functions/tencent/message", "parley/infra/gen", true},
		{"functions/tencent/message", "parley/shared/testkit", true},
		{"functions/catalog", "parley/functions/tencent/message", false},
		{"functions", "parley/shared/store", true},
		{"functions", "parley/shared/testkit", true},
		{"shared/newer", "parley/shared/fault", true}, // a new package needs a rule
	} {
		if why := refusal(c.pkg, c.imported); (why != "") != c.want {
			t.Errorf("%s importing %s: refused with %q, want refused %t", c.pkg, c.imported, why, c.want)
		}
	}
}

// TestNoTestsInTheProgram follows the imports of the deployed program.
func TestNoTestsInTheProgram(t *testing.T) {
	packages := load(t, "shared", "functions", "infra/local")
	seen := map[string]bool{}
	var visit func(pkg string)
	visit = func(pkg string) {
		if seen[pkg] {
			return
		}
		seen[pkg] = true
		for _, i := range imports(packages[pkg]) {
			if own, ok := strings.CutPrefix(i, module); ok {
				visit(own)
			}
			if i == "testing" {
				t.Errorf("%s, which is deployed, imports testing", pkg)
			}
		}
	}
	visit("functions")
	if len(seen) < 20 {
		t.Errorf("the program has %d packages only", len(seen))
	}
	for pkg := range seen {
		if in(pkg, "infra/...", "shared/testkit") {
			t.Errorf("the program holds %s", pkg)
		}
	}
}

// TestComposition: who makes the parts of a function.
func TestComposition(t *testing.T) {
	makers := map[string][]string{
		"parley/shared/store":   {"shared/app", "shared/testkit"},
		"parley/shared/queue":   {"shared/app", "shared/testkit"},
		"parley/shared/seal":    {"shared/app", "shared/testkit"},
		"parley/shared/gateway": {"shared/app", "shared/testkit"},
		"parley/shared/app":     {"functions", "shared/testkit"},
	}
	made := map[string]bool{}
	for pkg, files := range load(t, "shared", "functions") {
		for _, s := range files {
			ast.Inspect(s.file, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				fun := call.Fun
				if index, ok := fun.(*ast.IndexExpr); ok {
					fun = index.X
				}
				if sel, ok := fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "New" {
					made[packageOf(s.file, sel.X)] = true
					if list, ok := makers[packageOf(s.file, sel.X)]; ok && !in(pkg, list...) {
						t.Errorf("%s: only %q make it", s.fset.Position(call.Pos()), list)
					}
				}
				return true
			})
		}
	}
	for name := range makers {
		if !made[name] {
			t.Errorf("nobody makes a %s", name)
		}
	}
}

// packageOf returns the import path that an identifier stands for.
func packageOf(file *ast.File, x ast.Expr) string {
	id, ok := x.(*ast.Ident)
	if !ok {
		return ""
	}
	for _, i := range file.Imports {
		name, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			continue
		}
		short := path.Base(name)
		if len(short) > 1 && short[0] == 'v' && strings.Trim(short[1:], "0123456789") == "" && short != "v4" {
			short = path.Base(path.Dir(name)) // math/rand/v2
		}
		if i.Name != nil {
			short = i.Name.Name
		}
		if short == id.Name {
			return name
		}
	}
	return ""
}
