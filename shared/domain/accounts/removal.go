package accounts

import (
	"context"
	"time"
)

// A Removal is a deleted account whose data is to go.
type Removal struct {
	App  int64  `json:"app"`
	User string `json:"user"`
}

// A Forgetter removes what one part of the domain keeps of a user whose account
// is gone. It removes a page at a time and tells whether more is left; it may be
// repeated.
type Forgetter interface {
	Forget(ctx context.Context, user string) (more bool, err error)
}

// A RemovalQueue holds removals for the worker.
type RemovalQueue interface {
	Send(ctx context.Context, r Removal, delay time.Duration) error
}
