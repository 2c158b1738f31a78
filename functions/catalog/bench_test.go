package catalog

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"

	"parley/infra/testkit"
	"parley/shared/op"
	"parley/shared/telemetry"
)

// A benchmark measures the function of one operation: the whole chain, from the event to
// the answer and the log line. DynamoDB Local is another process, and its CPU time is not
// measured. Posts and jobs are recorded and not sent.
type benchmark struct {
	operation string
	seed      string
	// request returns the n-th request, as a case table writes it.
	request func(n int) string
	// every is how far the clock moves before each request.
	every time.Duration
}

// send returns the request of a message to bob.
func send(n int) string {
	return fmt.Sprintf(`{"To_Account":"bob","MsgSeq":%d,"MsgRandom":%d,`+hello, n, n)
}

const (
	hello = `"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"hello, how are you doing today?"}}]}`
	// twoDevices is a sender, and a receiver with two devices.
	twoDevices = "account alice\naccount bob\nconnect bob iPhone i1\nconnect bob Web w1\n"
)

// BenchmarkSend is one message to a peer with two devices. The sender writes to the peer
// every 20 seconds: six times in the window in which a message is recognised if it is sent
// again.
func BenchmarkSend(b *testing.B) {
	run(b, benchmark{"client.message.send", twoDevices, send, 20 * time.Second})
}

// BenchmarkSendOften is BenchmarkSend with a message every four seconds: thirty in the
// window.
func BenchmarkSendOften(b *testing.B) {
	run(b, benchmark{"client.message.send", twoDevices, send, 4 * time.Second})
}

// BenchmarkSendmsg is the same message, sent by a backend over the server API.
func BenchmarkSendmsg(b *testing.B) {
	run(b, benchmark{"tencent.message.sendmsg", twoDevices, func(n int) string {
		return fmt.Sprintf(`{"SyncOtherMachine":2,"From_Account":"alice","To_Account":"bob","MsgSeq":%d,"MsgRandom":%d,`+hello, n, n)
	}, 20 * time.Second})
}

// BenchmarkSync is a sync of 100 conversations.
func BenchmarkSync(b *testing.B) {
	var seed strings.Builder
	seed.WriteString("account alice\n")
	for i := range 100 {
		fmt.Fprintf(&seed, "account user%d\nmessage user%d alice %d hello from a peer\n", i, i, i)
	}
	run(b, benchmark{"client.session.sync", seed.String(), func(int) string { return `{}` }, 0})
}

// BenchmarkHistory is a page of 20 messages.
func BenchmarkHistory(b *testing.B) {
	seed := "account alice\naccount bob\n" + "messages alice bob 40 hello, how are you doing today?\n"
	run(b, benchmark{"client.message.history", seed, func(int) string { return `{"To_Account":"bob","Limit":20}` }, 0})
}

// BenchmarkConnect is a device that connects again: the authorizer, and then the route.
func BenchmarkConnect(b *testing.B) {
	seed := "account alice\n"
	for _, name := range []string{"client.session.authorizer", "client.session.connect"} {
		b.Run(name[len("client.session."):], func(b *testing.B) {
			run(b, benchmark{name, seed, func(int) string { return "" }, time.Second})
		})
	}
}

// run measures the requests of a benchmark. The events are made before.
func run(b *testing.B, m benchmark) {
	w := testkit.NewWorld(b, server, testkit.Options{AcceptEncoding: "gzip"}) // as browsers send it
	if err := w.Seed(b.Context(), m.seed); err != nil {
		b.Fatal(err)
	}
	o := Find(m.operation)
	if o == nil {
		b.Fatalf("there is no operation %s", m.operation)
	}
	function := op.NewServer(o, w.App, telemetry.NewLogger(io.Discard, "bench", slog.LevelInfo), nil)
	const warm = 40
	sig := "sig " + w.Sign(testkit.Admin) + "\n"
	if o.Surface() == "client" {
		sig = "sig " + w.Sign("alice") + "\n"
	}
	events := make([][]byte, warm+b.N)
	for n := range events {
		events[n] = w.Event(b, o, sig+m.request(n))
	}
	var answer []byte
	call := func(event []byte) {
		w.Clock.Move(m.every)
		var err error
		if answer, err = function.Invoke(b.Context(), event); err != nil {
			b.Fatalf("%v: %s", err, answer)
		}
		w.Posts.Take()
	}
	for _, event := range events[:warm] {
		call(event)
	}
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // as functions/main.go does
	b.ReportAllocs()
	b.ResetTimer()
	before := cpu()
	for _, event := range events[warm:] {
		call(event)
	}
	b.StopTimer()
	b.ReportMetric(float64((cpu()-before).Microseconds())/float64(b.N), "cpu-µs/op")
	if bytes.Contains(answer, []byte("FAIL")) || bytes.Contains(answer, []byte(`\"error\":`)) {
		b.Fatalf("refused: %s", answer)
	}
}

func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
