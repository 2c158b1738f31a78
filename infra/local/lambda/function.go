package lambda

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"parley/infra/local/template"
)

// A function owns its instances. The idle ones are a stack: the instance that
// was used last gets the next event, so that the others can reach Options.Idle.
type function struct {
	template.Function
	service   *Service
	semaphore chan struct{} // holds one value for each running invocation

	mu        sync.Mutex
	idle      []*instance
	instances map[*instance]bool // idle and busy
	stopped   bool
}

var errStopped = errors.New("the local cloud is stopping")

// invoke waits until the concurrency limit allows one more invocation, and runs
// the event on an idle instance, or on a new one if none is idle.
func (f *function) invoke(ctx context.Context, event []byte) (Result, error) {
	select {
	case f.semaphore <- struct{}{}:
		defer func() { <-f.semaphore }()
	case <-ctx.Done():
		return Result{}, fmt.Errorf("function %s: no instance was free: %w", f.Handler, ctx.Err())
	}
	id := uuid()
	trace, count := nextTrace(ctx, f.Name, id)
	if count > longestChain && !f.Recursive {
		f.service.updateStats(func(s *Stats) { s.Dropped++ })
		return Result{}, fmt.Errorf("function %s, invocation %d of one chain: %w", f.Handler, count, ErrRecursive)
	}
	for {
		i := f.takeIdle()
		cold := i == nil
		if cold {
			var err error
			if i, err = f.start(); err != nil {
				return Result{}, err
			}
		}
		result, delivered := i.run(&invocation{id: id, trace: trace, event: event, result: make(chan Result, 1)}, f.Timeout)
		if !delivered && !cold {
			continue // the idle process ended before it received the event
		}
		result.Cold, result.Instance = cold, i.id
		if i.usable() {
			f.putIdle(i)
		}
		return result, nil
	}
}

// takeIdle removes a usable instance from the idle ones. It returns nil if there
// is none.
func (f *function) takeIdle() *instance {
	f.mu.Lock()
	defer f.mu.Unlock()
	for n := len(f.idle); n > 0; n = len(f.idle) {
		i := f.idle[n-1]
		f.idle = f.idle[:n-1]
		if i.idleTimer.Stop() && i.usable() {
			return i
		}
	}
	return nil
}

// putIdle makes an instance available for the next event. It ends the instance
// if the function is stopped or if the endpoints have changed since it started.
func (f *function) putIdle(i *instance) {
	_, _, version := f.service.endpoints()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stopped || i.endpointsVersion != version {
		i.kill()
		return
	}
	i.idleTimer = time.AfterFunc(f.service.options.Idle, i.kill)
	f.idle = append(f.idle, i)
}

func (f *function) start() (*instance, error) {
	f.mu.Lock()
	stopped := f.stopped
	f.mu.Unlock()
	if stopped {
		return nil, fmt.Errorf("function %s: %w", f.Handler, errStopped)
	}
	i, err := launch(f)
	if err != nil {
		return nil, fmt.Errorf("function %s did not start: %w", f.Handler, err)
	}
	f.mu.Lock()
	if f.instances == nil {
		f.instances = map[*instance]bool{}
	}
	f.instances[i] = true
	stopped = f.stopped
	f.mu.Unlock()
	f.service.updateStats(func(s *Stats) { s.Running++ })
	go func() {
		<-i.ended
		f.mu.Lock()
		delete(f.instances, i)
		for n, other := range f.idle {
			if other == i {
				f.idle = append(f.idle[:n], f.idle[n+1:]...)
				break
			}
		}
		f.mu.Unlock()
		f.service.updateStats(func(s *Stats) { s.Running-- })
	}()
	if stopped {
		i.kill()
	}
	return i, nil
}

// stop ends the idle instances at once, waits for the running invocations until
// ctx ends, and then ends every instance that is left.
func (f *function) stop(ctx context.Context) {
	f.mu.Lock()
	f.stopped = true
	f.mu.Unlock()
	for i := f.takeIdle(); i != nil; i = f.takeIdle() {
		i.kill()
	}
	// Once the semaphore is full of our own values, no invocation is running.
	for range cap(f.semaphore) {
		select {
		case f.semaphore <- struct{}{}:
			defer func() { <-f.semaphore }()
		case <-ctx.Done():
		}
	}
	f.mu.Lock()
	remaining := make([]*instance, 0, len(f.instances))
	for i := range f.instances {
		remaining = append(remaining, i)
	}
	f.mu.Unlock()
	for _, i := range remaining {
		i.kill()
		<-i.ended
	}
}
