package reference

import (
	"encoding/json"
	"fmt"
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

func files(t *testing.T) map[string][]byte {
	t.Helper()
	out, err := Generate(root)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Every code has a number in every service, and every number is documented.
func TestErrorsWhole(t *testing.T) {
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
				t.Errorf("%s numbers the code %d, which is not in the list", n.name, code)
			}
		}
	}
}

func TestService(t *testing.T) {
	for _, o := range catalog.All() {
		if got := service(&o); got == "" && o.Surface() != "worker" {
			t.Errorf("%s answers with numbers of no column of errors.md", o.Name)
		}
	}
}

func TestOperations(t *testing.T) {
	out := files(t)
	for _, o := range catalog.All() {
		if !strings.Contains(string(out[o.Surface()+".md"]), "\n### "+o.Name+"\n") {
			t.Errorf("%s.md has no heading %s", o.Surface(), o.Name)
		}
		if !strings.Contains(string(out["operations.md"]), "["+o.Name+"]") {
			t.Errorf("operations.md lacks %s", o.Name)
		}
		if brief(o.Surface()) == "" || intro(o.Surface()) == "" {
			t.Errorf("surface %s is not introduced", o.Surface())
		}
	}
	for _, want := range []string{
		"| `To_Account` | string | 90003 | 90003 |  |",      // need
		"| `MsgBody` | list of object | 90002 | 90007 |  |", // need and bad
		"| `MsgBody[].MsgType` | string |  | 90007 |  |",    // what holds it speaks for it
		"| `MsgRandom` | integer, 32 bits unsigned | 90005 | 90005 | chosen by the client; a repeat is answered, not stored twice |",
	} {
		if !strings.Contains(string(out["client.md"]), want) {
			t.Errorf("client.md lacks %s", want)
		}
	}
}

func TestYAML(t *testing.T) {
	out := files(t)
	for _, name := range []string{"openapi.yaml", "asyncapi.yaml"} {
		var doc map[string]any
		if err := yaml.Unmarshal(out[name], &doc); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, o := range catalog.All() {
			for _, d := range o.Doors {
				_, path, _ := strings.Cut(d.HTTP, " ")
				if name == "openapi.yaml" && path != "" && !strings.Contains(path, "{") && doc["paths"].(map[string]any)[path] == nil {
					t.Errorf("%s lacks %s", name, path)
				}
				if name == "asyncapi.yaml" && d.Socket != "" && d.Socket[0] != '$' && doc["operations"].(map[string]any)[d.Socket] == nil {
					t.Errorf("%s lacks %s", name, d.Socket)
				}
			}
		}
	}
}

// What is taken requires what is refused when missing; what is sent requires what
// is never left out; an event with two forms has one of them.
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
		{"an answer with what the first page has", body("session.sync.answer").Required, []string{"Conversations", "Complete", "Since", "Spread"}},
		{"what is taken and sent", doc.Components.Schemas["Element"].Required, []string{"MsgType", "MsgContent"}},
		{"what is taken by several", doc.Components.Schemas["AddFriend"].Required, []string{"To_Account"}},
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

// Sample bodies name fields that exist, and leave out none that is needed.
func TestSamples(t *testing.T) {
	src := source.New(root)
	for _, o := range catalog.All() {
		said, err := src.Operation(&o)
		if err != nil {
			t.Fatal(err)
		}
		text, ok := events.Bodies()[o.Name]
		if !ok || said.Request == nil {
			continue
		}
		var body map[string]any
		if err := json.Unmarshal([]byte(text), &body); err != nil {
			t.Fatalf("%s: %v", o.Name, err)
		}
		for _, f := range said.Request.Fields {
			if _, there := body[f.Name]; f.Need != 0 && !there {
				t.Errorf("the sample of %s lacks %s", o.Name, f.Name)
			}
			delete(body, f.Name)
		}
		for name := range body {
			t.Errorf("the sample of %s has %s, which is no field", o.Name, name)
		}
	}
}
