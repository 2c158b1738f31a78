package gateway

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
)

// TestMain is also the server of the benchmarks. The server runs in a process of its
// own, so that only the CPU of the client is measured.
func TestMain(m *testing.M) {
	kind := os.Getenv("PARLEY_BENCH_SERVER")
	if kind == "" {
		os.Exit(m.Run())
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
	}))
	line := ""
	if kind == "tls" {
		server.StartTLS()
		line = " " + base64.StdEncoding.EncodeToString(server.Certificate().Raw)
	} else {
		server.Start()
	}
	_, _ = os.Stdout.WriteString(server.URL + line + "\n")
	_, _ = io.Copy(io.Discard, os.Stdin)
	server.Close()
}

// benchServer starts a server and returns its address, and a TLS configuration that trusts
// it.
func benchServer(b *testing.B, kind string) (string, *tls.Config) {
	b.Helper()
	cmd := exec.Command(os.Args[0]) // this test itself
	cmd.Env = append(os.Environ(), "PARLEY_BENCH_SERVER="+kind)
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	address, encoded, isTLS := strings.Cut(strings.TrimSpace(line), " ")
	if !isTLS {
		return address, nil
	}
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		b.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(raw)
	if err != nil {
		b.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	return address, &tls.Config{RootCAs: roots}
}

// cpu returns the CPU time that this process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

const concurrentPosts = 64

// measure reports the CPU time of a post, with 64 posts in flight and all connections open.
func measure(b *testing.B, post func() error) {
	b.Helper()
	run := func(n int) {
		work := make(chan struct{})
		var group sync.WaitGroup
		for range concurrentPosts {
			group.Go(func() {
				for range work {
					if err := post(); err != nil {
						b.Error(err)
					}
				}
			})
		}
		for range n {
			work <- struct{}{}
		}
		close(work)
		group.Wait()
	}
	run(20 * concurrentPosts)
	b.ReportAllocs()
	b.ResetTimer()
	before := cpu()
	run(b.N)
	b.ReportMetric(float64((cpu()-before).Nanoseconds())/1e3/float64(b.N), "cpu-µs/post")
}

var benchCredentials = aws.Credentials{
	AccessKeyID: "AKID", SecretAccessKey: "secret", SessionToken: strings.Repeat("token", 200), // as long as the token of a role
}

func BenchmarkPostLean(b *testing.B) {
	for _, kind := range []string{"plain", "tls"} {
		b.Run(kind, func(b *testing.B) {
			address, trusted := benchServer(b, kind)
			c := newClient(b, address+"/local", benchCredentials)
			c.trust(trusted)
			f := NewFrame([]byte(strings.Repeat("x", 700)))
			measure(b, func() error { return c.Post(b.Context(), "L0SM9cOFvHcCIhw=", f) })
		})
	}
}

func BenchmarkPostSDK(b *testing.B) {
	for _, kind := range []string{"plain", "tls"} {
		b.Run(kind, func(b *testing.B) {
			address, trusted := benchServer(b, kind)
			endpoint := address + "/local"
			sdk := apigatewaymanagementapi.New(apigatewaymanagementapi.Options{
				Region: "eu-central-1", BaseEndpoint: &endpoint, Credentials: provider(benchCredentials),
				HTTPClient: awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
					t.MaxIdleConnsPerHost = 2 * concurrentPosts
					t.TLSClientConfig = trusted
				}),
			})
			id, data := "L0SM9cOFvHcCIhw=", []byte(strings.Repeat("x", 700))
			measure(b, func() error {
				_, err := sdk.PostToConnection(b.Context(),
					&apigatewaymanagementapi.PostToConnectionInput{ConnectionId: &id, Data: data})
				return err
			})
		})
	}
}
