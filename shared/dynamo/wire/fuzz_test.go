package wire

import (
	"encoding/json"
	"strings"
	"testing"

	"parley/shared/dynamo/calls"
)

// FuzzDecode shows that no answer, however damaged, stops the program, and that an output is
// returned only if the whole answer was read.
func FuzzDecode(f *testing.F) {
	for _, answer := range []string{
		`{}`, ` {"Item" : {"pk":{"S":"a\u00e9\"\\"},"n":{"N":"1"},"l":{"L":[{"BOOL":true},{"NULL":true},{"M":{}}]}}}`,
		`{"Responses":{"t":[{"b":{"B":"aGk="},"ss":{"SS":["a"]},"bs":{"BS":["aGk="]}}]},"UnprocessedKeys":{"t":{"Keys":[]}}}`,
		`{"Items":null,"Count":2,"ScannedCount":3e0,"LastEvaluatedKey":{"pk":{"S":""}},"ConsumedCapacity":{"CapacityUnits":0.5,"Table":{"x":[1]}}}`,
		`{"Item":{"pk":{"S":"a"`, `{"Item":{"pk":{"S":"a","N":"1"}}}`, `{"Item":{"pk":{}}}`, `{"Item":[]}`, `{"Count":1.5}`, `{"Item":{"b":{"B":"?"}}}`, `{} {}`, `[`, "",
	} {
		f.Add([]byte(answer))
	}
	inputs := []any{
		&calls.GetItemInput{}, &calls.BatchGetItemInput{}, &calls.QueryInput{}, &calls.PutItemInput{},
		&calls.UpdateItemInput{}, &calls.DeleteItemInput{}, &calls.BatchWriteItemInput{}, &calls.TransactWriteItemsInput{},
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		for _, in := range inputs {
			out, err := decode(in, string(answer))
			if err == nil && out == nil {
				t.Errorf("%T: neither an output nor an error", in)
			}
		}
	})
}

// TestDamagedAnswers: an answer that is cut, or that has something else where a value must be, is
// an error.
func TestDamagedAnswers(t *testing.T) {
	const whole = `{"Item":{"pk":{"S":"a\n"},"n":{"N":"1"},"l":{"L":[{"BOOL":true}]}},"ConsumedCapacity":{"CapacityUnits":0.5}}`
	in := &calls.GetItemInput{}
	if _, err := decode(in, whole); err != nil {
		t.Fatal(err)
	}
	for end := range len(whole) {
		if out, err := decode(in, whole[:end]); err == nil {
			t.Errorf("%s: got %+v, want an error", whole[:end], out)
		}
	}
	for _, bad := range []string{
		`{"Item":{"pk":{"S":"a","N":"1"}}}`, `{"Item":{"pk":{}}}`, `{"Item":{"pk":"a"}}`, `{"Item":[]}`, `{"Item":{"pk":{"X":"a"}}}`,
		`{"Item":{"b":{"B":"?"}}}`, `{"Item":{"s":{"S":1}}}`, `{"Item":{"s":{"S":"a` + "\n" + `"}}}`, `{"Item":{"s":{"S":"\x"}}}`, `{} {}`, `{"Item":{},}`, `{"a" 1}`, `{"a":1 "b":2}`,
	} {
		if out, err := decode(in, bad); err == nil {
			t.Errorf("%s: got %+v, want an error", bad, out)
		}
	}
}

// FuzzText: a text with escapes is read as encoding/json reads it.
func FuzzText(f *testing.F) {
	for _, text := range []string{`\u00e9\n\"\\\/\b\f\r\t`, `\ud83d\ude00`, `\ud83d`, `\ude00 a`, `\x`, `\u12`, "a\x7f\xff\\n", `\`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		quoted := `"` + text + `"`
		s := &scanner{text: quoted}
		got := s.string()
		if s.end() != nil || !strings.Contains(text, `\`) {
			return // not a text, or one without an escape, which is not changed
		}
		var want string
		if err := json.Unmarshal([]byte(quoted), &want); err != nil || got != want {
			t.Errorf("%s: got %q, want %q, %v", quoted, got, want, err)
		}
	})
}
