package catalog

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"parley/infra/gen/events"
	"parley/infra/gen/source"
	"parley/infra/testkit"
)

// maxSameUnits is the most write units of a call whose list has the same item 30 times:
// fewer than one for each item. Only the elements of a message may be equal.
const maxSameUnits = 29

const hostileSeed = `account alice
account bob
account carol
admin administrator
friends alice bob
message bob alice 1
`

// hostileTexts returns texts that a caller may write in place of an id.
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

// sampleBodies returns the sample bodies of all operations.
func sampleBodies(t *testing.T) map[string]string {
	t.Helper()
	bodies, err := events.Bodies(root, All())
	if err != nil {
		t.Fatal(err)
	}
	return bodies
}

// TestHostileTexts calls every operation with variants of its sample body: one text is
// replaced by a hostile one, for example by the caller's own id, by an id that is too long
// for a key, or by an empty text, or one list is replaced. No answer says that the server
// is at fault.
func TestHostileTexts(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	if err := w.Seed(t.Context(), hostileSeed); err != nil {
		t.Fatal(err)
	}
	bodies := sampleBodies(t)
	for _, o := range All() {
		if o.Surface() == "worker" || bodies[o.Name] == "" || strings.HasPrefix(o.Triggers[0].HTTP, "ANY ") {
			continue
		}
		body := strings.ReplaceAll(bodies[o.Name], fmt.Sprint(events.App), fmt.Sprint(w.ID))
		as := "as alice\n"
		if o.Surface() != "client" {
			as = "as administrator\n"
		}
		for what, variant := range variants(t, body) {
			answer, meter, err := w.Call(t, &o, as+variant)
			if err != nil {
				t.Errorf("%s: %s: %v", o.Name, what, err)
				continue
			}
			if got := read(t, &o, answer, err); isServerFault(got) {
				t.Errorf("%s: %s: %.300s", o.Name, what, got.text)
			}
			if n := meter.Units().W; strings.HasSuffix(what, " the same") && !strings.Contains(what, "MsgBody") && n > maxSameUnits {
				t.Errorf("%s: %s: %g W", o.Name, what, n)
			}
		}
	}
}

// isServerFault reports whether an answer says that the server is at fault, for the call
// or for one item of it.
func isServerFault(got outcome) bool {
	return got.status >= 500 || strings.Contains(got.text, "internal error") || strings.Contains(got.text, "91000")
}

// variants returns bodies in which one text or one list is replaced, by what is
// replaced.
func variants(t *testing.T, body string) map[string]string {
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

// TestIDsAreDeclared checks that each text of a request that is a UserID has the tag id, so
// that v4.Decode refuses a malformed one. Ids in lists have no tag: the operation checks
// them one by one, so that a malformed id does not fail the others.
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
		t.Errorf("found %d declared ids, want at least 50", declared)
	}
}
