package catalog

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"parley/infra/gen/events"
	"parley/infra/gen/source"
	"parley/infra/testkit"
	"parley/shared/op"
)

const (
	frameBytes      = 128 << 10 // maximum size of a WebSocket message at API Gateway
	invocationBytes = 6 << 20   // maximum size of what a Lambda function returns
)

// TestAnswerSize calls each operation whose request or answer has a list, through each of
// its triggers, with the largest request that it accepts. No answer is larger than AWS
// accepts. An operation that writes is never refused because of the size of its answer,
// because the caller would not know what it has done. Nor is an operation whose answers
// have pages.
func TestAnswerSize(t *testing.T) {
	src, bodies, seeds := source.New("../.."), sampleBodies(t), largeSeeds()
	for _, o := range All() {
		if o.Surface() == "worker" || bodies[o.Name] == "" {
			continue
		}
		said, err := src.Operation(&o)
		if err != nil {
			t.Fatal(err)
		}
		if !hasList(said.Request, 0) && !hasList(said.Answer, 0) {
			continue
		}
		t.Run(o.Name, func(t *testing.T) {
			w := testkit.NewWorld(t, server, testkit.Options{})
			s := seeds[o.Name]
			delete(seeds, o.Name)
			if err := w.Seed(t.Context(), "account alice\n"); err != nil {
				t.Fatal(err)
			}
			if s.seed != nil {
				s.seed(t, w)
			}
			body := s.body
			if body == "" {
				body = bodies[o.Name]
			}
			body = strings.ReplaceAll(body, fmt.Sprint(events.App), "{app}")
			size := largestAnswer(t, w, &o, body)
			if size < s.minimum {
				t.Errorf("the largest answer over HTTP has %d bytes, want at least %d for a useful test", size, s.minimum)
			}
			if len(o.Triggers) > 1 && o.Triggers[1].Socket != "" {
				checkSocketSize(t, w, &o, body, hasCursor(said.Answer))
			}
		})
	}
	for name := range seeds {
		t.Errorf("%s is not an operation with a list", name)
	}
}

// largestAnswer calls an operation over HTTP with the most items that it accepts, and
// returns the size of its answer.
func largestAnswer(t *testing.T, w *testkit.World, o *op.Operation, body string) int {
	t.Helper()
	for _, n := range sizes() {
		raw, _, err := w.Call(t, o, enlarged(t, body, n))
		got := read(t, o, raw, err)
		if refusedForSize(got) && n > 1 {
			continue // more items than the operation accepts
		}
		if got.code == 80002 {
			t.Errorf("%d items: refused over HTTP: %.200s", n, got.text)
		}
		if len(raw) > invocationBytes {
			t.Errorf("%d items: the function returns %d bytes, want at most %d", n, len(raw), invocationBytes)
		}
		return len(got.text)
	}
	return 0
}

// checkSocketSize calls an operation through the WebSocket API with the most items that it
// accepts, and checks the size of its answer.
func checkSocketSize(t *testing.T, w *testkit.World, o *op.Operation, body string, pages bool) {
	t.Helper()
	for _, n := range sizes() {
		raw, _, err := w.Call(t, o, "trigger socket\n"+enlarged(t, body, n))
		got := read(t, o, raw, err)
		if refusedForSize(got) && n > 1 {
			continue
		}
		if len(got.text) > frameBytes {
			t.Errorf("%d items: a frame of %d bytes, want at most %d", n, len(got.text), frameBytes)
		}
		if !strings.HasPrefix(got.text, `{"id":"7",`) {
			t.Errorf("%d items: the frame has no id: %.100s", n, got.text)
		}
		writes := slices.ContainsFunc(o.Declared().Access, func(need string) bool { return strings.HasPrefix(need, "write ") })
		if got.code == 80002 && writes {
			t.Errorf("%d items: the operation writes and is then refused for the size of its answer: %s", n, got.text)
		}
		if got.code == 80002 && pages {
			t.Errorf("%d items: the operation has pages and makes one that is too large: %s", n, got.text)
		}
		return
	}
}

// sizes returns the numbers of items to try, the largest first.
func sizes() []int { return []int{1000, 500, 400, 300, 200, 100, 50, 30, 20, 10, 1} }

// refusedForSize reports whether a call was refused because it has too many items.
func refusedForSize(got outcome) bool {
	return got.code != 0 && got.code != 80002 && strings.Contains(got.text, "at most")
}

// enlarged returns a body in which each list of ids, or of objects with an id, has n
// items.
func enlarged(t *testing.T, body string, n int) string {
	t.Helper()
	var v any
	dec := json.NewDecoder(strings.NewReader(strings.ReplaceAll(body, "{app}", `"{app}"`)))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("body %s: %v", body, err)
	}
	text, err := encoded(enlarge(v, n))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(text, `"{app}"`, "{app}")
}

// encoded returns the JSON of a value, without HTML escapes.
func encoded(v any) (string, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return strings.TrimSpace(out.String()), err
}

// notEnlarged are lists that belong to one object, or that have a small limit of their
// own.
var notEnlarged = []string{"MsgBody", "SnsItem", "ProfileItem", "TagList", "SetMark", "ClearMark", "Keywords", "AbstractList", "MsgList", "ExtensionList", "Admins"}

// enlarge gives each list in a value n items.
func enlarge(v any, n int) any {
	object, ok := v.(map[string]any)
	if !ok {
		return v
	}
	for name, value := range object {
		list, ok := value.([]any)
		if !ok {
			object[name] = enlarge(value, n)
			continue
		}
		if len(list) == 0 || slices.Contains(notEnlarged, name) {
			continue
		}
		out := make([]any, n)
		for i := range out {
			out[i] = numbered(list[0], name, i)
		}
		object[name] = out
	}
	return object
}

// numbered returns a copy of an item of a list with an id of its own.
func numbered(item any, list string, i int) any {
	if text, ok := item.(string); ok {
		switch {
		case list == "MsgKeyList":
			return fmt.Sprintf("1_%d_4102444800", i+1)
		case list == "GroupName":
			return fmt.Sprintf("group %d", i)
		case text == "":
			return text
		}
		return userID(i)
	}
	object, ok := item.(map[string]any)
	if !ok {
		return item
	}
	out := make(map[string]any, len(object))
	for name, value := range object {
		switch name {
		case "To_Account", "UserID":
			if _, single := value.(string); single {
				value = userID(i)
			}
		case "MsgKey":
			value = fmt.Sprintf("1_%d_4102444800", i+1)
		case "ContactItem":
			if list, many := value.([]any); many {
				value = []any{numbered(list[0], name, i)}
			} else {
				value = numbered(value, name, i)
			}
		}
		out[name] = value
	}
	return out
}

// userID returns an id of maximum length. Most of its bytes are quotes, which take two
// bytes in JSON.
func userID(i int) string { return fmt.Sprintf("%s%05d", strings.Repeat(`"`, 27), i) }

// hasList reports whether a type has a list at one of its first levels.
func hasList(t *source.Type, depth int) bool {
	if t == nil || depth > 3 {
		return false
	}
	return slices.ContainsFunc(t.Fields, func(f source.Field) bool {
		return f.Type != nil && (f.Type.Kind == source.List || hasList(f.Type, depth+1))
	})
}

// hasCursor reports whether an answer has pages.
func hasCursor(t *source.Type) bool {
	return slices.ContainsFunc(t.Fields, func(f source.Field) bool { return f.Name == "Cursor" })
}

// A largeSeed makes the answers of an operation as large as possible.
type largeSeed struct {
	seed    func(t *testing.T, w *testkit.World)
	body    string // if empty, the body of the sample event
	minimum int    // bytes that the answer over HTTP must have, or the test is of no use
}
