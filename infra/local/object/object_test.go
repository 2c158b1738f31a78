package object

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
)

var now = time.Date(2026, 11, 24, 20, 0, 0, 0, time.UTC)

func client(endpoint string) *s3.Client {
	return s3.New(s3.Options{
		Region: "us-east-1", BaseEndpoint: &endpoint, UsePathStyle: true,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "someone", SecretAccessKey: Secret}, nil
		}),
	})
}

func put(t *testing.T, endpoint, name, text string) {
	t.Helper()
	_, err := client(endpoint).PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("b"), Key: &name, Body: strings.NewReader(text)})
	if err != nil {
		t.Fatal(err)
	}
}

// presign signs with the SDK's signer, which shares no code with checkPresigned.
func presign(t *testing.T, caller aws.Credentials, method, url string, header http.Header, at time.Time) (string, http.Header) {
	t.Helper()
	r, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		r.Header[name] = values
	}
	signed, headers, err := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }).
		PresignHTTP(t.Context(), caller, r, "UNSIGNED-PAYLOAD", "s3", "us-east-1", at)
	if err != nil {
		t.Fatal(err)
	}
	return signed, headers
}

func TestPresignedURLIsChecked(t *testing.T) {
	clock := now
	s, err := Start(Options{Buckets: []string{"b"}, Now: func() time.Time { return clock }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Stop() }()
	put(t, s.Endpoint(), "file/a b+c/x.gz", "content")
	put(t, s.Endpoint(), "file/other", "other")
	caller := aws.Credentials{AccessKeyID: "LOCAL1", SecretAccessKey: Secret}
	token := aws.Credentials{AccessKeyID: "LOCAL1", SecretAccessKey: Secret, SessionToken: "a/b+c="}
	stranger := aws.Credentials{AccessKeyID: "LOCAL1", SecretAccessKey: "guess"}
	address := s.Endpoint() + "/b/file/a%20b%2Bc/x.gz?X-Amz-Expires=3600"
	valid, _ := presign(t, caller, http.MethodGet, address, nil, now)
	extra := http.Header{"X-Amz-Meta-Test": {"yes"}}
	withHeader, _ := presign(t, caller, http.MethodGet, address, extra, now)
	tokened, _ := presign(t, token, http.MethodGet, address, nil, now)
	forged, _ := presign(t, stranger, http.MethodGet, address, nil, now)
	head, _ := presign(t, caller, http.MethodHead, address, nil, now)
	long, _ := presign(t, caller, http.MethodGet, strings.Replace(address, "3600", "604801", 1), nil, now)
	week, _ := presign(t, caller, http.MethodGet, strings.Replace(address, "3600", "604800", 1), nil, now)
	without := func(name string) string {
		base, query, _ := strings.Cut(valid, "?")
		var others []string
		for _, p := range strings.Split(query, "&") {
			if !strings.HasPrefix(p, name+"=") {
				others = append(others, p)
			}
		}
		return base + "?" + strings.Join(others, "&")
	}
	for _, c := range []struct {
		name, method, url string
		header            http.Header
		after             time.Duration
		want              int
		contains          string
	}{
		{"a valid URL", "GET", valid, nil, 0, 200, "content"},
		{"accepted in its last second", "GET", valid, nil, 3599 * time.Second, 200, "content"},
		{"refused after it has expired", "GET", valid, nil, 3600 * time.Second, 403, "expired"},
		{"accepted if it was signed 15 minutes in the future", "GET", valid, nil, -15 * time.Minute, 200, "content"},
		{"refused if it was signed more than 15 minutes in the future", "GET", valid, nil, -15*time.Minute - time.Second, 403, "expired"},
		{"a URL that is valid for a week", "GET", week, nil, 604799 * time.Second, 200, "content"},
		{"refused if it is valid for more than a week", "GET", long, nil, 0, 403, "X-Amz-Expires"},
		{"a URL with a session token", "GET", tokened, nil, 0, 200, "content"},
		{"refused without the session token that was signed", "GET", strings.Replace(tokened, "X-Amz-Security-Token", "X-Other", 1), nil, 0, 403, "SignatureDoesNotMatch"},
		{"a URL with a signed header", "GET", withHeader, extra, 0, 200, "content"},
		{"refused without the signed header", "GET", withHeader, nil, 0, 403, "SignatureDoesNotMatch"},
		{"refused with another value of the signed header", "GET", withHeader, http.Header{"X-Amz-Meta-Test": {"no"}}, 0, 403, "SignatureDoesNotMatch"},
		{"refused with another method", "PUT", valid, nil, 0, 403, "SignatureDoesNotMatch"},
		{"refused if it was signed for another method", "GET", head, nil, 0, 403, "SignatureDoesNotMatch"},
		{"refused for another object", "GET", strings.Replace(valid, "a%20b%2Bc/x.gz", "other", 1), nil, 0, 403, "SignatureDoesNotMatch"},
		{"refused with a longer validity", "GET", strings.Replace(valid, "=3600", "=7200", 1), nil, 0, 403, "SignatureDoesNotMatch"},
		{"refused with a later date", "GET", strings.Replace(valid, "T200000Z", "T210000Z", 1), nil, 0, 403, "SignatureDoesNotMatch"},
		{"refused with an added parameter", "GET", valid + "&response-content-type=text/html", nil, 0, 403, "SignatureDoesNotMatch"},
		{"refused with a parameter twice", "GET", valid + "&X-Amz-Expires=9999", nil, 0, 403, "twice"},
		{"refused if it was signed with another secret", "GET", forged, nil, 0, 403, "SignatureDoesNotMatch"},
		{"refused without a signature", "GET", without("X-Amz-Signature"), nil, 0, 403, "missing"},
		{"refused without an algorithm", "GET", without("X-Amz-Algorithm"), nil, 0, 403, "missing"},
		{"refused without signed headers", "GET", without("X-Amz-SignedHeaders"), nil, 0, 403, "missing"},
		{"refused without any signing parameter", "GET", s.Endpoint() + "/b/file/other", nil, 0, 403, "AccessDenied"},
		{"a list of the bucket is refused without a signature", "GET", s.Endpoint() + "/b", nil, 0, 403, "AccessDenied"},
	} {
		t.Run(c.name, func(t *testing.T) {
			clock = now.Add(c.after)
			r, err := http.NewRequest(c.method, c.url, nil)
			if err != nil {
				t.Fatal(err)
			}
			for name, values := range c.header {
				r.Header[name] = values
			}
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			body, err := io.ReadAll(res.Body)
			if err != nil || res.StatusCode != c.want || !bytes.Contains(body, []byte(c.contains)) {
				t.Errorf("got %d %s, %v, want %d with %q", res.StatusCode, body, err, c.want, c.contains)
			}
		})
	}
}

func TestObjectsAreStoredOnDisk(t *testing.T) {
	dir := t.TempDir()
	open := func() *Server {
		s, err := Start(Options{Dir: dir, Buckets: []string{"b"}})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open()
	put(t, s.Endpoint(), "part/1", "kept")
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	s = open()
	defer func() { _ = s.Stop() }()
	if got := get(t, s.Endpoint(), "part/1", ""); got != "kept" {
		t.Errorf("got %q", got)
	}
}

// get returns an object, or a range of it. If it cannot be read, get returns the code of the
// error.
func get(t *testing.T, endpoint, name, byteRange string) string {
	t.Helper()
	in := &s3.GetObjectInput{Bucket: aws.String("b"), Key: &name}
	if byteRange != "" {
		in.Range = &byteRange
	}
	out, err := client(endpoint).GetObject(t.Context(), in)
	if err != nil {
		return codeOf(err)
	}
	defer out.Body.Close()
	text, err := io.ReadAll(out.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// codeOf returns the code of an error of S3.
func codeOf(err error) string {
	var known smithy.APIError
	if errors.As(err, &known) {
		return known.ErrorCode()
	}
	return err.Error()
}

// TestCalls makes the calls of S3 that Parley makes with the client that it makes them with.
func TestCalls(t *testing.T) {
	s, err := Start(Options{Buckets: []string{"b", "other"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Stop() }()
	bucket, c := aws.String("b"), client(s.Endpoint())
	names := []string{"a/1", "a/10", "a/2", "a/2/x", "a/%2F", "a/b c+d&é?#", "ab", "..", "."}
	for _, name := range names {
		put(t, s.Endpoint(), name, "content of "+name)
	}
	for _, name := range names {
		if got, want := get(t, s.Endpoint(), name, ""), "content of "+name; got != want {
			t.Errorf("%s: got %q", name, got)
		}
	}

	put(t, s.Endpoint(), "ab", "new")
	if got := get(t, s.Endpoint(), "ab", ""); got != "new" {
		t.Errorf("after a second PUT: got %q", got)
	}
	if got := get(t, s.Endpoint(), "ab", "bytes=1-"); got != "ew" {
		t.Errorf("a range: got %q", got)
	}
	if got := get(t, s.Endpoint(), "nothing", ""); got != "NoSuchKey" {
		t.Errorf("an object that does not exist: got %q", got)
	}
	head, err := c.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: bucket, Key: aws.String("ab")})
	if err != nil || *head.ContentLength != 3 || *head.ETag != `"22af645d1859cb5ca6da0c484f1f37ea"` {
		t.Errorf("HEAD: got %+v, %v", head, err)
	}

	// The list is in the order of bytes, page by page.
	var listed []string
	pages := s3.NewListObjectsV2Paginator(c, &s3.ListObjectsV2Input{Bucket: bucket, Prefix: aws.String("a/"), MaxKeys: aws.Int32(2)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Contents) > 2 {
			t.Errorf("a page of %d objects", len(page.Contents))
		}
		for _, o := range page.Contents {
			listed = append(listed, *o.Key)
			if *o.Size != int64(len("content of "+*o.Key)) {
				t.Errorf("%s has %d bytes", *o.Key, *o.Size)
			}
		}
	}
	if want := []string{"a/%2F", "a/1", "a/10", "a/2", "a/2/x", "a/b c+d&é?#"}; !slices.Equal(listed, want) {
		t.Errorf("listed %q, want %q", listed, want)
	}

	remove := &s3.DeleteObjectsInput{Bucket: bucket, Delete: &types.Delete{Quiet: aws.Bool(true)}}
	for _, name := range []string{"a/1", "a/b c+d&é?#", "nothing"} {
		remove.Delete.Objects = append(remove.Delete.Objects, types.ObjectIdentifier{Key: &name})
	}
	if out, err := c.DeleteObjects(t.Context(), remove); err != nil || len(out.Errors) > 0 {
		t.Errorf("DeleteObjects: %+v, %v", out, err)
	}
	if _, err := c.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: bucket, Key: aws.String("a/10")}); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"a/1", "a/10", "a/b c+d&é?#"} {
		if got := get(t, s.Endpoint(), name, ""); got != "NoSuchKey" {
			t.Errorf("%s is removed: got %q", name, got)
		}
	}

	// What Parley does not call is refused.
	_, err1 := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("strange"), Key: aws.String("a")})
	_, err2 := c.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: bucket, Key: aws.String("a")})
	_, err3 := c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: bucket, Key: aws.String("ab"), VersionId: aws.String("1")})
	_, err4 := c.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: bucket, Delimiter: aws.String("/")})
	_, err5 := c.CopyObject(t.Context(), &s3.CopyObjectInput{Bucket: bucket, Key: aws.String("a"), CopySource: aws.String("b/ab")})
	_, err6 := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: bucket, Key: aws.String(strings.Repeat("a", 300))})
	for i, want := range []string{"NoSuchBucket", "NotImplemented", "NotImplemented", "NotImplemented", "NotImplemented", "KeyTooLongError"} {
		if got := codeOf([]error{err1, err2, err3, err4, err5, err6}[i]); got != want {
			t.Errorf("call %d: got %s, want %s", i+1, got, want)
		}
	}
}

// TestReadersSeeWholeObjects writes and reads an object at the same time.
func TestReadersSeeWholeObjects(t *testing.T) {
	s, err := Start(Options{Buckets: []string{"b"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Stop() }()
	put(t, s.Endpoint(), "x", strings.Repeat("0", 10_000))
	var writers sync.WaitGroup
	for n := range 4 {
		writers.Go(func() {
			for range 5 {
				put(t, s.Endpoint(), "x", strings.Repeat(strconv.Itoa(n), 10_000))
			}
		})
	}
	for range 20 {
		got := get(t, s.Endpoint(), "x", "")
		if len(got) != 10_000 || strings.Trim(got, got[:1]) != "" {
			t.Errorf("got %d bytes that are not of one PUT", len(got))
		}
	}
	writers.Wait()
}
