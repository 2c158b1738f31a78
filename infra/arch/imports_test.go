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

// A source is one Go file that is not a test.
type source struct {
	path string // relative to the root of the repository
	file *ast.File
	fset *token.FileSet
}

// load parses all packages below the folders. It returns the files of each package by
// its import path, without the name of the module.
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

// imports lists what the files of a package import, sorted and each once.
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

// in reports whether a package is in a list. "a/..." stands for the package a and all
// packages below it, "a/*" for the packages of the folders in a.
func in(pkg string, list ...string) bool {
	for _, l := range list {
		if parent, ok := strings.CutSuffix(l, "/*"); ok && path.Dir(pkg) == parent {
			return true
		}
		if below, ok := strings.CutSuffix(l, "/..."); pkg == l || (ok && (pkg == below || strings.HasPrefix(pkg, below+"/"))) {
			return true
		}
	}
	return false
}

// allowed lists the packages of this repository that a package may import, and reports
// whether it may import modules of others.
func allowed(pkg string) (ours []string, modules bool) {
	domain := []string{"shared/clock", "shared/fault", "shared/parallel", "shared/plainjson", "shared/retry", "shared/timeouts", "shared/unitofwork", "shared/domain/..."}
	v4 := append([]string{"shared/op", "shared/dialect", "shared/dialect/v4", "shared/dialect/usersig"}, domain...)
	switch {
	case pkg == "shared/clock":
		return nil, false
	case pkg == "shared/parallel":
		return nil, true
	case pkg == "shared/retry":
		return []string{"shared/clock"}, false
	case pkg == "shared/timeouts":
		return nil, false
	case pkg == "shared/unitofwork":
		return []string{"shared/clock", "shared/fault", "shared/retry"}, false
	case pkg == "shared/httpclient":
		return nil, false
	case pkg == "shared/plainjson" || pkg == "shared/sigv4":
		return nil, true
	case pkg == "shared/attempt":
		return []string{"shared/clock"}, true
	case pkg == "shared/awscall": // calls of AWS, and nothing of Parley
		return []string{"shared/attempt", "shared/clock", "shared/httpclient", "shared/plainjson", "shared/sigv4"}, true
	case pkg == "shared/s3": // calls of S3, and nothing of Parley
		return []string{"shared/attempt", "shared/awscall", "shared/clock", "shared/sigv4"}, true
	case pkg == "shared/fault" || pkg == "shared/config":
		return nil, false
	case pkg == "shared/telemetry":
		return []string{"shared/plainjson"}, false
	case pkg == "shared/dialect/usersig":
		return []string{"shared/plainjson"}, false
	case pkg == "shared/domain/chat": // the name of a conversation depends on nothing
		return nil, false
	case pkg == "shared/domain/content": // what a message says does not depend on who says it
		return []string{"shared/fault", "shared/plainjson"}, false
	case pkg == "shared/domain/timeline": // stored messages do not depend on how they are sent
		return []string{"shared/clock", "shared/fault", "shared/parallel", "shared/retry", "shared/timeouts", "shared/unitofwork", "shared/domain/accounts", "shared/domain/chat", "shared/domain/content", "shared/domain/delivery"}, false
	case in(pkg, "shared/domain/..."):
		return domain, false
	case in(pkg, "shared/dynamo/names", "shared/dynamo/calls"):
		return nil, false
	case pkg == "shared/dynamo/wire": // the calls of DynamoDB, and nothing of Parley
		return []string{"shared/attempt", "shared/awscall", "shared/clock", "shared/dynamo/calls", "shared/httpclient", "shared/sigv4"}, true
	case pkg == "shared/dynamo": // DynamoDB, and nothing of Parley
		return []string{"shared/clock", "shared/retry", "shared/dynamo/calls", "shared/dynamo/names"}, false
	case pkg == "shared/store/schema": // without the SDK, so that operations and generators use it
		return append(domain, "shared/config", "shared/dynamo/names"), false
	case pkg == "shared/store/items":
		return append(domain, "shared/dynamo", "shared/store/schema", "shared/telemetry"), false
	case in(pkg, "shared/store/...") && pkg != "shared/store": // the store of an aggregate does not import that of another one
		return append(domain, "shared/dynamo", "shared/store/schema", "shared/store/items"), false
	case pkg == "shared/store":
		return []string{"shared/clock", "shared/dynamo", "shared/dynamo/calls", "shared/store/...", "shared/telemetry"}, false
	case in(pkg, "shared/seal", "shared/queue", "shared/gateway"):
		return []string{"shared/awscall", "shared/clock", "shared/httpclient", "shared/sigv4", "shared/fault", "shared/plainjson", "shared/telemetry"}, true
	case pkg == "shared/objects":
		return append(domain, "shared/s3", "shared/telemetry"), true
	case pkg == "shared/app":
		return append(domain, "shared/attempt", "shared/s3", "shared/objects", "shared/config", "shared/telemetry", "shared/store", "shared/dynamo/wire", "shared/store/schema", "shared/objects", "shared/seal", "shared/queue", "shared/gateway"), true
	case pkg == "shared/op":
		return append(domain, "shared/app", "shared/telemetry", "shared/dynamo", "shared/store/schema", "shared/objects", "shared/queue"), true
	case in(pkg, "shared/dialect", "shared/dialect/v4"):
		return append(domain, "shared/dialect/usersig"), false
	case in(pkg, "shared/dialect/..."): // a dialect does not import another dialect
		return v4, false
	case pkg == "functions":
		return []string{"functions/catalog", "shared/app", "shared/config", "shared/dialect/client", "shared/dialect/v4", "shared/op", "shared/telemetry"}, true
	case pkg == "functions/catalog":
		return []string{"functions/*", "shared/op"}, false
	case in(pkg, "functions/*"): // a surface lists its groups
		return []string{pkg + "/...", "shared/op"}, false
	case pkg == "functions/worker/archive": // it reads the stream of a table
		return append(v4, "shared/dynamo", "shared/store/archive", "shared/store/schema", "shared/objects", "shared/queue"), false
	case in(pkg, "functions/..."): // a group of operations imports the dialect of its surface, and no other group
		return append(v4, "shared/dialect/"+path.Base(path.Dir(pkg)), "shared/store/schema", "shared/objects", "shared/queue"), false
	}
	return nil, false
}

// refusal says why an import is not allowed. It returns "" if it is allowed.
func refusal(pkg, imported string) string {
	ours, modules := allowed(pkg)
	if own, ok := strings.CutPrefix(imported, module); ok {
		if !in(own, ours...) {
			return pkg + " imports " + own
		}
		return ""
	}
	first, _, _ := strings.Cut(imported, "/")
	if imported == "golang.org/x/sync/errgroup" && in(pkg, "functions/...", "shared/store/...") {
		return "" // an operation, or a store, may make several calls in parallel
	}
	if strings.HasPrefix(imported, "golang.org/x/text/") && pkg == "shared/domain/search" {
		return "" // the normal forms of Unicode are data, like the tables of package unicode
	}
	if strings.Contains(first, ".") && !modules {
		return pkg + " imports the module " + imported
	}
	return ""
}

// TestImports checks the imports of every package, and that the packages that the
// rules name exist.
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
		"shared/fault", "shared/config", "shared/telemetry", "shared/dynamo", "shared/dynamo/names", "shared/store", "shared/store/schema", "shared/store/items", "shared/seal", "shared/queue", "shared/gateway", "shared/app",
		"shared/op", "shared/dialect", "shared/dialect/v4", "shared/domain/content", "shared/domain/timeline", "shared/domain/direct", "functions", "functions/catalog",
		"functions/client", "functions/operator", "functions/tencent", "functions/worker", "functions/worker/archive",
	} {
		if len(packages[pkg]) == 0 {
			t.Errorf("the rules name the package %s, which does not exist", pkg)
		}
	}
}

// TestTheRulesRefuseImports tests the rules themselves with imports that they must
// refuse or allow.
func TestTheRulesRefuseImports(t *testing.T) {
	for _, c := range []struct {
		pkg, imported string
		want          bool // refused
	}{
		{"shared/domain/direct", "parley/shared/fault", false},
		{"shared/domain/direct", "parley/shared/domain/accounts", false},
		{"shared/domain/direct", "encoding/json", false},
		{"shared/domain/timeline", "parley/shared/domain/content", false},
		{"shared/domain/timeline", "parley/shared/domain/direct", true},
		{"shared/domain/direct", "parley/shared/domain/timeline", false},
		{"shared/domain/content", "parley/shared/plainjson", false},
		{"shared/domain/content", "parley/shared/domain/timeline", true},
		{"shared/domain/direct", "parley/shared/store", true},
		{"shared/domain/direct", "parley/shared/telemetry", true},
		{"shared/domain/direct", "parley/shared/dialect/v4", true},
		{"shared/domain/direct", "github.com/aws/aws-sdk-go-v2/aws", true},
		{"shared/domain/newer", "parley/shared/app", true},
		{"shared/fault", "parley/shared/telemetry", true},
		{"shared/dynamo", "parley/shared/clock", false},
		{"shared/dynamo", "parley/shared/telemetry", true},
		{"shared/dynamo", "parley/shared/store/schema", true},
		{"shared/dynamo", "parley/shared/domain/accounts", true},
		{"shared/store/schema", "parley/shared/domain/chat", false},
		{"shared/store/schema", "parley/shared/dynamo", true},
		{"shared/store/schema", "github.com/aws/aws-sdk-go-v2/service/dynamodb/types", true},
		{"shared/store/inbox", "parley/shared/store/items", false},
		{"shared/store/inbox", "parley/shared/store/timeline", true},
		{"shared/store/inbox", "parley/shared/store", true},
		{"shared/store/inbox", "github.com/aws/aws-sdk-go-v2/service/dynamodb", true},
		{"shared/store/inbox", "golang.org/x/sync/errgroup", false},
		{"functions/tencent/message", "parley/shared/store/schema", false},
		{"functions/tencent/message", "parley/shared/store/inbox", true},
		{"shared/store", "parley/shared/domain/apps", true},
		{"shared/store", "github.com/aws/aws-sdk-go-v2/service/dynamodb", true},
		{"shared/dynamo", "github.com/aws/aws-sdk-go-v2/service/dynamodb/types", true},
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
		{"functions/tencent/message", "parley/shared/dialect/tencent", false},
		{"functions/tencent/message", "parley/shared/dialect/client", true},
		{"functions/easemob/message", "parley/shared/dialect/easemob", false},
		{"functions/easemob", "parley/functions/easemob/message", false},
		{"functions/catalog", "parley/functions/easemob", false},
		{"functions/tencent/message", "parley/functions/tencent/account", true},
		{"functions/tencent/message", "parley/shared/app", true},
		{"functions/tencent/message", "parley/shared/gateway", true},
		{"functions/tencent/message", "parley/infra/gen", true},
		{"functions/tencent/message", "parley/infra/testkit", true},
		{"functions/tencent", "parley/functions/tencent/message", false},
		{"functions/tencent", "parley/functions/client/message", true},
		{"functions/catalog", "parley/functions/tencent", false},
		{"functions/catalog", "parley/functions/tencent/message", true},
		{"functions", "parley/shared/store", true},
		{"functions", "parley/infra/testkit", true},
		{"shared/newer", "parley/shared/fault", true}, // a new package needs a rule of its own
	} {
		if why := refusal(c.pkg, c.imported); (why != "") != c.want {
			t.Errorf("%s importing %s: refused with %q, want refused %t", c.pkg, c.imported, why, c.want)
		}
	}
}

// TestDeployedProgramHasNoTestCode follows the imports of the deployed program. It
// imports neither "testing" nor anything below infra.
func TestDeployedProgramHasNoTestCode(t *testing.T) {
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
				t.Errorf("%s imports testing, and is part of the deployed program", pkg)
			}
		}
	}
	visit("functions")
	if len(seen) < 20 {
		t.Errorf("the deployed program has %d packages, want at least 20", len(seen))
	}
	for pkg := range seen {
		if in(pkg, "infra/...") {
			t.Errorf("the deployed program imports %s", pkg)
		}
	}
}

// TestOnlyTheCompositionRootMakesParts checks which package may call the constructor
// New of the parts of a function. Example: only shared/app makes a store.
func TestOnlyTheCompositionRootMakesParts(t *testing.T) {
	makers := map[string][]string{
		"parley/shared/store":   {"shared/app"},
		"parley/shared/dynamo":  {"shared/store"},
		"parley/shared/queue":   {"shared/app"},
		"parley/shared/seal":    {"shared/app"},
		"parley/shared/gateway": {"shared/app"},
		"parley/shared/app":     {"functions"},
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
						t.Errorf("%s: only %q may make it", s.fset.Position(call.Pos()), list)
					}
				}
				return true
			})
		}
	}
	for name := range makers {
		if !made[name] {
			t.Errorf("no package calls New of %s", name)
		}
	}
}

// packageOf returns the import path of the package that an expression names, or "" if
// it is not the name of a package.
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
