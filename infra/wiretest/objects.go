package wiretest

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"parley/shared/s3"
)

// Objects compares the calls of a client of package s3 with those of the SDK.
type Objects struct {
	Client *s3.Client

	sdk    *sdk.Client
	bucket string
}

// NewObjects returns an Objects. The options are those of the client; their Transport sends the
// requests.
func NewObjects(o s3.Options) *Objects {
	o.Transport = objectRecorder{o.Transport}
	return &Objects{Client: s3.New(o), bucket: o.Bucket, sdk: sdk.New(sdk.Options{
		Region: o.Region, BaseEndpoint: &o.Endpoint, UsePathStyle: true, Credentials: o.Credentials, Retryer: aws.NopRetryer{}, HTTPClient: objectReplayer{},
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired, ResponseChecksumValidation: aws.ResponseChecksumValidationWhenRequired,
	})}
}

// An objectRequest is what is compared of a request.
type objectRequest struct {
	Method, Path string
	Query        url.Values
	Header       http.Header
	Length       int64
	Body         string
}

// requestOf reads a request. What the two clients do differently is left out: the SDK adds the
// name of the operation to the address, and sends another checksum of a list of keys.
func requestOf(r *http.Request) (o objectRequest, body []byte, err error) {
	if r.Body != nil {
		if body, err = io.ReadAll(r.Body); err != nil {
			return o, nil, err
		}
	}
	path := r.URL.EscapedPath()
	if r.URL.Opaque != "" {
		path = r.URL.Opaque
	}
	o = objectRequest{Method: r.Method, Path: path, Query: r.URL.Query(), Header: http.Header{}, Length: r.ContentLength, Body: string(body)}
	o.Query.Del("x-id")
	for _, name := range []string{"Content-Type", "X-Amz-Content-Sha256"} {
		o.Header[name] = r.Header.Values(name)
	}
	if o.Query.Has("delete") {
		if r.Header.Get("Content-Md5") == "" && r.Header.Get("X-Amz-Checksum-Crc32") == "" {
			return o, nil, errors.New("a list of keys without a checksum")
		}
		var keys struct {
			XMLName xml.Name
			Object  []struct{ Key string }
			Quiet   bool
		}
		if err := xml.Unmarshal(body, &keys); err != nil {
			return o, nil, err
		}
		o.Body, o.Length = fmt.Sprintf("%+v", keys), 0
		o.Header.Del("X-Amz-Content-Sha256")
	}
	return o, body, nil
}

// An objectExchange is the last request of a call and its answer.
type objectExchange struct {
	sent, reference objectRequest
	answer          *http.Response
	body            []byte
}

type objectExchangeKey struct{}

// objectRecorder stores each request and its answer in the objectExchange of the context.
type objectRecorder struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (r objectRecorder) RoundTrip(request *http.Request) (*http.Response, error) {
	x, ok := request.Context().Value(objectExchangeKey{}).(*objectExchange)
	if !ok {
		return nil, errors.New("the layer that compares calls is not around this one")
	}
	x.answer = nil
	sent, body, err := requestOf(request)
	if err != nil {
		return nil, err
	}
	copied := request.Clone(request.Context())
	copied.Body = io.NopCloser(bytes.NewReader(body))
	response, err := r.RoundTripper.RoundTrip(copied)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if err != nil {
		return nil, err
	}
	response.Body = io.NopCloser(bytes.NewReader(answer))
	x.sent, x.answer, x.body = sent, response, answer
	return response, nil
}

// objectReplayer answers the request of the SDK with the recorded answer.
type objectReplayer struct{}

// Do implements the HTTPClient of the SDK.
func (objectReplayer) Do(request *http.Request) (*http.Response, error) {
	x := request.Context().Value(objectExchangeKey{}).(*objectExchange)
	var err error
	if x.reference, _, err = requestOf(request); err != nil {
		return nil, err
	}
	response := *x.answer
	response.Body = io.NopCloser(bytes.NewReader(x.body))
	return &response, nil
}

// Compare is the innermost layer of an archive. It makes a call, and fails with a Difference if
// the SDK would have sent another request, or reads something else in the answer.
func (o *Objects) Compare(ctx context.Context, in any, next s3.Call) (any, error) {
	x := &objectExchange{}
	ctx = context.WithValue(ctx, objectExchangeKey{}, x)
	out, err := next(ctx, in)
	if x.answer == nil || ctx.Err() != nil {
		return out, err // there is no answer to compare
	}
	want, wantErr := o.callSDK(ctx, in)
	switch got, wanted := errorOf(err), errorOf(wantErr); {
	case !reflect.DeepEqual(x.sent, x.reference):
		err = fmt.Errorf("request %+v, the SDK sends %+v", x.sent, x.reference)
	case !reflect.DeepEqual(got, wanted):
		err = fmt.Errorf("error %+v, the SDK has %+v (%w)", got, wanted, wantErr)
	case err != nil:
		return nil, err
	default:
		if body, ok := out.(io.ReadCloser); ok {
			content, _ := io.ReadAll(body)
			_ = body.Close()
			out = io.NopCloser(bytes.NewReader(content))
			if string(content) == string(want.([]byte)) {
				return out, nil
			}
		} else if reflect.DeepEqual(out, want) {
			return out, nil
		}
		err = fmt.Errorf("output %+v, the SDK has %+v", out, want)
	}
	return nil, &Difference{fmt.Sprintf("%T: %v", in, err)}
}

// callSDK makes a call of package s3 with the client of the SDK.
func (o *Objects) callSDK(ctx context.Context, in any) (any, error) {
	switch in := in.(type) {
	case *s3.PutObject:
		if _, err := in.Content.Seek(0, io.SeekStart); err != nil {
			return nil, err
		}
		_, err := o.sdk.PutObject(ctx, &sdk.PutObjectInput{Bucket: &o.bucket, Key: &in.Key, Body: in.Content, ContentLength: &in.Size, ContentType: &in.ContentType})
		return nil, err
	case *s3.GetObject:
		out, err := o.sdk.GetObject(ctx, &sdk.GetObjectInput{Bucket: &o.bucket, Key: &in.Key})
		if err != nil {
			return nil, err
		}
		return io.ReadAll(out.Body)
	case *s3.ListObjectsV2:
		given := &sdk.ListObjectsV2Input{Bucket: &o.bucket, Prefix: &in.Prefix}
		if in.After != "" {
			given.ContinuationToken = &in.After
		}
		out, err := o.sdk.ListObjectsV2(ctx, given)
		if err != nil {
			return nil, err
		}
		page := s3.Page{Keys: make([]string, len(out.Contents)), Next: aws.ToString(out.NextContinuationToken)}
		for i, object := range out.Contents {
			page.Keys[i] = *object.Key
		}
		return page, nil
	case *s3.DeleteObjects:
		given := &sdk.DeleteObjectsInput{Bucket: &o.bucket, Delete: &types.Delete{Quiet: aws.Bool(true)}}
		for _, key := range slices.Clone(in.Keys) {
			given.Delete.Objects = append(given.Delete.Objects, types.ObjectIdentifier{Key: &key})
		}
		_, err := o.sdk.DeleteObjects(ctx, given)
		return nil, err
	}
	return nil, fmt.Errorf("%T is not a call of package s3", in)
}
