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

// The address is made by the SDK's signer: the check is of another making.
func presign(t *testing.T, who aws.Credentials, method, url string, header http.Header, at time.Time) (string, http.Header) {
	t.Helper()
	r, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		r.Header[name] = values
	}
	signed, headers, err := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }).
		PresignHTTP(t.Context(), who, r, "UNSIGNED-PAYLOAD", "s3", "us-east-1", at)
	if err != nil {
		t.Fatal(err)
	}
	return signed, headers
}

func TestPresigned(t *testing.T) {
	clock := now
	s, err := Start(Options{Buckets: []string{"b"}, Now: func() time.Time { return clock }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Stop() }()
	put(t, s.Endpoint(), "file/a b+c/x.gz", "content")
	put(t, s.Endpoint(), "file/other", "other")
	who := aws.Credentials{AccessKeyID: "LOCAL1", SecretAccessKey: Secret}
	token := aws.Credentials{AccessKeyID: "LOCAL1", SecretAccessKey: Secret, SessionToken: "a/b+c="}
	stranger := aws.Credentials{AccessKeyID: "LOCAL1", SecretAccessKey: "guess"}
	address := s.Endpoint() + "/b/file/a%20b%2Bc/x.gz?X-Amz-Expires=3600"
	good, _ := presign(t, who, http.MethodGet, address, nil, now)
	extra := http.Header{"X-Amz-Meta-Test": {"yes"}}
	withHeader, _ := presign(t, who, http.MethodGet, address, extra, now)
	tokened, _ := presign(t, token, http.MethodGet, address, nil, now)
	forged, _ := presign(t, stranger, http.MethodGet, address, nil, now)
	head, _ := presign(t, who, http.MethodHead, address, nil, now)
	long, _ := presign(t, who, http.MethodGet, strings.Replace(address, "3600", "604801", 1), nil, now)
	week, _ := presign(t, who, http.MethodGet, strings.Replace(address, "3600", "604800", 1), nil, now)
	without := func(name string) string {
		base, query, _ := strings.Cut(good, "?")
		var kept []string
		for _, p := range strings.Split(query, "&") {
			if !strings.HasPrefix(p, name+"=") {
				kept = append(kept, p)
			}
		}
		return base + "?" + strings.Join(kept, "&")
	}
	for _, c := range []struct {
		name, method, url string
		header            http.Header
		after             time.Duration
		want              int
		says              string
	}{
		{"good", "GET", good, nil, 0, 200, "content"},
		{"in its last second", "GET", good, nil, 3599 * time.Second, 200, "content"},
		{"expired", "GET", good, nil, 3600 * time.Second, 403, "expired"},
		{"a little before its time", "GET", good, nil, -15 * time.Minute, 200, "content"},
		{"long before its time", "GET", good, nil, -15*time.Minute - time.Second, 403, "expired"},
		{"a week", "GET", week, nil, 604799 * time.Second, 200, "content"},
		{"more than a week", "GET", long, nil, 0, 403, "X-Amz-Expires"},
		{"with a session token", "GET", tokened, nil, 0, 200, "content"},
		{"without the token that was signed", "GET", strings.Replace(tokened, "X-Amz-Security-Token", "X-Other", 1), nil, 0, 403, "SignatureDoesNotMatch"},
		{"with a signed header", "GET", withHeader, extra, 0, 200, "content"},
		{"without the signed header", "GET", withHeader, nil, 0, 403, "SignatureDoesNotMatch"},
		{"with another value of it", "GET", withHeader, http.Header{"X-Amz-Meta-Test": {"no"}}, 0, 403, "SignatureDoesNotMatch"},
		{"by another method", "PUT", good, nil, 0, 403, "SignatureDoesNotMatch"},
		{"signed for another method", "GET", head, nil, 0, 403, "SignatureDoesNotMatch"},
		{"of another object", "GET", strings.Replace(good, "a%20b%2Bc/x.gz", "other", 1), nil, 0, 403, "SignatureDoesNotMatch"},
		{"with a longer life", "GET", strings.Replace(good, "=3600", "=7200", 1), nil, 0, 403, "SignatureDoesNotMatch"},
		{"with a later date", "GET", strings.Replace(good, "T200000Z", "T210000Z", 1), nil, 0, 403, "SignatureDoesNotMatch"},
		{"with another parameter", "GET", good + "&response-content-type=text/html", nil, 0, 403, "SignatureDoesNotMatch"},
		{"with a parameter twice", "GET", good + "&X-Amz-Expires=9999", nil, 0, 403, "twice"},
		{"with the secret of another", "GET", forged, nil, 0, 403, "SignatureDoesNotMatch"},
		{"without a signature", "GET", without("X-Amz-Signature"), nil, 0, 403, "missing"},
		{"without an algorithm", "GET", without("X-Amz-Algorithm"), nil, 0, 403, "missing"},
		{"without signed headers", "GET", without("X-Amz-SignedHeaders"), nil, 0, 403, "missing"},
		{"not signed at all", "GET", s.Endpoint() + "/b/file/other", nil, 0, 403, "AccessDenied"},
		{"a list of the bucket by nobody", "GET", s.Endpoint() + "/b", nil, 0, 403, "AccessDenied"},
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
			if err != nil || res.StatusCode != c.want || !bytes.Contains(body, []byte(c.says)) {
				t.Errorf("got %d %s, %v, want %d with %q", res.StatusCode, body, err, c.want, c.says)
			}
		})
	}
}

func TestOnDisk(t *testing.T) {
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
