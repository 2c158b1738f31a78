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
	"parley/shared/op"
	"parley/shared/testkit"
)

// What the platform carries: a frame, and all that a function returns.
const (
	frameBytes      = 128 << 10
	invocationBytes = 6 << 20
)

// TestAnswersAreCarried plays each operation whose request or answer has a list
// with the largest request that it takes, at each of its doors. An answer is never
// larger than the platform carries. An operation that writes always answers, for a
// refusal would hide what it has done, and so does one whose answers have pages.
func TestAnswersAreCarried(t *testing.T) {
	src, bodies, seeds := source.New("../.."), events.Bodies(), largeSeeds()
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
			size := largest(t, w, &o, body)
			if size < s.least {
				t.Errorf("the largest answer over HTTP has %d bytes, want a test of %d at least", size, s.least)
			}
			if len(o.Doors) > 1 && o.Doors[1].Socket != "" {
				throughSocket(t, w, &o, body, hasCursor(said.Answer))
			}
		})
	}
	for name := range seeds {
		t.Errorf("%s is no operation with a list", name)
	}
}

// largest plays an operation over HTTP with the most items that it takes, and
// returns how large its answer is.
func largest(t *testing.T, w *testkit.World, o *op.Operation, body string) int {
	t.Helper()
	for _, n := range sizes() {
		raw, _, err := w.Call(t, o, enlarged(t, body, n))
		got := read(t, raw, err)
		if refusedForSize(got) && n > 1 {
			continue // past the limit
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

func throughSocket(t *testing.T, w *testkit.World, o *op.Operation, body string, pages bool) {
	t.Helper()
	for _, n := range sizes() {
		raw, _, err := w.Call(t, o, "door socket\n"+enlarged(t, body, n))
		got := read(t, raw, err)
		if refusedForSize(got) && n > 1 {
			continue
		}
		if len(got.text) > frameBytes {
			t.Errorf("%d items: a frame of %d bytes, want at most %d", n, len(got.text), frameBytes)
		}
		if !strings.HasPrefix(got.text, `{"id":"7",`) {
			t.Errorf("%d items: a frame without the id of the call: %.100s", n, got.text)
		}
		writes := slices.ContainsFunc(o.Needs, func(need string) bool { return strings.HasPrefix(need, "write ") })
		if got.code == 80002 && writes {
			t.Errorf("%d items: the operation writes and is then refused for the size of its answer: %s", n, got.text)
		}
		if got.code == 80002 && pages {
			t.Errorf("%d items: the operation has pages and makes one that is too large: %s", n, got.text)
		}
		return
	}
}

// sizes are the numbers of items to try, the largest first.
func sizes() []int { return []int{1000, 500, 400, 300, 200, 100, 50, 30, 20, 10, 1} }

// refusedForSize reports whether an answer says that a call has too many items.
func refusedForSize(got outcome) bool {
	return got.code != 0 && got.code != 80002 && strings.Contains(got.text, "at most")
}

// enlarged makes each list of ids or of things with an id in a body n items long.
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

func encoded(v any) (string, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return strings.TrimSpace(out.String()), err
}

// one are lists that are about one thing, or that a limit of their own bounds.
var one = []string{"MsgBody", "SnsItem", "ProfileItem", "TagList", "SetMark", "ClearMark", "Keywords", "AbstractList", "MsgList", "ExtensionList", "Admins"}

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
		if len(list) == 0 || slices.Contains(one, name) {
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

// numbered is an item with an id of its own.
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

// userID is an id of the longest kind, each of whose letters is two bytes of JSON.
func userID(i int) string { return fmt.Sprintf("%s%05d", strings.Repeat(`"`, 27), i) }

func hasList(t *source.Type, depth int) bool {
	if t == nil || depth > 3 {
		return false
	}
	return slices.ContainsFunc(t.Fields, func(f source.Field) bool {
		return f.Type != nil && (f.Type.Kind == source.List || hasList(f.Type, depth+1))
	})
}

func hasCursor(t *source.Type) bool {
	return slices.ContainsFunc(t.Fields, func(f source.Field) bool { return f.Name == "Cursor" })
}

// A largeSeed is what makes the answers of an operation as large as they can be.
type largeSeed struct {
	seed  func(t *testing.T, w *testkit.World)
	body  string // the sample's if empty
	least int    // bytes that the answer over HTTP has then
}
