package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// load lets all pairs send for a time. If rate is 0, each pair sends its next message
// as soon as its last one is acknowledged and received. Otherwise all pairs together
// send rate messages per second.
func (s *stack) load(ctx context.Context, pairs []*pair, length time.Duration, rate int) (Load, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	before, err := cpuTimes(s.info.PID)
	if err != nil {
		return Load{}, err
	}
	var (
		group    sync.WaitGroup
		mu       sync.Mutex
		took     []time.Duration
		firstErr error
		seq      atomic.Uint32
	)
	seq.Store(uint32(time.Now().Unix())) // any number
	began := time.Now()
	end := began.Add(length)
	for i, p := range pairs {
		group.Go(func() {
			// With a rate, each pair sends once per interval, and the pairs start at
			// different times of the interval.
			interval := time.Duration(0)
			next := time.Now()
			if rate > 0 {
				interval = time.Second * time.Duration(len(pairs)) / time.Duration(rate)
				next = began.Add(interval * time.Duration(i) / time.Duration(len(pairs)))
			}
			for ctx.Err() == nil {
				if wait := time.Until(next); wait > 0 {
					time.Sleep(wait)
				}
				if time.Now().After(end) {
					return
				}
				d, err := s.send(ctx, p, seq.Add(1))
				mu.Lock()
				took = append(took, d)
				if err != nil && firstErr == nil {
					firstErr = err
					cancel()
				}
				mu.Unlock()
				next = next.Add(interval)
			}
		})
	}
	group.Wait()
	elapsed := time.Since(began)
	after, err := cpuTimes(s.info.PID)
	if err != nil {
		return Load{}, err
	}
	if firstErr != nil {
		return Load{}, firstErr
	}
	slices.Sort(took)
	l := Load{
		Pairs: len(pairs), Messages: len(took), PerSecond: float64(len(took)) / elapsed.Seconds(),
		P50Ms: ms(took[len(took)/2]), P99Ms: ms(took[len(took)*99/100]), CPU: make(map[string]float64),
	}
	for _, part := range parts() {
		l.CPU[part] = float64((after[part] - before[part]).Microseconds()) / float64(len(took))
	}
	return l, nil
}

// ms is a duration in milliseconds.
func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// send sends one message and waits for the answer of the call and for the frame at the
// receiver. It returns the time from the send until the frame is received.
func (s *stack) send(ctx context.Context, p *pair, seq uint32) (time.Duration, error) {
	body := fmt.Sprintf(`{"To_Account":%q,"MsgSeq":%d,"MsgRandom":%d,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"hello, how are you doing today?"}}]}`,
		p.to, seq, seq)
	began := time.Now()
	answered := make(chan error, 1)
	go func() {
		var a struct {
			Code  int    `json:"code"`
			Error string `json:"error"`
		}
		err := s.call(ctx, "/client/message.send", p.authorization, []byte(body), &a)
		if err == nil && a.Code != 0 {
			err = fmt.Errorf("send: %d %s", a.Code, a.Error)
		}
		answered <- err
	}()
	timeout := time.After(30 * time.Second)
	var took time.Duration
	for {
		select {
		case got := <-p.arrived:
			if got != seq {
				continue
			}
			took = time.Since(began)
			return took, <-answered
		case err := <-answered:
			if err != nil {
				return 0, err
			}
			answered <- nil
			select {
			case got := <-p.arrived:
				if got == seq {
					return time.Since(began), nil
				}
			case <-timeout:
				return 0, fmt.Errorf("message %d to %s was acknowledged and not received", seq, p.to)
			}
		case <-timeout:
			return 0, fmt.Errorf("message %d to %s was not received", seq, p.to)
		}
	}
}

// parts names the parts of the stack whose CPU time is measured separately.
func parts() []string { return []string{"functions", "local cloud", "DynamoDB Local", "ElasticMQ"} }

// cpuTimes returns the CPU time that each part of the stack has used: that of the
// process runner and of all its descendants, including those that have ended.
func cpuTimes(runner int) (map[string]time.Duration, error) {
	entries, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	type process struct {
		parent int
		own    time.Duration
		ended  time.Duration // of its children that have ended
		name   string
	}
	all := make(map[int]process)
	for _, path := range entries {
		text, err := os.ReadFile(path) // of /proc
		if err != nil {
			continue // the process has ended
		}
		// pid (name) state ppid ... utime stime cutime cstime
		head, rest, ok := strings.Cut(string(text), ") ")
		fields := strings.Fields(rest)
		if !ok || len(fields) < 15 {
			continue
		}
		pid, _ := strconv.Atoi(head[:strings.IndexByte(head, ' ')])
		parent, _ := strconv.Atoi(fields[1])
		tick := func(i int) time.Duration {
			n, _ := strconv.ParseInt(fields[i], 10, 64)
			return time.Duration(n) * 10 * time.Millisecond
		}
		cmdline, _ := os.ReadFile(filepath.Join(filepath.Dir(path), "cmdline"))
		all[pid] = process{parent: parent, own: tick(11) + tick(12), ended: tick(13) + tick(14), name: string(cmdline)}
	}
	sum := make(map[string]time.Duration)
	for pid, p := range all {
		if !isDescendant(pid, runner, func(id int) int { return all[id].parent }) {
			continue
		}
		switch {
		case pid == runner:
			sum["local cloud"] += p.own
			sum["functions"] += p.ended
		case strings.Contains(p.name, "DynamoDBLocal.jar"):
			sum["DynamoDB Local"] += p.own
		case strings.Contains(p.name, "elasticmq"):
			sum["ElasticMQ"] += p.own
		default:
			sum["functions"] += p.own
		}
	}
	return sum, nil
}

// isDescendant reports whether a process is root or a descendant of root.
func isDescendant(pid, root int, parent func(int) int) bool {
	for range 20 {
		if pid == root {
			return true
		}
		if pid = parent(pid); pid <= 1 {
			return false
		}
	}
	return false
}
