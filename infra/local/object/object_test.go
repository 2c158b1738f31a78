package object

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
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
	if _, err := Start(Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "another local cloud") {
		t.Errorf("a second server on the same data: %v", err)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	s = open()
	defer func() { _ = s.Stop() }()
	out, err := client(s.Endpoint()).GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("b"), Key: aws.String("part/1")})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close()
	if text, err := io.ReadAll(out.Body); err != nil || string(text) != "kept" {
		t.Errorf("got %q, %v", text, err)
	}
}
