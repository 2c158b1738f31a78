package op

import (
	"context"
	"slices"
	"sync"
	"time"

	"parley/shared/app"
	"parley/shared/domain/apps"
	"parley/shared/domain/delivery"
	"parley/shared/telemetry"
)

// A Protocol is how a surface speaks: its events, its identity, its answers.
type Protocol interface {
	// Decode reads the event into c.Request. It fails for an event that is none
	// of the surface's, or with the surface's refusal of a call.
	Decode(c *Call, event []byte) error
	// Identify sets c.Caller and calls c.Serve with its application, or refuses.
	Identify(ctx context.Context, c *Call) error
	// Encode writes the answer: what the operation returned, or its error.
	Encode(c *Call, out any, err error) ([]byte, error)
	// Number returns the surface's number for an error, for the log.
	Number(c *Call, err error) int
}

// A Call is one invocation of an operation.
type Call struct {
	Operation *Operation
	App       *app.App
	Request   Request
	Caller    Caller

	// The domain, narrowed to the caller's application by Serve.
	app.Tenant
	ID int64 // of the application

	told *told // for the log line
}

// A Request is what a protocol reads from an event.
type Request struct {
	Method string
	Path   string
	Query  map[string]string
	Header map[string]string // names in lower case
	Body   []byte
	ID     string // of the gateway's request, or the client's own

	// Of a WebSocket event.
	Connection string
	Route      string
	Context    map[string]any // what the authorizer said
	Connected  int64          // when the connection was opened, ms
	Event      []byte         // the whole event, where a surface needs more
}

// A Caller is who makes the call, once that is certain.
type Caller struct {
	Account  string
	Admin    bool
	Issued   time.Time // of the signature
	Platform string
	Instance string
}

// Serve narrows the call to an application.
func (c *Call) Serve(o *apps.Open) {
	c.ID = o.ID
	c.Tenant = c.App.For(&o.App)
	c.notes().serve(o.ID)
}

// Origin is the device that makes the call, as far as it says.
func (c *Call) Origin() delivery.Origin {
	return delivery.Origin{User: c.Caller.Account, Connection: c.Request.Connection, Instance: c.Caller.Instance}
}

// Unreadable notes an item that cannot be read and is left out.
func (c *Call) Unreadable(ctx context.Context, which string) {
	telemetry.MeterOf(ctx).Note(telemetry.Unreadable, which)
}

// Log adds a field to the call's log line. Message bodies, tokens and signatures
// never go there.
func (c *Call) Log(key string, value any) { c.notes().add(key, value) }

func (c *Call) notes() *told {
	if c.told == nil {
		c.told = &told{}
	}
	return c.told
}

// told is what the log line tells of a call, also of one that has not returned.
type told struct {
	mu     sync.Mutex
	app    int64
	fields []any
}

func (t *told) serve(app int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.app = app
}

func (t *told) add(key string, value any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.fields = append(t.fields, key, value)
}

func (t *told) all() (app int64, fields []any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.app, slices.Clone(t.fields)
}
