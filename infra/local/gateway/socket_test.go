package gateway

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"parley/infra/local/template"
)

func TestEventsOfAConnection(t *testing.T) {
	w := newWorld(t, Options{Account: "123456789012", Region: "eu-west-1"}, map[string]function{
		"$authorizer": policy("Allow", "*", map[string]any{"app": 1400000000, "user": "alice", "admin": true, "ratio": 0.5, "big": json.Number("9007199254740993")}),
		"$connect":    ok, "$disconnect": ok, "$default": echo, "one": ok,
	})
	c, _, err := websocket.Dial(w.context(), w.url()+"?sdkappid=1&x=a&x=b%20c", &websocket.DialOptions{
		HTTPHeader: http.Header{"X-Multi": {"1", "2"}, "User-Agent": {"test/1"}}, Subprotocols: []string{"im.v1", "sig"}})
	if err != nil {
		t.Fatal(err)
	}
	authorizer, connect := w.event("$authorizer"), w.event("$connect")
	id := at(connect, "requestContext", "connectionId")
	type want struct {
		path string
		want string
	}
	check := func(name string, event map[string]any, wants []want) {
		t.Helper()
		for _, x := range wants {
			if got := at(event, strings.Split(x.path, ".")...); got != x.want {
				t.Errorf("%s %s: got %s, want %s", name, x.path, got, x.want)
			}
		}
	}
	common := []want{
		{"requestContext.connectionId", id},
		{"requestContext.apiId", "wsapi"},
		{"requestContext.stage", "dev"},
		{"requestContext.domainName", strings.TrimPrefix(w.socket.URL, "http://")},
		{"requestContext.messageDirection", "IN"},
		{"requestContext.identity.sourceIp", "127.0.0.1"},
		{"requestContext.identity.userAgent", "test/1"},
		{"requestContext.connectedAt", at(connect, "requestContext", "connectedAt")},
	}
	handshake := append([]want{
		{"headers.X-Multi", "2"},
		{"multiValueHeaders.X-Multi", `["1","2"]`},
		{"headers.Sec-WebSocket-Protocol", "im.v1,sig"},
		{"headers.Host", strings.TrimPrefix(w.socket.URL, "http://")},
		{"queryStringParameters", `{"sdkappid":"1","x":"b c"}`},
		{"multiValueQueryStringParameters", `{"sdkappid":["1"],"x":["a","b c"]}`},
		{"requestContext.routeKey", "$connect"},
		{"requestContext.eventType", "CONNECT"},
		{"requestContext.messageId", "<none>"},
	}, common...)
	check("authorizer", authorizer, append(handshake,
		want{"type", "REQUEST"},
		want{"methodArn", "arn:aws:execute-api:eu-west-1:123456789012:wsapi/dev/$connect"},
		want{"stageVariables", "{}"},
		want{"requestContext.authorizer", "<none>"}))
	authorizerContext := []want{
		{"requestContext.authorizer.principalId", "alice"},
		{"requestContext.authorizer.app", "1400000000"},
		{"requestContext.authorizer.user", "alice"},
		{"requestContext.authorizer.admin", "true"},
		{"requestContext.authorizer.ratio", "0.5"},
		{"requestContext.authorizer.big", "9007199254740993"},
	}
	check("connect", connect, append(append(handshake, authorizerContext...), want{"isBase64Encoded", "false"}))
	if _, ok := connect["requestContext"].(map[string]any)["authorizer"].(map[string]any)["integrationLatency"].(float64); !ok {
		t.Errorf("integrationLatency is no number: %v", connect)
	}
	if _, ok := connect["requestContext"].(map[string]any)["authorizer"].(map[string]any)["app"].(string); !ok {
		t.Errorf("a number of the context was not made text: %v", connect)
	}

	w.write(c, `{"action":"one","n":1}`)
	message := w.event("one")
	check("message", message, append(append(common, authorizerContext...),
		want{"body", `{"action":"one","n":1}`},
		want{"isBase64Encoded", "false"},
		want{"headers", "<none>"},
		want{"requestContext.routeKey", "one"},
		want{"requestContext.eventType", "MESSAGE"}))
	if got := at(message, "requestContext", "messageId"); !strings.HasSuffix(got, "=") {
		t.Errorf("messageId: got %s", got)
	}

	c.Close(3000, "bye")
	check("disconnect", w.event("$disconnect"), append(append(common, authorizerContext...),
		want{"requestContext.routeKey", "$disconnect"},
		want{"requestContext.eventType", "DISCONNECT"},
		want{"requestContext.disconnectStatusCode", "3000"},
		want{"requestContext.disconnectReason", "bye"},
		want{"body", "<none>"}))
}

func TestPolicyOfTheAuthorizerDecides(t *testing.T) {
	arn := "arn:aws:execute-api:us-east-1:000000000000:wsapi/dev/$connect"
	list := func(statements ...map[string]any) function {
		return answer(map[string]any{"principalId": "a", "policyDocument": map[string]any{"Statement": statements}})
	}
	allow := map[string]any{"Effect": "Allow", "Action": []string{"execute-api:*"}, "Resource": []string{arn}}
	deny := map[string]any{"Effect": "Deny", "Action": "execute-api:Invoke", "Resource": "*"}
	for _, test := range []struct {
		name string
		f    function
		want int
		body string
	}{
		{"Allow for the resource", policy("Allow", arn, nil), 101, ""},
		{"Allow in a list of statements", list(allow), 101, ""},
		{"Allow with a wildcard", policy("Allow", "arn:aws:execute-api:*:*:wsapi/*", nil), 101, ""},
		{"Allow in a single statement", answer(map[string]any{"principalId": "a", "policyDocument": map[string]any{"Statement": allow}}), 101, ""},
		{"Deny", policy("Deny", "*", nil), 403, `"Forbidden"`},
		{"Deny wins over Allow", list(allow, deny), 403, `"Forbidden"`},
		{"Allow for another resource", policy("Allow", "arn:aws:execute-api:*:*:other/*", nil), 403, `"Forbidden"`},
		{"no statement", list(), 403, `"Forbidden"`},
		{"the error Unauthorized is a refusal", crash("Unauthorized"), 401, `"Unauthorized"`},
		{"any other error is a failure", crash("unauthorized"), 500, `"Internal server error"`},
		{"an authorizer that cannot be started", func(context.Context, map[string]any) (any, error) { return nil, errNoFunction }, 500, `"Internal server error"`},
		{"a response without principalId", answer(map[string]any{"policyDocument": map[string]any{"Statement": allow}}), 500, ""},
		{"a response without policyDocument", answer(map[string]any{"principalId": "a"}), 500, ""},
		{"an object in the context", policy("Allow", "*", map[string]any{"a": map[string]any{}}), 500, ""},
		{"a list in the context", policy("Allow", "*", map[string]any{"a": []int{1}}), 500, ""},
		{"a context over 8 KB", policy("Allow", "*", map[string]any{"a": strings.Repeat("x", maxContext)}), 500, ""},
		{"a response that is not JSON", answer(json.RawMessage("{")), 500, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, Options{}, map[string]function{"$authorizer": test.f, "$connect": ok, "$disconnect": ok})
			if test.want == 101 {
				w.dial(nil)
				w.event("$connect")
				return
			}
			status, body := w.refused(nil)
			if status != test.want || !strings.Contains(body, test.body) || !strings.Contains(body, `"connectionId":"`) {
				t.Errorf("got %d %s, want %d with %s", status, body, test.want, test.body)
			}
			if len(w.events["$connect"]) > 0 {
				t.Error("$connect was called after a refusal")
			}
		})
	}
}

func TestRequestWithoutItsIdentitySourceIsRefused(t *testing.T) {
	functions := map[string]function{"$authorizer": policy("Allow", "*", nil), "$connect": ok}
	api := socketAPI(functions)
	for i := range api.Socket {
		if api.Socket[i].Key == "$connect" {
			api.Socket[i].Identity = []string{"route.request.querystring.user", "route.request.header.X-Auth"}
		}
	}
	w := newWorld(t, Options{Socket: api}, functions)
	if status, _ := w.refused(&websocket.DialOptions{HTTPHeader: http.Header{"X-Auth": {"1"}}}); status != 401 {
		t.Errorf("without the query: got %d, want 401", status)
	}
	if len(w.events["$authorizer"]) > 0 {
		t.Error("the authorizer was called without its identity")
	}
	c, _, err := websocket.Dial(w.context(), w.url()+"?user=a", &websocket.DialOptions{HTTPHeader: http.Header{"x-auth": {"1"}}})
	if err != nil {
		t.Fatalf("with both: %v", err)
	}
	c.CloseNow()
}

func TestConnectRefusesTheConnection(t *testing.T) {
	for _, test := range []struct {
		name string
		f    function
		want int
	}{
		{"status 429", answer(map[string]any{"statusCode": 429}), 429},
		{"status 302", answer(map[string]any{"statusCode": 302}), 302},
		{"status 401 as a string", answer(map[string]any{"statusCode": "401"}), 401},
		{"the function fails", crash("boom"), 502},
		{"a response without a status", answer(map[string]any{}), 502},
		{"the response null", answer(nil), 502},
		{"the function is too slow", hang, 504},
	} {
		t.Run(test.name, func(t *testing.T) {
			functions := map[string]function{"$connect": test.f, "$disconnect": ok}
			api := socketAPI(functions)
			for i := range api.Socket {
				if api.Socket[i].Key == "$connect" {
					api.Socket[i].Timeout = 50
				}
			}
			w := newWorld(t, Options{Socket: api}, functions)
			if status, body := w.refused(nil); status != test.want {
				t.Errorf("got %d %s, want %d", status, body, test.want)
			}
			if got := w.gateway.Counters(); got.Open != 0 || got.Connections != 0 || len(w.events["$disconnect"]) > 0 {
				t.Errorf("a refused connection was counted or disconnected: %+v", got)
			}
		})
	}
}

func TestSubprotocolThatConnectChoseIsUsed(t *testing.T) {
	for _, test := range []struct {
		name    string
		header  map[string]any
		offered []string
		want    string
	}{
		{"chosen by $connect", map[string]any{"Sec-WebSocket-Protocol": "im.v1"}, []string{"im.v1", "sig"}, "im.v1"},
		{"header in lower case", map[string]any{"sec-websocket-protocol": "im.v1"}, []string{"im.v1", "sig"}, "im.v1"},
		{"header in upper case", map[string]any{"SEC-WEBSOCKET-PROTOCOL": "im.v1"}, []string{"im.v1"}, "im.v1"},
		{"none chosen", nil, []string{"im.v1"}, ""},
		{"none offered", nil, nil, ""},
	} {
		w := newWorld(t, Options{}, map[string]function{"$connect": answer(map[string]any{"statusCode": 200, "headers": test.header})})
		c, r, err := websocket.Dial(w.context(), w.url(), &websocket.DialOptions{Subprotocols: test.offered})
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		// A browser ends the connection if it offered some and this is empty.
		if got := r.Header.Get("Sec-WebSocket-Protocol"); got != test.want || c.Subprotocol() != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
		c.CloseNow()
	}
	// A sub-protocol that the client did not offer is sent nevertheless. The client must
	// refuse it.
	w := newWorld(t, Options{}, map[string]function{"$connect": answer(map[string]any{"statusCode": 200, "headers": map[string]any{"Sec-WebSocket-Protocol": "other"}})})
	if got := w.raw().protocol; got != "other" {
		t.Errorf("not offered: got %q, want other", got)
	}
	w = newWorld(t, Options{}, map[string]function{"$connect": answer(map[string]any{"statusCode": 200, "headers": map[string]any{"Sec-WebSocket-Protocol": "a\r\nX-Evil: 1"}})})
	if got := w.raw().protocol; got != "" {
		t.Errorf("with a line break: got %q, want none", got)
	}
}

func TestOnlyTheStageCanBeUpgraded(t *testing.T) {
	w := newWorld(t, Options{}, map[string]function{"$connect": ok})
	for _, test := range []struct {
		path string
		want int
	}{{"/dev", 426}, {"/dev/", 426}, {"/", 403}, {"/prod", 403}, {"/develop", 403}, {"/dev/x", 403}} {
		if r, _ := w.request("GET", w.socket.URL+test.path, ""); r.StatusCode != test.want {
			t.Errorf("GET %s: got %d, want %d", test.path, r.StatusCode, test.want)
		}
	}
	upgrade := []string{"Connection", "keep-alive, Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "8", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}
	if r, _ := w.request("GET", w.url(), "", upgrade...); r.StatusCode != 426 || r.Header.Get("Sec-WebSocket-Version") != "13" {
		t.Errorf("old version: got %d %v, want 426", r.StatusCode, r.Header)
	}
	upgrade[5], upgrade[7] = "13", "short"
	if r, _ := w.request("GET", w.url(), "", upgrade...); r.StatusCode != 400 {
		t.Errorf("bad key: got %d, want 400", r.StatusCode)
	}
}

func TestMessageSelectsItsRoute(t *testing.T) {
	w := newWorld(t, Options{}, map[string]function{
		"$default": echo, "two.echo": echo, "two.silent": answer(map[string]any{"statusCode": 200}), "two.null": answer(nil),
		"two.binary": answer(map[string]any{"statusCode": 200, "body": "aGk=", "isBase64Encoded": true}),
		"two.500":    answer(map[string]any{"statusCode": 500, "body": "five hundred"}),
		"one":        answer(map[string]any{"statusCode": 200, "body": "never sent"}), "7": ok,
	})
	c := w.dial(nil)
	for _, test := range []struct{ send, want string }{
		{`{"action":"two.echo","n":1}`, `{"action":"two.echo","n":1}`},
		{`{"action":"two.binary"}`, "hi"},
		{`{"action":"two.500"}`, "five hundred"},
		{`{"action":"pp"}`, `{"event":"pong"}`},
		{`{"action":"unknown"}`, `{"action":"unknown"}`},
		{`{"Action":"two.silent"}`, `{"Action":"two.silent"}`},
		{`{"action":null}`, `{"action":null}`},
		{`{"action":{"a":1}}`, `{"action":{"a":1}}`},
		{`{"action":"$connect"}`, `{"action":"$connect"}`},
		{`{"action":"$disconnect"}`, `{"action":"$disconnect"}`},
		{`{}`, `{}`}, {`[1]`, `[1]`}, {`not JSON`, `not JSON`}, {`"text"`, `"text"`},
	} {
		w.write(c, test.send)
		if got := w.read(c); got != test.want {
			t.Errorf("%s: got %s, want %s", test.send, got, test.want)
		}
	}
	// These routes answer nothing, so the next message is the answer to the probe.
	for _, send := range []string{`{"action":"one"}`, `{"action":"two.silent"}`, `{"action":"two.null"}`, `{"action":"p"}`, `{"action":"ppp"}`, `{"action":7}`} {
		w.write(c, send)
	}
	w.event("one")
	w.event("two.silent")
	w.event("two.null")
	w.event("7")
	w.write(c, "probe")
	if got := w.read(c); got != "probe" {
		t.Errorf("after silent routes: got %s, want probe", got)
	}
}

func TestMessageWithoutARouteIsForbidden(t *testing.T) {
	w := newWorld(t, Options{}, map[string]function{"$connect": ok})
	c, id := w.dialID()
	w.write(c, `{"action":"unknown"}`)
	var frame map[string]any
	if err := json.Unmarshal([]byte(w.read(c)), &frame); err != nil || at(frame, "message") != "Forbidden" || at(frame, "connectionId") != id {
		t.Errorf("got %v %v, want Forbidden", frame, err)
	}
}

func TestFailedFunctionIsAnsweredWithAnErrorFrame(t *testing.T) {
	functions := map[string]function{
		"$connect": ok, "two.crash": crash("boom"), "one": crash("boom"), "two.late": hang,
		"two.number":  answer(map[string]any{"statusCode": 200, "body": 5}),
		"two.status":  answer(map[string]any{"statusCode": "x", "body": "y"}),
		"two.text":    answer("text"),
		"two.large":   answer(map[string]any{"statusCode": 200, "body": strings.Repeat("x", MaxMessage+1)}),
		"two.nothing": func(context.Context, map[string]any) (any, error) { return nil, errNoFunction },
	}
	api := socketAPI(functions)
	for i := range api.Socket {
		if api.Socket[i].Key == "two.late" {
			api.Socket[i].Timeout = 30
		}
	}
	w := newWorld(t, Options{Socket: api}, functions)
	c, id := w.dialID()
	for _, action := range []string{"two.crash", "one", "two.number", "two.status", "two.text", "two.large", "two.nothing", "two.late"} {
		w.write(c, `{"action":"`+action+`"}`)
		request := at(w.event(action), "requestContext", "requestId")
		want := `{"message": "Internal server error", "connectionId":"` + id + `", "requestId":"` + request + `"}`
		if action == "two.late" {
			want = strings.Replace(want, "Internal server error", "Endpoint request timed out", 1)
		}
		if got := w.read(c); got != want {
			t.Errorf("%s: got %s, want %s", action, got, want)
		}
	}
}

func TestMessagesOfAConnectionRunConcurrentlyUpToTheLimit(t *testing.T) {
	release, entered := make(chan struct{}), make(chan struct{}, 100)
	w := newWorld(t, Options{Frames: 3}, map[string]function{"two.wait": func(_ context.Context, e map[string]any) (any, error) {
		entered <- struct{}{}
		<-release
		return map[string]any{"statusCode": 200, "body": "done"}, nil
	}})
	c := w.dial(nil)
	for range 5 {
		w.write(c, `{"action":"two.wait"}`)
	}
	for range 3 {
		<-entered
	}
	// The fourth message waits for a function, the fifth is still in the socket.
	w.until("the fourth message is read", func() bool { return w.gateway.Counters().Messages == 4 })
	if n := len(entered); n != 0 {
		t.Errorf("got %d more functions than the bound of 3", n)
	}
	close(release)
	for range 5 {
		if got := w.read(c); got != "done" {
			t.Errorf("got %q, want done", got)
		}
	}
}

func TestConnectionWithRunningFunctionsCanBeClosed(t *testing.T) {
	release := make(chan struct{})
	w := newWorld(t, Options{Frames: 1}, map[string]function{"$connect": ok, "$disconnect": ok, "$default": func(context.Context, map[string]any) (any, error) {
		<-release
		return nil, nil
	}})
	defer close(release)
	c, id := w.dialID()
	w.write(c, "in the function")
	w.write(c, "waits for a place")
	w.until("both are read", func() bool { return w.gateway.Counters().Messages == 2 })
	ended := make(chan websocket.StatusCode, 1)
	go func() { ended <- w.closed(c) }()
	w.connection("DELETE", id, "")
	if got := <-ended; got != websocket.StatusNormalClosure {
		t.Errorf("close code: got %d, want 1000", got)
	}
	if got := at(w.event("$disconnect"), "requestContext", "disconnectStatusCode"); got != "1000" {
		t.Errorf("disconnectStatusCode: got %s, want 1000", got)
	}
}

func TestRouteSelectionExpression(t *testing.T) {
	for expression, want := range map[string]string{"$request.body.action": "action", "${request.body.action}": "action",
		"$request.body.a.b": "a b", "": "action"} {
		if got := strings.Join(parseSelection(expression), " "); got != want {
			t.Errorf("%q: got %q, want %q", expression, got, want)
		}
	}
	g := &Gateway{selectionPath: []string{"a", "b"}, socketRoutes: map[string]*template.SocketRoute{"x": {}}}
	for body, want := range map[string]string{`{"a":{"b":"x"}}`: "x", `{"a":"x"}`: "$default", `{"b":"x"}`: "$default"} {
		if got := g.routeKey([]byte(body)); got != want {
			t.Errorf("%s: got %s, want %s", body, got, want)
		}
	}
}
