package fault_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"parley/shared/fault"
)

// TestCodesListsEveryConstant reads the constants from the source and checks that
// Codes has each of them, and that no two codes have the same number or name.
func TestCodesListsEveryConstant(t *testing.T) {
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
		t.Errorf("Codes has %d codes, the source has %d", got, want)
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

func TestErrorKeepsCodeAndText(t *testing.T) {
	muted := fault.New(fault.Muted, "user %d is muted", 7)
	if got, want := muted.Error(), "muted: user 7 is muted"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
	wrapped := fmt.Errorf("send: %w", errors.Join(errors.New("other"), muted))
	if !fault.Is(wrapped, fault.Muted) || fault.Is(wrapped, fault.Blocked) || fault.Is(nil, fault.Muted) {
		t.Error("Is does not find the code of a wrapped Error, or finds another code")
	}
	if got := fault.Of(wrapped); got.Code != fault.Muted || got.Text != "user 7 is muted" {
		t.Errorf("Of = %+v", got)
	}
	if got := fault.Of(errors.New("disk full")); got.Code != fault.Internal || got.Text != "internal error" {
		t.Errorf("Of an error of another package = %+v, want internal without the text of the error", got)
	}
	if got := fault.Code(9999).String(); got != "unknown" {
		t.Errorf("a number without a code prints as %q", got)
	}
	for c := range fault.Codes() {
		if got, want := c.Ours(), c == fault.Internal || c == fault.Unavailable; got != want {
			t.Errorf("%s is caused by Parley: %t, want %t", c, got, want)
		}
	}
}

// TestEveryCodeHasAClass checks that only the two codes of Parley's own failures are
// ours, and that the names of the codes say the same as their classes.
func TestEveryCodeHasAClass(t *testing.T) {
	for c, name := range fault.Codes() {
		want := map[bool]fault.Class{true: fault.ClassOurs}[c == fault.Internal || c == fault.Unavailable]
		for suffix, class := range map[string]fault.Class{"_limit": fault.ClassQuota, "_quota": fault.ClassQuota, "_conflict": fault.ClassConflict} {
			if strings.HasSuffix(name, suffix) {
				want = class
			}
		}
		if strings.HasPrefix(name, "signature_") {
			want = fault.ClassIdentity
		}
		got := c.Class()
		if want != "" && got != want || want == "" && got == fault.ClassOurs {
			t.Errorf("%s: got class %q, want %q", name, got, want)
		}
	}
	if got := fault.Code(9999).Class(); got != fault.ClassOurs {
		t.Errorf("an unlisted code: got class %q, want %q", got, fault.ClassOurs)
	}
}

// TestFieldsListsEveryConstant reads the constants from the source and checks that Fields
// has each of them once.
func TestFieldsListsEveryConstant(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "fields.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var declared []fault.Field
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if kind, ok := spec.Type.(*ast.Ident); err != nil || !ok || kind.Name != "Field" {
				t.Errorf("constant %s is not a Field with a text", spec.Names[0])
			}
			declared = append(declared, fault.Field(text))
		}
		return true
	})
	got, want := slices.Sorted(slices.Values(fault.Fields())), slices.Sorted(slices.Values(declared))
	if !slices.Equal(got, want) || len(slices.Compact(want)) != len(fault.Fields()) || len(want) < 20 {
		t.Errorf("Fields has %q, the source has %q", got, want)
	}
}

// TestSentence checks the field at fault, the sentence of the log, and the sentence of a
// dialect that writes fields in capitals.
func TestSentence(t *testing.T) {
	loud := func(f fault.Field) string { return strings.ToUpper(f.String()) }
	inner := fault.New(fault.Invalid, "a UserID has 1 to %d bytes", 32)
	for _, c := range []struct {
		err         error
		field       fault.Field
		index       int
		log, spoken string
	}{
		{fault.New(fault.Muted, "the sender is muted"), "", -1, "the sender is muted", "the sender is muted"},
		{fault.New(fault.Invalid, "%s has %d keys", fault.Keys, 3), fault.Keys, -1, "keys has 3 keys", "KEYS has 3 keys"},
		{fault.New(fault.Invalid, "%d of %q in %s", 3, "keys", fault.Keys), fault.Keys, -1, `3 of "keys" in keys`, `3 of "keys" in KEYS`},
		{fault.At(fault.ReceiverUnknown, fault.Receiver, "%s", inner), fault.Receiver, -1,
			"receiver: a UserID has 1 to 32 bytes", "RECEIVER: a UserID has 1 to 32 bytes"},
		{fault.At(fault.Invalid, fault.Key, "100%% wrong"), fault.Key, -1, "key: 100% wrong", "KEY: 100% wrong"},
		{fault.AtItem(fault.BodyInvalid, fault.Elements, 2, "%s is empty", fault.CustomData), fault.Elements, 2,
			"elements[2]: custom data is empty", "ELEMENTS[2]: CUSTOM DATA is empty"},
		{fault.New(fault.Invalid, "%s: %s", fault.Keys.Item(1), errors.New("odd")), fault.Keys, 1, "keys[1]: odd", "KEYS[1]: odd"},
		{fault.New(fault.Invalid, "a request: %s", fault.AtItem(fault.Invalid, fault.Keys, 4, "odd")), fault.Keys, 4,
			"a request: keys[4]: odd", "a request: KEYS[4]: odd"},
		{errors.New("disk full"), "", -1, "internal error", "internal error"},
	} {
		e := fault.Of(c.err)
		if e.Field != c.field || e.Index != c.index || e.Text != c.log {
			t.Errorf("got field %q[%d] and %q, want %q[%d] and %q", e.Field, e.Index, e.Text, c.field, c.index, c.log)
		}
		if got := e.Sentence(loud); got != c.spoken {
			t.Errorf("the sentence of %q: got %q, want %q", e.Text, got, c.spoken)
		}
	}
}
