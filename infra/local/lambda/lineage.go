package lambda

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"
)

// longestChain is how often a function may be invoked in one chain of events. Lambda stops
// a chain after about 16 invocations of a function, unless the function has RecursiveLoop:
// Allow (Lambda Developer Guide, "Use Lambda recursive loop detection to prevent infinite
// loops"). Example: a function sends a job to the queue that invokes it. Its sixteenth job is
// never run.
const longestChain = 16

// ErrRecursive is returned instead of an invocation that would make a chain too long. On AWS
// the event is dropped, and the metric RecursiveInvocationsDropped counts it.
var ErrRecursive = errors.New("dropped as a recursive loop")

type traceKey struct{}

// WithTrace returns a context for an invocation whose event came with a trace header. A
// function puts the header of its invocation on every call that sends a message, SQS stores it
// with the message, and the event source gives it to the next invocation.
func WithTrace(ctx context.Context, header string) context.Context {
	return context.WithValue(ctx, traceKey{}, header)
}

// nextTrace returns the trace header of an invocation of a function: the one that its event
// came with, in which the function's count is one higher. The field is
// "Lineage=HASH:COUNT+HASH:COUNT", with a hash of each function of the chain.
func nextTrace(ctx context.Context, function, id string) (header string, count int) {
	before, _ := ctx.Value(traceKey{}).(string)
	root := "Root=1-" + id[:8] + "-" + strings.ReplaceAll(id[9:], "-", "")[:24]
	hash := fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(function)))
	count = 1
	lineage := ""
	for part := range strings.SplitSeq(before, ";") {
		name, value, _ := strings.Cut(part, "=")
		switch name {
		case "Root":
			root = part
		case "Lineage":
			for entry := range strings.SplitSeq(value, "+") {
				if other, n, _ := strings.Cut(entry, ":"); other != hash {
					lineage += "+" + entry
				} else if before, err := strconv.Atoi(n); err == nil {
					count = before + 1
				}
			}
		}
	}
	return fmt.Sprintf("%s;Sampled=0;Lineage=%s:%d%s", root, hash, count, lineage), count
}
