// Package wire makes the calls of DynamoDB that the program makes all the time, with a fraction
// of the CPU and of the memory that the client of the SDK takes (docs/performance.md).
//
// It takes the inputs and returns the outputs of package calls, encodes the request and decodes the
// answer itself, and signs with package sigv4. The retryer of the SDK decides what is tried again
// and how long to wait (the header X-Amz-Retry-After of an answer is not read). The errors of
// answers are those of package calls, or have a code and a message. Tests give each request and
// each answer of their calls to the SDK, too, and compare.
//
// The protocol is AWS JSON 1.0 (smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html) with the
// members of docs.aws.amazon.com/amazondynamodb/latest/APIReference.
package wire

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"net/url"
	"strconv"
	"sync"
	"time"
	"unsafe"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"parley/shared/attempt"
	"parley/shared/awscall"
	"parley/shared/clock"
	"parley/shared/dynamo/calls"
	"parley/shared/httpclient"
	"parley/shared/sigv4"
)

const (
	contentType = "application/x-amz-json-1.0"
	targetName  = "DynamoDB_20120810." // before the name of the operation
)

// Options are the settings of a Client. All are needed but Endpoint and Connect.
type Options struct {
	Region      string
	Endpoint    string // empty: that of AWS in the region
	Credentials aws.CredentialsProvider
	Retryer     func() aws.Retryer
	Clock       clock.Clock
	Connect     func(address *url.URL) awscall.Transport // nil: Connect of this package
}

const (
	// connectTime is how long it may take to open a connection, and its TLS handshake.
	connectTime = time.Second
	// maxIdle is how many open connections are kept: a batch writes with so many at once.
	maxIdle   = 64
	idleTime  = 90 * time.Second
	maxHeader = 16 << 10
	// maxAnswer is the most bytes of an answer of DynamoDB: those of a batch of 16 MB, in base64.
	maxAnswer = 24 << 20
	// largestKept is the most memory for a request that is used again.
	largestKept = 64 << 10
)

// Connect returns the Transport of a deployed function. The deadline of each try bounds a request.
func Connect(address *url.URL) awscall.Transport {
	return httpclient.New(address, httpclient.Options{ConnectTime: connectTime, IdleTime: idleTime, MaxIdle: maxIdle, MaxHeader: maxHeader, MaxBody: maxAnswer})
}

// Client makes calls. It is safe for concurrent use.
type Client struct {
	options Options
	url     *url.URL
	over    awscall.Transport
	signer  *sigv4.Signer
	retryer aws.RetryerV2
	memory  sync.Pool // of *memory
}

// memory is what one call needs and the next one uses again.
type memory struct {
	body     []byte
	header   []byte
	request  httpclient.Request
	response httpclient.Response
}

// New returns a Client. It sends nothing.
func New(o Options) (*Client, error) {
	address := o.Endpoint
	if address == "" {
		address = awscall.Address("dynamodb", o.Region)
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil, errors.New("the endpoint of DynamoDB is not an address")
	}
	if u.Path == "" {
		u.Path = "/"
	}
	r, ok := o.Retryer().(aws.RetryerV2)
	if !ok {
		return nil, errors.New("the retryer of DynamoDB has no attempt tokens")
	}
	if o.Connect == nil {
		o.Connect = Connect
	}
	return &Client{options: o, url: u, over: o.Connect(u), signer: sigv4.New(o.Region, "dynamodb"), retryer: r}, nil
}

// Do makes the call of an input of package calls, for example *calls.GetItemInput, and returns the
// output, for example *calls.GetItemOutput. It tries as often as the Retryer says. Its errors
// have the types of the SDK, around those of package calls.
func (c *Client) Do(ctx context.Context, in any) (any, error) {
	if t, ok := in.(*calls.TransactWriteItemsInput); ok && t.ClientRequestToken == nil {
		// A repeat of the transaction with the same token writes nothing twice.
		withToken := *t
		withToken.ClientRequestToken = new(clock.ID(c.options.Clock, 16))
		in = &withToken
	}
	m, ok := c.memory.Get().(*memory)
	if !ok {
		m = &memory{body: make([]byte, 0, 1024)}
	}
	operation, body, err := encode(in, m.body[:0])
	if err != nil {
		return nil, err
	}
	call := call{in: in, operation: operation, body: body, hash: sigv4.Hash(body)}
	var out any
	err = attempt.Tries(ctx, c.retryer, c.options.Clock, func(ctx context.Context, deadline time.Time) (err error) {
		out, err = c.send(ctx, deadline, &call, m)
		return err
	})
	if m.body = body; cap(body) <= largestKept {
		c.memory.Put(m)
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// A call is what all tries of a call have in common.
type call struct {
	in        any
	operation string
	body      []byte
	hash      string
}

// failed returns the error of a call. It has the type that an error of the SDK has.
func (c *call) failed(err error) error {
	return &smithy.OperationError{ServiceID: "DynamoDB", OperationName: c.operation, Err: err}
}

// send sends a request and reads its answer.
func (c *Client) send(ctx context.Context, deadline time.Time, call *call, m *memory) (any, error) {
	if err := ctx.Err(); err != nil {
		return nil, call.failed(err)
	}
	credentials, err := c.options.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, call.failed(fmt.Errorf("credentials: %w", err))
	}
	signed := sigv4.Request{
		Method: "POST", Host: c.url.Host, Path: c.url.Path, ContentType: contentType, Target: targetName + call.operation,
		Length: len(call.body), Hash: call.hash,
	}
	m.header = c.signer.Append(m.header[:0], &signed, &credentials, c.options.Clock.Now())
	m.request = httpclient.Request{Method: signed.Method, Path: signed.Path, Header: m.header, Body: call.body, Deadline: deadline}
	if err := c.over.Do(ctx, &m.request, &m.response); err != nil {
		return nil, call.failed(attempt.SendError(ctx, err))
	}
	body := m.response.Body
	m.response.Body = nil // it belongs to the output
	if sum := m.response.Value("X-Amz-Crc32"); len(sum) > 0 {
		want, err := strconv.ParseUint(string(sum), 10, 32)
		if err != nil || want != uint64(crc32.ChecksumIEEE(body)) {
			return nil, call.failed(&damagedError{})
		}
	}
	if m.response.Status/100 != 2 {
		return nil, call.failed(answerError(&m.response, body))
	}
	out, err := decode(call.in, unsafe.String(unsafe.SliceData(body), len(body))) // body does not change any more
	if err != nil {
		return nil, call.failed(err)
	}
	return out, nil
}

// damagedError is the error of an answer whose checksum is wrong.
type damagedError struct{}

func (*damagedError) Error() string { return "the checksum of the answer is wrong" }

// RetryableError makes the retryer try again.
func (*damagedError) RetryableError() bool { return true }
