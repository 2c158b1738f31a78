package attributes

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

// declaration parses one declaration of constants.
func declaration(t *testing.T, text string) *ast.GenDecl {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "a.go", "package a\n\n"+text, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	return file.Decls[0].(*ast.GenDecl)
}

// A group has a row for each attribute, and none for other constants.
func TestGroup(t *testing.T) {
	g, err := groupOf(declaration(t, "// Attributes of a\n// dog, `D`\nconst (\n"+
		"\tBorn Attribute = \"b\" // number, s: when it was born\n\n"+
		"\tToy Family = \"t.\" // text: the toy {name}\n\tother = \"o\"\n)\n"))
	if err != nil || g.title != "Attributes of a dog, `D`" || len(g.rows) != 2 {
		t.Fatalf("got %+v, %v", g, err)
	}
	for i, want := range []row{{"b", "number, s", "when it was born"}, {"t.{name}", "text", "the toy {name}"}} {
		if g.rows[i] != want {
			t.Errorf("got %+v, want %+v", g.rows[i], want)
		}
	}
	if g, err := groupOf(declaration(t, "// other is no attribute.\nconst other = \"o\"\n")); err != nil || len(g.rows) != 0 {
		t.Errorf("a constant that is no attribute: %+v, %v", g, err)
	}
}

// An attribute without a type or a meaning is refused, and so is a group without a title.
func TestGroupsThatAreRefused(t *testing.T) {
	for name, text := range map[string]string{
		"no comment":       "// Attributes of a dog\nconst Born Attribute = \"b\"\n",
		"no type":          "// Attributes of a dog\nconst Born Attribute = \"b\" // when it was born\n",
		"unknown type":     "// Attributes of a dog\nconst Born Attribute = \"b\" // time: when it was born\n",
		"unknown unit":     "// Attributes of a dog\nconst Born Attribute = \"b\" // number, years: its age\n",
		"no meaning":       "// Attributes of a dog\nconst Born Attribute = \"b\" // number, s:\n",
		"no rest":          "// Attributes of a dog\nconst Toy Family = \"t.\" // text: the toy\n",
		"no title":         "const Born Attribute = \"b\" // number, s: when it was born\n",
		"another title":    "// A dog\nconst Born Attribute = \"b\" // number, s: when it was born\n",
		"a family of none": "// Attributes of a dog\nconst Toy Family = \"t.\"\n",
	} {
		if g, err := groupOf(declaration(t, text)); err == nil {
			t.Errorf("%s: got %+v, want an error", name, g)
		}
	}
}

// The document has every aggregate, and no line but rows of tables is longer than 120 columns.
func TestDocument(t *testing.T) {
	text, err := Generate("../../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"## `apps`", "## `exports`", "| `{app}#C#{user}` | `ACC` |", "| `rt` | number, ms | when the user has read |", "Index `kept`"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("it does not have %q", want)
		}
	}
	for line := range strings.Lines(string(text)) {
		if len(line) > 121 && line[0] != '|' {
			t.Errorf("a line of %d bytes: %s", len(line), line)
		}
	}
}
