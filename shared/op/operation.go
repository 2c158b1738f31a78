// Package op has what all operations have in common: the description of an operation,
// from which the stacks, the roles and the reference are generated, and the chain that
// every call passes through.
package op

import (
	"context"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"time"

	"parley/shared/fault"
	"parley/shared/objects"
	"parley/shared/queue"
	"parley/shared/store"
	"parley/shared/timeouts"
)

// An Operation is one Lambda function.
type Operation struct {
	// Name is surface.group.operation. The last part is the vendor's own word.
	Name string
	// Triggers are the events that invoke the operation.
	Triggers []Trigger
	// Access lists what the IAM role of the function allows, sorted, in the words that
	// telemetry.Meter.Touch takes: "read accounts", "write messages", "send delivery",
	// "store part", "post", "open", "seal".
	Access []string
	Memory int // MB
	// Errors are the error numbers that the vendor's documentation of the operation names,
	// sorted. The coverage list says which of them no case shows.
	Errors  []int
	Timeout time.Duration
	// Faults are the faults that the operation can return, sorted, besides CommonFaults.
	Faults []fault.Code

	// Continues: a job of the operation queues the next one for the same operation, as often
	// as it takes. Lambda stops such a chain, unless the function says that it is intended.
	Continues bool

	// Protocol reads the events and writes the answers. Run is the operation itself.
	Protocol Protocol
	// ChecksCaller: Run checks the caller's account, and the chain does not.
	ChecksCaller bool
	Run          func(ctx context.Context, c *Call) (any, error)
	// Func is the name of the Go function whose comment documents the operation.
	Func string
}

// A Trigger is what invokes an operation: a route, a queue, a stream, a schedule or the
// opening of a connection. One of HTTP, Socket, Queue, Stream, Schedule and Authorizer
// is set.
type Trigger struct {
	HTTP   string // a route of the HTTP API: "POST /v4/openim/sendmsg"
	IAM    bool   // API Gateway accepts only calls that are signed for the AWS account (AWS_IAM)
	Socket string // a route key of the WebSocket API
	Queue  queue.Name
	Stream store.Table // the stream records of a table, if they match Filter
	Filter string      // the pattern of the event source
	// Schedule is how often the operation runs: "rate(15 minutes)".
	Schedule string
	// Authorizer: the operation is the authorizer of the WebSocket API. It decides who may
	// open a connection.
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

// An Option sets a property of an operation, usually an access.
type Option func(*Operation)

// Reads declares the aggregates that an operation reads.
func Reads(list ...store.Aggregate) Option {
	return func(o *Operation) {
		for _, a := range list {
			o.addAccess("read " + string(a))
		}
	}
}

// Writes declares the aggregates that an operation writes.
func Writes(list ...store.Aggregate) Option {
	return func(o *Operation) {
		for _, a := range list {
			o.addAccess("write " + string(a))
		}
	}
}

// Sends declares the queues that an operation sends jobs to.
func Sends(list ...queue.Name) Option {
	return func(o *Operation) {
		for _, q := range list {
			o.addAccess("send " + string(q))
		}
	}
}

// WritesObjects declares the kinds of objects that an operation stores.
func WritesObjects(list ...objects.Kind) Option { return objectAccess("store", list) }

// ReadsObjects declares the kinds of objects that an operation reads or lists, or makes
// download addresses for.
func ReadsObjects(list ...objects.Kind) Option { return objectAccess("fetch", list) }

// DeletesObjects declares the kinds of objects that an operation lists and deletes.
func DeletesObjects(list ...objects.Kind) Option { return objectAccess("drop", list) }

// objectAccess declares a verb on kinds of objects.
func objectAccess(verb string, list []objects.Kind) Option {
	return func(o *Operation) {
		for _, k := range list {
			o.addAccess(verb + " " + string(k))
		}
	}
}

// Delivers declares that an operation delivers events to users: it reads their sessions, and
// has the accesses of Retries.
func Delivers() Option {
	return func(o *Operation) {
		o.addAccess("read " + string(store.Sessions))
		RetriesPosts()(o)
	}
}

// PostsBestEffort declares that an operation delivers events that a device may miss: it
// reads the sessions of users, posts once, and releases the slots of connections that
// are gone.
func PostsBestEffort() Option {
	return func(o *Operation) {
		o.addAccess("read "+string(store.Sessions), "post", "write "+string(store.Sessions))
	}
}

// RetriesPosts declares that an operation posts to connections that it knows already,
// releases the slots of those that are gone, and queues the posts that failed.
func RetriesPosts() Option {
	return func(o *Operation) {
		o.addAccess("post", "write "+string(store.Sessions), "send "+string(queue.Delivery))
	}
}

// ClosesConnections declares that an operation posts a kick frame to connections and
// closes them, queues those that it cannot close, and queues events for watchers.
func ClosesConnections() Option {
	return func(o *Operation) {
		o.addAccess("post", "close", "send "+string(queue.Delivery), "send "+string(queue.Broadcast))
	}
}

// DecryptsSecrets declares that an operation decrypts the secrets of applications. Every
// check of a signature needs that.
func DecryptsSecrets() Option {
	return func(o *Operation) { o.addAccess("open", "read apps") }
}

// ReadsCallerAccount declares that the chain reads the account of the caller. It does so
// for every operation that has a caller.
func ReadsCallerAccount() Option {
	return func(o *Operation) { o.addAccess("read " + string(store.Accounts)) }
}

// ChecksCaller declares that the operation checks the caller's account itself, before it
// reads or writes anything else. Such an operation reads the account in one request with
// other items; a read of the chain before that would make the call slower. A test in
// functions/catalog calls each such operation with callers that must be refused.
func ChecksCaller() Option { return func(o *Operation) { o.ChecksCaller = true } }

// Continues declares that a job of the operation queues the next one for the same operation,
// as often as it takes: a chain that Lambda must not stop after 16 jobs.
func Continues(q queue.Name) Option {
	return func(o *Operation) {
		o.Continues = true
		o.addAccess("send " + string(q))
	}
}

// EncryptsSecrets declares that an operation encrypts new secrets.
func EncryptsSecrets() Option { return func(o *Operation) { o.addAccess("seal") } }

// DocumentedErrors declares the error numbers that the vendor's documentation of an operation
// names.
func DocumentedErrors(numbers ...int) Option {
	return func(o *Operation) {
		o.Errors = append(o.Errors, numbers...)
		slices.Sort(o.Errors)
		o.Errors = slices.Compact(o.Errors)
	}
}

// Fails declares the faults that an operation can return, for the whole call or for an
// item of a batch: the lists that the verbs export which it calls. What every operation
// can return is not declared (CommonFaults).
func Fails(lists ...[]fault.Code) Option {
	return func(o *Operation) {
		o.Faults = append(o.Faults, slices.Concat(lists...)...)
		slices.Sort(o.Faults)
		o.Faults = slices.Compact(o.Faults)
	}
}

// CommonFaults lists the faults that every operation can return: those of its dialect,
// which identifies the caller and reads the body, and those of the chain.
func CommonFaults() []fault.Code {
	return []fault.Code{
		fault.Internal, fault.Unavailable, fault.Throttled, fault.UnknownOperation, fault.Malformed, fault.Invalid, fault.AnswerTooLarge,
		fault.AppMissing, fault.AppUnknown, fault.AppDisabled, fault.AppNoKey, fault.CallerMissing, fault.CallerUnknown, fault.Banned,
		fault.SignatureMissing, fault.SignatureMalformed, fault.SignatureExpired, fault.SignatureMismatch, fault.SignatureUser,
		fault.SignatureApp, fault.SignatureRevoked, fault.SignatureEarly, fault.NotAdmin,
	}
}

// Resources sets the memory, in MB, and the timeout of a function. Without it they are
// 512 MB and 6 s.
func Resources(memory int, timeout time.Duration) Option {
	return func(o *Operation) { o.Memory, o.Timeout = memory, timeout }
}

// New returns an operation with the default resources and the given options.
func New(o Operation, options ...Option) Operation {
	o.Memory, o.Timeout = 512, timeouts.Call
	for _, option := range options {
		option(&o)
	}
	return o
}

// addAccess adds accesses to o.Access, each once and in order.
func (o *Operation) addAccess(list ...string) {
	for _, access := range list {
		if i, found := slices.BinarySearch(o.Access, access); !found {
			o.Access = slices.Insert(o.Access, i, access)
		}
	}
}

// FuncName returns "package.function" for a function. The reference finds the comment of
// an operation by this name.
func FuncName(f any) string {
	full := runtime.FuncForPC(reflect.ValueOf(f).Pointer()).Name()
	return full[strings.LastIndex(full, "/")+1:]
}
