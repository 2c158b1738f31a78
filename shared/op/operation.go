// Package op is what every operation has in common: its description, from which
// stacks, roles and reference are generated, and the one chain that every call
// passes through.
package op

import (
	"context"
	"slices"
	"strings"
	"time"

	"parley/shared/objects"
	"parley/shared/queue"
	"parley/shared/store"
)

// An Operation is one Lambda function.
type Operation struct {
	// Name is surface.group.operation; the last part is the reference's own word.
	Name string
	// Doors are the ways in.
	Doors []Door
	// Needs are the accesses its role allows, sorted, in the words of the meter:
	// "read accounts", "write messages", "send delivery", "store part", "post",
	// "open", "seal".
	Needs  []string
	Memory int // MB
	// Errors are the numbers that its documentation names, sorted. The coverage
	// list says which of them no case shows.
	Errors  []int
	Timeout time.Duration

	// Protocol reads events and writes answers; Run is the operation itself.
	Protocol Protocol
	// ChecksCaller: the chain leaves the check of the caller's account to Run.
	ChecksCaller bool
	Run          func(ctx context.Context, c *Call) (any, error)
	// Func is the Go function whose comment documents the operation.
	Func string
}

// A Door is a way into an operation. One of its fields is set, and those that
// belong to it.
type Door struct {
	HTTP   string // "POST /v4/openim/sendmsg", on the HTTP API
	IAM    bool   // the HTTP route asks for a signature of the account (AWS_IAM)
	Socket string // route key on the WebSocket API
	Queue  queue.Name
	Stream store.Table // the changes of a table, as far as Filter lets them through
	Filter string      // a pattern of the event source
	// Schedule is when the operation runs by itself, "rate(15 minutes)".
	Schedule string
	// Authorizer: the operation decides who may open a connection.
	Authorizer bool
}

// Surface returns the first part of the name.
func (o *Operation) Surface() string { s, _, _ := strings.Cut(o.Name, "."); return s }

// Group returns the second part of the name.
func (o *Operation) Group() string {
	parts := strings.SplitN(o.Name, ".", 3)
	if len(parts) < 3 {
		return ""
	}
	return parts[1]
}

// An Option declares something of an operation, usually an access.
type Option func(*Operation)

// Reads declares items that an operation reads.
func Reads(list ...store.Aggregate) Option {
	return func(o *Operation) {
		for _, a := range list {
			o.need("read " + string(a))
		}
	}
}

// Writes declares items that an operation writes.
func Writes(list ...store.Aggregate) Option {
	return func(o *Operation) {
		for _, a := range list {
			o.need("write " + string(a))
		}
	}
}

// Sends declares queues that an operation writes to.
func Sends(list ...queue.Name) Option {
	return func(o *Operation) {
		for _, q := range list {
			o.need("send " + string(q))
		}
	}
}

// Stores declares objects that an operation stores.
func Stores(list ...objects.Kind) Option { return objectsOf("store", list) }

// Fetches declares objects that an operation fetches, or lists, or lets others
// fetch.
func Fetches(list ...objects.Kind) Option { return objectsOf("fetch", list) }

// Drops declares objects that an operation finds and removes.
func Drops(list ...objects.Kind) Option { return objectsOf("drop", list) }

func objectsOf(verb string, list []objects.Kind) Option {
	return func(o *Operation) {
		for _, k := range list {
			o.need(verb + " " + string(k))
		}
	}
}

// Posts declares that an operation brings events to users: it reads their
// sessions, and Retries.
func Posts() Option {
	return func(o *Operation) {
		o.need("read " + string(store.Sessions))
		Retries()(o)
	}
}

// Flashes declares that an operation tells users what may be missed: it reads
// their sessions, posts once and forgets connections that are gone.
func Flashes() Option {
	return func(o *Operation) {
		o.need("read "+string(store.Sessions), "post", "write "+string(store.Sessions))
	}
}

// Retries declares that an operation posts to connections that it knows, forgets
// those that are gone and queues what failed.
func Retries() Option {
	return func(o *Operation) {
		o.need("post", "write "+string(store.Sessions), "send "+string(queue.Delivery))
	}
}

// Kicks declares that an operation tells connections to go and closes them, queues
// those that it cannot close, and has watchers told.
func Kicks() Option {
	return func(o *Operation) {
		o.need("post", "close", "send "+string(queue.Delivery), "send "+string(queue.Announce))
	}
}

// Opens declares that an operation opens the secrets of applications, as every
// check of a signature does.
func Opens() Option {
	return func(o *Operation) { o.need("open", "read apps") }
}

// Admits declares that the chain reads the account of the caller, as it does for
// every operation that has one.
func Admits() Option { return func(o *Operation) { o.need("read " + string(store.Accounts)) } }

// ChecksCaller declares that the operation checks the caller's account itself,
// before anything else is read or written: it reads the account beside other items,
// and a read before that would be one call more in sequence. The catalog's test
// plays the operation with callers that are not served.
func ChecksCaller() Option { return func(o *Operation) { o.ChecksCaller = true } }

// Seals declares that an operation seals new secrets.
func Seals() Option { return func(o *Operation) { o.need("seal") } }

// Answers declares the error numbers that the documentation of an operation
// names.
func Answers(numbers ...int) Option {
	return func(o *Operation) {
		o.Errors = append(o.Errors, numbers...)
		slices.Sort(o.Errors)
		o.Errors = slices.Compact(o.Errors)
	}
}

// Takes sets memory and timeout, where 512 MB and 6 s do not fit.
func Takes(memory int, timeout time.Duration) Option {
	return func(o *Operation) { o.Memory, o.Timeout = memory, timeout }
}

// New makes an operation of its parts.
func New(o Operation, options ...Option) Operation {
	o.Memory, o.Timeout = 512, 6*time.Second
	for _, option := range options {
		option(&o)
	}
	return o
}

func (o *Operation) need(list ...string) {
	for _, n := range list {
		if at, found := slices.BinarySearch(o.Needs, n); !found {
			o.Needs = slices.Insert(o.Needs, at, n)
		}
	}
}
