// Package gateway posts to WebSocket connections through API Gateway's callback
// interface, @connections.
//
// Posts are the most frequent call of the system. The operation of the AWS SDK uses
// several times the CPU of the request itself (make bench). Post therefore makes the
// signature itself: it hashes a frame once for all connections, and derives the signing
// key once a day. It sends the request with package httpclient, over as many connections as
// posts are in flight.
//
// Package awscall makes the rare calls. The tests compare the signatures with those of the SDK.
package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"parley/shared/awscall"
	"parley/shared/clock"
	"parley/shared/httpclient"
	"parley/shared/sigv4"
)

// Errors of a Client. The caller decides whether to try again. Another try is useless
// after ErrGone, ErrTooLarge and ErrForbidden.
var (
	ErrGone      = errors.New("gateway: the connection is gone")           // 410
	ErrThrottled = errors.New("gateway: too many requests")                // 429
	ErrTooLarge  = errors.New("gateway: the frame is too large")           // 413
	ErrForbidden = errors.New("gateway: the role may not post, or no key") // 403, a StatusError too
)

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
	prefix  string // the path of every connection without its id, as it is sent
	pool    *httpclient.Client
	signer  *sigv4.Signer
	memory  sync.Pool // of *memory
	// concurrency is how many posts of one PostAll may be in flight.
	concurrency int
	management  *awscall.Client // makes the rare calls
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
	c := &Client{
		options: o, concurrency: n, base: base, prefix: base.Path + "/@connections/", signer: sigv4.New(o.Region, "execute-api"),
		pool: newPool(base, n, nil),
	}
	c.management = newManagement(c)
	return c, nil
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

// newPool returns the connections of posts of which so many may be in flight, in two calls of PostAll.
func newPool(base *url.URL, inFlight int, config *tls.Config) *httpclient.Client {
	return httpclient.New(base, httpclient.Options{
		TLS: config, ConnectTime: postTimeout, IdleTime: 50 * time.Second, MaxIdle: 2 * inFlight, MaxHeader: maxAnswer, MaxBody: maxAnswer,
	})
}

// memory is what one post needs and the next one uses again.
type memory struct {
	header   []byte
	request  httpclient.Request
	response httpclient.Response
}

// A Frame is a text to post, with its hash. It is hashed once for all connections.
type Frame struct {
	body []byte
	hash string
}

// NewFrame returns a Frame of a text. The text must not change afterwards.
func NewFrame(body []byte) Frame {
	return Frame{body: body, hash: sigv4.Hash(body)}
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
	deadline := time.Now().Add(postTimeout)
	if err := ctx.Err(); err != nil {
		return 0, fmt.Errorf("gateway: post: %w", err)
	}
	credentials, err := c.options.Credentials.Retrieve(ctx)
	if err != nil {
		return 0, fmt.Errorf("gateway: credentials: %w", err)
	}
	m, ok := c.memory.Get().(*memory)
	if !ok {
		m = &memory{}
	}
	defer c.memory.Put(m)
	signed := c.signed(c.prefix+sigv4.Escape(connection), f)
	m.header = c.signer.Append(m.header[:0], &signed, &credentials, c.options.Clock.Now())
	m.request = httpclient.Request{Method: signed.Method, Path: signed.Path, Header: m.header, Body: f.body, Deadline: deadline, Discard: true}
	err = c.pool.Do(ctx, &m.request, &m.response)
	m.request = httpclient.Request{} // it keeps no frame
	// The status is complete, so it counts even if the body could not be read.
	if err != nil && m.response.Status == 0 {
		return m.response.Sent, fmt.Errorf("gateway: post: %w", err)
	}
	return m.response.Sent, statusError(m.response.Status)
}

// signed returns what is signed of a post. path is the escaped path that is sent.
func (c *Client) signed(path string, f Frame) sigv4.Request {
	return sigv4.Request{
		Method: http.MethodPost, Host: c.base.Host, Path: path, ContentType: "application/octet-stream", // what the SDK sends
		Length: len(f.body), Hash: f.hash,
	}
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
