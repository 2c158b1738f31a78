package fault

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// A Proxy is an HTTP server between the functions and DynamoDB or SQS. It applies
// the rules to the calls. It does not change the calls that it forwards.
type Proxy struct {
	injector *Injector
	on       string
	target   string
	server   *http.Server
	endpoint string
	client   *http.Transport
	replica  replica
}

// Proxy starts a proxy on a free port. on is OnDynamoDB or OnSQS; target is the
// address of the server that it forwards to.
func (f *Injector) Proxy(on, target string) (*Proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("fault proxy: %w", err)
	}
	p := &Proxy{
		injector: f, on: on, target: strings.TrimSuffix(target, "/"), endpoint: "http://" + listener.Addr().String(),
		client: &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true},
	}
	p.server = &http.Server{Handler: p}
	go func() { _ = p.server.Serve(listener) }() // returns when Close is called
	return p, nil
}

// Endpoint returns the address that the functions must call.
func (p *Proxy) Endpoint() string { return p.endpoint }

// Close stops the proxy at once, without waiting for running calls.
func (p *Proxy) Close() error {
	p.client.CloseIdleConnections()
	return p.server.Close()
}

// ServeHTTP handles one call of a function.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	c := describe(r, body)
	function := ""
	p.injector.mu.Lock()
	killer, unfreeze := p.injector.killer, p.injector.unfreeze
	p.injector.mu.Unlock()
	if killer != nil {
		function = killer.Function(c.caller)
	}
	if p.on == OnDynamoDB && p.injector.hasFault(Stale) {
		p.saveVersions(r.Context(), r, c.operation, body)
	}
	rule, delay, ok := p.injector.match(p.on, c.operation, function, c.names, body)
	if !ok {
		p.relay(w, r, body)
		return
	}
	switch rule.Do {
	case KillBefore:
		kill(killer, c.caller)
		closeConnection(w)
	case KillAfter:
		p.forwardAndDiscard(r, body)
		kill(killer, c.caller)
		closeConnection(w)
	case Throttle:
		p.refuse(w, http.StatusBadRequest, map[string]string{OnDynamoDB: "com.amazonaws.dynamodb.v20120810#ThrottlingException", OnSQS: "com.amazonaws.sqs#RequestThrottled"}[p.on])
	case Fail:
		p.refuse(w, http.StatusInternalServerError, map[string]string{OnDynamoDB: "com.amazonaws.dynamodb.v20120810#InternalServerError", OnSQS: "com.amazonaws.sqs#InternalFailure"}[p.on])
	case Conflict:
		answerConflict(w, c)
	case Stale:
		p.answerStale(w, r, c.operation, body, delay)
	case Unprocessed:
		answerUnprocessed(w, c.operation, body)
	case Drop:
		acknowledge(w, body)
	case Delay, Reorder:
		if !isSend(c.operation) {
			time.Sleep(delay)
			p.relay(w, r, body)
			return
		}
		go func() {
			time.Sleep(delay)
			p.forwardAndDiscard(r, body)
		}()
		acknowledge(w, body)
	case Repeat:
		for range max(1, rule.Repeat) {
			p.forwardAndDiscard(r, body)
		}
		p.relay(w, r, body)
	case CloseBefore:
		closeConnection(w)
	case CloseAfter:
		p.forwardAndDiscard(r, body)
		closeConnection(w)
	case Freeze:
		select {
		case <-unfreeze:
			p.relay(w, r, body)
		case <-r.Context().Done():
		}
	}
}

// A call is what the proxy reads out of a request of the AWS SDK.
type call struct {
	operation string
	caller    string   // access key id, which says which instance calls
	names     []string // of the tables or the queue
	items     int      // how many items a transaction has
}

func describe(r *http.Request, body []byte) call {
	var c call
	target := r.Header.Get("X-Amz-Target")
	c.operation = target[strings.LastIndex(target, ".")+1:]
	if _, credential, ok := strings.Cut(r.Header.Get("Authorization"), "Credential="); ok {
		c.caller, _, _ = strings.Cut(credential, "/")
	}
	var in struct {
		TableName     string
		QueueURL      string `json:"QueueUrl"`
		RequestItems  map[string]json.RawMessage
		TransactItems []map[string]struct{ TableName string }
	}
	if json.Unmarshal(body, &in) != nil {
		return c
	}
	if in.TableName != "" {
		c.names = append(c.names, in.TableName)
	}
	if in.QueueURL != "" {
		c.names = append(c.names, in.QueueURL[strings.LastIndex(in.QueueURL, "/")+1:])
	}
	for name := range in.RequestItems {
		c.names = append(c.names, name)
	}
	for _, item := range in.TransactItems {
		for _, action := range item {
			c.names = append(c.names, action.TableName)
		}
	}
	c.items = len(in.TransactItems)
	return c
}

func (p *Proxy) forward(ctx context.Context, r *http.Request, body []byte) (*http.Response, error) {
	out, err := http.NewRequestWithContext(ctx, r.Method, p.target+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	out.Header = r.Header.Clone()
	out.Header.Del("Connection")
	return p.client.RoundTrip(out)
}

// relay makes the call and passes the answer on.
func (p *Proxy) relay(w http.ResponseWriter, r *http.Request, body []byte) {
	res, err := p.forward(r.Context(), r, body)
	if err != nil {
		closeConnection(w)
		return
	}
	defer res.Body.Close()
	header := w.Header()
	for name, values := range res.Header {
		header[name] = values
	}
	w.WriteHeader(res.StatusCode)
	_, _ = io.Copy(w, res.Body) // an error means that the caller has gone
}

// forwardAndDiscard makes the call and discards the answer.
func (p *Proxy) forwardAndDiscard(r *http.Request, body []byte) {
	res, err := p.forward(context.WithoutCancel(r.Context()), r, body)
	if err != nil {
		return
	}
	_, _ = io.Copy(io.Discard, res.Body) // an error changes nothing: the answer is discarded
	res.Body.Close()
}

func (p *Proxy) refuse(w http.ResponseWriter, status int, kind string) {
	writeJSON(w, status, map[string]any{"__type": kind, "message": "injected by the local cloud"})
}

// answerConflict answers as DynamoDB does if another transaction holds one of the
// items. DynamoDB Local never answers that by itself.
func answerConflict(w http.ResponseWriter, c call) {
	const prefix = "com.amazonaws.dynamodb.v20120810#"
	if c.items == 0 {
		writeJSON(w, http.StatusBadRequest, map[string]any{"__type": prefix + "TransactionConflictException", "message": "Transaction is ongoing for the item"})
		return
	}
	reasons := make([]map[string]string, c.items)
	codes := make([]string, c.items)
	for i := range reasons {
		codes[i], reasons[i] = "None", map[string]string{"Code": "None"}
	}
	codes[0], reasons[0] = "TransactionConflict", map[string]string{"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}
	writeJSON(w, http.StatusBadRequest, map[string]any{
		"__type":              prefix + "TransactionCanceledException",
		"Message":             "Transaction cancelled, please refer cancellation reasons for specific reasons [" + strings.Join(codes, ", ") + "]",
		"CancellationReasons": reasons,
	})
}

// acknowledge answers SendMessage or SendMessageBatch as if it was done. It computes
// the MD5 digests because the SDK checks them.
func acknowledge(w http.ResponseWriter, body []byte) {
	type entry struct {
		ID          string `json:"Id"`
		MessageBody string
	}
	var in struct {
		entry
		Entries []entry
	}
	if json.Unmarshal(body, &in) != nil {
		closeConnection(w)
		return
	}
	receipt := func(e entry) map[string]any {
		sum := md5.Sum([]byte(e.MessageBody))
		return map[string]any{"Id": e.ID, "MessageId": strings.ToLower(rand.Text()), "MD5OfMessageBody": hex.EncodeToString(sum[:])}
	}
	if in.Entries == nil {
		one := receipt(in.entry)
		delete(one, "Id")
		writeJSON(w, http.StatusOK, one)
		return
	}
	done := make([]map[string]any, len(in.Entries))
	for i, e := range in.Entries {
		done[i] = receipt(e)
	}
	writeJSON(w, http.StatusOK, map[string]any{"Successful": done, "Failed": []any{}})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // an error means that the caller has gone
}

func kill(k Killer, instance string) {
	if k != nil {
		k.Kill(instance)
	}
}

// closeConnection closes the connection without an answer.
func closeConnection(w http.ResponseWriter) {
	if hijacker, ok := w.(http.Hijacker); ok {
		if conn, _, err := hijacker.Hijack(); err == nil {
			conn.Close()
		}
	}
}
