package v4_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	v4 "parley/shared/dialect/v4"
	"parley/shared/fault"
)

// documented reads testdata/numbers.txt and returns a function that reports whether the
// vendor documents a number.
func documented(t *testing.T) func(int) bool {
	t.Helper()
	text, err := os.ReadFile("testdata/numbers.txt")
	if err != nil {
		t.Fatal(err)
	}
	type span struct{ first, last int }
	var list []span
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		numbers, meaning, _ := strings.Cut(line, " ")
		var s span
		if n, _ := fmt.Sscanf(numbers, "%d-%d", &s.first, &s.last); n == 1 {
			s.last = s.first
		}
		if s.first <= 0 || s.last < s.first || meaning == "" {
			t.Fatalf("testdata/numbers.txt: %q", line)
		}
		list = append(list, s)
	}
	return func(n int) bool {
		for _, s := range list {
			if s.first <= n && n <= s.last {
				return true
			}
		}
		return false
	}
}

// tables returns all tables by the names of their functions.
func tables() map[string]v4.Numbers {
	return map[string]v4.Numbers{
		"Gateway": v4.Gateway(), "Login": v4.Login(), "OpenIM": v4.OpenIM(),
		"Profile": v4.Profile(), "Relations": v4.Relations(), "Config": v4.Config(),
		"Extension": v4.Extension(), "Contacts": v4.Contacts(), "History": v4.History(), "Groups": v4.Groups(),
	}
}

// TestEveryTableIsTested finds the functions that return a table, so that no table is left
// out of these tests.
func TestEveryTableIsTested(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "codes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	declared := map[string]bool{}
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Recv != nil || f.Type.Results == nil || len(f.Type.Results.List) != 1 {
			continue
		}
		if name, ok := f.Type.Results.List[0].Type.(*ast.Ident); ok && name.Name == "Numbers" {
			declared[f.Name.Name] = true
		}
	}
	if got, want := slices.Sorted(maps.Keys(tables())), slices.Sorted(maps.Keys(declared)); !slices.Equal(got, want) {
		t.Errorf("tables tested: %q, declared: %q", got, want)
	}
}

// TestNumbersAreComplete checks that every table has a documented number for every code, and
// no numbers for unknown codes.
func TestNumbersAreComplete(t *testing.T) {
	known := documented(t)
	for name, numbers := range tables() {
		for code := range fault.Codes() {
			n, there := numbers[code]
			if !there {
				t.Errorf("%s has no number for %s", name, code)
			} else if !known(n) {
				t.Errorf("%s answers %s with %d, which is not documented", name, code, n)
			}
		}
		for code, n := range numbers {
			if _, there := fault.Codes()[code]; !there {
				t.Errorf("%s has number %d for code %d, which is not one", name, n, code)
			}
		}
	}
	for _, n := range []int{0, 1, 60000, 60001, 90000, 99999} { // documented must be able to say no
		if known(n) {
			t.Errorf("%d counts as documented", n)
		}
	}
}

// TestNumbersOfTheSpec checks the numbers that docs/spec/tencent §2.4 and §12 state without
// a choice.
func TestNumbersOfTheSpec(t *testing.T) {
	for code, want := range map[fault.Code]int{
		fault.SignatureMissing: 70002, fault.SignatureMalformed: 70003, fault.SignatureMismatch: 70009,
		fault.SignatureUser: 70013, fault.SignatureApp: 70014, fault.AppNoKey: 70016, fault.SignatureExpired: 70001,
		fault.Banned: 70051, fault.SignatureRevoked: 70052, fault.AppMissing: 60012, fault.AppUnknown: 60006,
		fault.AppDisabled: 60016, fault.UnknownOperation: 60009, fault.Throttled: 60007,
	} {
		for name, numbers := range tables() {
			if got := numbers[code]; got != want {
				t.Errorf("%s answers %s with %d, want %d", name, code, got, want)
			}
		}
	}
	for _, c := range []struct {
		table string
		code  fault.Code
		want  int
	}{
		{"Gateway", fault.Malformed, 60003}, {"Login", fault.Malformed, 70402}, {"OpenIM", fault.Malformed, 90001},
		{"Gateway", fault.NotAdmin, 60010}, {"Login", fault.NotAdmin, 70403}, {"OpenIM", fault.NotAdmin, 90009},
		{"Gateway", fault.Internal, 91000}, {"Login", fault.Internal, 70500}, {"OpenIM", fault.Internal, 91000},
		{"Gateway", fault.AccountUnknown, 70107}, {"Login", fault.AccountUnknown, 70107}, {"OpenIM", fault.AccountUnknown, 90048},
		{"OpenIM", fault.BatchTooLarge, 90011}, {"OpenIM", fault.ReceiverUnknown, 90012}, {"OpenIM", fault.SenderUnknown, 20003},
		{"OpenIM", fault.BodyTooLarge, 93000}, {"OpenIM", fault.KeyInvalid, 90054}, {"OpenIM", fault.Muted, 20012},
		{"OpenIM", fault.Blocked, 20007}, {"Login", fault.AccountQuota, 70398}, {"Login", fault.DeletionRefused, 71000},
	} {
		if got := tables()[c.table][c.code]; got != c.want {
			t.Errorf("%s answers %s with %d, want %d", c.table, c.code, got, c.want)
		}
	}
}

// TestNumbersAreCopies checks that a change of a returned table does not change the next
// one.
func TestNumbersAreCopies(t *testing.T) {
	n := v4.Gateway()
	n[fault.Internal] = 1
	if got := v4.Gateway()[fault.Internal]; got != 91000 {
		t.Errorf("a change of one table changes the next: %d", got)
	}
}

// TestOf checks the number and the sentence of errors: the sentence of a fault of the server
// is general.
func TestOf(t *testing.T) {
	const general = "internal error, please try again"
	for _, c := range []struct {
		err    error
		number int
		text   string
	}{
		{fault.New(fault.Muted, "the sender is muted"), 20012, "the sender is muted"},
		{fmt.Errorf("send: %w", fault.New(fault.Muted, "the sender is muted")), 20012, "the sender is muted"},
		{fault.New(fault.Internal, "table core is gone"), 91000, general},
		{fault.New(fault.Unavailable, "table core is slow"), 60008, general},
		{errors.New("table core is gone"), 91000, general},
		{v4.Refuse(90031, "SyncOtherMachine is %d", 3), 90031, "SyncOtherMachine is 3"},
		{fmt.Errorf("send: %w", v4.Refuse(90031, "no")), 90031, "no"},
	} {
		if n, text := v4.OpenIM().Of(c.err); n != c.number || text != c.text {
			t.Errorf("Of(%v) = %d, %q, want %d, %q", c.err, n, text, c.number, c.text)
		}
	}
}

// TestOfUnmapped checks that a code without a number becomes an internal error, and never
// 0, which is success.
func TestOfUnmapped(t *testing.T) {
	unmapped := fault.New(fault.Muted, "the sender is muted")
	for _, c := range []struct {
		name    string
		numbers v4.Numbers
		want    int
	}{
		{"a table without the code", v4.Numbers{fault.Internal: 130014}, 130014},
		{"a table that maps it to 0", v4.Numbers{fault.Internal: 130014, fault.Muted: 0}, 130014},
		{"an empty table", v4.Numbers{}, 91000},
	} {
		if n, text := c.numbers.Of(unmapped); n != c.want || text != "internal error, please try again" {
			t.Errorf("%s: got %d, %q, want %d and the general sentence", c.name, n, text, c.want)
		}
	}
}
