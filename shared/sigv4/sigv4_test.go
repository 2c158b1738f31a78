package sigv4

import (
	"bufio"
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// TestSigningKeyDependsOnDayAndSecret: another day or secret has another key.
func TestSigningKeyDependsOnDayAndSecret(t *testing.T) {
	s := New("r", "execute-api")
	key := func(stamp, secret string) signingKey {
		at := [stampLength]byte([]byte(stamp))
		return s.signingKey(&at, secret)
	}
	first := key("20260301T000000Z", "a")
	for _, other := range [][2]string{{"20260302T000000Z", "a"}, {"20260301T000000Z", "b"}} {
		if key(other[0], other[1]) == first {
			t.Errorf("the key of %v is the first one", other)
		}
	}
	if got := key("20260301T235959Z", "a"); got != first {
		t.Errorf("the key of the same day and secret: got %x, want %x", got, first)
	}
}

// TestSignIsHMAC compares signatures of texts of many lengths with those of the standard library.
func TestSignIsHMAC(t *testing.T) {
	key := signingKey(mac([]byte("a"), []byte("key")))
	for n := range 1200 {
		text := bytes.Repeat([]byte{'x'}, n)
		if got := key.sign(text); !bytes.Equal(got[:], mac(key[:], text)) {
			t.Fatalf("%d bytes: another signature", n)
		}
	}
}

// day is the time of the signatures of this test.
var day = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// TestHeaderEqualsThatOfTheSDK compares signatures of random requests to DynamoDB, and of DELETE
// requests, with those of the SDK. Package gateway compares those of posts.
func TestHeaderEqualsThatOfTheSDK(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 500 {
		c := aws.Credentials{AccessKeyID: fmt.Sprintf("AKID%d", i%3), SecretAccessKey: fmt.Sprintf("s/%d+", i%2)}
		if i%2 == 1 {
			c.SessionToken = "token/with+odd=chars"
		}
		at := day.Add(time.Duration(random.IntN(100000)) * time.Hour)
		body := bytes.Repeat([]byte{'x'}, random.IntN(400))
		host := "dynamodb.eu-central-1.amazonaws.com"
		in := Request{Method: http.MethodPost, Host: host, Path: "/", ContentType: "application/x-amz-json-1.0", Target: "DynamoDB_20120810.GetItem"}
		if i%5 == 0 {
			in, body = Request{Method: http.MethodDelete, Host: host, Path: "/local/@connections/a%3D"}, nil
		}
		in.Length, in.Hash = len(body), Hash(body)
		r, err := http.NewRequestWithContext(t.Context(), in.Method, "https://"+host+in.Path, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if in.ContentType != "" {
			r.Header.Set("Content-Type", in.ContentType)
			r.Header.Set("X-Amz-Target", in.Target)
		}
		if err := v4.NewSigner().SignHTTP(t.Context(), c, r, Hash(body), "dynamodb", "eu-central-1", at); err != nil {
			t.Fatal(err)
		}
		signer := New("eu-central-1", "dynamodb")
		got := signer.Header(in, c, at)
		if lines := parse(t, signer.Append([]byte("Before: x\r\n"), &in, &c, at)); lines.Get("Before") != "x" || len(lines) != len(got)+1 {
			t.Fatalf("case %d: got the lines %v, want those of %v", i, lines, got)
		} else {
			got = lines
		}
		for _, name := range []string{"Authorization", "X-Amz-Date", "X-Amz-Security-Token", "X-Amz-Target", "Content-Type"} {
			if got.Get(name) != r.Header.Get(name) {
				t.Fatalf("case %d: %s: got %q, want %q", i, name, got.Get(name), r.Header.Get(name))
			}
		}
	}
}

// parse returns the headers of lines.
func parse(t *testing.T, lines []byte) http.Header {
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(slices.Concat([]byte("GET / HTTP/1.1\r\nHost: x\r\n"), lines, []byte("\r\n")))))
	if err != nil {
		t.Fatal(err)
	}
	return r.Header
}

// TestHeaderOfS3EqualsThatOfTheSDK compares signatures of random requests to S3.
func TestHeaderOfS3EqualsThatOfTheSDK(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for i := range 200 {
		c := aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: fmt.Sprintf("s/%d+", i%2)}
		if i%2 == 1 {
			c.SessionToken = "token/with+odd=chars"
		}
		body := bytes.Repeat([]byte{'x'}, random.IntN(400))
		in := Request{Method: http.MethodPut, Host: "b.s3.eu-central-1.amazonaws.com", Path: "/part/1/" + Escape("é +&") + ".gz", ContentType: "application/gzip", S3: true}
		if i%5 == 0 {
			in, body = Request{Method: http.MethodGet, Host: in.Host, Path: "/", Query: "list-type=2&prefix=" + Escape("a/ +"), S3: true}, nil
		}
		in.Length, in.Hash = len(body), Hash(body)
		r, err := http.NewRequestWithContext(t.Context(), in.Method, "https://"+in.Host+in.Path+"?"+in.Query, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Amz-Content-Sha256", in.Hash)
		if in.ContentType != "" {
			r.Header.Set("Content-Type", in.ContentType)
		}
		signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
		if err := signer.SignHTTP(t.Context(), c, r, in.Hash, "s3", "eu-central-1", day); err != nil {
			t.Fatal(err)
		}
		got := New("eu-central-1", "s3").Header(in, c, day)
		for _, name := range []string{"Authorization", "X-Amz-Date", "X-Amz-Security-Token", "X-Amz-Content-Sha256", "Content-Type"} {
			if got.Get(name) != r.Header.Get(name) {
				t.Fatalf("case %d: %s: got %q, want %q", i, name, got.Get(name), r.Header.Get(name))
			}
		}
	}
}

func BenchmarkSign(b *testing.B) {
	s := New("eu-central-1", "execute-api")
	r := Request{
		Method: http.MethodPost, Host: "id.execute-api.eu-central-1.amazonaws.com", Path: "/local/@connections/L0SM9cOFvHcCIhw%3D",
		ContentType: "application/octet-stream", Length: 700, Hash: Hash(make([]byte, 700)),
	}
	c := aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret", SessionToken: strings.Repeat("token", 200)}
	var lines []byte
	b.ReportAllocs()
	for b.Loop() {
		lines = s.Append(lines[:0], &r, &c, day)
	}
}
