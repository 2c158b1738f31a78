// Package gateway posts to WebSocket connections through API Gateway's callback
// interface, @connections.
//
// Posts are the most frequent call of the system. The operation of the AWS SDK uses
// several times the CPU of the request itself (make bench). Post therefore makes the
// signature itself: it hashes a frame once for all connections, and derives the signing
// key once a day. It sends the request with the Transport of net/http, which is fast
// enough: a signed post takes well under the 60 µs of CPU that the fan-out is planned
// with, over TLS too. The Transport differs from the default one in two settings. It
// keeps as many idle connections as posts are in flight, and it uses HTTP/1.1 only.
//
// Rare calls use the SDK. The tests compare the signatures with those of the SDK.
package gateway

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"parley/shared/clock"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Errors of a Client. The caller decides whether to try again. Another try is useless
// after ErrGone, ErrTooLarge and ErrForbidden.
var (
	ErrGone      = errors.New("gateway: the connection is gone")           // 410
	ErrThrottled = errors.New("gateway: too many requests")                // 429
	ErrTooLarge  = errors.New("gateway: the frame is too large")           // 413
	ErrForbidden = errors.New("gateway: the role may not post, or no key") // 403, a StatusError too
)

// errClosed is the error of a post whose idle connection was closed by the server before
// any byte of the answer. See Client.request.
var errClosed = errors.New("gateway: a kept connection was closed before its answer")

// StatusError is an answer with a status that has no error of its own. errors.Is finds it
// equal to a StatusError with the same status.
type StatusError struct{ Status int }

// Error returns a text with the status.
func (e *StatusError) Error() string { return fmt.Sprintf("gateway: status %d", e.Status) }

// Is compares statuses. The status 403 is ErrForbidden.
func (e *StatusError) Is(target error) bool {
	if other, ok := target.(*StatusError); ok {
		return other.Status == e.Status
	}
	return target == ErrForbidden && e.Status == http.StatusForbidden
}

// Options are the settings of a Client.
type Options struct {
	// Endpoint is https://{id}.execute-api.{region}.amazonaws.com/{stage}, or the
	// corresponding address of the local cloud.
	Endpoint    string
	Region      string
	Credentials aws.CredentialsProvider
	Clock       clock.Clock // nil: clock.System
	// Memory is the memory of the Lambda function, in MB. It determines how many posts of
	// one PostAll are in flight. If it is 0, memory is not considered.
	Memory int
	// OnSent, if it is set, is called with the number of posts that were sent, whatever
	// the answers were. Repeats are included, since API Gateway charges for them. Each
	// call of Post and PostAll calls OnSent once, in its own goroutine, with its context.
	OnSent func(ctx context.Context, n int)
}

// Client posts to connections. It is safe for concurrent use.
type Client struct {
	options Options
	base    *url.URL
	prefix  string          // the path of every connection without its id, as it is sent
	pool    *http.Transport // keeps idle connections
	fresh   *http.Transport // opens a connection for each request
	signer  signer
	// concurrency is how many posts of one PostAll may be in flight.
	concurrency int
	management
}

const (
	// postTimeout bounds one post, with its TLS handshake and its repeat. Normally a post
	// takes 12 ms. The caller's context may end earlier.
	postTimeout = time.Second
	// maxConcurrency is how many posts PostAll has in flight if memory is not considered.
	maxConcurrency = 128
	// maxAnswer is how many bytes are read of the headers of an answer, and of its body.
	// Those of API Gateway have a few hundred bytes.
	maxAnswer = 16 << 10
)

// New returns a Client. It sends no request.
func New(o Options) (*Client, error) {
	base, err := url.Parse(strings.TrimRight(o.Endpoint, "/"))
	if err != nil || base.Hostname() == "" || base.Scheme != "http" && base.Scheme != "https" ||
		base.User != nil || base.RawQuery != "" || base.Fragment != "" || strings.HasPrefix(base.Path, "//") ||
		// No stage has a path that needs escaping, and with such a path the SDK would send
		// ids unescaped.
		base.EscapedPath() != base.Path {
		// The error does not contain the address, which may contain a password.
		return nil, errors.New("gateway: the endpoint is not an address")
	}
	if o.Credentials == nil {
		return nil, errors.New("gateway: no credentials")
	}
	// Remove a default port, as the SDK does before it signs and sends.
	if port := base.Port(); base.Scheme == "http" && port == "80" || base.Scheme == "https" && port == "443" {
		base.Host = strings.TrimSuffix(base.Host, ":"+port)
	}
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	n := concurrency(o.Memory)
	return &Client{
		options: o, concurrency: n, base: base, prefix: base.Path + "/@connections/", signer: signer{region: o.Region},
		pool:  newTransport(2*n, nil),
		fresh: newTransport(-1, nil),
	}, nil
}

// concurrency returns how many posts a function with so much memory (MB) may have in
// flight. A function of 128 MB has a fourteenth of a processor, so more posts at once
// would only wait for it.
func concurrency(memory int) int {
	if memory <= 0 {
		return maxConcurrency
	}
	return min(maxConcurrency, max(8, memory/4))
}

// newTransport returns a Transport that keeps maxIdle idle connections. If maxIdle is
// negative, it keeps none.
func newTransport(maxIdle int, config *tls.Config) *http.Transport {
	// Without this, net/http and API Gateway would negotiate HTTP/2. All posts would share
	// one connection and its limit of concurrent streams.
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	return &http.Transport{
		Protocols: &protocols, TLSClientConfig: config,
		MaxIdleConnsPerHost: maxIdle, MaxConnsPerHost: max(0, maxIdle),
		IdleConnTimeout: 50 * time.Second, TLSHandshakeTimeout: postTimeout,
		DisableCompression: true, MaxResponseHeaderBytes: maxAnswer,
	}
}

// A Frame is a text to post, with its hash. It is hashed once for all connections.
type Frame struct {
	body []byte
	hash string
}

// NewFrame returns a Frame of a text. The text must not change afterwards.
func NewFrame(body []byte) Frame {
	sum := sha256.Sum256(body)
	return Frame{body: body, hash: hex.EncodeToString(sum[:])}
}

// Post posts a frame to a connection. It returns nil, ErrGone, ErrThrottled, ErrTooLarge,
// a StatusError, or the error because of which there was no answer. It posts once, with
// one exception: if the server closes an idle HTTP connection before any byte of the
// answer, Post posts again, once, over a new HTTP connection. The server may have
// accepted the first post as well, so a device may receive the frame twice; clients
// ignore the second one. Example: API Gateway closes an HTTP connection that was idle
// for a minute while Post writes to it.
func (c *Client) Post(ctx context.Context, connection string, f Frame) error {
	sent, err := c.post(ctx, connection, f)
	c.reportSent(ctx, sent)
	return err
}

// reportSent calls Options.OnSent if posts were sent.
func (c *Client) reportSent(ctx context.Context, n int) {
	if c.options.OnSent != nil && n > 0 {
		c.options.OnSent(ctx, n)
	}
}

// post is Post, and returns how many posts it sent.
func (c *Client) post(ctx context.Context, connection string, f Frame) (sent int, err error) {
	if connection == "" {
		return 0, errors.New("gateway: post: no connection id")
	}
	ctx, cancel := context.WithTimeout(ctx, postTimeout)
	defer cancel()
	if err := ctx.Err(); err != nil {
		return 0, fmt.Errorf("gateway: post: %w", err)
	}
	credentials, err := c.options.Credentials.Retrieve(ctx)
	if err != nil {
		return 0, fmt.Errorf("gateway: credentials: %w", err)
	}
	path := c.prefix + escape(connection)
	header := c.signer.header(c.base.Host, path, f, credentials, c.options.Clock.Now())
	if len(f.body) > 0 {
		// An empty header is not sent. It tells net/http that it may repeat a post whose
		// idle connection was closed before any byte of the answer.
		header["Idempotency-Key"] = nil
	}
	response, err := c.pool.RoundTrip(c.request(ctx, path, header, f))
	sent = 1
	if errors.Is(err, errClosed) {
		response, err = c.fresh.RoundTrip(c.request(ctx, path, header, f))
		sent = 2
	}
	if err != nil {
		return sent, fmt.Errorf("gateway: post: %w", err)
	}
	// The body must be read to the end, or the connection is not kept. The status is
	// complete, so it counts even if the body cannot be read.
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, maxAnswer))
	_ = response.Body.Close()
	return sent, statusError(response.StatusCode)
}

// request returns the HTTP request of a post. net/http repeats a request over the next idle
// connection of the pool if the server has closed the first one, and so on through the
// whole pool. It asks for the body before it repeats, so GetBody ends that with errClosed.
func (c *Client) request(ctx context.Context, path string, header http.Header, f Frame) *http.Request {
	r := &http.Request{
		Method: http.MethodPost, Host: c.base.Host,
		// Opaque is sent unchanged, so the path that is sent is the path that was signed.
		URL:   &url.URL{Scheme: c.base.Scheme, Host: c.base.Host, Opaque: path},
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: http.NoBody,
	}
	if len(f.body) > 0 {
		r.ContentLength = int64(len(f.body))
		r.Body = io.NopCloser(bytes.NewReader(f.body))
		r.GetBody = func() (io.ReadCloser, error) { return nil, errClosed }
	}
	return r.WithContext(ctx)
}

// statusError returns the error of a status, or nil.
func statusError(status int) error {
	switch {
	case status/100 == 2:
		return nil
	case status == http.StatusGone:
		return ErrGone
	case status == http.StatusTooManyRequests:
		return ErrThrottled
	case status == http.StatusRequestEntityTooLarge:
		return ErrTooLarge
	}
	return &StatusError{Status: status}
}

// PostAll posts a frame to many connections and returns an error for each, in their order.
// Options.Memory bounds how many posts are in flight. After ctx is done it sends no more
// posts.
func (c *Client) PostAll(ctx context.Context, connections []string, body []byte) []error {
	f := NewFrame(body)
	errs := make([]error, len(connections))
	if len(connections) == 1 {
		errs[0] = c.Post(ctx, connections[0], f)
		return errs
	}
	var group sync.WaitGroup
	var next, total atomic.Int64
	// A fixed number of goroutines does the posts. A goroutine for each post would grow its
	// stack to the depth of a request each time.
	for range min(c.concurrency, len(connections)) {
		group.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(connections)); i = next.Add(1) - 1 {
				n, err := c.post(ctx, connections[i], f)
				errs[i] = err
				total.Add(int64(n))
			}
		})
	}
	group.Wait()
	c.reportSent(ctx, int(total.Load()))
	return errs
}
