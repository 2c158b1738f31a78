// Package gateway posts to WebSocket connections through API Gateway's callback
// interface, @connections.
//
// Posts are the most frequent call of the system, and the SDK's operation spends
// several times the CPU of the request itself on them (make bench). Post
// therefore signs by hand, hashing a frame once however many connections it goes
// to and deriving the key once a day, and hands the request to net/http's
// Transport. The Transport stays because it is enough: signed posts over it cost
// well under the 60 µs that the fan-out is planned with, over TLS too, and an
// HTTP client of our own would have to earn back its parser and its deadlines.
// What it is told to do differently from its defaults is to keep as many
// connections as posts are in flight, and to speak HTTP/1.1 only.
//
// Everything rare goes through the SDK, which is also the reference that the
// signer is tested against.
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

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Errors of a Client. The caller owns the rules for another try: it is of no use
// after ErrGone, ErrTooLarge and ErrForbidden.
var (
	ErrGone      = errors.New("gateway: the connection is gone")           // 410
	ErrThrottled = errors.New("gateway: too many requests")                // 429
	ErrTooLarge  = errors.New("gateway: the frame is too large")           // 413
	ErrForbidden = errors.New("gateway: the role may not post, or no key") // 403, a StatusError too
)

// errClosed is what net/http is told when it asks for a body again.
var errClosed = errors.New("gateway: a kept connection was closed before its answer")

// StatusError is an answer that has no error of its own. It is a StatusError
// with the same status to errors.Is.
type StatusError struct{ Status int }

// Error names the status.
func (e *StatusError) Error() string { return fmt.Sprintf("gateway: status %d", e.Status) }

// Is compares statuses, and knows ErrForbidden.
func (e *StatusError) Is(target error) bool {
	if other, ok := target.(*StatusError); ok { //nolint:errorlint // errors.Is unwraps
		return other.Status == e.Status
	}
	return target == ErrForbidden && e.Status == http.StatusForbidden //nolint:errorlint // errors.Is unwraps
}

// Options say where connections are and who calls.
type Options struct {
	// Endpoint is https://{id}.execute-api.{region}.amazonaws.com/{stage}, or the
	// local cloud's address of it.
	Endpoint    string
	Region      string
	Credentials aws.CredentialsProvider
	Clock       func() time.Time // time.Now when nil
	// Concurrency is the most posts in flight of one PostAll. When 0, it is what
	// Memory has room for.
	Concurrency int
	// Memory is the function's, in MB; 0 when it does not matter.
	Memory int
	// Sent, when set, is told how many posts went out, whatever came back and
	// repeats included: API Gateway charges for those. It is called from the
	// goroutine of each Post and PostAll, once.
	Sent func(n int)
}

// Client posts to connections. It is safe for concurrent use.
type Client struct {
	options Options
	base    *url.URL
	prefix  string          // path of every connection, as it is sent
	pool    *http.Transport // keeps connections
	fresh   *http.Transport // opens one for each request
	signer  signer
	management
}

const (
	// timeout bounds one post, with the handshake and the repeat. One takes 12 ms;
	// the caller's context may leave less.
	timeout = time.Second
	// most is how many posts PostAll has in flight when memory is no concern.
	most = 128
	// answer bounds what is read of an answer's headers, and of its body: those of
	// API Gateway have a few hundred bytes.
	answer = 16 << 10
)

// New returns a Client. It does no request.
func New(o Options) (*Client, error) {
	base, err := url.Parse(strings.TrimRight(o.Endpoint, "/"))
	if err != nil || base.Hostname() == "" || base.Scheme != "http" && base.Scheme != "https" ||
		base.User != nil || base.RawQuery != "" || base.Fragment != "" || strings.HasPrefix(base.Path, "//") ||
		// No stage needs it, and the SDK then sends ids as they are.
		base.EscapedPath() != base.Path {
		// Without the address: what is wrong with it may be a password.
		return nil, errors.New("gateway: the endpoint is not an address")
	}
	if o.Credentials == nil {
		return nil, errors.New("gateway: no credentials")
	}
	// Signed and sent as the SDK does it.
	if port := base.Port(); base.Scheme == "http" && port == "80" || base.Scheme == "https" && port == "443" {
		base.Host = strings.TrimSuffix(base.Host, ":"+port)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Concurrency <= 0 {
		o.Concurrency = concurrency(o.Memory)
	}
	return &Client{
		options: o, base: base, prefix: base.Path + "/@connections/", signer: signer{region: o.Region},
		pool:  newTransport(2*o.Concurrency, nil),
		fresh: newTransport(-1, nil),
	}, nil
}

// concurrency is the number of posts in flight for a function's memory. A
// function of 128 MB has a fourteenth of a processor, which more posts at once
// only make wait for.
func concurrency(memory int) int {
	if memory <= 0 {
		return most
	}
	return min(most, max(8, memory/4))
}

// newTransport returns a Transport that keeps a number of connections, none if
// it is negative.
func newTransport(keep int, config *tls.Config) *http.Transport {
	// Left alone, net/http would agree with API Gateway on HTTP/2, and put all
	// posts on one connection behind the limit of its streams.
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	return &http.Transport{
		Protocols: &protocols, TLSClientConfig: config,
		MaxIdleConnsPerHost: keep, MaxConnsPerHost: max(0, keep),
		IdleConnTimeout: 50 * time.Second, TLSHandshakeTimeout: timeout,
		DisableCompression: true, MaxResponseHeaderBytes: answer,
	}
}

// A Frame is a text to post, hashed once however many connections it goes to.
type Frame struct {
	body []byte
	hash string
}

// NewFrame hashes a text, which must not change afterwards.
func NewFrame(body []byte) Frame {
	sum := sha256.Sum256(body)
	return Frame{body: body, hash: hex.EncodeToString(sum[:])}
}

// Post sends a frame to a connection. It returns nil, ErrGone, ErrThrottled,
// ErrTooLarge, a StatusError, or what kept it from an answer. It does not try
// twice, save that a kept connection which the server closed before any byte of
// the answer is replaced by a new one, once. The server may have taken the first
// frame nevertheless; clients drop what they have.
func (c *Client) Post(ctx context.Context, connection string, f Frame) error {
	sent, err := c.post(ctx, connection, f)
	c.sent(sent)
	return err
}

func (c *Client) sent(n int) {
	if c.options.Sent != nil && n > 0 {
		c.options.Sent(n)
	}
}

// post is Post, and counts what it sent.
func (c *Client) post(ctx context.Context, connection string, f Frame) (sent int, err error) {
	if connection == "" {
		return 0, errors.New("gateway: post: no connection id")
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if err := ctx.Err(); err != nil {
		return 0, fmt.Errorf("gateway: post: %w", err)
	}
	credentials, err := c.options.Credentials.Retrieve(ctx)
	if err != nil {
		return 0, fmt.Errorf("gateway: credentials: %w", err)
	}
	path := c.prefix + escape(connection)
	header := c.signer.header(c.base.Host, path, f, credentials, c.options.Clock())
	if len(f.body) > 0 {
		// Not sent, being empty: it tells net/http that a post whose kept connection
		// closed before any byte of the answer may be repeated.
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
	// Read to the end, so that the connection is kept. The status has come whole:
	// it counts even if the rest does not come.
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, answer))
	_ = response.Body.Close()
	return sent, statusError(response.StatusCode)
}

func (c *Client) request(ctx context.Context, path string, header http.Header, f Frame) *http.Request {
	r := &http.Request{
		Method: http.MethodPost, Host: c.base.Host,
		// Opaque is sent as it is, so what is sent is what was signed.
		URL:   &url.URL{Scheme: c.base.Scheme, Host: c.base.Host, Opaque: path},
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: http.NoBody,
	}
	if len(f.body) > 0 {
		r.ContentLength = int64(len(f.body))
		r.Body = io.NopCloser(bytes.NewReader(f.body))
		// net/http would repeat the post on the next kept connection, and so through
		// the pool; asking for the body again is where it can be stopped.
		r.GetBody = func() (io.ReadCloser, error) { return nil, errClosed }
	}
	return r.WithContext(ctx)
}

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

// PostAll sends a frame to many connections and returns an error for each, in
// their order. It has no more than Options.Concurrency posts in flight; once ctx
// is done, what has not been sent is not.
func (c *Client) PostAll(ctx context.Context, connections []string, body []byte) []error {
	f := NewFrame(body)
	errs := make([]error, len(connections))
	if len(connections) == 1 {
		errs[0] = c.Post(ctx, connections[0], f)
		return errs
	}
	var group sync.WaitGroup
	var next, total atomic.Int64
	// Workers, not a goroutine for each post: a stack that has grown to the depth
	// of a request is used again.
	for range min(c.options.Concurrency, len(connections)) {
		group.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(connections)); i = next.Add(1) - 1 {
				n, err := c.post(ctx, connections[i], f)
				errs[i] = err
				total.Add(int64(n))
			}
		})
	}
	group.Wait()
	c.sent(int(total.Load()))
	return errs
}
