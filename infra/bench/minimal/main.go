// Command minimal is the smallest function that the Lambda runtime library makes. infra/bench
// compares the start of the program with its start.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"
)

// handler answers every event with the same bytes.
type handler struct{}

// Invoke implements lambda.Handler.
func (handler) Invoke(ctx context.Context, _ []byte) ([]byte, error) { return []byte("{}"), ctx.Err() }

func main() { lambda.Start(handler{}) }
