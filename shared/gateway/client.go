// Package gateway posts to WebSocket connections through API Gateway's callback
// interface, @connections.
//
// Posts are the most frequent call of the system, and the SDK spends several
// times the CPU of the request itself on them (make bench). Post therefore signs
// by hand, once for the hash of a frame and once a day for the key, and goes
// straight to a transport whose pool is as large as the concurrency. Everything
// rare goes through the SDK, which is also the reference that the signer is
// tested against.
package gateway

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi/types"
)

// Errors of a Client. Any other one is worth another try.
var (
	ErrGone      = errors.New("gateway: the connection is gone")           // 410
	ErrThrottled = errors.New("gateway: too many requests")                // 429
	ErrTooLarge  = errors.New("gateway: the frame is too large")           // 413
	ErrForbidden = errors.New("gateway: the role may not post, or no key") // 403
)

// StatusError is an answer that has no error of its own.
type StatusError struct{ Status int }

// Error names the status.
func (e *StatusError) Error() string { return fmt.Sprintf("gateway: status %d", e.Status) }

// Options say where connections are and who calls.
type Options struct {
	// Endpoint is https://{id}.execute-api.{region}.amazonaws.com/{stage}, or the
	// local cloud's address of it.
	Endpoint    string
	Region      string
	Credentials aws.CredentialsProvider
	Now         func() time.Time // time.Now when nil
	// Concurrency is the most posts in flight of one PostAll; 128 when 0.
	Concurrency int
}

// Client posts to connections.
type Client struct {
	options   Options
	base      *url.URL
	transport *http.Transport
	signer    signer
	management
}

// management is the SDK's client, made when first used.
type management struct {
	once sync.Once
	sdk  *apigatewaymanagementapi.Client
}

// timeout bounds one post.
const timeout = 3 * time.Second

// New returns a Client. It does no request.
func New(o Options) (*Client, error) {
	base, err := url.Parse(strings.TrimSuffix(o.Endpoint, "/"))
	if err != nil || base.Host == "" {
		return nil, fmt.Errorf("gateway: endpoint %q is not an address", o.Endpoint)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Concurrency == 0 {
		o.Concurrency = 128
	}
	return &Client{
		options: o, base: base, signer: signer{region: o.Region},
		transport: &http.Transport{
			MaxIdleConnsPerHost: 2 * o.Concurrency, MaxConnsPerHost: 2 * o.Concurrency,
			IdleConnTimeout: 50 * time.Second, DisableCompression: true, TLSHandshakeTimeout: timeout,
		},
	}, nil
}

// A Frame is a text to post, hashed once however many connections it goes to.
type Frame struct {
	body []byte
	hash string
}

// NewFrame hashes a text.
func NewFrame(body []byte) Frame {
	sum := sha256.Sum256(body)
	return Frame{body: body, hash: hex.EncodeToString(sum[:])}
}

// Post sends a frame to a connection. It does not try twice, save that a kept
// connection that the server had closed is replaced.
func (c *Client) Post(ctx context.Context, connection string, f Frame) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	credentials, err := c.options.Credentials.Retrieve(ctx)
	if err != nil {
		return fmt.Errorf("gateway: credentials: %w", err)
	}
	path := c.base.Path + "/@connections/" + escape(connection)
	request := (&http.Request{
		Method: http.MethodPost, Host: c.base.Host, ContentLength: int64(len(f.body)),
		URL:   &url.URL{Scheme: c.base.Scheme, Host: c.base.Host, Path: c.base.Path + "/@connections/" + connection, RawPath: path},
		Body:  io.NopCloser(bytes.NewReader(f.body)),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: c.signer.header(c.base.Host, path, f, credentials, c.options.Now()),
		// Lets the transport send again what a closed connection swallowed.
		GetBody: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(f.body)), nil },
	}).WithContext(ctx)
	response, err := c.transport.RoundTrip(request)
	if err != nil {
		return fmt.Errorf("gateway: post: %w", err)
	}
	// Read to the end, so that the connection is kept.
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10))
	_ = response.Body.Close()
	return statusError(response.StatusCode)
}

func statusError(status int) error {
	switch status {
	case http.StatusOK:
		return nil
	case http.StatusGone:
		return ErrGone
	case http.StatusTooManyRequests:
		return ErrThrottled
	case http.StatusRequestEntityTooLarge:
		return ErrTooLarge
	case http.StatusForbidden:
		return ErrForbidden
	}
	return &StatusError{Status: status}
}

// PostAll sends a frame to many connections and returns an error for each, in
// their order.
func (c *Client) PostAll(ctx context.Context, connections []string, body []byte) []error {
	f := NewFrame(body)
	errs := make([]error, len(connections))
	if len(connections) == 1 {
		errs[0] = c.Post(ctx, connections[0], f)
		return errs
	}
	var group sync.WaitGroup
	slots := make(chan struct{}, c.options.Concurrency)
	for i, connection := range connections {
		slots <- struct{}{}
		group.Go(func() {
			errs[i] = c.Post(ctx, connection, f)
			<-slots
		})
	}
	group.Wait()
	return errs
}

// Disconnect ends a connection. One that is gone is ErrGone.
func (c *Client) Disconnect(ctx context.Context, connection string) error {
	_, err := c.management.client(c.options).DeleteConnection(ctx,
		&apigatewaymanagementapi.DeleteConnectionInput{ConnectionId: &connection})
	return gone(err)
}

// LastActive returns when a connection last had traffic.
func (c *Client) LastActive(ctx context.Context, connection string) (time.Time, error) {
	out, err := c.management.client(c.options).GetConnection(ctx,
		&apigatewaymanagementapi.GetConnectionInput{ConnectionId: &connection})
	if err != nil {
		return time.Time{}, gone(err)
	}
	return aws.ToTime(out.LastActiveAt), nil
}

func (m *management) client(o Options) *apigatewaymanagementapi.Client {
	m.once.Do(func() {
		m.sdk = apigatewaymanagementapi.New(apigatewaymanagementapi.Options{
			Region: o.Region, Credentials: o.Credentials, BaseEndpoint: &o.Endpoint,
		})
	})
	return m.sdk
}

func gone(err error) error {
	var g *types.GoneException
	if errors.As(err, &g) {
		return ErrGone
	}
	return err
}
