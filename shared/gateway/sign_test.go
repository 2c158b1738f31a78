package gateway

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
	"github.com/aws/smithy-go/encoding/httpbinding"

	"parley/shared/sigv4"
)

// reference returns the header Authorization that the SDK gives to a post.
func reference(tb testing.TB, address string, body []byte, c aws.Credentials, region string, at time.Time) string {
	tb.Helper()
	r, err := http.NewRequest(http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/octet-stream")
	if err := v4.NewSigner().SignHTTP(tb.Context(), c, r, NewFrame(body).hash, "execute-api", region, at); err != nil {
		tb.Fatal(err)
	}
	return r.Header.Get("Authorization")
}

// pick returns a random element.
func pick[T any](r *rand.Rand, of []T) T { return of[r.IntN(len(of))] }

// oddID returns an id of random bytes. Every second byte has a meaning in an address.
func oddID(r *rand.Rand) string {
	id := make([]byte, 1+r.IntN(20))
	for i := range id {
		if id[i] = byte(r.IntN(256)); r.IntN(2) == 0 {
			id[i] = pick(r, []byte("=+/%?#&;:@ ~.-_$!*'()[]\"\\^\x00\r\n"))
		}
	}
	return string(id)
}

// TestSignatureEqualsThatOfTheSDK compares signatures of random posts.
func TestSignatureEqualsThatOfTheSDK(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	hosts := []string{
		"http://127.0.0.1:8080", "http://[::1]:99", "http://localhost", "http://localhost:80", "https://localhost:443",
		"http://localhost:443", "https://localhost:80", "https://abc123.execute-api.eu-central-1.amazonaws.com",
	}
	stages := []string{"", "/", "/local", "/prod_1", "/a/b", "/$default"}
	for i := range 5000 {
		endpoint, region := pick(random, hosts)+pick(random, stages), pick(random, []string{"eu-central-1", "us-east-1"})
		connection := oddID(random)
		if i%4 == 0 {
			connection = "L0SM9cOFvHcCIhw="
		}
		c := aws.Credentials{AccessKeyID: fmt.Sprintf("AKID%d", i%3), SecretAccessKey: fmt.Sprintf("s/%d+", i%2)}
		if i%2 == 1 {
			c.SessionToken = pick(random, []string{"token/with+odd=chars", strings.Repeat("long", 300)})
		}
		at := day.Add(time.Duration(random.IntN(100000)) * time.Hour).In(time.FixedZone("", random.IntN(20)*3600))
		frame := NewFrame(bytes.Repeat([]byte{'x'}, random.IntN(5)*random.IntN(400)))

		client, err := New(Options{Endpoint: endpoint, Region: region, Credentials: provider(c)})
		if err != nil {
			t.Fatal(err)
		}
		path := client.prefix + sigv4.Escape(connection)
		signed := client.signed(path, frame)
		lines := append([]byte("POST / HTTP/1.1\r\nHost: x\r\n"), client.signer.Append(nil, &signed, &c, at)...)
		request, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(append(lines, "\r\n"...))))
		if err != nil {
			t.Fatal(err)
		}
		header := request.Header
		address := strings.TrimSuffix(endpoint, "/") + "/@connections/" + httpbinding.EscapePath(connection, true)
		want := reference(t, address, frame.body, c, region, at)
		if got := header.Get("Authorization"); got != want {
			t.Fatalf("case %d: endpoint %q, connection %q, %d bytes\ngot  %s\nwant %s", i, endpoint, connection, len(frame.body), got, want)
		}
		if got, want := header.Get("X-Amz-Date"), at.UTC().Format("20060102T150405Z"); got != want {
			t.Fatalf("case %d: X-Amz-Date: got %s, want %s", i, got, want)
		}
		if got, want := header.Get("X-Amz-Security-Token"), c.SessionToken; got != want {
			t.Fatalf("case %d: token: got %q, want %q", i, got, want)
		}
	}
}

// wire is a post as the server receives it, without the headers in which the SDK names
// itself.
type wire struct {
	method, uri, host, contentType, length, encoding, token, body, signed string
}

// wireOf returns what the server has received.
func wireOf(r *http.Request) wire {
	body, _ := io.ReadAll(r.Body)
	_, signed, _ := strings.Cut(r.Header.Get("Authorization"), "SignedHeaders=")
	signed, _, _ = strings.Cut(signed, ",")
	names := slices.DeleteFunc(strings.Split(signed, ";"), func(name string) bool { return strings.HasPrefix(name, "amz-sdk-") })
	return wire{
		r.Method, r.RequestURI, r.Host, r.Header.Get("Content-Type"), r.Header.Get("Content-Length"),
		strings.Join(r.TransferEncoding, ","), r.Header.Get("X-Amz-Security-Token"), string(body), strings.Join(names, ";"),
	}
}

// TestRequestEqualsThatOfTheSDK compares the requests that a server receives.
func TestRequestEqualsThatOfTheSDK(t *testing.T) {
	var got wire
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = wireOf(r) }))
	defer server.Close()
	random := rand.New(rand.NewPCG(3, 4))
	connections := []string{"L0SM9cOFvHcCIhw=", "a+b/c=", "plain", "with space", ".", "..", "a/../b", "é", "%3D", "\r\nX: y"}
	for range 200 {
		connections = append(connections, oddID(random))
	}
	for i, connection := range connections {
		endpoint := server.URL + pick(random, []string{"", "/", "/local", "/a/b", "/$default"})
		c := aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret", SessionToken: pick(random, []string{"", "token+/="})}
		frame := []byte(pick(random, []string{"", "frame", strings.Repeat("é", 9000)}))
		sdk := apigatewaymanagementapi.New(apigatewaymanagementapi.Options{
			Region: "eu-central-1", Credentials: provider(c), BaseEndpoint: &endpoint,
		})
		if _, err := sdk.PostToConnection(t.Context(), &apigatewaymanagementapi.PostToConnectionInput{
			ConnectionId: &connection, Data: frame,
		}); err != nil {
			t.Fatal(err)
		}
		want := got
		client := newClient(t, endpoint, c)
		if err := client.Post(t.Context(), connection, NewFrame(frame)); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("case %d: endpoint %q, connection %q\ngot  %.300q\nwant %.300q", i, endpoint, connection, got, want)
		}
		if _, err := sdk.DeleteConnection(t.Context(), &apigatewaymanagementapi.DeleteConnectionInput{ConnectionId: &connection}); err != nil {
			t.Fatal(err)
		}
		want = got
		if err := client.Disconnect(t.Context(), connection); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("case %d: disconnect: endpoint %q, connection %q\ngot  %.300q\nwant %.300q", i, endpoint, connection, got, want)
		}
	}
}
