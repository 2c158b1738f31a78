package catalog

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"parley/infra/gen/events"
	"parley/infra/gen/source"
	"parley/shared/testkit"
)

// same is the most that a call may write whose list has one thing 30 times. The
// elements of a message may be equal.
const same = 29

const hostileSeed = `account alice
account bob
account carol
admin administrator
friends alice bob
message bob alice 1
`

// hostileTexts are what a caller may write where an id is wanted.
func hostileTexts() map[string]string {
	return map[string]string{
		"the caller":         "alice",
		"33 bytes":           strings.Repeat("a", 33),
		"1,100 bytes":        strings.Repeat("a", 1100),
		"3,000 bytes":        strings.Repeat("a", 3000),
		"nothing":            "",
		"a control byte":     "a\x00b",
		"a separator":        "a#b",
		"the separator":      "a\x1fb",
		"letters of no id":   "ä\u2028",
		"a space":            " ",
		"the text of a list": "[]",
	}
}

// TestHostileTexts plays every operation with its sample body in which one text
// is another one: the caller's own id, an id that is no key, an empty one. No answer
// says that the server is at fault, at no door.
func TestHostileTexts(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	if err := w.Seed(t.Context(), hostileSeed); err != nil {
		t.Fatal(err)
	}
	bodies := events.Bodies()
	for _, o := range All() {
		if o.Surface() == "worker" || bodies[o.Name] == "" || strings.HasPrefix(o.Doors[0].HTTP, "ANY ") {
			continue
		}
		body := strings.ReplaceAll(bodies[o.Name], fmt.Sprint(events.App), fmt.Sprint(w.ID))
		as := "as alice\n"
		if o.Surface() != "client" {
			as = "as administrator\n"
		}
		for what, changed := range hostile(t, body) {
			answer, meter, err := w.Call(t, &o, as+changed)
			if err != nil {
				t.Errorf("%s: %s: %v", o.Name, what, err)
				continue
			}
			if got := read(t, answer, err); ours(got) {
				t.Errorf("%s: %s: %.300s", o.Name, what, got.text)
			}
			if n := meter.Units().W; strings.HasSuffix(what, " the same") && !strings.Contains(what, "MsgBody") && n > same {
				t.Errorf("%s: %s: %g W", o.Name, what, n)
			}
		}
	}
}

// ours reports whether an answer says that the server is at fault, for the call or
// for an item of it.
func ours(got outcome) bool {
	return got.status >= 500 || strings.Contains(got.text, "internal error") || strings.Contains(got.text, "91000")
}

// hostile returns bodies in which one text, or one list, is another one.
func hostile(t *testing.T, body string) map[string]string {
	t.Helper()
	out := make(map[string]string)
	var v any
	dec := json.NewDecoder(strings.NewReader(body))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("body %s: %v", body, err)
	}
	put := func(what string) {
		text, err := encoded(v)
		if err != nil {
			t.Fatal(err)
		}
		out[what] = text
	}
	var visit func(path string, at any, set func(any))
	visit = func(path string, at any, set func(any)) {
		switch at := at.(type) {
		case string:
			for what, text := range hostileTexts() {
				set(text)
				put(path + " is " + what)
			}
			set(at)
		case []any:
			if len(at) > 0 {
				set(slices.Repeat(at[:1], 30))
				put(path + " is 30 times the same")
				for what, text := range hostileTexts() {
					if _, ok := at[0].(string); ok {
						set(append(slices.Clone(at), text, text))
						put(path + " has twice " + what)
					}
				}
			}
			set([]any{nil})
			put(path + " is a list of null")
			set([]any{})
			put(path + " is empty")
			set(nil)
			put(path + " is null")
			set(at)
			for i := range at {
				visit(fmt.Sprintf("%s[%d]", path, i), at[i], func(v any) { at[i] = v })
			}
		case map[string]any:
			for name := range at {
				visit(path+"."+name, at[name], func(v any) { at[name] = v })
			}
		}
	}
	visit("body", v, func(any) {})
	return out
}

// TestIDsAreDeclared: each text of a request that is one UserID says so, and
// v4.Decode refuses it if it is none. The ids in lists are checked one by one, so
// that a bad one does not fail its neighbours.
func TestIDsAreDeclared(t *testing.T) {
	src, declared := source.New("../.."), 0
	for _, o := range All() {
		if o.Surface() == "worker" {
			continue
		}
		said, err := src.Operation(&o)
		if err != nil {
			t.Fatal(err)
		}
		if said.Request == nil {
			continue
		}
		said.Request.Walk(func(path string, chain []source.Field) {
			f := chain[len(chain)-1]
			isUser := f.Type.Kind == source.Text && !strings.Contains(path, "[]") &&
				(strings.HasSuffix(f.Name, "_Account") || f.Name == "UserID" || f.Name == "Identifier")
			if isUser != (f.ID == "user" || f.ID == "receiver") {
				t.Errorf("%s: %s has the tag id %q", o.Name, path, f.ID)
			}
			if isUser {
				declared++
			}
		})
	}
	if declared < 50 {
		t.Errorf("%d ids are declared, want all of them found", declared)
	}
}
