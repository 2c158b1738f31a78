package fault_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strconv"
	"testing"

	"parley/shared/fault"
)

// TestCodesIsWhole reads the constants from the source: none is missing from
// Codes, no number and no name stands twice.
func TestCodesIsWhole(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "codes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	declared := make(map[fault.Code]string)
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); !ok || kind.Name != "Code" {
			t.Errorf("constant %s has no type Code", spec.Names[0])
			return false
		}
		n64, err := strconv.ParseUint(spec.Values[0].(*ast.BasicLit).Value, 10, 16)
		if err != nil {
			t.Errorf("%s: %v", spec.Names[0], err)
		}
		c := fault.Code(n64)
		if other, taken := declared[c]; taken {
			t.Errorf("%s and %s are both %d", other, spec.Names[0], c)
		}
		declared[c] = spec.Names[0].Name
		if _, listed := fault.Codes()[c]; !listed {
			t.Errorf("Codes lacks %s", spec.Names[0])
		}
		return false
	})
	if got, want := len(fault.Codes()), len(declared); got != want || want < 30 {
		t.Errorf("Codes has %d codes, the source %d", got, want)
	}
	form := regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)
	names := make(map[string]fault.Code)
	for c, name := range fault.Codes() {
		if other, taken := names[name]; taken {
			t.Errorf("%d and %d are both called %s", other, c, name)
		}
		names[name] = c
		if !form.MatchString(name) || c.String() != name {
			t.Errorf("code %d is called %q and prints as %q", c, name, c)
		}
	}
}

func TestErrors(t *testing.T) {
	refusal := fault.New(fault.Muted, "user %d is muted", 7)
	if got, want := refusal.Error(), "muted: user 7 is muted"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
	wrapped := fmt.Errorf("send: %w", errors.Join(errors.New("other"), refusal))
	if !fault.Is(wrapped, fault.Muted) || fault.Is(wrapped, fault.Blocked) || fault.Is(nil, fault.Muted) {
		t.Error("Is does not find the code inside an error, or finds one that is not there")
	}
	if got := fault.Of(wrapped); got.Code != fault.Muted || got.Text != "user 7 is muted" {
		t.Errorf("Of = %+v", got)
	}
	if got := fault.Of(errors.New("disk full")); got.Code != fault.Internal || got.Text != "internal error" {
		t.Errorf("Of a foreign error = %+v, want internal without its text", got)
	}
	if got := fault.Code(9999).String(); got != "unknown" {
		t.Errorf("a code that is none prints as %q", got)
	}
	for c := range fault.Codes() {
		if got, want := c.Ours(), c == fault.Internal || c == fault.Unavailable; got != want {
			t.Errorf("%s is ours: %t, want %t", c, got, want)
		}
	}
}
