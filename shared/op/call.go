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

// A Protocol is how the operations of a surface are called: how events are read, how
// callers are identified, and how answers are written.
type Protocol interface {
	// Decode reads the event into c.Request. It fails if the event is not one of the
	// surface, or if the surface refuses the call.
	Decode(c *Call, event []byte) error
	// Identify sets c.Caller and calls c.Serve with the caller's application, or fails if
	// the caller is refused.
	Identify(ctx context.Context, c *Call) error
	// Encode returns the answer for what the operation returned, or for its error.
	Encode(c *Call, out any, err error) ([]byte, error)
	// Number returns the surface's number of an error, for the log.
	Number(c *Call, err error) int
}

// A Signer is a Protocol whose callers send a signature with each HTTP call. Sample events and
// case tables are signed by it.
type Signer interface {
	// Sign sets the headers that identify a user.
	Sign(header map[string]string, s Signature) error
}

// A Signature says who signs a call, with which secret of which application, and from when
// and for how long the signature is valid.
type Signature struct {
	App      int64
	Secret   string
	User     string
	Issued   time.Time
	Lifetime time.Duration
}

// A Call is one invocation of an operation.
type Call struct {
	Operation *Operation
	App       *app.App
	Request   Request
	Caller    Caller

	// The domain of the caller's application, and the application's id. SetApp sets both.
	*app.Tenant
	AppID int64

	logged      *logged // what the log line says of the call
	compressors *compressors
}

// A Request is what a Protocol reads from an event.
type Request struct {
	Method string
	Path   string
	Query  map[string]string
	Header map[string]string // names in lower case
	Body   []byte
	ID     string // the request id of API Gateway, or the one that the client sent

	// The rest is set for a WebSocket event only; Event is set for a worker as well.
	Connection string
	Route      string
	Context    map[string]any // what the authorizer returned when the connection was opened
	Connected  int64          // when the connection was opened, ms
	Event      []byte         // the whole event
}

// A Caller is who makes the call. It is set after the identity has been verified.
type Caller struct {
	Account  string
	Admin    bool
	Issued   time.Time // when the signature was made
	Platform string
	Instance string
}

// SetApp gives the call the domain of an application.
func (c *Call) SetApp(o *apps.EffectiveApp) {
	c.AppID = o.ID
	c.Tenant = c.App.ForEffective(o)
	c.log().setApp(o.ID)
}

// Origin returns the device that makes the call, as far as the request names it.
func (c *Call) Origin() delivery.Origin {
	return delivery.Origin{User: c.Caller.Account, Connection: c.Request.Connection, Instance: c.Caller.Instance}
}

// Unreadable notes in the log line an item that cannot be read and is left out of the
// answer.
func (c *Call) Unreadable(ctx context.Context, item string) {
	telemetry.MeterOf(ctx).Note(telemetry.Unreadable, item)
}

// Log adds a field to the call's log line. Message bodies, tokens and signatures must
// not be logged.
func (c *Call) Log(name, text string) { c.log().add(telemetry.Field{Name: name, Text: text}) }

func (c *Call) log() *logged {
	if c.logged == nil {
		c.logged = &logged{}
	}
	return c.logged
}

// logged is what the log line says of a call. It has a lock because the line of a call
// that does not return in time is written while its operation still runs.
type logged struct {
	mu     sync.Mutex
	app    int64
	fields []telemetry.Field
}

func (l *logged) setApp(app int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.app = app
}

func (l *logged) add(f telemetry.Field) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fields = append(l.fields, f)
}

func (l *logged) all() (app int64, fields []telemetry.Field) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.app, slices.Clone(l.fields)
}
