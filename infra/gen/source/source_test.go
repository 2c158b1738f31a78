package source

import (
	"slices"
	"testing"

	"parley/functions/catalog"
)

const root = "../../.."

// TestOperation checks that every operation has a comment, and that commands of the
// vendor have a request and an answer.
func TestOperation(t *testing.T) {
	s := New(root)
	for _, o := range catalog.All() {
		got, err := s.Operation(&o)
		if err != nil {
			t.Error(err)
			continue
		}
		if first := got.Doc[0]; first < 'A' || first > 'Z' {
			t.Errorf("%s: the comment begins with %q", o.Name, got.Doc)
		}
		if command := o.Surface() == "tencent" && o.Group() != "gateway"; command && (got.Request == nil || got.Answer == nil) {
			t.Errorf("%s: got no request or no answer", o.Name)
		}
	}
}

func TestType(t *testing.T) {
	got, err := New(root).Type("shared/domain/delivery", "Job")
	if err != nil {
		t.Fatal(err)
	}
	var fields []string
	got.Walk(func(path string, chain []Field) {
		fields = append(fields, path+" "+chain[len(chain)-1].Type.String())
	})
	for _, want := range []string{"app integer", "frame string (base64)", "targets list of object", "targets[].u string"} {
		if !slices.Contains(fields, want) {
			t.Errorf("Job lacks %s: %q", want, fields)
		}
	}
	if _, err := New(root).Type("shared/domain/delivery", "Nothing"); err == nil {
		t.Error("got a type that does not exist")
	}
}

// TestOptionalFields checks which fields an answer may leave out: those with omitempty, and
// those of an embedded pointer, which only the first page of a sync has. It checks the
// comments of two types, too.
func TestOptionalFields(t *testing.T) {
	s := New(root)
	sync, err := s.Type("functions/client/session", "syncReply")
	if err != nil {
		t.Fatal(err)
	}
	optional := make(map[string]bool)
	for _, f := range sync.Fields {
		optional[f.Name] = f.Optional
	}
	want := map[string]bool{"Conversations": false, "Complete": false, "Cursor": true, "Since": false, "FriendVersion": true, "Requests": true}
	for name, is := range want {
		if got, there := optional[name]; !there || got != is {
			t.Errorf("%s: got %t, optional %t, want %t", name, there, got, is)
		}
	}
	for name, want := range map[string]string{
		"ProfileResult": "The profile of one user of a batch.", // A ProfileResult is
		"LastMessage":   "What a list shows of a conversation's last message.",
	} {
		if got, err := s.Type("shared/dialect/v4", name); err != nil || got.Doc != want {
			t.Errorf("%s: got %q, %v, want %q", name, got.Doc, err, want)
		}
	}
}
