package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A Load is the result of one load.
type Load struct {
	PerSecond float64
	P50, P99  time.Duration            // from the send until the receiver's device has the frame
	CPU       map[string]time.Duration // per message, by part
	// Failed says why the stack did not carry an open loop, and is "" if it did.
	Failed string
}

// A sender sends messages and collects how long they took.
type sender struct {
	*stack
	mu   sync.Mutex
	took []time.Duration
	err  error // the first one
}

// closedLoop lets each pair send its next message as soon as its last one is acknowledged and
// received.
func (s *stack) closedLoop(ctx context.Context, pairs []*pair, length time.Duration) (Load, error) {
	return s.measure(func(out *sender) string {
		end := time.Now().Add(length)
		var group sync.WaitGroup
		for _, p := range pairs {
			group.Go(func() {
				for now := time.Now(); now.Before(end) && out.failure() == nil; now = time.Now() {
					out.send(ctx, p, now)
				}
			})
		}
		group.Wait()
		return ""
	})
}

// maxWaiting is how many messages of an open loop may be on their way. A stack that has more has
// failed: it carries less than it is asked for, and the wait grows as long as the load lasts.
const maxWaiting = 1000

// openLoop sends rate messages a second, each at the moment that was planned for it, whether the
// earlier ones have arrived or not. The time of a message counts from that moment, so that a
// stack that falls behind cannot hide the wait. Example: of 200 messages a second the stack
// carries 130. After ten seconds a message waits for five, and the load has failed.
func (s *stack) openLoop(ctx context.Context, pairs []*pair, length time.Duration, rate int) (Load, error) {
	return s.measure(func(out *sender) (failed string) {
		n := int(length.Seconds() * float64(rate))
		began := time.Now()
		var group sync.WaitGroup
		var waiting atomic.Int64
		sent := 0
		for ; sent < n && out.failure() == nil && failed == ""; sent++ {
			planned := began.Add(time.Duration(sent) * time.Second / time.Duration(rate))
			time.Sleep(time.Until(planned))
			if waiting.Add(1) > maxWaiting {
				failed = fmt.Sprintf("%d messages wait after %.0f s", maxWaiting, time.Since(began).Seconds())
			}
			group.Go(func() {
				out.send(ctx, pairs[sent%len(pairs)], planned)
				waiting.Add(-1)
			})
		}
		group.Wait()
		// The last message may take a moment, which is no failure.
		if reached := float64(sent) / time.Since(began).Seconds(); failed == "" && reached < 0.95*float64(rate) {
			failed = fmt.Sprintf("%.0f of %d messages a second arrived", reached, rate)
		}
		return failed
	})
}

// measure measures what run sends.
func (s *stack) measure(run func(*sender) (failed string)) (Load, error) {
	before, err := cpuTimes(s.info.PID)
	if err != nil {
		return Load{}, err
	}
	out := &sender{stack: s}
	began := time.Now()
	failed := run(out)
	elapsed := time.Since(began)
	after, err := cpuTimes(s.info.PID)
	if err != nil {
		return Load{}, err
	}
	if out.err != nil {
		return Load{}, out.err
	}
	if len(out.took) == 0 {
		return Load{}, errors.New("no message arrived")
	}
	slices.Sort(out.took)
	l := Load{
		PerSecond: float64(len(out.took)) / elapsed.Seconds(), P50: out.took[len(out.took)/2], P99: out.took[len(out.took)*99/100],
		CPU: since(before, after), Failed: failed,
	}
	for part := range l.CPU {
		l.CPU[part] /= time.Duration(len(out.took))
	}
	return l, nil
}

func (s *sender) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// send sends one message and waits for the answer of the call and for the frame at the
// receiver. Its time counts from planned.
func (s *sender) send(ctx context.Context, p *pair, planned time.Time) {
	at, err := s.sendOne(ctx, p, s.seq.Add(1))
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		if s.err == nil {
			s.err = err
		}
		return
	}
	s.took = append(s.took, at.Sub(planned))
}

// text is a body of 200 bytes.
const text = "hello, how are you doing today? the weather is fine here, and we thought that we could go to the lake " +
	"in the afternoon, if you have time; bring your brother, and something to eat. see you there at four!"

// sendOne returns when the message arrived.
func (s *stack) sendOne(ctx context.Context, p *pair, seq uint32) (time.Time, error) {
	body := fmt.Sprintf(`{"To_Account":%q,"MsgSeq":%d,"MsgRandom":%d,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":%q}}]}`,
		p.to, seq, seq, text)
	arrived := p.expect(seq)
	var a struct {
		Code  int    `json:"code"`
		Error string `json:"error"`
	}
	if err := s.call(ctx, "/client/message.send", p.authorization, []byte(body), &a); err != nil {
		return time.Time{}, err
	}
	if a.Code != 0 {
		return time.Time{}, fmt.Errorf("send: %d %s", a.Code, a.Error)
	}
	answered := time.Now()
	select {
	case at := <-arrived:
		if at.Before(answered) {
			return answered, nil // the message is sent when both have happened
		}
		return at, nil
	case <-time.After(30 * time.Second):
		return time.Time{}, fmt.Errorf("message %d to %s was acknowledged and not received", seq, p.to)
	case <-ctx.Done():
		return time.Time{}, ctx.Err()
	}
}

// warmUp lets pairs send until the CPU time of the database for a message stands still: until it
// is within a twentieth of that of the round before, but not longer than bound. DynamoDB Local is
// a Java program, which becomes faster for a minute or more. Calls of the first seconds may
// fail: then the round does not count.
func (s *stack) warmUp(ctx context.Context, pairs []*pair, bound time.Duration) (rounds int, still bool, err error) {
	const round = 10 * time.Second
	last := time.Duration(0)
	for rounds = 1; ; rounds++ {
		l, err := s.closedLoop(ctx, pairs, round)
		over := time.Duration(rounds+1)*round > bound
		if err != nil && (over || ctx.Err() != nil) {
			return rounds, false, err
		}
		now := l.CPU["DynamoDB Local"]
		if last > 0 && now > last*19/20 && now < last*21/20 {
			return rounds, true, nil
		}
		if over {
			return rounds, false, nil
		}
		last = now
	}
}
