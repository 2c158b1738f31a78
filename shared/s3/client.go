// Package s3 makes the four calls of S3 that the program makes, and links to objects. The SDK's
// package of S3 makes its rules about endpoints whenever the program starts, in every function
// (docs/adr/0046-start.md).
//
// It signs with package sigv4. The retryer of the SDK decides what is tried again. Tests give each
// request and each answer to the SDK, too, and compare.
package s3

import (
	"bytes"
	"context"
	"crypto/md5" // S3 checks by it that a list of keys arrived whole
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"parley/shared/attempt"
	"parley/shared/awscall"
	"parley/shared/clock"
	"parley/shared/sigv4"
)

// Options are the settings of a Client. All are needed but Endpoint.
type Options struct {
	Region      string
	Endpoint    string // empty: that of AWS in the region
	Bucket      string
	Credentials aws.CredentialsProvider
	Retryer     func() aws.Retryer
	Transport   http.RoundTripper
	Clock       clock.Clock
}

const (
	connectTime        = time.Second     // to open a connection, and for its TLS handshake
	answerBeginsWithin = 5 * time.Second // after the request was sent
)

// NewTransport returns the Transport of a deployed function.
func NewTransport() *http.Transport {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	return &http.Transport{
		Protocols: &protocols, DialContext: (&net.Dialer{Timeout: connectTime}).DialContext, TLSHandshakeTimeout: connectTime,
		ResponseHeaderTimeout: answerBeginsWithin, IdleConnTimeout: 90 * time.Second, DisableCompression: true,
	}
}

// Client makes calls of one bucket. It is safe for concurrent use. It makes what it needs at its
// first call, because most functions store no files.
type Client struct {
	options Options
	parts   func() (*parts, error)
}

// parts are what a Client makes at its first call.
type parts struct {
	base    *url.URL // of the bucket, without a slash at its end
	signer  *sigv4.Signer
	retryer aws.RetryerV2
}

// New returns a Client. It sends nothing.
func New(o Options) *Client {
	return &Client{options: o, parts: sync.OnceValues(func() (*parts, error) { return newParts(o) })}
}

func newParts(o Options) (*parts, error) {
	// On AWS the bucket is in the name of the host, else in the path.
	address := strings.TrimSuffix(o.Endpoint, "/") + "/" + o.Bucket
	if o.Endpoint == "" {
		address = awscall.Address(o.Bucket+".s3", o.Region)
	}
	base, err := url.Parse(address)
	if err != nil || base.Host == "" {
		return nil, errors.New("the endpoint of S3 is not an address")
	}
	retryer, ok := o.Retryer().(aws.RetryerV2)
	if !ok {
		return nil, errors.New("the retryer of S3 has no attempt tokens")
	}
	return &parts{base: base, signer: sigv4.New(o.Region, "s3"), retryer: retryer}, nil
}

// A Call makes a call: in is *PutObject, *GetObject, *ListObjectsV2 or *DeleteObjects. Client.Do is
// the real one.
type Call func(ctx context.Context, in any) (out any, err error)

// A Layer is around a Call, as a dynamo.Layer is.
type Layer func(ctx context.Context, in any, next Call) (out any, err error)

// Do makes a call. Its errors have the types of the SDK, with the code and the message of S3.
func (c *Client) Do(ctx context.Context, in any) (out any, err error) {
	switch in := in.(type) {
	case *PutObject:
		err = c.put(ctx, in)
	case *GetObject:
		out, err = c.get(ctx, in)
	case *ListObjectsV2:
		out, err = c.list(ctx, in)
	case *DeleteObjects:
		err = c.remove(ctx, in)
	default:
		err = errors.New("it is not a call that this client makes")
	}
	if err != nil {
		_, operation, _ := strings.Cut(fmt.Sprintf("%T", in), ".")
		return nil, &smithy.OperationError{ServiceID: "S3", OperationName: operation, Err: err}
	}
	return out, nil
}

func (c *Client) put(ctx context.Context, in *PutObject) error {
	hash := sha256.New()
	if _, err := io.Copy(hash, in.Content); err != nil {
		return fmt.Errorf("content: %w", err)
	}
	_, err := c.do(ctx, request{
		method: http.MethodPut, key: in.Key, contentType: in.ContentType, body: in.Content, size: in.Size, hash: hex.EncodeToString(hash.Sum(nil)),
	})
	return err
}

func (c *Client) get(ctx context.Context, in *GetObject) (io.ReadCloser, error) {
	response, err := c.send(ctx, request{method: http.MethodGet, key: in.Key})
	if err != nil {
		return nil, err
	}
	return response.Body, nil
}

func (c *Client) list(ctx context.Context, in *ListObjectsV2) (page Page, err error) {
	query := ""
	if in.After != "" {
		query = "continuation-token=" + sigv4.Escape(in.After) + "&"
	}
	answer, err := c.do(ctx, request{method: http.MethodGet, query: query + "list-type=2&prefix=" + sigv4.Escape(in.Prefix)})
	if err != nil {
		return Page{}, err
	}
	var list listAnswer
	if err := xml.Unmarshal(answer, &list); err != nil {
		return Page{}, fmt.Errorf("the answer: %w", err)
	}
	page = Page{Keys: make([]string, len(list.Contents)), Next: list.NextContinuationToken}
	for i, o := range list.Contents {
		page.Keys[i] = o.Key
	}
	return page, nil
}

func (c *Client) remove(ctx context.Context, in *DeleteObjects) error {
	list := deleteRequest{Quiet: true, Object: make([]object, len(in.Keys))}
	for i, key := range in.Keys {
		list.Object[i].Key = key
	}
	body, err := xml.Marshal(list)
	if err != nil {
		return fmt.Errorf("the list of keys: %w", err)
	}
	sum := md5.Sum(body)
	answer, err := c.do(ctx, request{
		method: http.MethodPost, query: "delete=", contentType: "application/xml", body: bytes.NewReader(body), size: int64(len(body)), hash: sigv4.Hash(body),
		md5: base64.StdEncoding.EncodeToString(sum[:]),
	})
	if err != nil {
		return err
	}
	var result deleteAnswer
	if err := xml.Unmarshal(answer, &result); err != nil {
		return fmt.Errorf("the answer: %w", err)
	}
	if len(result.Error) > 0 {
		return &smithy.GenericAPIError{Code: result.Error[0].Code, Message: result.Error[0].Message}
	}
	return nil
}

// A request is what all tries of a call have in common.
type request struct {
	method, key, query string
	contentType, md5   string
	body               io.ReadSeeker // nil: none
	size               int64
	hash               string // SHA-256 of body; "" if there is none
}

// requestTimeout is how long a try may take, with all of its content and that of its answer.
const requestTimeout = time.Minute

// maxAnswer is how many bytes are read of an answer that is no object. A list of a thousand keys
// has 0.3 MB.
const maxAnswer = 8 << 20

// do sends a request and returns the answer.
func (c *Client) do(ctx context.Context, r request) ([]byte, error) {
	response, err := c.send(ctx, r)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	_ = response.Body.Close()
	if err != nil {
		return nil, attempt.SendError(ctx, err)
	}
	return answer, nil
}

// send sends a request as often as the retryer says, and returns the response, whose status is a
// success. The caller closes its body.
func (c *Client) send(ctx context.Context, r request) (response *http.Response, err error) {
	p, err := c.parts()
	if err != nil {
		return nil, err
	}
	if r.hash == "" {
		r.hash = sigv4.Hash(nil)
	}
	err = attempt.UnboundedTries(ctx, p.retryer, c.options.Clock, func(ctx context.Context) (err error) {
		response, err = c.try(ctx, p, r) //nolint:bodyclose // the caller closes it
		return err
	})
	return response, err
}

// try sends a request once.
func (c *Client) try(ctx context.Context, p *parts, r request) (*http.Response, error) {
	if err := ctx.Err(); err != nil {
		return nil, &aws.RequestCanceledError{Err: err}
	}
	credentials, err := c.options.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, fmt.Errorf("credentials: %w", err)
	}
	if r.body != nil {
		if _, err := r.body.Seek(0, io.SeekStart); err != nil {
			return nil, fmt.Errorf("content: %w", err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	path := p.path(r.key)
	target := *p.base
	// Opaque is sent unchanged, so the path that is sent is the path that was signed.
	target.Path, target.Opaque, target.RawQuery = "", path, r.query
	sent := (&http.Request{
		Method: r.method, Host: p.base.Host, URL: &target, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Body: http.NoBody,
		Header: p.signer.Header(sigv4.Request{
			Method: r.method, Host: p.base.Host, Path: path, Query: r.query, ContentType: r.contentType, Length: int(r.size), Hash: r.hash, S3: true,
		}, credentials, c.options.Clock.Now()),
	}).WithContext(ctx)
	if r.md5 != "" {
		sent.Header["Content-Md5"] = []string{r.md5}
	}
	if r.body != nil {
		content := &content{from: r.body}
		defer content.end()
		sent.ContentLength, sent.Body = r.size, content
	}
	response, err := c.options.Transport.RoundTrip(sent)
	if err != nil {
		err = attempt.SendError(ctx, err)
		cancel()
		return nil, err
	}
	response.Body = body{response.Body, cancel}
	if response.StatusCode/100 != 2 {
		answer, _ := io.ReadAll(io.LimitReader(response.Body, maxAnswer)) // the status says enough
		_ = response.Body.Close()
		return nil, answerError(response, answer)
	}
	return response, nil
}

// path returns the escaped path of an object, or that of the bucket if key is empty.
func (p *parts) path(key string) string {
	if bucket := p.base.EscapedPath(); key == "" && bucket != "" {
		return bucket
	}
	return p.base.EscapedPath() + "/" + sigv4.EscapePath(key)
}

// content is what is sent of a try. A transport may read it even after it has returned; the end of
// the try ends that, because the next try sends the same content.
type content struct {
	mu    sync.Mutex
	from  io.Reader
	ended bool
}

// Read implements io.Reader.
func (c *content) Read(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return 0, io.ErrClosedPipe
	}
	return c.from.Read(b)
}

// Close implements io.Closer.
func (c *content) Close() error { c.end(); return nil }

func (c *content) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
}

// body is the body of an answer. Its end is the end of the request.
type body struct {
	io.ReadCloser
	cancel context.CancelFunc
}

// Close closes the body.
func (b body) Close() error {
	defer b.cancel()
	return b.ReadCloser.Close()
}

// answerError returns the error that an answer is.
func answerError(response *http.Response, answer []byte) error {
	var s said
	if xml.Unmarshal(answer, &s) != nil || s.Code == "" {
		s.Code = "UnknownError"
	}
	if s.Message == "" {
		s.Message = s.Code
	}
	return &attempt.AnswerError{
		Status: response.StatusCode, RequestID: response.Header.Get("X-Amz-Request-Id"), Err: &smithy.GenericAPIError{Code: s.Code, Message: s.Message},
	}
}

// Link returns a link to an object that anybody may read until life has passed. The credentials
// must be valid for that long. It makes no call.
func (c *Client) Link(key string, credentials aws.Credentials, now time.Time, life time.Duration) (string, error) {
	p, err := c.parts()
	if err != nil {
		return "", err
	}
	path := p.path(key)
	return p.base.Scheme + "://" + p.base.Host + path + "?" + p.signer.Link(p.base.Host, path, credentials, now, life), nil
}
