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
	"parley/shared/store/schema"
	"parley/shared/timeouts"
)

// An Operation is one Lambda function.
type Operation struct {
	// Name is surface.group.operation. The last part is the vendor's own word.
	Name string
	// Triggers are the events that invoke the operation.
	Triggers []Trigger
	// Memory is the memory of the function, in MB. If it is 0, the deployment takes what the cost
	// cases of the operation ask for (docs/performance.md §5).
	Memory  int
	Timeout time.Duration
	// Continues: a job of the operation queues the next one for the same operation, as often
	// as it takes. Lambda stops such a chain, unless the function says that it is intended.
	Continues bool

	// Protocol reads the events and writes the answers. Run is the operation itself.
	Protocol Protocol
	// ChecksCaller: Run checks the caller's account, and the chain does not.
	ChecksCaller bool
	Run          func(ctx context.Context, c *Call) (any, error)
	// Func is the Go function whose comment documents the operation, or its name.
	Func any

	options []Option
}

// A Declaration is what an operation says about itself: generators and tests read it.
type Declaration struct {
	// Access lists what the IAM role of the function allows, sorted, in the words that
	// telemetry.Meter.Touch takes: "read accounts", "write messages", "send delivery",
	// "store part", "post", "open", "seal".
	Access []string
	// Errors are the error numbers that the vendor's documentation of the operation names,
	// sorted. The coverage list says which of them no case shows.
	Errors []int
	// Faults are the faults that the operation can return, sorted, besides CommonFaults.
	Faults []fault.Code
}

// Declared returns what the options of an operation declare. It is made anew at each call, and not
// at the start of a function, which does not need it.
func (o *Operation) Declared() Declaration {
	var d Declaration
	for _, option := range o.options {
		if option.declare != nil {
			option.declare(&d)
		}
	}
	return d
}

// A Trigger is what invokes an operation: a route, a queue, a stream, a schedule or the
// opening of a connection. One of HTTP, Socket, Queue, Stream, Schedule and Authorizer
// is set.
type Trigger struct {
	HTTP   string // a route of the HTTP API: "POST /v4/openim/sendmsg"
	IAM    bool   // API Gateway accepts only calls that are signed for the AWS account (AWS_IAM)
	Socket string // a route key of the WebSocket API
	Queue  queue.Name
	Stream schema.Table // the stream records of a table, if they match Filter
	Filter string       // the pattern of the event source
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

// An Option sets a property of an operation, or declares something about it, usually an access.
type Option struct {
	set     func(*Operation)
	declare func(*Declaration)
}

// Sets returns an Option that changes an operation. A dialect makes options of its own by it.
func Sets(change func(*Operation)) Option { return Option{set: change} }

func declare(f func(*Declaration)) Option { return Option{declare: f} }

// Reads declares the aggregates that an operation reads.
func Reads(list ...schema.Aggregate) Option {
	return declare(func(d *Declaration) {
		for _, a := range list {
			d.addAccess("read " + string(a))
		}
	})
}

// Writes declares the aggregates that an operation writes.
func Writes(list ...schema.Aggregate) Option {
	return declare(func(d *Declaration) {
		for _, a := range list {
			d.addAccess("write " + string(a))
		}
	})
}

// Sends declares the queues that an operation sends jobs to.
func Sends(list ...queue.Name) Option {
	return declare(func(d *Declaration) {
		for _, q := range list {
			d.addAccess("send " + string(q))
		}
	})
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
	return declare(func(d *Declaration) {
		for _, k := range list {
			d.addAccess(verb + " " + string(k))
		}
	})
}

// Delivers declares that an operation delivers events to users: it reads their sessions, and
// has the accesses of RetriesPosts.
func Delivers() Option {
	return declare(func(d *Declaration) {
		d.addAccess("read "+string(schema.Sessions), "post", "write "+string(schema.Sessions), "send "+string(queue.Delivery))
	})
}

// NotifiesMembers declares that an operation notifies the members of a group: it stores a tip,
// delivers it and notices to the devices of members, and queues a broadcast to a large group.
func NotifiesMembers() Option {
	return declare(func(d *Declaration) {
		for _, o := range []Option{
			Reads(schema.Members, schema.GroupHeads), Writes(schema.Messages, schema.GroupHeads), Delivers(), Sends(queue.Broadcast),
		} {
			o.declare(d)
		}
	})
}

// PostsBestEffort declares that an operation delivers events that a device may miss: it
// reads the sessions of users, posts once, and releases the slots of connections that
// are gone.
func PostsBestEffort() Option {
	return declare(func(d *Declaration) {
		d.addAccess("read "+string(schema.Sessions), "post", "write "+string(schema.Sessions))
	})
}

// RetriesPosts declares that an operation posts to connections that it knows already,
// releases the slots of those that are gone, and queues the posts that failed.
func RetriesPosts() Option {
	return declare(func(d *Declaration) {
		d.addAccess("post", "write "+string(schema.Sessions), "send "+string(queue.Delivery))
	})
}

// ClosesConnections declares that an operation posts a kick frame to connections and
// closes them, queues those that it cannot close, and queues events for watchers.
func ClosesConnections() Option {
	return declare(func(d *Declaration) {
		d.addAccess("post", "close", "send "+string(queue.Delivery), "send "+string(queue.Broadcast))
	})
}

// ChecksSignatures declares that an operation reads and decrypts the secrets of
// applications. No other operation may read them. A frame is not signed, so what only a
// frame or a job invokes has no such access.
func ChecksSignatures() Option {
	return declare(func(d *Declaration) {
		d.addAccess("open", "read "+string(schema.Apps), "read "+string(schema.Secrets))
	})
}

// ReadsSettings declares that an operation reads the settings of the application, for a
// caller whose signature was checked when the connection was opened.
func ReadsSettings() Option {
	return declare(func(d *Declaration) { d.addAccess("read " + string(schema.Apps)) })
}

// ReadsCallerAccount declares that the chain reads the account of the caller. It does so
// for every operation that has a caller.
func ReadsCallerAccount() Option {
	return declare(func(d *Declaration) { d.addAccess("read " + string(schema.Accounts)) })
}

// ChecksCaller declares that the operation checks the caller's account itself, before it
// reads or writes anything else. Such an operation reads the account in one request with
// other items; a read of the chain before that would make the call slower. A test in
// functions/catalog calls each such operation with callers that must be refused.
func ChecksCaller() Option { return Option{set: func(o *Operation) { o.ChecksCaller = true }} }

// Continues declares that a job of the operation queues the next one for the same operation,
// as often as it takes: a chain that Lambda must not stop after 16 jobs.
func Continues(q queue.Name) Option {
	return Option{
		set:     func(o *Operation) { o.Continues = true },
		declare: func(d *Declaration) { d.addAccess("send " + string(q)) },
	}
}

// EncryptsSecrets declares that an operation encrypts new secrets.
func EncryptsSecrets() Option { return declare(func(d *Declaration) { d.addAccess("seal") }) }

// DocumentedErrors declares the error numbers that the vendor's documentation of an operation
// names.
func DocumentedErrors(numbers ...int) Option {
	return declare(func(d *Declaration) {
		d.Errors = append(d.Errors, numbers...)
		slices.Sort(d.Errors)
		d.Errors = slices.Compact(d.Errors)
	})
}

// Fails declares the faults that an operation can return, for the whole call or for an
// item of a batch: the lists that the verbs export which it calls. What every operation
// can return is not declared (CommonFaults).
func Fails(lists ...[]fault.Code) Option {
	return declare(func(d *Declaration) {
		d.Faults = append(d.Faults, slices.Concat(lists...)...)
		slices.Sort(d.Faults)
		d.Faults = slices.Compact(d.Faults)
	})
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

// Timeout sets the timeout of a function. Without it, it is 6 s.
func Timeout(t time.Duration) Option { return Option{set: func(o *Operation) { o.Timeout = t }} }

// Memory sets the memory of a function, in MB, if its cost cases do not show how much it needs.
func Memory(mb int) Option { return Option{set: func(o *Operation) { o.Memory = mb }} }

// New returns an operation with the default timeout and the given options.
func New(o Operation, options ...Option) Operation {
	o.Timeout = timeouts.Call
	o.options = slices.Concat(o.options, options)
	for _, option := range options {
		if option.set != nil {
			option.set(&o)
		}
	}
	return o
}

// addAccess adds accesses to d.Access, each once and in order.
func (d *Declaration) addAccess(list ...string) {
	for _, access := range list {
		if i, found := slices.BinarySearch(d.Access, access); !found {
			d.Access = slices.Insert(d.Access, i, access)
		}
	}
}

// FuncName returns "package.function" of Func. The reference finds the comment of an operation by
// this name. A deployed function does not ask for it: to find a name takes time.
func (o *Operation) FuncName() string {
	if name, ok := o.Func.(string); ok {
		return name
	}
	full := runtime.FuncForPC(reflect.ValueOf(o.Func).Pointer()).Name()
	return full[strings.LastIndex(full, "/")+1:]
}
