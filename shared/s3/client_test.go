package s3_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"

	"parley/infra/local/backing"
	"parley/infra/local/object"
	"parley/infra/wiretest"
	"parley/shared/attempt"
	"parley/shared/clock"
	"parley/shared/s3"
)

func options(endpoint string) s3.Options {
	return s3.Options{
		Region: "us-east-1", Endpoint: endpoint, Bucket: "b", Credentials: backing.Credentials(), Retryer: attempt.Retryer,
		Transport: s3.NewTransport(), Clock: clock.System{},
	}
}

func put(key, content string) *s3.PutObject {
	return &s3.PutObject{Key: key, ContentType: "application/gzip", Content: strings.NewReader(content), Size: int64(len(content))}
}

// TestCallsEqualThoseOfTheSDK makes all calls, with success and with errors, and lets the SDK read
// each answer.
func TestCallsEqualThoseOfTheSDK(t *testing.T) {
	server, err := object.Start(object.Options{Buckets: []string{"b"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Stop() }()
	check := wiretest.NewObjects(options(server.Endpoint()))
	do := func(in any) (any, error) {
		t.Helper()
		out, err := check.Compare(t.Context(), in, check.Client.Do)
		var d *wiretest.Difference
		if errors.As(err, &d) {
			t.Fatal(d)
		}
		return out, err
	}
	succeed := func(in any) any {
		t.Helper()
		out, err := do(in)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	const many = 1003
	var keys []string
	for n := range many {
		keys = append(keys, fmt.Sprintf("part/1/P/2026010100/%04d.gz", n))
		succeed(put(keys[n], "x"))
	}
	strange := "file/a b+c/é&'\"<.gz"
	succeed(put(strange, strings.Repeat("content", 100_000)))
	content, err := io.ReadAll(succeed(&s3.GetObject{Key: strange}).(io.Reader))
	if err != nil || len(content) != 700_000 {
		t.Errorf("got %d bytes, %v, want what was put", len(content), err)
	}
	page := succeed(&s3.ListObjectsV2{Prefix: "part/1/"}).(s3.Page)
	next := succeed(&s3.ListObjectsV2{Prefix: "part/1/", After: page.Next}).(s3.Page)
	if got := slices.Concat(page.Keys, next.Keys); !reflect.DeepEqual(got, keys) || len(page.Keys) != 1000 || next.Next != "" {
		t.Errorf("pages of %d and %d keys, then %q, want all %d", len(page.Keys), len(next.Keys), next.Next, many)
	}
	if got := succeed(&s3.ListObjectsV2{Prefix: "file/a b+"}).(s3.Page); !reflect.DeepEqual(got, s3.Page{Keys: []string{strange}}) {
		t.Errorf("got %+v, want %q", got, strange)
	}
	succeed(&s3.DeleteObjects{Keys: []string{strange, keys[0], "never/was"}})
	if _, err := do(&s3.GetObject{Key: strange}); err == nil || !strings.Contains(err.Error(), "NoSuchKey") {
		t.Errorf("an object that was removed: %v, want NoSuchKey", err)
	}
	if _, err := check.Compare(t.Context(), &s3.Page{}, check.Client.Do); err == nil {
		t.Error("a call that does not exist is made")
	}
}

// fault is an error of S3.
func fault(status int, code string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code><Message>m</Message><RequestId>1</RequestId></Error>", code)
	}
}

// TestTriesEqualThoseOfTheSDK shows after which answers a call is tried again, that each try sends
// the whole content, and that the SDK does the same.
func TestTriesEqualThoseOfTheSDK(t *testing.T) {
	large := strings.Repeat("0123456789abcdef", 1<<16)
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		bad    int64 // so many requests have this answer
		want   int64 // requests
		ok     bool
	}{
		{"the service is down once", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, 1, 2, true},
		{"an internal error, always", fault(500, "InternalError"), 9, 3, false},
		{"slow down, twice", fault(503, "SlowDown"), 2, 3, true},
		{"no right", fault(403, "AccessDenied"), 9, 1, false},
		{"another region", fault(301, "PermanentRedirect"), 9, 1, false},
		{"an answer that is not XML", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(400) }, 9, 1, false},
		{"the connection is closed instead of an answer", func(w http.ResponseWriter, _ *http.Request) {
			if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
				_ = conn.Close()
			}
		}, 1, 2, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var requests, short atomic.Int64
			fake := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if requests.Add(1) <= c.bad {
					c.answer(w, r)
					return
				}
				if content, _ := io.ReadAll(r.Body); string(content) != large {
					short.Add(1)
				}
			}))
			defer fake.Close()
			o := options(fake.URL)
			reference := sdk.New(sdk.Options{
				Region: o.Region, BaseEndpoint: &fake.URL, UsePathStyle: true, Retryer: attempt.Retryer(), Credentials: o.Credentials,
				RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
			})
			for name, call := range map[string]func() error{
				"the client": func() error {
					_, err := s3.New(o).Do(t.Context(), put("k", large))
					return err
				},
				"the SDK": func() error {
					_, err := reference.PutObject(t.Context(), &sdk.PutObjectInput{Bucket: &o.Bucket, Key: aws.String("k"), Body: strings.NewReader(large)})
					return err
				},
			} {
				requests.Store(0)
				err := call()
				if requests.Load() != c.want || (err == nil) != c.ok || short.Load() > 0 {
					t.Errorf("%s: %d requests and %v, %d without the whole content, want %d and success: %t", name, requests.Load(), err, short.Load(), c.want, c.ok)
				}
			}
		})
	}
}

// TestDamagedAnswersAreErrors: an answer that is not the XML of S3 is an error, and so is an object
// that was not removed.
func TestDamagedAnswersAreErrors(t *testing.T) {
	answer := ""
	fake := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(answer)) }))
	defer fake.Close()
	client := s3.New(options(fake.URL))
	for _, c := range []struct {
		in   any
		text string
	}{
		{&s3.ListObjectsV2{Prefix: "p"}, `<ListBucketResult><Contents>`},
		{&s3.DeleteObjects{Keys: []string{"k"}}, `{}`},
		{&s3.DeleteObjects{Keys: []string{"k"}}, `<DeleteResult><Error><Key>k</Key><Code>AccessDenied</Code><Message>no</Message></Error></DeleteResult>`},
	} {
		answer = c.text
		if out, err := client.Do(t.Context(), c.in); err == nil {
			t.Errorf("%s: got %+v, want an error", c.text, out)
		}
	}
}

// TestCallEndsWithItsContext: a call whose context has ended sends nothing.
func TestCallEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	o, hosts := options(""), hostRecorder{}
	o.Transport = hosts
	if _, err := s3.New(o).Do(ctx, put("k", "x")); !errors.Is(err, context.Canceled) || len(hosts) != 0 {
		t.Errorf("%v and requests to %v, want %v and none", err, hosts, context.Canceled)
	}
}

// TestEndpointOfTheRegion: without an endpoint, the address is the one that the SDK finds.
func TestEndpointOfTheRegion(t *testing.T) {
	for region, want := range map[string]string{
		"us-east-1": "archive.s3.us-east-1.amazonaws.com", "eu-central-1": "archive.s3.eu-central-1.amazonaws.com", "cn-north-1": "archive.s3.cn-north-1.amazonaws.com.cn",
	} {
		ours, theirs := hostRecorder{}, hostRecorder{}
		o := options("")
		o.Region, o.Bucket, o.Transport = region, "archive", ours
		_, _ = s3.New(o).Do(t.Context(), &s3.GetObject{Key: "k"})
		reference := sdk.New(sdk.Options{Region: region, Credentials: o.Credentials, Retryer: aws.NopRetryer{}, HTTPClient: &http.Client{Transport: theirs}})
		_, _ = reference.GetObject(t.Context(), &sdk.GetObjectInput{Bucket: &o.Bucket, Key: aws.String("k")})
		if !ours[want] || !reflect.DeepEqual(ours, theirs) {
			t.Errorf("%s: got %v, the SDK %v, want %s", region, ours, theirs, want)
		}
	}
	o := options("localhost")
	if _, err := s3.New(o).Do(t.Context(), &s3.GetObject{Key: "k"}); err == nil || !strings.Contains(err.Error(), "address") {
		t.Errorf("an endpoint that is no address: got %v, want an error", err)
	}
}

// hostRecorder records the hosts of requests and answers none.
type hostRecorder map[string]bool

// RoundTrip implements http.RoundTripper.
func (h hostRecorder) RoundTrip(r *http.Request) (*http.Response, error) {
	h[r.URL.Host] = true
	return nil, os.ErrClosed
}

// TestLinkEqualsThatOfTheSDK compares links with those that the SDK signs, and reads an object by
// one.
func TestLinkEqualsThatOfTheSDK(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	server, err := object.Start(object.Options{Buckets: []string{"b"}, Now: func() time.Time { return at }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Stop() }()
	client := s3.New(options(server.Endpoint()))
	if _, err := client.Do(t.Context(), put("file/1/é +.gz", "content")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []aws.Credentials{
		{AccessKeyID: "AKID", SecretAccessKey: object.Secret}, {AccessKeyID: "AKID", SecretAccessKey: object.Secret, SessionToken: "token/with+odd=chars"},
	} {
		got, err := client.Link("file/1/é +.gz", c, at, 90*time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		address, _, _ := strings.Cut(got, "?")
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+"?X-Amz-Expires=5400", nil)
		if err != nil {
			t.Fatal(err)
		}
		want, _, err := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }).PresignHTTP(t.Context(), c, r, "UNSIGNED-PAYLOAD", "s3", "us-east-1", at)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(parse(t, got), parse(t, want)) {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		response, err := http.Get(got)
		if err != nil {
			t.Fatal(err)
		}
		content, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK || string(content) != "content" {
			t.Errorf("the link answers %d %s, want the object", response.StatusCode, content)
		}
	}
}

// parse returns the parameters of a link, with its address as one of them.
func parse(t *testing.T, link string) url.Values {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("address", u.Host+u.EscapedPath())
	return q
}
