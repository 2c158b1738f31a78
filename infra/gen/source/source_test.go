package source

import (
	"slices"
	"testing"

	"parley/functions/catalog"
)

const root = "../../.."

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
		if takes := o.Surface() == "tencent" && o.Group() != "gateway"; takes && (got.Request == nil || got.Answer == nil) {
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
