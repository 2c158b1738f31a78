// Command bench starts a local cloud of its own, lets pairs of users chat in it, and
// prints messages per second, the latency from send to receive, and the CPU time per
// message of each part of the stack. It also measures how long the program takes to
// start. It writes the figures to .local/bench.json.
//
//	go run ./infra/bench -pairs 50 -seconds 15 -paced 200
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	var o options
	flag.IntVar(&o.pairs, "pairs", 50, "pairs of users that chat")
	flag.IntVar(&o.seconds, "seconds", 15, "length of each load")
	flag.IntVar(&o.paced, "paced", 200, "messages a second of the paced load")
	flag.StringVar(&o.out, "out", ".local/bench.json", "file for the figures")
	flag.IntVar(&o.warm, "warm", 40, "seconds of load before anything is measured: the databases here are Java programs")
	flag.Parse()
	err := run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

type options struct {
	pairs, seconds, paced, warm int
	out                         string
}

// Figures is the result of a run.
type Figures struct {
	StartMs float64 `json:"start_ms"` // from the start of the program until it asks for its first event, median
	Closed  Load    `json:"closed"`
	Paced   Load    `json:"paced"`
}

// Load is the result of one load.
type Load struct {
	Pairs     int                `json:"pairs"`
	Messages  int                `json:"messages"`
	PerSecond float64            `json:"per_second"`
	P50Ms     float64            `json:"p50_ms"`
	P99Ms     float64            `json:"p99_ms"`
	CPU       map[string]float64 `json:"cpu_us_per_message"`
}

func run(ctx context.Context, o options) error {
	var f Figures
	var err error
	if f.StartMs, err = startTime(ctx); err != nil {
		return err
	}
	fmt.Printf("start of the program        %.1f ms until its first poll (median of %d)\n", f.StartMs, starts)
	s, err := startStack(ctx)
	if err != nil {
		return err
	}
	defer s.stop()
	pairs, err := s.connect(ctx, o.pairs)
	if err != nil {
		return err
	}
	defer closeAll(pairs)
	// The first load is not measured. After it, the instances of the functions run and
	// every conversation exists.
	if _, err := s.load(ctx, pairs, time.Duration(o.warm)*time.Second, 0); err != nil {
		return err
	}
	length := time.Duration(o.seconds) * time.Second
	if f.Closed, err = s.load(ctx, pairs, length, 0); err != nil {
		return err
	}
	printLoad(fmt.Sprintf("%d pairs, closed loop", o.pairs), f.Closed)
	if f.Paced, err = s.load(ctx, pairs, length, o.paced); err != nil {
		return err
	}
	printLoad(fmt.Sprintf("paced at %d messages/s", o.paced), f.Paced)
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(o.out), 0o755); err != nil { // figures
		return err
	}
	return os.WriteFile(o.out, append(text, '\n'), 0o644) // figures
}

// printLoad prints the result of one load.
func printLoad(name string, l Load) {
	fmt.Printf("%-27s %.0f messages/s, send to receive p50 %.1f ms, p99 %.1f ms\n", name, l.PerSecond, l.P50Ms, l.P99Ms)
	total := 0.0
	for _, part := range parts() {
		fmt.Printf("    CPU %-20s %6.0f µs a message\n", part, l.CPU[part])
		total += l.CPU[part]
	}
	fmt.Printf("    CPU %-20s %6.0f µs a message\n", "all", total)
}

// starts is how often the program is started for StartMs.
const starts = 15

// startTime returns how many milliseconds the program takes from its start until it
// asks the Lambda Runtime API for its first event: the median of several starts.
func startTime(ctx context.Context) (float64, error) {
	api, err := newPollTimer()
	if err != nil {
		return 0, err
	}
	defer api.close()
	var took []float64
	for range starts {
		cmd := exec.CommandContext(ctx, ".local/bin/parley")
		cmd.Env = []string{
			"_HANDLER=client.message.send", "AWS_LAMBDA_RUNTIME_API=" + api.addr, "AWS_REGION=us-east-1", "SEAL_KEY=arn:aws:kms:us-east-1:1:key/x",
			"TABLE_CORE=c", "TABLE_MSG=m", "TABLE_LIVE=l", "TABLE_OPS=o", "CONNECTIONS_ENDPOINT=http://127.0.0.1:1/local",
			"AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=s",
		}
		began := time.Now()
		if err := cmd.Start(); err != nil {
			return 0, fmt.Errorf("%w: build it with make build", err)
		}
		select {
		case at := <-api.polled:
			took = append(took, float64(at.Sub(began).Microseconds())/1000)
		case <-time.After(10 * time.Second):
			return 0, fmt.Errorf("the program did not ask for an event")
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	slices.Sort(took)
	return took[len(took)/2], nil
}
