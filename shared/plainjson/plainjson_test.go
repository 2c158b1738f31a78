package plainjson_test

import (
	"encoding/json"
	"testing"

	"parley/shared/plainjson"
)

func TestMarshalWithoutHTMLEscapes(t *testing.T) {
	for _, c := range []struct {
		in   any
		want string
	}{
		{"<>&", `"<>&"`},
		{json.RawMessage(`{ "Text" : "<\u003c>&` + "\u2028" + `" }`), `{"Text":"<\u003c>&` + "\u2028" + `"}`},
		{"\u2028\x01\xff\n", `"\u2028\u0001\ufffd\n"`}, // a Go string is escaped where JSON needs it
		{map[string]any{"a": []json.RawMessage{[]byte(`"<"`), nil}}, `{"a":["<",null]}`},
		{nil, "null"},
	} {
		got, err := plainjson.Marshal(c.in)
		if err != nil || string(got) != c.want {
			t.Errorf("Marshal(%q) = %s, %v, want %s", c.in, got, err, c.want)
		}
		if n, err := plainjson.Size(c.in); err != nil || n != len(c.want) {
			t.Errorf("Size(%q) = %d, %v, want %d", c.in, n, err, len(c.want))
		}
	}
	for _, bad := range []any{json.RawMessage(`{`), func() {}} {
		if got, err := plainjson.Marshal(bad); err == nil {
			t.Errorf("Marshal(%T) = %s", bad, got)
		}
	}
}
