package gateway

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"parley/infra/local/template"
)

// bareAPI is a WebSocket API without any function.
func bareAPI() template.API {
	return template.API{ID: "wsapi", Stage: "dev", WebSocket: true, Socket: []template.SocketRoute{
		{Key: "$connect"}, {Key: "p", Mock: &template.Mock{}}}}
}

// serveBare starts a gateway without functions.
func serveBare(t testing.TB, o Options) (*Gateway, *httptest.Server) {
	o.Socket = bareAPI()
	g := New(o)
	s := httptest.NewServer(g.Socket())
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := g.Close(ctx); err != nil {
			t.Errorf("Close: %v", err)
		}
		s.Close()
	})
	return g, s
}

// openBare opens connections and uses plain sockets as clients. A client library would
// use more memory in this process than the gateway does.
func openBare(t testing.TB, s *httptest.Server, n int) []net.Conn {
	all := make([]net.Conn, n)
	answer := make([]byte, 4096)
	for i := range all {
		c, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		fmt.Fprint(c, "GET /dev HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
		if k, err := c.Read(answer); err != nil || !bytes.HasPrefix(answer[:k], []byte("HTTP/1.1 101")) {
			t.Fatalf("handshake: %q %v", answer[:k], err)
		}
		all[i] = c
	}
	return all
}

// memory returns how many bytes the heap and the stacks use.
func memory() float64 {
	var m runtime.MemStats
	for range 3 { // stacks shrink and pools empty over several cycles
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc + m.StackInuse)
}

// idleMemory returns how many bytes each of n idle connections needs, together with
// its client, which is in this process too.
func idleMemory(t testing.TB, n int) float64 {
	g, s := serveBare(t, Options{})
	openBare(t, s, 1)
	before := memory()
	clients := openBare(t, s, n)
	for g.Counters().Open != int64(n+1) {
		runtime.Gosched()
	}
	after := memory()
	runtime.KeepAlive(clients)
	return (after - before) / float64(n)
}

func TestIdleConnectionNeedsLittleMemory(t *testing.T) {
	const n, bound = 500, 8 << 10
	if got := idleMemory(t, n); got > bound {
		t.Errorf("got %.0f bytes for each idle connection, want at most %d", got, bound)
	}
}

// BenchmarkIdle reports the memory of idle connections.
func BenchmarkIdle(b *testing.B) {
	for _, n := range []int{500, 2000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for range b.N {
				b.ReportMetric(idleMemory(b, n), "B/socket")
			}
		})
	}
}

// BenchmarkPost measures one post of 700 bytes to one of 100 connections: over HTTP to
// the gateway and on to the client. The CPU time includes the caller and the client,
// which do very little; most of it is that of the gateway.
func BenchmarkPost(b *testing.B) {
	g, s := serveBare(b, Options{})
	const n = 100
	for _, c := range openBare(b, s, n) {
		go io.Copy(io.Discard, c)
	}
	body := `{"event":"message.new","body":"` + strings.Repeat("x", 660) + `"}`
	var requests [][]byte
	for _, c := range g.registry.all() {
		requests = append(requests, fmt.Appendf(nil, "POST /dev/@connections/%s HTTP/1.1\r\nHost: %s\r\nUser-Agent: bench\r\n"+
			"Content-Length: %d\r\nAuthorization: AWS4-HMAC-SHA256 Credential=a/b/c, SignedHeaders=host;x-amz-date, Signature=0\r\n"+
			"X-Amz-Date: 20250101T000000Z\r\nAccept-Encoding: gzip\r\n\r\n%s",
			strings.Replace(c.id, "=", "%3D", 1), s.Listener.Addr(), len(body), body))
	}
	start := cpuTime()
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(p *testing.PB) {
		c, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			b.Error(err)
			return
		}
		defer c.Close()
		answer := make([]byte, 4096)
		for i := 0; p.Next(); i++ {
			if _, err := c.Write(requests[i%n]); err != nil {
				b.Error(err)
				return
			}
			// The answer has no body and comes in one piece.
			k, err := c.Read(answer)
			if err != nil || !bytes.HasPrefix(answer[:k], []byte("HTTP/1.1 200 ")) || !bytes.HasSuffix(answer[:k], []byte("\r\n\r\n")) {
				b.Errorf("got %q %v, want 200", answer[:k], err)
				return
			}
		}
	})
	b.StopTimer()
	b.ReportMetric(float64(cpuTime()-start)/1000/float64(b.N), "cpu-µs/op")
}

// BenchmarkHandler measures a post without HTTP: the handler, the queue and the write
// to a socket.
func BenchmarkHandler(b *testing.B) {
	g, s := serveBare(b, Options{Queue: 1 << 30})
	c := openBare(b, s, 1)[0]
	go func() {
		buffer := make([]byte, 1<<16)
		for {
			if _, err := c.Read(buffer); err != nil {
				return
			}
		}
	}()
	url := "/dev/@connections/" + g.registry.all()[0].id
	body := bytes.Repeat([]byte("x"), 700)
	h := g.Socket()
	start := cpuTime()
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("POST", url, bytes.NewReader(body)))
		if w.Code != http.StatusOK {
			b.Fatalf("got %d, want 200", w.Code)
		}
	}
	b.ReportMetric(float64(cpuTime()-start)/1000/float64(b.N), "cpu-µs/op")
}

func cpuTime() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
