package testkit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"parley/shared/dynamo"
	"parley/shared/s3"
)

var errKilled = errors.New("killed")

// An Interruption kills a function at one of its calls to AWS. After that every call
// fails, until Restart. It also records the calls. The zero Interruption kills nothing.
type Interruption struct {
	At    int  // the number of the call, from 1; 0: the function is not killed
	After bool // kill after the call was made, else before

	mu    sync.Mutex
	calls []string
	dead  bool
}

// Call makes a call with a name, unless the function is dead.
func (i *Interruption) Call(name string, do func() error) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.dead {
		return errKilled
	}
	i.calls = append(i.calls, name)
	i.dead = len(i.calls) == i.At
	if i.dead && !i.After {
		return errKilled
	}
	err := do()
	if i.dead {
		return errKilled
	}
	return err
}

// Killed reports whether the function is dead.
func (i *Interruption) Killed() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.dead
}

// Restart starts the function again. It is not killed a second time.
func (i *Interruption) Restart() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.dead, i.At = false, 0
}

// Calls returns the names of the calls that were begun, for example "PutItem".
func (i *Interruption) Calls() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.calls)
}

// DynamoDB is the interruption of the calls of a store.
func (i *Interruption) DynamoDB(ctx context.Context, in any, next dynamo.Call) (out any, err error) {
	err = i.Call(operation(in), func() error {
		out, err = next(ctx, in)
		return err
	})
	return out, err
}

// operation returns the name of the operation of an input: "PutItem" for *calls.PutItemInput, and
// "PutObject" for *s3.PutObject.
func operation(in any) string {
	_, name, _ := strings.Cut(fmt.Sprintf("%T", in), ".")
	return strings.TrimSuffix(name, "Input")
}

// S3 is the interruption of the calls of an archive.
func (i *Interruption) S3(ctx context.Context, in any, next s3.Call) (out any, err error) {
	err = i.Call(operation(in), func() error {
		out, err = next(ctx, in)
		return err
	})
	return out, err
}
