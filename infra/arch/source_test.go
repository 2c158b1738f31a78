package arch

import (
	"bufio"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// immutable lists the functions whose results a variable of a package may hold.
func immutable() []string {
	return []string{"errors.New", "fmt.Errorf", "regexp.MustCompile", "strings.NewReplacer"}
}

// stateProblems finds init functions and variables of a package that can change.
func stateProblems(s source) (problems []string) {
	at := func(n ast.Node, format string, args ...any) {
		problems = append(problems, fmt.Sprintf("%s: %s", s.fset.Position(n.Pos()), fmt.Sprintf(format, args...)))
	}
	for _, d := range s.file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil && d.Name.Name == "init" {
				at(d, "an init function")
			}
		case *ast.GenDecl:
			if d.Tok != token.VAR {
				continue
			}
			for _, spec := range d.Specs {
				v := spec.(*ast.ValueSpec)
				for i, name := range v.Names {
					if name.Name == "_" {
						continue // asserts that a type implements an interface
					}
					if i >= len(v.Values) || !isImmutable(s.file, v.Values[i]) {
						at(name, "variable %s of the package can change", name.Name)
					}
				}
			}
		}
	}
	return problems
}

// isImmutable reports whether a value is the result of a function of immutable.
func isImmutable(file *ast.File, value ast.Expr) bool {
	call, ok := value.(*ast.CallExpr)
	if !ok {
		return false
	}
	sel, ok := call.Fun.(*ast.SelectorExpr)
	return ok && slices.Contains(immutable(), packageOf(file, sel.X)+"."+sel.Sel.Name)
}

// commentProblems finds exported names without a comment, and TODOs without a number.
func commentProblems(s source) (problems []string) {
	at := func(n ast.Node, format string, args ...any) {
		problems = append(problems, fmt.Sprintf("%s: %s", s.fset.Position(n.Pos()), fmt.Sprintf(format, args...)))
	}
	for _, d := range s.file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && d.Doc == nil && exportedReceiver(d) {
				at(d, "%s has no comment", d.Name.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					if spec.Name.IsExported() && spec.Doc == nil && (d.Doc == nil || d.Lparen.IsValid()) {
						at(spec, "type %s has no comment", spec.Name.Name)
					}
				case *ast.ValueSpec:
					// One comment may describe a group.
					if spec.Names[0].IsExported() && spec.Doc == nil && spec.Comment == nil && d.Doc == nil {
						at(spec, "%s has no comment", spec.Names[0].Name)
					}
				}
			}
		}
	}
	for _, group := range s.file.Comments {
		for _, c := range group.List {
			if strings.Contains(c.Text, "TODO") && !regexp.MustCompile(`TODO\(#\d+\)`).MatchString(c.Text) {
				at(c, "a TODO without the number of an issue")
			}
		}
	}
	return problems
}

// exportedReceiver reports whether a function is not a method, or is a method of an
// exported type.
func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	t := d.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return true
		}
	}
}

// useProblems finds uses of forbidden functions. For a built-in function, imported is
// empty.
func useProblems(s source, forbidden func(imported, name string) bool) (problems []string) {
	ast.Inspect(s.file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if p := packageOf(s.file, n.X); p != "" && forbidden(p, n.Sel.Name) {
				problems = append(problems, fmt.Sprintf("%s: %s.%s", s.fset.Position(n.Pos()), p, n.Sel.Name))
			}
		case *ast.CallExpr:
			if id, ok := n.Fun.(*ast.Ident); ok && forbidden("", id.Name) {
				problems = append(problems, fmt.Sprintf("%s: %s", s.fset.Position(n.Pos()), id.Name))
			}
		}
		return true
	})
	return problems
}

// prints reports whether a function writes something besides the one log line of a
// call.
func prints(imported, name string) bool {
	return (imported == "" && (name == "print" || name == "println")) || imported == "log" || (imported == "fmt" && strings.HasPrefix(name, "Print")) ||
		(imported == "log/slog" && slices.Contains([]string{"Debug", "Info", "Warn", "Error", "Log", "Default", "SetDefault"}, name))
}

// nondeterministic reports whether the result of a function differs from run to run.
// The domain gets time and random numbers from its caller instead.
func nondeterministic(imported, name string) bool {
	return imported == "math/rand" || imported == "math/rand/v2" || imported == "crypto/rand" || imported == "os" ||
		(imported == "time" && slices.Contains([]string{"Now", "Since", "Until", "After", "AfterFunc", "Sleep", "Tick", "NewTimer", "NewTicker"}, name))
}

// TestSource checks comments, output and package state of all deployed code, and that
// the domain is deterministic.
func TestSource(t *testing.T) {
	for pkg, files := range load(t, "shared", "functions") {
		documented := false
		for _, s := range files {
			documented = documented || s.file.Doc != nil
			problems := append(append(commentProblems(s), useProblems(s, prints)...), stateProblems(s)...)
			if in(pkg, "shared/domain/...") {
				problems = append(problems, useProblems(s, nondeterministic)...)
			}
			for _, p := range problems {
				t.Error(p)
			}
		}
		if !documented {
			t.Errorf("package %s has no comment", pkg)
		}
	}
}

// TestTheRulesFindProblems tests the rules themselves with source that they must report
// or accept.
func TestTheRulesFindProblems(t *testing.T) {
	const header = "// Package p is there.\npackage p\n\nimport (\n\t\"errors\"\n\t\"fmt\"\n\t\"log\"\n\t\"math/rand/v2\"\n\t\"time\"\n)\n\n"
	for _, c := range []struct {
		text string
		want int
	}{
		{"func init() {}", 1},
		{"type t struct{}\n\nfunc (t) init() {}", 0},
		{"var count int", 1},
		{"var m = map[string]int{}", 1},
		{"var a, b = errors.New(\"a\"), 7", 1},
		{"var errA = errors.New(\"a\")", 0},
		{"var _ error = t(0)", 0},
		{"// A is there.\nvar A = errors.New(\"a\")", 0},
		{"var A = errors.New(\"a\")", 1},
		{"var errA = my.New(\"a\")", 1},
		{"func F() {}", 1},
		{"// F is there.\nfunc F() {}", 0},
		{"type t int\n\nfunc (t) F() {}", 0},
		{"// T is there.\ntype T[X any] int\n\nfunc (T[X]) F() {}", 1},
		{"type T int", 1},
		{"type (\n\tT int\n)", 1},
		{"const A = 1", 1},
		{"const A = 1 // one", 0},
		{"// Both.\nconst (\n\tA = 1\n\tB = 2\n)", 0},
		{"// TODO: more", 1},
		{"// TODO(#12): more", 0},
		{"func f() { fmt.Println(1) }", 1},
		{"func f() { fmt.Fprintln(nil, 1) }", 0},
		{"func f() { log.Fatal(1) }", 1},
		{"func f() { println(1) }", 1},
		{"func f() { _ = time.Now() }", 1},
		{"var now = time.Now", 2},
		{"func f() { _ = rand.IntN(1) }", 1},
		{"func f(t time.Time) { _ = t.Unix() }", 0},
	} {
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, "p.go", header+c.text+"\n", parser.ParseComments)
		if err != nil {
			t.Fatalf("%s: %v", c.text, err)
		}
		s := source{"p.go", file, fset}
		got := append(append(append(stateProblems(s), commentProblems(s)...), useProblems(s, prints)...), useProblems(s, nondeterministic)...)
		if len(got) != c.want {
			t.Errorf("%s: found %q, want %d problems", c.text, got, c.want)
		}
	}
}

// TestFileLength checks that no file has more than 500 lines. A longer one must be
// split by subject.
func TestFileLength(t *testing.T) {
	for _, files := range load(t, "shared", "functions", "infra") {
		for _, s := range files {
			if n := s.fset.File(s.file.Pos()).LineCount(); n > 500 {
				t.Errorf("%s has %d lines", s.path, n)
			}
		}
	}
}

// TestErrorNumbersAreDocumented checks that the vendor documents each error number in
// the tags of request fields and in refusals.
func TestErrorNumbersAreDocumented(t *testing.T) {
	known := documented(t)
	found := 0
	check := func(s source, n ast.Node, text string) {
		number, err := strconv.Atoi(text)
		if err != nil {
			t.Errorf("%s: %q is not a number", s.fset.Position(n.Pos()), text)
			return
		}
		found++
		if !known(number) {
			t.Errorf("%s: %d is not a documented number", s.fset.Position(n.Pos()), number)
		}
	}
	for pkg, files := range load(t, "functions", "shared/dialect") {
		constants := make(map[string]string)
		for _, s := range files {
			ast.Inspect(s.file, func(n ast.Node) bool {
				if v, ok := n.(*ast.ValueSpec); ok && len(v.Values) == len(v.Names) {
					for i, name := range v.Names {
						if lit, ok := v.Values[i].(*ast.BasicLit); ok && lit.Kind == token.INT {
							constants[name.Name] = lit.Value
						}
					}
				}
				return true
			})
		}
		for _, s := range files {
			ast.Inspect(s.file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.Field:
					if n.Tag == nil {
						return true
					}
					for _, m := range regexp.MustCompile(`(?:need|bad):"([^"]*)"`).FindAllStringSubmatch(n.Tag.Value, -1) {
						check(s, n, m[1])
					}
				case *ast.CallExpr:
					sel, ok := n.Fun.(*ast.SelectorExpr)
					if !ok || sel.Sel.Name != "Refuse" || !strings.HasSuffix(packageOf(s.file, sel.X), "/dialect/v4") {
						return true
					}
					switch arg := n.Args[0].(type) {
					case *ast.BasicLit:
						check(s, n, arg.Value)
					case *ast.Ident:
						check(s, n, constants[arg.Name])
					default:
						t.Errorf("%s: the number of a refusal in %s is not a constant", s.fset.Position(n.Pos()), pkg)
					}
				}
				return true
			})
		}
	}
	if found < 40 {
		t.Errorf("found %d error numbers, want at least 40", found)
	}
}

// documented reads the list of error numbers that the vendor documents. The returned
// function reports whether a number is in it.
func documented(t *testing.T) func(int) bool {
	t.Helper()
	f, err := os.Open(filepath.Join(root, "shared/dialect/v4/testdata/numbers.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	known := make(map[int]bool)
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var first, last int
		switch n, _ := fmt.Sscanf(lines.Text(), "%d-%d", &first, &last); n {
		case 1:
			last = first
		case 0:
			continue
		}
		for ; first <= last; first++ {
			known[first] = true
		}
	}
	return func(n int) bool { return known[n] }
}
