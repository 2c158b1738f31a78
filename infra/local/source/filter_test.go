package source

import (
	"encoding/json"
	"testing"
)

func TestFilterMatchesStreamRecords(t *testing.T) {
	const record = `{"eventName":"INSERT","dynamodb":{"Keys":{"pk":{"S":"1#P#a"},"sk":{"S":"m65"}},"SizeBytes":3}}`
	for _, c := range []struct {
		pattern string
		want    bool
	}{
		{`{}`, true},
		{`{"eventName":["INSERT"]}`, true},
		{`{"eventName":["MODIFY","INSERT"]}`, true},
		{`{"eventName":["MODIFY"]}`, false},
		{`{"eventName":[]}`, false},
		{`{"nothing":["INSERT"]}`, false},
		{`{"dynamodb":{"Keys":{"sk":{"S":[{"prefix":"m"}]}}}}`, true},
		{`{"dynamodb":{"Keys":{"sk":{"S":[{"prefix":"o"},"m65"]}}}}`, true},
		{`{"dynamodb":{"Keys":{"sk":{"S":[{"prefix":"o"}]}}}}`, false},
		{`{"dynamodb":{"Keys":{"sk":{"N":[{"prefix":"m"}]}}}}`, false},
		{`{"dynamodb":{"SizeBytes":["3"]}}`, false},
		{`{"eventName":["INSERT"],"dynamodb":{"Keys":{"sk":{"S":[{"prefix":"o"}]}}}}`, false},
	} {
		filters, err := parseFilters([]string{c.pattern})
		if err != nil {
			t.Errorf("%s: %v", c.pattern, err)
			continue
		}
		var value map[string]any
		if err := json.Unmarshal([]byte(record), &value); err != nil {
			t.Fatal(err)
		}
		if got := filters[0].matches(value); got != c.want {
			t.Errorf("%s: got %t, want %t", c.pattern, got, c.want)
		}
	}
	for _, bad := range []string{``, `[]`, `{"a":"b"}`, `{"a":[{"suffix":"x"}]}`, `{"a":[{"prefix":"x","suffix":"y"}]}`, `{"a":[1]}`, `{"a":{"b":true}}`} {
		if _, err := parseFilters([]string{bad}); err == nil {
			t.Errorf("%s was accepted", bad)
		}
	}
}
