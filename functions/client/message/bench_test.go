package message

import (
	"fmt"
	"runtime/debug"
	"syscall"
	"testing"
	"time"

	"parley/infra/testkit"
	"parley/shared/op"
)

// BenchmarkSend measures the CPU time of the function for one message to a peer with
// two devices. DynamoDB Local is another process, and its CPU time is not measured.
func BenchmarkSend(b *testing.B) {
	w := testkit.NewWorld(b, server, testkit.Options{})
	if err := w.Seed(b.Context(), "account alice\naccount bob\nconnect bob iPhone i1\nconnect bob Web w1\n"); err != nil {
		b.Fatal(err)
	}
	var send *op.Operation
	for _, o := range Operations() {
		if o.Name == "client.message.send" {
			send = &o
		}
	}
	sig := w.Sign("alice") // made once: signing costs more than checking
	call := func(n int) {
		w.Clock.Move(20 * time.Second)
		request := fmt.Sprintf("sig "+sig+"\n"+`{"To_Account":"bob","MsgSeq":%d,"MsgRandom":%d,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"hello, how are you?"}}]}`, n, n)
		answer, _, err := w.Call(b, send, request)
		if err != nil {
			b.Fatalf("%v: %s", err, answer)
		}
		w.Posts.Take()
	}
	for n := range 50 {
		call(n)
	}
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // as functions/main.go does
	b.ResetTimer()
	before := cpu()
	for n := range b.N {
		call(100 + n)
	}
	b.ReportMetric(float64((cpu()-before).Microseconds())/float64(b.N), "cpu-µs/op")
}

func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
