package op_test

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"reflect"
	"strings"
	"testing"

	"parley/shared/op"
)

const httpSample = `{"version":"2.0","routeKey":"POST /v4/openim/sendmsg","rawPath":"/v4/openim/sendmsg",
"rawQueryString":"sdkappid=1400000001&identifier=a%20b&usersig=x*y-z_&random=1&random=2&empty=",
"headers":{"content-type":"text/plain","parley-instance":"i1"},"queryStringParameters":{"identifier":"other"},
"requestContext":{"requestId":"r1","http":{"method":"POST","path":"/v4/openim/sendmsg","sourceIp":"192.0.2.1"}},
"body":"{\"a\":1}","isBase64Encoded":false}`

const socketSample = `{"headers":{"Sec-WebSocket-Protocol":"im.v1, sig","X-UPPER":"Value"},"queryStringParameters":{"platform":"Web"},
"requestContext":{"requestId":"r2","connectionId":"c1","routeKey":"message.send","eventType":"MESSAGE",
"authorizer":{"app":"1400000001","user":"alice","issued":1700000000}},"body":"{\"action\":\"message.send\"}","isBase64Encoded":false}`

const authorizerSample = `{"type":"REQUEST","methodArn":"arn:aws:execute-api:us-east-1:123456789012:api/local/$connect","headers":{},
"queryStringParameters":{"sdkappid":"1400000001"},
"requestContext":{"requestId":"r3","connectionId":"c2","routeKey":"$connect","eventType":"CONNECT"}}`

// TestReadHTTP shows what is read of an event of the HTTP API, and which events are
// refused.
func TestReadHTTP(t *testing.T) {
	r, err := op.ReadHTTP([]byte(httpSample))
	if err != nil {
		t.Fatal(err)
	}
	if r.Method != "POST" || r.Path != "/v4/openim/sendmsg" || r.ID != "r1" || string(r.Body) != `{"a":1}` || r.Connection != "" {
		t.Errorf("ReadHTTP = %+v", r)
	}
	want := map[string]string{"sdkappid": "1400000001", "identifier": "a b", "usersig": "x*y-z_", "random": "1", "empty": ""}
	if !maps.Equal(r.Query, want) {
		t.Errorf("query %v, want %v", r.Query, want)
	}
	if got := r.Header["parley-instance"]; got != "i1" {
		t.Errorf("header parley-instance is %q, want i1", got)
	}
	for query, want := range map[string]map[string]string{
		"":                     {},
		"a=%zz&b=2":            {"b": "2"}, // the malformed part is left out
		"a=1;b=2&c=3":          {"c": "3"},
		"a&&b=":                {"a": "", "b": ""},
		"identifier=a%2Bb%23c": {"identifier": "a+b#c"},
		"identifier=a+b":       {"identifier": "a b"},
	} {
		text, err := json.Marshal(query)
		if err != nil {
			t.Fatal(err)
		}
		r, err := op.ReadHTTP([]byte(`{"version":"2.0","rawQueryString":` + string(text) + `,"requestContext":{"http":{"method":"POST"}}}`))
		if err != nil || !maps.Equal(r.Query, want) {
			t.Errorf("query %q is read as %v, %v, want %v", query, r.Query, err, want)
		}
	}
	encoded := strings.NewReplacer(`"{\"a\":1}"`, `"`+base64.StdEncoding.EncodeToString([]byte("\x00\xff{}"))+`"`,
		`"isBase64Encoded":false`, `"isBase64Encoded":true`).Replace(httpSample)
	if r, err := op.ReadHTTP([]byte(encoded)); err != nil || string(r.Body) != "\x00\xff{}" {
		t.Errorf("a body in base64 is read as %q, %v", r.Body, err)
	}
	for what, event := range map[string]string{
		"an empty text": "", "not JSON": "{", "a list": "[]", "an empty object": "{}",
		"format 1.0":                  strings.Replace(httpSample, "2.0", "1.0", 1),
		"no method":                   strings.Replace(httpSample, `"method":"POST",`, "", 1),
		"a WebSocket event":           socketSample,
		"an SQS event":                `{"Records":[{"messageId":"1","body":"{}"}]}`,
		"a body that is not base64":   strings.Replace(httpSample, `"isBase64Encoded":false`, `"isBase64Encoded":true`, 1),
		"a body that is not a string": strings.Replace(httpSample, `"{\"a\":1}"`, "{}", 1),
	} {
		r, err := op.ReadHTTP([]byte(event))
		if err == nil {
			t.Errorf("%s is read as %+v", what, r)
		} else if strings.Contains(err.Error(), "%!") {
			t.Errorf("%s: the error is not well formed: %v", what, err)
		}
	}
}

// TestReadSocket shows what is read of an event of the WebSocket API, and which events are
// refused.
func TestReadSocket(t *testing.T) {
	r, err := op.ReadSocket([]byte(socketSample))
	if err != nil {
		t.Fatal(err)
	}
	if r.Connection != "c1" || r.Route != "message.send" || r.Method != "MESSAGE" || r.ID != "r2" ||
		string(r.Body) != `{"action":"message.send"}` || string(r.Event) != socketSample {
		t.Errorf("ReadSocket = %+v", r)
	}
	if got := r.Header["sec-websocket-protocol"]; got != "im.v1, sig" {
		t.Errorf("header sec-websocket-protocol is %q", got)
	}
	if got := r.Header["x-upper"]; got != "Value" {
		t.Errorf("header x-upper is %q", got)
	}
	if got := r.Context["user"]; got != "alice" {
		t.Errorf("the authorizer says user %v", got)
	}
	if got := r.Query["platform"]; got != "Web" {
		t.Errorf("platform is %q", got)
	}
	r, err = op.ReadSocket([]byte(authorizerSample))
	if err != nil || r.Path != "arn:aws:execute-api:us-east-1:123456789012:api/local/$connect" || r.Query["sdkappid"] != "1400000001" {
		t.Errorf("an authorizer's event is read as %+v, %v", r, err)
	}
	for what, event := range map[string]string{
		"an empty text": "", "not JSON": "{", "an empty object": "{}", "an HTTP event": httpSample,
		"no connection": strings.Replace(socketSample, `"connectionId":"c1",`, "", 1),
	} {
		r, err := op.ReadSocket([]byte(event))
		if err == nil {
			t.Errorf("%s is read as %+v", what, r)
		} else if strings.Contains(err.Error(), "%!") {
			t.Errorf("%s: the error is not well formed: %v", what, err)
		}
		if r, err := op.ReadEvent([]byte(event)); err == nil && r.Connection != "" {
			t.Errorf("%s counts as a WebSocket event", what)
		}
	}
	for _, event := range []string{socketSample, authorizerSample} {
		want, err := op.ReadSocket([]byte(event))
		if got, readErr := op.ReadEvent([]byte(event)); err != nil || readErr != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("ReadEvent = %+v, %v, want %+v", got, readErr, want)
		}
	}
	want, err := op.ReadHTTP([]byte(httpSample))
	if got, readErr := op.ReadEvent([]byte(httpSample)); err != nil || readErr != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("ReadEvent = %+v, %v, want %+v", got, readErr, want)
	}
}

// TestAnswerForm shows the JSON that a function returns.
func TestAnswerForm(t *testing.T) {
	for _, c := range []struct {
		status int
		header map[string]string
		body   string
		want   string
	}{
		{200, nil, "", `{"statusCode":200}`},
		{500, map[string]string{"Content-Type": "application/json"}, `{"a":"<é>"}`,
			`{"statusCode":500,"headers":{"Content-Type":"application/json"},"body":"{\"a\":\"<é>\"}"}`},
	} {
		got, err := op.Answer(c.status, c.header, []byte(c.body))
		if err != nil || string(got) != c.want {
			t.Errorf("Answer = %s, %v, want %s", got, err, c.want)
		}
	}
}

// FuzzReadHTTP: an event is refused and nothing is read of it, or it is an HTTP request.
func FuzzReadHTTP(f *testing.F) {
	for _, event := range []string{
		httpSample, socketSample, "", "{}", "null", `{"version":"2.0","requestContext":{"http":{"method":"GET"}},"headers":null}`,
		`{"version":"2.0","requestContext":{"http":{"method":"GET"}},"rawQueryString":"%&=;","body":"e30","isBase64Encoded":true}`,
	} {
		f.Add([]byte(event))
	}
	f.Fuzz(func(t *testing.T, event []byte) {
		r, err := op.ReadHTTP(event)
		if err != nil {
			if r.Method != "" || r.Body != nil || r.Query != nil {
				t.Errorf("an event that is refused (%v) is read as %+v", err, r)
			}
			return
		}
		if r.Method == "" || r.Query == nil || r.Connection != "" {
			t.Errorf("ReadHTTP(%q) = %+v", event, r)
		}
	})
}

// FuzzReadSocket: ReadSocket and ReadEvent agree, and header names are in lower case.
func FuzzReadSocket(f *testing.F) {
	for _, event := range []string{
		socketSample, authorizerSample, httpSample, "", "{}", "null",
		`{"requestContext":{"connectionId":"c","authorizer":null},"headers":{"É":"1"},"body":null}`,
	} {
		f.Add([]byte(event))
	}
	f.Fuzz(func(t *testing.T, event []byte) {
		r, err := op.ReadSocket(event)
		either, eitherErr := op.ReadEvent(event)
		if got, want := eitherErr == nil && either.Connection != "", err == nil; got != want {
			t.Errorf("ReadEvent(%q) reads a connection: %t, ReadSocket: %v", event, got, err)
		}
		if err != nil {
			return
		}
		if r.Connection == "" || r.Header == nil {
			t.Errorf("ReadSocket(%q) = %+v", event, r)
		}
		for name := range r.Header {
			if strings.ContainsAny(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
				t.Errorf("header %q is not in lower case", name)
			}
		}
	})
}
