package testkit

import (
	"context"
	"strconv"
)

// environmentVerbs change what surrounds a function: time, connections, tables.
func environmentVerbs() []verb {
	return []verb{
		{"sleep", "sleep DURATION", "Move the clock. Nothing waits.", func(_ context.Context, l seedLine) error {
			d, err := l.duration(0)
			l.w.Clock.Move(d)
			return err
		}},
		{"fail-posts", "fail-posts CONNECTION FAULT [TIMES]", "Make posts to a connection fail, so many times or always: gone (410), throttle (429), refuse (413). " +
			"With stuck, posts succeed and the connection cannot be closed.", func(_ context.Context, l seedLine) error {
			times := 0
			if l.arg(2) != "" {
				var err error
				if times, err = l.number(2); err != nil {
					return err
				}
			}
			l.w.Posts.Fail(l.arg(0), Fault(l.arg(1)), times)
			return nil
		}},
		{"fail-session-writes", "fail-session-writes N", "Make the next N updates of sessions fail.", func(_ context.Context, l seedLine) error {
			n, err := strconv.ParseInt(l.arg(0), 10, 64)
			l.w.failingWrites.Store(n)
			return err
		}},
	}
}
