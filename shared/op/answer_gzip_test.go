package op_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"parley/shared/op"
)

// TestAnswerIsCompressed: over HTTP a body of a kilobyte or more is compressed if the caller
// accepts gzip. A frame is never compressed.
func TestAnswerIsCompressed(t *testing.T) {
	var rows []string
	for i := range 100 {
		rows = append(rows, fmt.Sprintf(`{"Type":1,"To_Account":"user%d","MsgTimeStamp":%d,"UnreadMsgNum":%d,"Preview":{"Kind":"text","Text":"hello number %d"},"LastSeq":%d}`,
			i*7919, 1700000000+i*61, i%9, i*31, i*104729))
	}
	body := []byte(`{"code":0,"body":{"Rows":[` + strings.Join(rows, ",") + `]}}`)
	for _, test := range []struct {
		accept, connection string
		body               []byte
		compressed         bool
	}{
		{"gzip, deflate, br", "", body, true},
		{"br;q=1.0, gzip;q=0.8", "", body, true},
		{"GZIP", "", body, true},
		{"gzip;q=0", "", body, false},
		{"deflate", "", body, false},
		{"", "", body, false},
		{"gzip", "", body[:1023], false},
		{"gzip", "connection", body, false},
	} {
		c := &op.Call{Request: op.Request{Header: map[string]string{"accept-encoding": test.accept}, Connection: test.connection}}
		text, err := c.Answer(200, map[string]string{"Content-Type": "application/json"}, test.body)
		if err != nil {
			t.Fatal(err)
		}
		var a struct {
			Headers map[string]string
			Body    string
			Base64  bool `json:"isBase64Encoded"`
		}
		if err := json.Unmarshal(text, &a); err != nil {
			t.Fatal(err)
		}
		got := []byte(a.Body)
		if a.Base64 != test.compressed || (a.Headers["Content-Encoding"] == "gzip") != test.compressed {
			t.Errorf("%q: compressed %v, headers %v, want %v", test.accept, a.Base64, a.Headers, test.compressed)
			continue
		}
		if test.compressed {
			raw, err := base64.StdEncoding.DecodeString(a.Body)
			if err != nil {
				t.Fatal(err)
			}
			if len(raw) > len(test.body)/4 {
				t.Errorf("%q: %d bytes of %d", test.accept, len(raw), len(test.body))
			}
			r, err := gzip.NewReader(bytes.NewReader(raw))
			if err != nil {
				t.Fatal(err)
			}
			if got, err = io.ReadAll(r); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(got, test.body) {
			t.Errorf("%q: the body is another one", test.accept)
		}
	}
}
