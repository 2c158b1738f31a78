// Package wiretest compares the clients of packages shared/dynamo/wire and shared/s3 with those of
// the SDK: it gives the SDK the input and the answer of a call, and compares the request that the
// SDK would have sent, and the output and the error that it returns.
package wiretest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parley/shared/awscall"
	"parley/shared/dynamo/calls"
	"parley/shared/dynamo/wire"
	"parley/shared/httpclient"
)

// A Checker makes calls with both clients. Only the first one sends requests.
type Checker struct {
	client *wire.Client
	sdk    *dynamodb.Client
}

// New returns a Checker. The options are those of the client.
func New(o wire.Options) (*Checker, error) {
	o.Connect = func(address *url.URL) awscall.Transport { return recorder{wire.Connect(address)} }
	client, err := wire.New(o)
	if err != nil {
		return nil, err
	}
	return &Checker{client: client, sdk: dynamodb.New(dynamodb.Options{
		Region: o.Region, BaseEndpoint: &o.Endpoint, Credentials: o.Credentials, Retryer: aws.NopRetryer{}, HTTPClient: replayer{},
	})}, nil
}

// An exchange is the last request of a call and its answer.
type exchange struct {
	target, sent string
	answer       *http.Response
	body         []byte
	// reference is the body of the request of the SDK.
	reference []byte
}

type exchangeKey struct{}

// recorder stores each request and its answer in the exchange of the context.
type recorder struct{ awscall.Transport }

// Do implements awscall.Transport.
func (r recorder) Do(ctx context.Context, request *httpclient.Request, response *httpclient.Response) error {
	x := ctx.Value(exchangeKey{}).(*exchange)
	x.answer = nil
	sent, err := http.ReadRequest(bufio.NewReader(io.MultiReader(
		strings.NewReader("POST / HTTP/1.1\r\nHost: x\r\n"), bytes.NewReader(request.Header), strings.NewReader("\r\n"))))
	if err != nil {
		return err
	}
	x.target, x.sent = sent.Header.Get("X-Amz-Target"), string(request.Body)
	if err := r.Transport.Do(ctx, request, response); err != nil {
		return err
	}
	x.body, x.answer = bytes.Clone(response.Body), &http.Response{StatusCode: response.Status, Header: http.Header{}}
	for _, name := range []string{"Content-Type", "X-Amz-Crc32", "X-Amzn-Errortype", "X-Amzn-Requestid"} {
		if value := response.Get(name); value != "" {
			x.answer.Header.Set(name, value)
		}
	}
	return nil
}

// replayer answers the request of the SDK with the recorded answer.
type replayer struct{}

// Do implements the HTTPClient of the SDK.
func (replayer) Do(request *http.Request) (*http.Response, error) {
	x := request.Context().Value(exchangeKey{}).(*exchange)
	var err error
	if x.reference, err = io.ReadAll(request.Body); err != nil {
		return nil, err
	}
	if got := request.Header.Get("X-Amz-Target"); got != x.target {
		return nil, fmt.Errorf("target: got %q, the SDK has %q", x.target, got)
	}
	response := *x.answer
	response.Body = io.NopCloser(bytes.NewReader(x.body))
	return &response, nil
}

// Do makes a call. It fails with a Difference if the SDK would have sent another request, or
// reads another output in the answer.
func (c *Checker) Do(ctx context.Context, in any) (any, error) {
	x := &exchange{}
	ctx = context.WithValue(ctx, exchangeKey{}, x)
	out, err := c.client.Do(ctx, in)
	if x.answer == nil || ctx.Err() != nil {
		return out, err // there is no answer to compare
	}
	want, wantErr := CallSDK(ctx, c.sdk, in)
	if d := difference(x, in, out, err, want, wantErr); d != "" {
		return nil, &Difference{fmt.Sprintf("%s: %s\nrequest %s\nanswer  %s", x.target, d, x.sent, x.body)}
	}
	return out, err
}

// A Difference says in what the two clients differ.
type Difference struct{ text string }

// Error returns the text.
func (d *Difference) Error() string { return d.text }

// difference returns in what a call differs, "" if in nothing.
func difference(x *exchange, in, out any, err error, want any, wantErr error) string {
	var sent, reference map[string]any
	if e := errors.Join(json.Unmarshal([]byte(x.sent), &sent), json.Unmarshal(x.reference, &reference)); e != nil {
		return e.Error()
	}
	if t, ok := in.(*calls.TransactWriteItemsInput); ok && t.ClientRequestToken == nil {
		if sent["ClientRequestToken"] == nil {
			return "a transaction without a token"
		}
		delete(sent, "ClientRequestToken") // each client makes one of its own
		delete(reference, "ClientRequestToken")
	}
	if !reflect.DeepEqual(sent, reference) {
		return fmt.Sprintf("the SDK sends %s", x.reference)
	}
	if got, want := errorOf(err), errorOf(wantErr); !reflect.DeepEqual(got, want) {
		return fmt.Sprintf("error %+v, the SDK has %+v", got, want)
	}
	if err == nil && !reflect.DeepEqual(out, want) {
		return fmt.Sprintf("output %+v, the SDK has %+v", out, want)
	}
	return ""
}

// An apiError is what is compared of the errors of both clients.
type apiError struct {
	status        int
	code, message string
	item          calls.Attributes
	reasons       []calls.CancellationReason
}

// errorOf returns what an error of either client says; nil if err is nil.
func errorOf(err error) *apiError {
	if err == nil {
		return nil
	}
	e := &apiError{}
	var answer interface{ HTTPStatusCode() int }
	if errors.As(err, &answer) {
		e.status = answer.HTTPStatusCode()
	}
	var api interface {
		ErrorCode() string
		ErrorMessage() string
	}
	if errors.As(err, &api) {
		e.code, e.message = api.ErrorCode(), api.ErrorMessage()
	}
	var (
		failed      *calls.ConditionalCheckFailedException
		canceled    *calls.TransactionCanceledException
		sdkFailed   *types.ConditionalCheckFailedException
		sdkCanceled *types.TransactionCanceledException
	)
	switch {
	case errors.As(err, &failed):
		e.item = failed.Item
	case errors.As(err, &canceled):
		e.reasons = canceled.CancellationReasons
	case errors.As(err, &sdkFailed):
		e.item = convertTo[calls.Attributes](sdkFailed.Item)
	case errors.As(err, &sdkCanceled):
		e.reasons = convertTo[[]calls.CancellationReason](sdkCanceled.CancellationReasons)
	}
	return e
}
