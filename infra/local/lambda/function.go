package lambda

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"parley/infra/local/template"
)

// A function owns its instances. Idle ones are a stack, so that the warmest
// works and the others can grow old.
type function struct {
	template.Function
	service *Service
	slots   chan struct{} // one for each running invocation

	mu      sync.Mutex
	idle    []*instance
	all     map[*instance]bool
	stopped bool
}

var errStopped = errors.New("the local cloud is stopping")

func (f *function) invoke(ctx context.Context, event []byte) (Result, error) {
	select {
	case f.slots <- struct{}{}:
		defer func() { <-f.slots }()
	case <-ctx.Done():
		return Result{}, fmt.Errorf("function %s: no instance was free: %w", f.Handler, ctx.Err())
	}
	for {
		i := f.pop()
		cold := i == nil
		if cold {
			var err error
			if i, err = f.start(); err != nil {
				return Result{}, err
			}
		}
		result, delivered := i.run(event, f.Timeout)
		if !delivered && !cold {
			continue // it died idle, before it took the event
		}
		result.Cold, result.Instance = cold, i.id
		if i.alive() {
			f.push(i)
		}
		return result, nil
	}
}

func (f *function) pop() *instance {
	f.mu.Lock()
	defer f.mu.Unlock()
	for n := len(f.idle); n > 0; n = len(f.idle) {
		i := f.idle[n-1]
		f.idle = f.idle[:n-1]
		if i.reaper.Stop() && i.alive() {
			return i
		}
	}
	return nil
}

func (f *function) push(i *instance) {
	_, _, generation := f.service.endpoints()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stopped || i.generation != generation {
		i.kill()
		return
	}
	i.reaper = time.AfterFunc(f.service.options.Idle, i.kill)
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
	if f.all == nil {
		f.all = map[*instance]bool{}
	}
	f.all[i] = true
	stopped = f.stopped
	f.mu.Unlock()
	f.service.count(func(s *Stats) { s.Running++ })
	go func() {
		<-i.gone
		f.mu.Lock()
		delete(f.all, i)
		for n, other := range f.idle {
			if other == i {
				f.idle = append(f.idle[:n], f.idle[n+1:]...)
				break
			}
		}
		f.mu.Unlock()
		f.service.count(func(s *Stats) { s.Running-- })
	}()
	if stopped {
		i.kill()
	}
	return i, nil
}

func (f *function) stop(ctx context.Context) {
	f.mu.Lock()
	f.stopped = true
	f.mu.Unlock()
	for i := f.pop(); i != nil; i = f.pop() {
		i.kill()
	}
	// All slots taken means that nothing runs any more.
	for range cap(f.slots) {
		select {
		case f.slots <- struct{}{}:
			defer func() { <-f.slots }()
		case <-ctx.Done():
		}
	}
	f.mu.Lock()
	rest := make([]*instance, 0, len(f.all))
	for i := range f.all {
		rest = append(rest, i)
	}
	f.mu.Unlock()
	for _, i := range rest {
		i.kill()
		<-i.gone
	}
}
