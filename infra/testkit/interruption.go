package testkit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
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

// DynamoDB adds the interruption to the calls of a DynamoDB client.
func (i *Interruption) DynamoDB(o *dynamodb.Options) { o.APIOptions = append(o.APIOptions, i.add) }

// S3 adds the interruption to the calls of an S3 client.
func (i *Interruption) S3(o *s3.Options) { o.APIOptions = append(o.APIOptions, i.add) }

func (i *Interruption) add(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("Interruption",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			var out middleware.InitializeOutput
			var meta middleware.Metadata
			_, name, _ := strings.Cut(fmt.Sprintf("%T", in.Parameters), ".") // such as *dynamodb.PutItemInput
			err := i.Call(strings.TrimSuffix(name, "Input"), func() (err error) {
				out, meta, err = next.HandleInitialize(ctx, in)
				return err
			})
			if err != nil {
				return middleware.InitializeOutput{}, meta, err
			}
			return out, meta, nil
		}), middleware.Before)
}
