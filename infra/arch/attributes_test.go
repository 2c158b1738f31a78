package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// attributeProblems finds the names of attributes that a store writes as texts. A store takes
// them from shared/store/schema, where they are documented.
func attributeProblems(s source) (problems []string) {
	methods := []string{
		"Set", "SetText", "SetInt", "SetFrom", "SetOrRemove", "Copy", "Add", "Value", "Has", "HasText", "HasNumber", "Text", "Int", "Bytes", "Texts", "TextSet",
		"IntSet", "Map", "Maps", "List", "FirstNonInteger", "Member", "Attribute",
	}
	report := func(n ast.Node, e ast.Expr) {
		if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			problems = append(problems, s.fset.Position(n.Pos()).String()+": the attribute "+lit.Value+" is no constant of the schema")
		}
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if sel, ok := n.Fun.(*ast.SelectorExpr); ok && slices.Contains(methods, sel.Sel.Name) {
				for _, arg := range n.Args {
					report(n, arg)
				}
			}
		case *ast.IndexExpr:
			report(n, n.Index)
		case *ast.CompositeLit:
			if sel, ok := n.Type.(*ast.SelectorExpr); ok && sel.Sel.Name == "Item" {
				for _, e := range n.Elts {
					if kv, ok := e.(*ast.KeyValueExpr); ok {
						report(n, kv.Key)
					}
				}
			}
		}
		return true
	})
	return problems
}

// TestAttributesOfStores checks that no store has names of attributes of its own.
func TestAttributesOfStores(t *testing.T) {
	checked := 0
	for pkg, files := range load(t, "shared") {
		if !in(pkg, "shared/store/...") || pkg == "shared/store/schema" {
			continue
		}
		for _, s := range files {
			checked++
			for _, p := range attributeProblems(s) {
				t.Error(p)
			}
		}
	}
	if checked < 20 {
		t.Errorf("%d files were checked", checked)
	}
}

// TestTheRuleFindsAttributes tests the rule itself.
func TestTheRuleFindsAttributes(t *testing.T) {
	const text = `package p
func f() {
	_ = item.Text("n")
	u.Set(schema.Nick, v).SetFrom(schema.Expires, "kx", v)
	_ = dynamo.Attribute("n")
	_ = item["n"]
	_ = dynamo.Item{"n": v}
	_ = item.Text(schema.Nick)
	_ = dynamo.Str("text")
}`
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "p.go", text, 0)
	if err != nil {
		t.Fatal(err)
	}
	got := attributeProblems(source{"p.go", file, fset})
	if len(got) != 5 {
		t.Errorf("found %d:\n%s", len(got), strings.Join(got, "\n"))
	}
}
