// Package awscall makes the rare calls of services of AWS: of KMS, Systems Manager, SQS, and of
// API Gateway's @connections. The SDK has a package for each of these services. The tables of
// these packages are made when the program starts, in every function, whether or not it makes a
// call (docs/adr/0043-rare-calls.md).
//
// A Client signs with package sigv4. The retryer of the SDK decides what is tried again, and
// package attempt bounds each try. Tests give the same calls to the SDK, and compare the requests
// and the errors. A Client makes what it needs at its first call.
package awscall

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"parley/shared/attempt"
	"parley/shared/clock"
	"parley/shared/httpclient"
	"parley/shared/plainjson"
	"parley/shared/sigv4"
)

// A Service is a service of AWS.
type Service struct {
	Name    string // in its address and in its signatures, for example "kms"
	Target  string // before the operation in the header X-Amz-Target, for example "TrentService"
	Version string // of the protocol AWS JSON: "1.0" or "1.1"
}

// Client makes calls of one service. It is safe for concurrent use.
type Client struct {
	service     Service
	credentials aws.CredentialsProvider
	clock       clock.Clock
	parts       func() (*parts, error)
}

// A Transport sends requests to one host. That of a deployed function is a *httpclient.Client.
type Transport interface {
	Do(ctx context.Context, request *httpclient.Request, response *httpclient.Response) error
}

// parts are what a Client makes at its first call.
type parts struct {
	base    *url.URL
	signer  *sigv4.Signer
	retryer aws.RetryerV2
	over    Transport
}

// New returns a Client. Of cfg, it uses the region, the credentials, the endpoint if there is
// one, and the retryer. The Client opens connections of its own.
func New(cfg aws.Config, service Service, c clock.Clock) *Client {
	return NewOver(cfg, service, c, func(base *url.URL) Transport {
		return httpclient.New(base, httpclient.Options{ConnectTime: connectTime, IdleTime: idleTime, MaxIdle: maxIdle, MaxHeader: maxHeader, MaxBody: maxAnswer})
	})
}

// NewOver is New with the Transport that connect returns for the address of the service.
func NewOver(cfg aws.Config, service Service, c clock.Clock, connect func(base *url.URL) Transport) *Client {
	return &Client{
		service: service, credentials: cfg.Credentials, clock: c,
		parts: sync.OnceValues(func() (*parts, error) { return newParts(cfg, service, connect) }),
	}
}

// traceVariable has the trace header of the invocation that runs. Lambda makes it of ASCII letters,
// digits and signs. A call that repeats it tells Lambda and SQS of which chain of events it is: Lambda
// stops a chain in which a function without RecursiveLoop: Allow was invoked about 16 times (Lambda
// Developer Guide, "Use Lambda recursive loop detection to prevent infinite loops").
const traceVariable = "_X_AMZN_TRACE_ID"

const (
	connectTime = time.Second // to open a connection, and for its TLS handshake
	idleTime    = 50 * time.Second
	maxIdle     = 16
	maxHeader   = 16 << 10
	// maxAnswer is how many bytes an answer may have. The largest one is a parameter of 8 KB.
	maxAnswer = 1 << 20
)

func newParts(cfg aws.Config, service Service, connect func(*url.URL) Transport) (*parts, error) {
	address := Address(service.Name, cfg.Region)
	if cfg.BaseEndpoint != nil {
		address = strings.TrimRight(*cfg.BaseEndpoint, "/")
	}
	base, err := url.Parse(address)
	if err != nil || base.Host == "" {
		return nil, errors.New("the endpoint is not an address")
	}
	newRetryer := attempt.Retryer
	if cfg.Retryer != nil {
		newRetryer = cfg.Retryer
	}
	retryer, ok := newRetryer().(aws.RetryerV2)
	if !ok {
		return nil, errors.New("the retryer has no attempt tokens")
	}
	return &parts{base: base, signer: sigv4.New(cfg.Region, service.Name), retryer: retryer, over: connect(base)}, nil
}

// Address returns the address of a service in a region, for example
// "https://kms.eu-central-1.amazonaws.com".
func Address(service, region string) string {
	return "https://" + service + "." + region + "." + dnsSuffix(region)
}

// dnsSuffix returns how the names of the services of a region end.
func dnsSuffix(region string) string {
	for _, partition := range [...]struct{ prefix, suffix string }{
		{"cn-", "amazonaws.com.cn"},
		{"eusc-", "amazonaws.eu"},
		{"us-iso-", "c2s.ic.gov"},
		{"us-isob-", "sc2s.sgov.gov"},
		{"us-isof-", "csp.hci.ic.gov"},
		{"eu-isoe-", "cloud.adc-e.uk"},
	} {
		if strings.HasPrefix(region, partition.prefix) {
			return partition.suffix
		}
	}
	return "amazonaws.com"
}

// Call makes a call of a service that speaks AWS JSON
// (smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html). in is the request as JSON. Call reads
// the answer into out.
func (c *Client) Call(ctx context.Context, operation string, in, out any) error {
	body, err := plainjson.Marshal(in)
	if err != nil {
		return c.failed(operation, err)
	}
	answer, err := c.do(ctx, operation, request{
		sigv4.Request{ContentType: "application/x-amz-json-" + c.service.Version, Target: c.service.Target + "." + operation, Path: "/"}, body,
	})
	if err != nil {
		return err
	}
	if len(answer) == 0 { // the SDK accepts it, too
		return nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return c.failed(operation, fmt.Errorf("the answer: %w", err))
	}
	return nil
}

// Delete makes a DELETE request. path is escaped, and comes after that of the endpoint. The name
// of the operation is for errors.
func (c *Client) Delete(ctx context.Context, operation, path string) error {
	_, err := c.do(ctx, operation, request{sigv4.Request{Method: "DELETE", Path: path}, nil})
	return err
}

// failed returns the error of an operation. It has the type that an error of the SDK has.
func (c *Client) failed(operation string, err error) error {
	return &smithy.OperationError{ServiceID: c.service.Name, OperationName: operation, Err: err}
}

// A request is what all tries of a call have in common.
type request struct {
	signed sigv4.Request
	body   []byte
}

// do sends a request as often as the retryer says, and returns the body of the answer.
func (c *Client) do(ctx context.Context, operation string, r request) (answer []byte, err error) {
	p, err := c.parts()
	if err != nil {
		return nil, c.failed(operation, err)
	}
	if r.signed.Path = p.base.EscapedPath() + r.signed.Path; r.signed.Method == "" {
		r.signed.Method = "POST"
	}
	r.signed.Host, r.signed.Length, r.signed.Hash = p.base.Host, len(r.body), sigv4.Hash(r.body)
	err = attempt.Tries(ctx, p.retryer, c.clock, func(ctx context.Context, deadline time.Time) (err error) {
		answer, err = c.send(ctx, deadline, p, r)
		return err
	})
	if err != nil {
		return nil, c.failed(operation, err)
	}
	return answer, nil
}

// send sends a request once.
func (c *Client) send(ctx context.Context, deadline time.Time, p *parts, r request) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, &aws.RequestCanceledError{Err: err}
	}
	credentials, err := c.credentials.Retrieve(ctx)
	if err != nil {
		return nil, fmt.Errorf("credentials: %w", err)
	}
	sent := httpclient.Request{
		Method: r.signed.Method, Path: r.signed.Path, Header: p.signer.Append(nil, &r.signed, &credentials, c.clock.Now()), Body: r.body, Deadline: deadline,
	}
	if trace := os.Getenv(traceVariable); trace != "" {
		sent.Header = append(sent.Header, "X-Amzn-Trace-Id: "+trace+"\r\n"...)
	}
	var response httpclient.Response
	err = p.over.Do(ctx, &sent, &response)
	if response.Status != 0 && response.Status/100 != 2 { // the status says enough, even if its body did not come
		e, _, _ := attempt.NewAnswerError(response.Status, &response, response.Body)
		return nil, e
	}
	if err != nil {
		return nil, attempt.SendError(ctx, err)
	}
	return response.Body, nil
}
