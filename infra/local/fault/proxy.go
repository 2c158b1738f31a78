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

// A Proxy stands between the functions and DynamoDB or SQS and does to calls
// what the rules say. What it passes on it does not change.
type Proxy struct {
	faults   *Injector
	on       string
	target   string
	server   *http.Server
	endpoint string
	client   *http.Transport
	replica  replica
}

// Proxy starts one on a free port in front of a server.
func (f *Injector) Proxy(on, target string) (*Proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("fault proxy: %w", err)
	}
	p := &Proxy{
		faults: f, on: on, target: strings.TrimSuffix(target, "/"), endpoint: "http://" + listener.Addr().String(),
		client: &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true},
	}
	p.server = &http.Server{Handler: p}
	go func() { _ = p.server.Serve(listener) }() // ends with the server
	return p, nil
}

// Endpoint is the address to give to the functions.
func (p *Proxy) Endpoint() string { return p.endpoint }

// Close stops the proxy at once.
func (p *Proxy) Close() error {
	p.client.CloseIdleConnections()
	return p.server.Close()
}

// ServeHTTP handles one call.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	c := describe(r, body)
	function := ""
	p.faults.mu.Lock()
	killer, thaw := p.faults.killer, p.faults.thaw
	p.faults.mu.Unlock()
	if killer != nil {
		function = killer.Function(c.caller)
	}
	if p.on == OnDynamoDB && p.faults.has(Stale) {
		p.remember(r.Context(), r, c.operation, body)
	}
	rule, delay, ok := p.faults.match(p.on, c.operation, function, c.names, body)
	if !ok {
		p.pass(w, r, body)
		return
	}
	send := p.on == OnSQS && strings.HasPrefix(c.operation, "SendMessage")
	switch rule.Do {
	case KillBefore:
		kill(killer, c.caller)
		cut(w)
	case KillAfter:
		p.lose(r, body)
		kill(killer, c.caller)
		cut(w)
	case Throttle:
		p.refuse(w, http.StatusBadRequest, map[string]string{OnDynamoDB: "com.amazonaws.dynamodb.v20120810#ThrottlingException", OnSQS: "com.amazonaws.sqs#RequestThrottled"}[p.on])
	case Fail:
		p.refuse(w, http.StatusInternalServerError, map[string]string{OnDynamoDB: "com.amazonaws.dynamodb.v20120810#InternalServerError", OnSQS: "com.amazonaws.sqs#InternalFailure"}[p.on])
	case Conflict:
		conflict(w, c)
	case Stale:
		p.stale(w, r, c.operation, body, delay)
	case Unprocessed:
		unprocessed(w, c.operation, body)
	case Drop, Delay, Reorder:
		if !send {
			time.Sleep(delay)
			p.pass(w, r, body)
			return
		}
		if rule.Do != Drop {
			go func() {
				time.Sleep(delay)
				p.lose(r, body)
			}()
		}
		acknowledge(w, body)
	case Repeat:
		for range max(1, rule.Repeat) {
			if send {
				p.lose(r, body)
			}
		}
		p.pass(w, r, body)
	case Cut:
		cut(w)
	case CutAfter:
		p.lose(r, body)
		cut(w)
	case Freeze:
		select {
		case <-thaw:
			p.pass(w, r, body)
		case <-r.Context().Done():
		}
	}
}

// call is what a request of the SDK says about itself.
type call struct {
	operation string
	caller    string   // access key id: the instance
	names     []string // tables or queue
	items     int      // of a transaction
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

func (p *Proxy) pass(w http.ResponseWriter, r *http.Request, body []byte) {
	res, err := p.forward(r.Context(), r, body)
	if err != nil {
		cut(w)
		return
	}
	defer res.Body.Close()
	header := w.Header()
	for name, values := range res.Header {
		header[name] = values
	}
	w.WriteHeader(res.StatusCode)
	_, _ = io.Copy(w, res.Body) // the caller has gone: nobody to tell
}

// lose makes the call and throws the answer away.
func (p *Proxy) lose(r *http.Request, body []byte) {
	res, err := p.forward(context.WithoutCancel(r.Context()), r, body)
	if err != nil {
		return
	}
	_, _ = io.Copy(io.Discard, res.Body) // the answer is lost in any case
	res.Body.Close()
}

func (p *Proxy) refuse(w http.ResponseWriter, status int, kind string) {
	answer(w, status, map[string]any{"__type": kind, "message": "injected by the local cloud"})
}

// conflict answers as DynamoDB does when another transaction holds an item,
// which DynamoDB Local never does.
func conflict(w http.ResponseWriter, c call) {
	const prefix = "com.amazonaws.dynamodb.v20120810#"
	if c.items == 0 {
		answer(w, http.StatusBadRequest, map[string]any{"__type": prefix + "TransactionConflictException", "message": "Transaction is ongoing for the item"})
		return
	}
	reasons := make([]map[string]string, c.items)
	words := make([]string, c.items)
	for i := range reasons {
		words[i], reasons[i] = "None", map[string]string{"Code": "None"}
	}
	words[0], reasons[0] = "TransactionConflict", map[string]string{"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}
	answer(w, http.StatusBadRequest, map[string]any{
		"__type":              prefix + "TransactionCanceledException",
		"Message":             "Transaction cancelled, please refer cancellation reasons for specific reasons [" + strings.Join(words, ", ") + "]",
		"CancellationReasons": reasons,
	})
}

// acknowledge answers SendMessage or SendMessageBatch as if it was done. The
// SDK checks the digests.
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
		cut(w)
		return
	}
	digest := func(e entry) map[string]any {
		sum := md5.Sum([]byte(e.MessageBody))
		return map[string]any{"Id": e.ID, "MessageId": strings.ToLower(rand.Text()), "MD5OfMessageBody": hex.EncodeToString(sum[:])}
	}
	if in.Entries == nil {
		one := digest(in.entry)
		delete(one, "Id")
		answer(w, http.StatusOK, one)
		return
	}
	done := make([]map[string]any, len(in.Entries))
	for i, e := range in.Entries {
		done[i] = digest(e)
	}
	answer(w, http.StatusOK, map[string]any{"Successful": done, "Failed": []any{}})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the caller has gone: nobody to tell
}

func kill(k Killer, instance string) {
	if k != nil {
		k.Kill(instance)
	}
}

// cut closes the connection without an answer.
func cut(w http.ResponseWriter) {
	if hijacker, ok := w.(http.Hijacker); ok {
		if conn, _, err := hijacker.Hijack(); err == nil {
			conn.Close()
		}
	}
}
