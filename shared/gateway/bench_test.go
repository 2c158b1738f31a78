package gateway

import (
	"bufio"
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

// TestMain is also the server of the benchmarks, in a process of its own so that
// what is measured is the client alone.
func TestMain(m *testing.M) {
	if os.Getenv("PARLEY_BENCH_SERVER") == "" {
		os.Exit(m.Run())
	}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
	}))
	_, _ = os.Stdout.WriteString(server.URL + "\n")
	_, _ = io.Copy(io.Discard, os.Stdin)
	server.Close()
}

func benchServer(b *testing.B) string {
	b.Helper()
	cmd := exec.Command(os.Args[0]) //nolint:gosec // this test itself
	cmd.Env = append(os.Environ(), "PARLEY_BENCH_SERVER=1")
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
	return strings.TrimSpace(line)
}

func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

const inFlight = 64

func measure(b *testing.B, post func() error) {
	work := make(chan struct{})
	var group sync.WaitGroup
	for range inFlight {
		group.Go(func() {
			for range work {
				if err := post(); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for range 2 * inFlight { // opens the connections
		work <- struct{}{}
	}
	b.ResetTimer()
	before := cpu()
	for range b.N {
		work <- struct{}{}
	}
	close(work)
	group.Wait()
	b.ReportMetric(float64((cpu()-before).Microseconds())/float64(b.N), "cpu-µs/op")
}

func BenchmarkPost(b *testing.B) {
	endpoint := benchServer(b) + "/local"
	c := newClient(b, endpoint, aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret"})
	f := NewFrame([]byte(strings.Repeat("x", 700)))
	measure(b, func() error { return c.Post(b.Context(), "L0SM9cOFvHcCIhw=", f) })
}

func BenchmarkPostSDK(b *testing.B) {
	endpoint := benchServer(b) + "/local"
	sdk := apigatewaymanagementapi.New(apigatewaymanagementapi.Options{
		Region: "eu-central-1", BaseEndpoint: &endpoint,
		Credentials: provider(aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret"}),
		HTTPClient: awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
			t.MaxIdleConnsPerHost = 2 * inFlight
		}),
	})
	id, data := "L0SM9cOFvHcCIhw=", []byte(strings.Repeat("x", 700))
	measure(b, func() error {
		_, err := sdk.PostToConnection(b.Context(), &apigatewaymanagementapi.PostToConnectionInput{ConnectionId: &id, Data: data})
		return err
	})
}
