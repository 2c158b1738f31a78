package gateway

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"parley/infra/local/template"
)

// apiOf returns an HTTP API whose routes all invoke the function "f".
func apiOf(keys ...string) template.API {
	a := template.API{ID: "httpapi", Stage: "$default"}
	for _, key := range keys {
		method, path, found := strings.Cut(key, " ")
		if !found {
			method, path = "", key
		}
		a.HTTP = append(a.HTTP, template.HTTPRoute{Method: method, Path: path, Function: "f"})
	}
	return a
}

// httpWorld returns a world with the route $default only.
func httpWorld(t *testing.T, f function) *world {
	return newWorld(t, Options{HTTP: []template.API{apiOf("$default")}}, map[string]function{"f": f})
}

func TestMostSpecificRouteWins(t *testing.T) {
	routes := newHTTPRoutes(apiOf(
		"ANY /{proxy+}", "GET /pets/{proxy+}", "GET /pets/dog/{id}", "GET /pets/dog/1", "ANY /pets/dog/{id}",
		"GET /pets/{kind}/1", "POST /v4/{service}/{command}", "ANY /any", "GET /any", "GET /{org}/{app}/users").HTTP)
	for _, test := range []struct{ method, path, want, params string }{
		{"GET", "/pets/dog/1", "GET /pets/dog/1", "{}"},
		{"GET", "/pets/dog/2", "GET /pets/dog/{id}", `{"id":"2"}`},
		{"POST", "/pets/dog/2", "ANY /pets/dog/{id}", `{"id":"2"}`},
		{"GET", "/pets/cat/1", "GET /pets/{kind}/1", `{"kind":"cat"}`},
		{"GET", "/pets/cat/2", "GET /pets/{proxy+}", `{"proxy":"cat/2"}`},
		{"POST", "/pets/cat/2", "ANY /{proxy+}", `{"proxy":"pets/cat/2"}`},
		{"POST", "/v4/group/create", "POST /v4/{service}/{command}", `{"command":"create","service":"group"}`},
		{"POST", "/v4/group/", "ANY /{proxy+}", `{"proxy":"v4/group/"}`},
		{"GET", "/any", "GET /any", "{}"},
		{"PUT", "/any", "ANY /any", "{}"},
		{"GET", "/any/", "ANY /{proxy+}", `{"proxy":"any/"}`},
		{"GET", "/o/a/users", "GET /{org}/{app}/users", `{"app":"a","org":"o"}`},
		{"GET", "/", "", "{}"},
	} {
		r, params := routes.find(test.method, test.path)
		got := ""
		if r != nil {
			got = r.key
		}
		if params == nil {
			params = map[string]string{}
		}
		encoded, _ := json.Marshal(params)
		if got != test.want || string(encoded) != test.params {
			t.Errorf("%s %s: got %q %s, want %q %s", test.method, test.path, got, encoded, test.want, test.params)
		}
	}
	routes = newHTTPRoutes(apiOf("$default", "GET /a").HTTP)
	if r, _ := routes.find("POST", "/a"); r == nil || r.key != "$default" {
		t.Errorf("POST /a: got %v, want $default", r)
	}
}

func TestHTTPEventHasTheFieldsOfFormat20(t *testing.T) {
	w := newWorld(t, Options{HTTP: []template.API{apiOf("POST /{org}/users/{name}")}, Account: "123456789012"}, map[string]function{"f": ok})
	w.request("POST", w.http.URL+"/acme/users/J%C3%BCrgen%20K?a=1&b=x%20y&a=2&empty", `{"x":1}`,
		"Content-Type", "application/json; charset=utf-8", "X-Multi", "1", "X-Multi", "2", "Cookie", "c1=1; c2=2",
		"User-Agent", "test/1", "X-Forwarded-For", "9.9.9.9")
	e := w.event("f")
	host := strings.TrimPrefix(w.http.URL, "http://")
	for _, test := range []struct {
		path []string
		want string
	}{
		{[]string{"version"}, "2.0"},
		{[]string{"routeKey"}, "POST /{org}/users/{name}"},
		{[]string{"rawPath"}, "/acme/users/Jürgen K"},
		{[]string{"rawQueryString"}, "a=1&b=x%20y&a=2&empty"},
		{[]string{"queryStringParameters"}, `{"a":"1,2","b":"x y","empty":""}`},
		{[]string{"pathParameters"}, `{"name":"Jürgen K","org":"acme"}`},
		{[]string{"cookies"}, `["c1=1","c2=2"]`},
		{[]string{"headers", "x-multi"}, "1,2"},
		{[]string{"headers", "cookie"}, "<none>"},
		{[]string{"headers", "host"}, host},
		{[]string{"headers", "content-length"}, "7"},
		{[]string{"headers", "x-forwarded-for"}, "9.9.9.9, 127.0.0.1"},
		{[]string{"body"}, `{"x":1}`},
		{[]string{"isBase64Encoded"}, "false"},
		{[]string{"stageVariables"}, "<none>"},
		{[]string{"requestContext", "accountId"}, "123456789012"},
		{[]string{"requestContext", "apiId"}, "httpapi"},
		{[]string{"requestContext", "authorizer"}, "<none>"},
		{[]string{"requestContext", "domainName"}, host},
		{[]string{"requestContext", "domainPrefix"}, "127"},
		{[]string{"requestContext", "http", "method"}, "POST"},
		{[]string{"requestContext", "http", "path"}, "/acme/users/Jürgen K"},
		{[]string{"requestContext", "http", "protocol"}, "HTTP/1.1"},
		{[]string{"requestContext", "http", "sourceIp"}, "127.0.0.1"},
		{[]string{"requestContext", "http", "userAgent"}, "test/1"},
		{[]string{"requestContext", "routeKey"}, "POST /{org}/users/{name}"},
		{[]string{"requestContext", "stage"}, "$default"},
	} {
		if got := at(e, test.path...); got != test.want {
			t.Errorf("%s: got %s, want %s", strings.Join(test.path, "."), got, test.want)
		}
	}
	if got := at(e, "requestContext", "requestId"); len(got) != 16 || !strings.HasSuffix(got, "=") {
		t.Errorf("requestId: got %q, want 15 characters and =", got)
	}
	if at(e, "requestContext", "timeEpoch") == "0" || !strings.HasSuffix(at(e, "requestContext", "time"), " +0000") {
		t.Errorf("time: got %s and %s", at(e, "requestContext", "time"), at(e, "requestContext", "timeEpoch"))
	}
}

func TestHTTPEventLeavesOutEmptyFields(t *testing.T) {
	w := httpWorld(t, ok)
	w.request("GET", w.http.URL+"/a%3Fb/c", "")
	e := w.event("f")
	for _, name := range []string{"cookies", "queryStringParameters", "pathParameters", "body"} {
		if got := at(e, name); got != "<none>" {
			t.Errorf("%s: got %s, want none", name, got)
		}
	}
	// An HTTP API drops what follows an encoded question mark.
	if got := at(e, "rawPath"); got != "/a" {
		t.Errorf("rawPath: got %s, want /a", got)
	}
}

func TestBodyIsTextOrBase64ByItsType(t *testing.T) {
	w := httpWorld(t, ok)
	for _, test := range []struct {
		kind, body string
		base64     bool
	}{
		{"application/json", `{}`, false},
		{"text/plain", "ü", false},
		{"text/csv; charset=utf-8", "a,b", false},
		{"application/xml", "<a/>", false},
		{"application/x-www-form-urlencoded", "a=b", true},
		{"application/octet-stream", "abc", true},
		{"", "abc", true},
		{"application/json", "\xff", true},
	} {
		w.request("POST", w.http.URL+"/", test.body, "Content-Type", test.kind)
		e := w.event("f")
		want := test.body
		if test.base64 {
			want = base64.StdEncoding.EncodeToString([]byte(test.body))
		}
		if got := at(e, "body"); got != want || at(e, "isBase64Encoded") != fmt.Sprint(test.base64) {
			t.Errorf("%q: got %q %s, want %q %v", test.kind, got, at(e, "isBase64Encoded"), want, test.base64)
		}
	}
}

func TestResponseOfAFunction(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer string
		status int
		body   string
		header string
		want   []string
	}{
		{"status, headers and body", `{"statusCode":201,"headers":{"X-A":"1","X-N":5,"X-B":true},"body":"hi"}`, 201, "hi", "X-N", []string{"5"}},
		{"the default type is text", `{"statusCode":200,"body":"hi"}`, 200, "hi", "Content-Type", []string{"text/plain;charset=utf-8"}},
		{"the type of the function is used", `{"statusCode":200,"headers":{"content-type":"application/json"},"body":"{}"}`, 200, "{}", "Content-Type", []string{"application/json"}},
		{"cookies become Set-Cookie", `{"statusCode":200,"cookies":["a=1","b=2; Path=/"],"body":""}`, 200, "", "Set-Cookie", []string{"a=1", "b=2; Path=/"}},
		{"multiValueHeaders are ignored", `{"statusCode":200,"multiValueHeaders":{"X-A":["1","2"]},"body":"x"}`, 200, "x", "X-A", nil},
		{"a body in base64 is decoded", `{"statusCode":200,"isBase64Encoded":true,"body":"AAE="}`, 200, "\x00\x01", "", nil},
		{"the status may be a string", `{"statusCode":"404","body":"no"}`, 404, "no", "", nil},
		{"204 has no body", `{"statusCode":204}`, 204, "", "", nil},
		{"an object without statusCode is the body", `{"hello":"world"}`, 200, `{"hello":"world"}`, "Content-Type", []string{"application/json"}},
		{"a string is the body", `"hello"`, 200, "hello", "Content-Type", []string{"application/json"}},
		{"a list is the body", `[1,2]`, 200, "[1,2]", "", nil},
		{"null is the body", `null`, 200, "null", "", nil},
		{"rejects a body that is not text", `{"statusCode":200,"body":{"a":1}}`, 500, `{"message":"Internal Server Error"}`, "", nil},
		{"rejects a status that is not a number", `{"statusCode":"abc"}`, 500, `{"message":"Internal Server Error"}`, "", nil},
		{"rejects a header that is a list", `{"statusCode":200,"headers":{"a":[]}}`, 500, `{"message":"Internal Server Error"}`, "", nil},
		{"rejects malformed base64", `{"statusCode":200,"isBase64Encoded":true,"body":"?"}`, 500, `{"message":"Internal Server Error"}`, "", nil},
		{"rejects a response that is not JSON", `{`, 500, `{"message":"Internal Server Error"}`, "", nil},
		{"rejects an empty response", ``, 500, `{"message":"Internal Server Error"}`, "", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := httptestAnswer(test.answer)
			if w.Code != test.status || w.Body.String() != test.body {
				t.Errorf("got %d %q, want %d %q", w.Code, w.Body, test.status, test.body)
			}
			if got := w.Header().Values(test.header); test.header != "" && !slices.Equal(got, test.want) {
				t.Errorf("%s: got %q, want %q", test.header, got, test.want)
			}
		})
	}
}

func TestClientReceivesTheResponse(t *testing.T) {
	w := httpWorld(t, answer(map[string]any{"statusCode": 202, "headers": map[string]any{"x-a": "1"}, "body": strings.Repeat("x", 100000)}))
	r, body := w.request("POST", w.http.URL+"/x", "")
	if r.StatusCode != 202 || len(body) != 100000 || r.Header.Get("X-A") != "1" || r.Header.Get("Apigw-Requestid") == "" {
		t.Errorf("got %d, %d bytes, %v", r.StatusCode, len(body), r.Header)
	}
	if r, body = w.request("HEAD", w.http.URL+"/x", ""); r.StatusCode != 202 || body != "" {
		t.Errorf("HEAD: got %d %q, want 202 and nothing", r.StatusCode, body)
	}
}

func TestFailedFunctionIsAnsweredWith5xx(t *testing.T) {
	for _, test := range []struct {
		name   string
		f      function
		status int
		body   string
	}{
		{"the function fails", crash("boom"), 500, `{"message":"Internal Server Error"}`},
		{"the function cannot be started", func(context.Context, map[string]any) (any, error) { return nil, errNoFunction }, 500, `{"message":"Internal Server Error"}`},
		{"the function is too slow", hang, 503, `{"message":"Service Unavailable"}`},
	} {
		api := apiOf("$default")
		api.HTTP[0].Timeout = 30
		w := newWorld(t, Options{HTTP: []template.API{api}}, map[string]function{"f": test.f})
		r, body := w.request("GET", w.http.URL+"/", "")
		if r.StatusCode != test.status || body != test.body || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: got %d %s, want %d %s", test.name, r.StatusCode, body, test.status, test.body)
		}
	}
}

func TestRequestsOverTheLimitsAreRejected(t *testing.T) {
	w := httpWorld(t, ok)
	large := string(bytes.Repeat([]byte("x"), MaxBody+1))
	for _, test := range []struct {
		name, body string
		headers    []string
		want       int
	}{
		{"rejects an event over 6 MB", strings.Repeat("x", MaxEvent), []string{"Content-Type", "text/plain"}, 413},
		{"rejects 5 MB that become over 6 MB in base64", strings.Repeat("x", 5<<20), nil, 413},
		{"accepts 5 MB of text", strings.Repeat("x", 5<<20), []string{"Content-Type", "text/plain"}, 200},
		{"rejects headers over 10 KB", "", []string{"X-Large", strings.Repeat("x", 10240)}, 431},
		{"accepts 9 KB of headers", "", []string{"X-Large", strings.Repeat("x", 9000)}, 200},
	} {
		r, body := w.request("POST", w.http.URL+"/", test.body, test.headers...)
		if r.StatusCode != test.want {
			t.Errorf("%s: got %d %s, want %d", test.name, r.StatusCode, body, test.want)
		}
	}
	// The gateway may answer while the client is still writing, so RoundTrip may fail.
	// The rule is that no function receives the request.
	before := w.gateway.Counters().Requests
	for _, chunked := range []bool{false, true} {
		r, _ := http.NewRequest("POST", w.http.URL+"/", strings.NewReader(large))
		if chunked {
			r.ContentLength = -1
		}
		if res, err := http.DefaultTransport.RoundTrip(r); err == nil {
			if res.StatusCode != 413 {
				t.Errorf("over 10 MB (chunked %v): got %d, want 413", chunked, res.StatusCode)
			}
			res.Body.Close()
		}
	}
	if got := w.gateway.Counters().Requests; got != before {
		t.Errorf("requests: got %d, want %d", got, before)
	}
}

func TestRequestWithoutARouteGoesToTheFallback(t *testing.T) {
	w := newWorld(t, Options{HTTP: []template.API{apiOf("POST /a")}}, map[string]function{"f": ok})
	for _, method := range []string{"GET", "PUT"} {
		if r, body := w.request(method, w.http.URL+"/a", ""); r.StatusCode != 404 || body != `{"message":"Not Found"}` {
			t.Errorf("%s /a: got %d %s, want 404", method, r.StatusCode, body)
		}
	}
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "page ", r.URL.Path) })
	w = newWorld(t, Options{HTTP: []template.API{apiOf("POST /a")}, Fallback: page}, map[string]function{"f": ok})
	if _, body := w.request("GET", w.http.URL+"/x.js", ""); body != "page /x.js" {
		t.Errorf("fallback: got %q, want the page", body)
	}
	if r, body := w.request("POST", w.http.URL+"/a", ""); r.StatusCode != 200 || body != "" {
		t.Errorf("route before fallback: got %d %q", r.StatusCode, body)
	}
}

func TestStageIsThePrefixOfPaths(t *testing.T) {
	api := apiOf("GET /a")
	api.Stage = "prod"
	w := newWorld(t, Options{HTTP: []template.API{api}}, map[string]function{"f": ok})
	if r, _ := w.request("GET", w.http.URL+"/prod/a", ""); r.StatusCode != 200 {
		t.Errorf("with stage: got %d, want 200", r.StatusCode)
	}
	if got := at(w.event("f"), "rawPath"); got != "/prod/a" {
		t.Errorf("rawPath: got %s, want /prod/a", got)
	}
	for _, path := range []string{"/a", "/product/a"} {
		if r, _ := w.request("GET", w.http.URL+path, ""); r.StatusCode != 404 {
			t.Errorf("%s: got %d, want 404", path, r.StatusCode)
		}
	}
}

func TestIAMRouteReportsTheAccessKey(t *testing.T) {
	api := apiOf("GET /admin")
	api.HTTP[0].IAM = true
	w := newWorld(t, Options{HTTP: []template.API{api}}, map[string]function{"f": ok})
	w.request("GET", w.http.URL+"/admin", "", "Authorization",
		"AWS4-HMAC-SHA256 Credential=AKID/20250101/us-east-1/execute-api/aws4_request, SignedHeaders=host, Signature=0")
	if got := at(w.event("f"), "requestContext", "authorizer", "iam", "accessKey"); got != "AKID" {
		t.Errorf("accessKey: got %s, want AKID", got)
	}
}

func TestCORSForAllowedOrigins(t *testing.T) {
	api := apiOf("$default")
	api.CORS = &template.CORS{Origins: []string{"https://app.example", "http://*"}, Methods: []string{"GET", "POST"},
		Headers: []string{"authorization", "content-type"}, Expose: []string{"x-a"}, MaxAge: 60, Credentials: true}
	w := newWorld(t, Options{HTTP: []template.API{api}}, map[string]function{
		"f": answer(map[string]any{"statusCode": 200, "headers": map[string]any{"Access-Control-Allow-Origin": "of the function"}, "body": "x"})})
	r, body := w.request("OPTIONS", w.http.URL+"/any/path", "", "Origin", "https://app.example", "Access-Control-Request-Method", "POST")
	want := map[string]string{"Access-Control-Allow-Origin": "https://app.example", "Access-Control-Allow-Methods": "GET,POST",
		"Access-Control-Allow-Headers": "authorization,content-type", "Access-Control-Max-Age": "60",
		"Access-Control-Allow-Credentials": "true", "Access-Control-Expose-Headers": "x-a", "Vary": "Origin"}
	if r.StatusCode != 204 || body != "" {
		t.Errorf("preflight: got %d %q, want 204", r.StatusCode, body)
	}
	for name, value := range want {
		if got := r.Header.Get(name); got != value {
			t.Errorf("preflight %s: got %q, want %q", name, got, value)
		}
	}
	if r, _ = w.request("OPTIONS", w.http.URL+"/", "", "Origin", "https://evil.example", "Access-Control-Request-Method", "POST"); r.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("other origin: got %v, want no permission", r.Header)
	}
	if got := w.gateway.Counters().Requests; got != 0 {
		t.Errorf("preflights reached the function %d times", got)
	}
	for origin, want := range map[string]string{"https://app.example": "https://app.example", "http://localhost:3000": "http://localhost:3000", "https://evil.example": "", "": ""} {
		r, _ := w.request("GET", w.http.URL+"/", "", "Origin", origin)
		if got := strings.Join(r.Header.Values("Access-Control-Allow-Origin"), "|"); got != want {
			t.Errorf("origin %q: got %q, want %q", origin, got, want)
		}
	}
	// An OPTIONS request that is not a preflight is given to the function.
	if r, body := w.request("OPTIONS", w.http.URL+"/", ""); r.StatusCode != 200 || body != "x" {
		t.Errorf("plain OPTIONS: got %d %q, want the function", r.StatusCode, body)
	}
}

func TestCORSForEveryOrigin(t *testing.T) {
	api := apiOf("GET /a")
	api.CORS = &template.CORS{Origins: []string{"*"}, Methods: []string{"*"}}
	w := newWorld(t, Options{HTTP: []template.API{api}}, map[string]function{"f": ok})
	r, _ := w.request("GET", w.http.URL+"/none", "", "Origin", "https://a.example")
	if got := r.Header.Get("Access-Control-Allow-Origin"); got != "*" || r.StatusCode != 404 {
		t.Errorf("404 with origin: got %d %q, want 404 *", r.StatusCode, got)
	}
}

// httptestAnswer writes the response of a function as the gateway does.
func httptestAnswer(payload string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	a, err := parseHTTPAnswer([]byte(payload))
	if err != nil {
		refuse(w, http.StatusInternalServerError, "Internal Server Error")
		return w
	}
	a.write(w, false)
	return w
}

func TestQueryThatCannotBeDecodedIsPassedOn(t *testing.T) {
	w := httpWorld(t, ok)
	w.request("GET", w.http.URL+"/?a=1%2&b=%20&c=x;y&&d", "")
	want := `{"a":"1%2","b":" ","c":"x;y","d":""}`
	if got := at(w.event("f"), "queryStringParameters"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestEachAPIServesItsPaths: the API that has a route for a request serves it, with its own
// id and its own CORS.
func TestEachAPIServesItsPaths(t *testing.T) {
	first, second := apiOf("POST /a/{proxy+}"), apiOf("POST /b/x")
	first.ID, second.ID = "first", "second"
	second.CORS = &template.CORS{Origins: []string{"*"}, Methods: []string{"POST"}}
	var id string
	w := newWorld(t, Options{HTTP: []template.API{first, second}}, map[string]function{"f": func(_ context.Context, event map[string]any) (any, error) {
		id, _ = event["requestContext"].(map[string]any)["apiId"].(string)
		return map[string]any{"statusCode": 200}, nil
	}})
	for path, want := range map[string]string{"/a/x": "first", "/b/x": "second"} {
		if r, _ := w.request("POST", w.http.URL+path, ""); r.StatusCode != 200 || id != want {
			t.Errorf("%s: got %d from the API %q, want %q", path, r.StatusCode, id, want)
		}
		r, _ := w.request("OPTIONS", w.http.URL+path, "", "Origin", "https://x.example", "Access-Control-Request-Method", "POST")
		if got := r.Header.Get("Access-Control-Allow-Origin") != ""; got != (want == "second") {
			t.Errorf("preflight of %s: allowed %v", path, got)
		}
	}
	if r, _ := w.request("POST", w.http.URL+"/b/y", ""); r.StatusCode != 404 {
		t.Errorf("/b/y: got %d, want 404", r.StatusCode)
	}
}
