package plainjson_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"parley/shared/plainjson"
)

type read struct {
	Text  string          `json:"Text"`
	Old   string          `json:"Old,case:ignore"`
	Whole *int64          `json:"Whole"`
	Texts []string        `json:"Texts"`
	Many  []read          `json:"Many"`
	Raw   json.RawMessage `json:"Raw"`
	Raws  []json.RawMessage
	Any   any
	Bytes []byte
}

func TestUnmarshal(t *testing.T) {
	seven := int64(7)
	for _, c := range []struct {
		name, text string
		want       read
		refused    string
	}{
		{"reads values of every kind", `{"Text":"a","Whole":7,"Texts":["b"],"Many":[{"Text":"c"}],"Bytes":"ZA==","Any":[1,{"e":true}]}`, read{
			Text: "a", Whole: &seven, Texts: []string{"b"}, Many: []read{{Text: "c"}}, Bytes: []byte("d"),
			Any: []any{1.0, map[string]any{"e": true}},
		}, ""},
		{"keeps a raw value as it is written", `{"Raw": {"b" : [ null,"\u003c"]}}`, read{Raw: json.RawMessage(`{"b" : [ null,"\u003c"]}`)}, ""},
		{"ignores a byte order mark", "\ufeff{\"Text\":\"a\"}", read{Text: "a"}, ""},
		{"does not match a name in another case", `{"text":"a","TEXT":"b"}`, read{}, ""},
		{"matches a name in another case if the tag allows it", `{"old":"a"}`, read{Old: "a"}, ""},
		{"reads a pair of surrogates", `{"Text":"\ud83d\ude00"}`, read{Text: "😀"}, ""},
		{"reads the character zero", `{"Text":"\u0000"}`, read{Text: "\x00"}, ""},
		{"keeps the zero value for null", `{"Text":null,"Whole":null,"Texts":null,"Many":null,"Any":null,"Bytes":null}`, read{}, ""},
		{"leaves null out of lists", `{"Texts":[null,"a",null],"Many":[null,{"Texts":[null]}],"Raws":[null,1],"Any":{"a":[null,[null,1]]}}`, read{
			Any:   map[string]any{"a": []any{[]any{1.0}}},
			Texts: []string{"a"}, Many: []read{{Texts: []string{}}}, Raws: []json.RawMessage{json.RawMessage("1")},
		}, ""},

		{"rejects a name twice", `{"Text":"a","Text":"a"}`, read{}, `duplicate object member name "Text"`},
		{"rejects a name twice in two cases if the tag allows both", `{"Old":"a","old":"b"}`, read{}, `duplicate object member name "old"`},
		{"rejects a name twice, once with an escape", `{"Text":"a","T\u0065xt":"a"}`, read{}, "duplicate"},
		{"rejects a name twice in a raw value", `{"Raw":[{"a":1,"a":2}]}`, read{}, "duplicate"},
		{"rejects a name twice in an unknown value", `{"x":[{"a":1,"a":2}]}`, read{}, "duplicate"},
		{"rejects a high surrogate alone", `{"Text":"\ud83d"}`, read{}, "surrogate"},
		{"rejects a low surrogate alone in a raw value", `{"Raw":"\ude00"}`, read{}, "surrogate"},
		{"rejects invalid UTF-8", "{\"Text\":\"\xff\"}", read{}, "UTF-8"},
		{"rejects a surrogate encoded in UTF-8", "{\"Raw\":\"\xed\xa0\x80\"}", read{}, "UTF-8"},
		{"rejects invalid UTF-8 in an unknown name", "{\"\xc0\x80\":1}", read{}, "UTF-8"},
		{"rejects two values", `{}{}`, read{}, "after top-level value"},
		{"rejects two byte order marks", "\ufeff\ufeff{}", read{}, "invalid character"},
		{"rejects an empty text", "", read{}, "EOF"},
		{"rejects an object that does not end", `{"Text":"a"`, read{}, "EOF"},
		{"rejects values nested too deep", strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000), read{}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got read
			err := plainjson.Unmarshal([]byte(c.text), &got)
			if c.refused != "" || c.name == "rejects values nested too deep" {
				if err == nil || !strings.Contains(err.Error(), c.refused) {
					t.Errorf("%v, want %q", err, c.refused)
				}
				return
			}
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("read %+v, %v, want %+v", got, err, c.want)
			}
		})
	}
}

func TestTypeErrorNamesPathAndValue(t *testing.T) {
	for text, want := range map[string]string{
		`{"Text":7}`:                         "Text is a JSON number",
		`{"Whole":1.5}`:                      "Whole is a JSON number 1.5",
		`{"Whole":9223372036854775808}`:      "Whole is a JSON number 9223372036854775808",
		`{"Whole":"7"}`:                      "Whole is a JSON string",
		`{"Many":[null,{"Texts":[null,7]}]}`: "Many.1.Texts.1 is a JSON number",
		`{"Many":{}}`:                        "Many is a JSON object",
		`{"Texts":[true]}`:                   "Texts.0 is a JSON bool",
		`[]`:                                 "it is a JSON array",
	} {
		var typeError *plainjson.TypeError
		err := plainjson.Unmarshal([]byte(text), &read{})
		if !errors.As(err, &typeError) || typeError.Error() != want || typeError.Type == nil {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

// FuzzUnmarshal checks that what Unmarshal accepts is UTF-8, and that a raw value and
// encoding/json accept and read the same.
func FuzzUnmarshal(f *testing.F) {
	for _, text := range []string{`{"a":[1,null,{"b":"\ud83d\ude00"}]}`, "\ufeff[]", `{"a":1,"a":2}`, "\"\xff\"", `"\ud800"`, "1e400", " {} "} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var got struct{ V any }
		var raw struct{ V json.RawMessage }
		object := append(append([]byte(`{"V":`), text...), '}')
		err := plainjson.Unmarshal(object, &got)
		rawErr := plainjson.Unmarshal(object, &raw)
		if err != nil {
			return
		}
		if rawErr != nil || !utf8.Valid(object) {
			t.Fatalf("%q is read as %v, and raw not: %v", text, got.V, rawErr)
		}
		if strings.Contains(string(text), "null") {
			return // encoding/json takes null for an item of a list
		}
		var other struct{ V any }
		if err := json.Unmarshal(object, &other); err != nil || !reflect.DeepEqual(got, other) {
			t.Fatalf("%q is read as %v, by others as %v, %v", text, got.V, other.V, err)
		}
	})
}

func BenchmarkUnmarshal(b *testing.B) {
	body := []byte(`{"From_Account":"alice","To_Account":"bob","MsgSeq":1,"MsgRandom":2,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"` +
		strings.Repeat("hello ", 33) + `"}}],"CloudCustomData":"{\"k\":1}"}`)
	type request struct {
		From   string  `json:"From_Account"`
		To     string  `json:"To_Account"`
		Seq    *uint32 `json:"MsgSeq"`
		Random *uint32 `json:"MsgRandom"`
		Body   []struct {
			Type    string          `json:"MsgType"`
			Content json.RawMessage `json:"MsgContent"`
		} `json:"MsgBody"`
		Custom string `json:"CloudCustomData"`
	}
	b.Run("plainjson", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var in request
			if err := plainjson.Unmarshal(body, &in); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding/json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var in request
			if err := json.Unmarshal(body, &in); err != nil {
				b.Fatal(err)
			}
		}
	})
}
