package reference

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"parley/functions/catalog"
	"parley/infra/gen/events"
	"parley/infra/gen/source"
	"parley/shared/fault"
)

const root = "../../.."

// bodies returns the sample bodies of the operations.
func bodies(t *testing.T) map[string]string {
	t.Helper()
	out, err := events.Bodies(root, catalog.All())
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// files returns the generated files of docs/reference.
func files(t *testing.T) map[string][]byte {
	t.Helper()
	out, err := Generate(root, bodies(t))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestErrorTableIsComplete checks that every code has a number in every numbering, and that
// errors.md has each of them.
func TestErrorTableIsComplete(t *testing.T) {
	page := string(files(t)["errors.md"])
	for code, name := range fault.Codes() {
		row := ""
		for line := range strings.Lines(page) {
			if strings.HasPrefix(line, fmt.Sprintf("| %d | %s |", code, name)) {
				row = line
			}
		}
		for _, n := range numberings() {
			switch number := n.numbers[code]; {
			case number == 0:
				t.Errorf("%s has no number in %s", name, n.name)
			case !strings.Contains(row, fmt.Sprintf(" %d |", number)):
				t.Errorf("%s: %d of %s is not in errors.md", name, number, n.name)
			}
		}
	}
	for _, n := range numberings() {
		for code := range n.numbers {
			if fault.Codes()[code] == "" {
				t.Errorf("%s has a number for the code %d, which does not exist", n.name, code)
			}
		}
	}
}

// TestService checks that errors.md has a column for the numbers of each operation.
func TestService(t *testing.T) {
	for _, o := range catalog.All() {
		if got := service(&o); got == "" && o.Surface() != "worker" {
			t.Errorf("%s answers with numbers that no column of errors.md has", o.Name)
		}
	}
}

// TestOperations checks that every operation and surface is documented, and which error
// numbers the request table shows for a field.
func TestOperations(t *testing.T) {
	out := files(t)
	for _, o := range catalog.All() {
		if page := pagePath(&o); !strings.Contains(string(out[page]), "\n## "+o.Name+"\n") {
			t.Errorf("%s has no heading %s", page, o.Name)
		}
		if readme := o.Surface() + "/README.md"; !strings.Contains(string(out[readme]), "("+o.Group()+".md)") {
			t.Errorf("%s has no link to the page of the group %s", readme, o.Group())
		}
		if !strings.Contains(string(out["operations.md"]), "["+o.Name+"]") {
			t.Errorf("operations.md lacks %s", o.Name)
		}
	}
	for _, surface := range Surfaces() {
		if readme := string(out[surface+"/README.md"]); strings.HasPrefix(readme, header+"# "+surface+"\n\n\n") {
			t.Errorf("the surface %s has no introduction", surface)
		}
	}
	for _, want := range []string{
		"| `To_Account` | string | 90003 | 90003 |  |",      // the tag need
		"| `MsgBody` | list of object | 90002 | 90007 |  |", // the tags need and bad
		"| `MsgBody[].MsgType` | string |  | 90007 |  |",    // the number of MsgBody
		"| `MsgRandom` | integer, 32 bits unsigned | 90005 | 90005 | chosen by the client; a repeat with the same one is answered like the first call |",
	} {
		if !strings.Contains(string(out["client/message.md"]), want) {
			t.Errorf("client/message.md lacks %s", want)
		}
	}
}

// TestLinks checks that the links between the generated pages, to the events and to the
// types of the SDK lead to files.
func TestLinks(t *testing.T) {
	out := files(t)
	link := regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	links := 0
	for page, text := range out {
		if filepath.Ext(page) != ".md" {
			continue
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			target := filepath.Join(filepath.Dir(page), m[1])
			if _, generated := out[target]; generated {
				if m[2] != "" && !hasHeading(out[target], m[2]) {
					t.Errorf("%s: %s has no heading %s", page, target, m[2])
				}
			} else if _, err := os.Stat(filepath.Join(root, "docs/reference", target)); err != nil {
				t.Errorf("%s: the link %s leads nowhere: %v", page, m[1], err)
			}
			links++
		}
	}
	if links < 200 {
		t.Errorf("found %d links, want some for each operation", links)
	}
}

// hasHeading reports whether a link with a fragment finds a heading of a page.
func hasHeading(page []byte, fragment string) bool {
	for line := range strings.Lines(string(page)) {
		if heading, ok := strings.CutPrefix(strings.TrimSpace(line), "## "); ok && "#"+anchor(heading) == fragment {
			return true
		}
	}
	return false
}

// TestYAML checks that the OpenAPI document of each surface has the path of every route, and
// asyncapi.yaml every action.
func TestYAML(t *testing.T) {
	out := files(t)
	documents := make(map[string]map[string]any)
	for name, text := range out {
		if filepath.Ext(name) != ".yaml" {
			continue
		}
		var doc map[string]any
		if err := yaml.Unmarshal(text, &doc); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		documents[name] = doc
	}
	has := func(document, part, name string) bool {
		list, _ := documents[document][part].(map[string]any)
		return list[name] != nil
	}
	for _, o := range catalog.All() {
		for _, d := range o.Triggers {
			_, path, _ := strings.Cut(d.HTTP, " ")
			if document := openAPIPath(o.Surface()); path != "" && !strings.Contains(path, "{") && !has(document, "paths", path) {
				t.Errorf("%s lacks %s", document, path)
			}
			if d.Socket != "" && d.Socket[0] != '$' && !has("asyncapi.yaml", "operations", d.Socket) {
				t.Errorf("asyncapi.yaml lacks %s", d.Socket)
			}
		}
	}
	if documents["openapi/worker.yaml"] != nil {
		t.Error("openapi/worker.yaml exists, but nobody calls a worker")
	}
}

// TestRequired checks which fields a schema requires. In a request these are the fields that
// the operation refuses to be without, in an answer or event those that are never left out.
// An event with two forms has a schema with oneOf.
func TestRequired(t *testing.T) {
	type schema struct {
		Required   []string
		Properties map[string]schema
		OneOf      []map[string]string `yaml:"oneOf"`
	}
	var doc struct {
		Channels map[string]struct {
			Messages map[string]struct{ Payload schema }
		}
		Components struct{ Schemas map[string]schema }
	}
	if err := yaml.Unmarshal(files(t)["asyncapi.yaml"], &doc); err != nil {
		t.Fatal(err)
	}
	body := func(message string) schema {
		return doc.Channels["connection"].Messages[message].Payload.Properties["body"]
	}
	for _, c := range []struct {
		name      string
		got, want []string
	}{
		{"a request", body("friend.list-create").Required, []string{"GroupName"}},
		{"an answer", body("friend.list-create.answer").Required, []string{"ListVersion"}},
		{"an answer with fields of the first page only", body("session.sync.answer").Required, []string{"Conversations", "Complete", "Since", "Spread"}},
		{"a type of requests and answers", doc.Components.Schemas["Element"].Required, []string{"MsgType", "MsgContent"}},
		{"a type of several requests", doc.Components.Schemas["AddFriend"].Required, []string{"To_Account"}},
		{"an event", doc.Components.Schemas["Kick"].Required, []string{"Reason", "Platform", "Time"}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s requires %q, want %q", c.name, c.got, c.want)
		}
	}
	if got := body("event.friend.changed").OneOf; len(got) != 2 {
		t.Errorf("friend.changed has the forms %v, want two", got)
	}
}

// TestSamples checks that the sample body of every operation has the required fields and no
// unknown ones.
func TestSamples(t *testing.T) {
	src, bodies := source.New(root), bodies(t)
	for _, o := range catalog.All() {
		info, err := src.Operation(&o)
		if err != nil {
			t.Fatal(err)
		}
		text, ok := bodies[o.Name]
		if !ok || info.Request == nil {
			continue
		}
		var body map[string]any
		if err := json.Unmarshal([]byte(text), &body); err != nil {
			t.Fatalf("%s: %v", o.Name, err)
		}
		for _, f := range info.Request.Fields {
			if _, found := body[f.Name]; f.Need != 0 && !found {
				t.Errorf("the sample of %s lacks %s", o.Name, f.Name)
			}
			delete(body, f.Name)
		}
		for name := range body {
			t.Errorf("the sample of %s has %s, which is not a field", o.Name, name)
		}
	}
}
