// Package local is the whole deployment on one machine: the real program behind
// a gateway, with real DynamoDB and SQS servers, as the templates say. `make
// run` is one user, the end-to-end tests are the other.
//
//	stack, err := local.Start(ctx, local.Options{InMemory: true})
//	...
//	defer stack.Stop()
package local

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"parley/infra/local/backing"
	"parley/infra/local/fault"
	"parley/infra/local/gateway"
	"parley/infra/local/lambda"
	"parley/infra/local/object"
	"parley/infra/local/source"
	"parley/infra/local/template"
)

// Options say what to run and how. The zero Options run the repository around
// the working directory with its data in .local/data, on free ports.
type Options struct {
	Root     string // of the repository; default found from the working directory
	Template string // default Root/template.yaml
	Program  string // default Root/.local/bin/parley, built by the Makefile
	State    string // default Root/.local; tests give a temporary directory
	// Components is the cache of the servers; default Root/.local/components.
	Components string
	// InMemory keeps tables and queues in memory, and takes no lock.
	InMemory bool

	HTTPPort   int // 0: any free one
	SocketPort int // 0: the one after HTTPPort when it is given and free, or any

	StackName   string            // prefixes the names the templates do not give; default "parley-local"
	Parameters  map[string]string // of the root template
	Environment map[string]string // added to every function
	// Limit is the most instances of one function; InstanceIdle how long one
	// waits for work. Zero: the defaults of package lambda.
	Limit        int
	InstanceIdle time.Duration
	// ConnectionIdle and ConnectionLife are 10 min and 2 h when zero, as on AWS.
	ConnectionIdle, ConnectionLife time.Duration
	// QueueRetry, when not zero, brings a failed queue message back that soon
	// instead of after its visibility timeout.
	QueueRetry time.Duration
	// Seed is the one of the faults; 0 chooses one.
	Seed uint64

	// Line receives each line a function writes, Done each finished
	// invocation, Note what a person should read. Each may be nil.
	Line func(function, line string)
	Done func(lambda.Record)
	Note func(text string)
	// Log is told of the gateway's complaints. May be nil.
	Log *slog.Logger
}

// A Stack is a running local cloud.
type Stack struct {
	// HTTP and WebSocket are the addresses clients use: "http://127.0.0.1:8080"
	// and "ws://127.0.0.1:8081/local".
	HTTP, WebSocket string

	Model     *template.Model
	Functions *lambda.Service
	Sources   *source.Sources
	Gateway   *gateway.Gateway
	Faults    *fault.Injector
	DynamoDB  *backing.Process
	SQS       *backing.Process
	Objects   *object.Server
	// Took is how long the start lasted.
	Took time.Duration

	options Options
	demo    demo
	undo    []func() // what Stop does, last first
}

// Start runs everything and returns when it serves. On an error nothing is
// left running.
func Start(ctx context.Context, o Options) (*Stack, error) {
	began := time.Now()
	if err := o.complete(); err != nil {
		return nil, err
	}
	s := &Stack{options: o, Faults: fault.New(o.Seed)}
	if err := s.start(ctx); err != nil {
		s.Stop()
		return nil, err
	}
	s.Took = time.Since(began)
	return s, nil
}

func (o *Options) complete() error {
	if o.Root == "" {
		root, err := backing.Root()
		if err != nil {
			return err
		}
		o.Root = root
	}
	for _, f := range []struct {
		field *string
		value string
	}{
		{&o.Template, "template.yaml"}, {&o.Program, ".local/bin/parley"},
		{&o.State, ".local"}, {&o.Components, ".local/components"},
	} {
		if *f.field == "" {
			*f.field = filepath.Join(o.Root, f.value)
		}
		absolute, err := filepath.Abs(*f.field)
		if err != nil {
			return err
		}
		*f.field = absolute
	}
	if o.Note == nil {
		o.Note = func(string) {}
	}
	if _, err := os.Stat(o.Program); err != nil {
		return fmt.Errorf("the program %s is not there: build it with make build", o.Program)
	}
	return os.MkdirAll(o.State, 0o755)
}

func (s *Stack) start(ctx context.Context) error {
	if err := s.acquire(); err != nil {
		return err
	}
	// Ports first: a port in use should not cost three seconds to find out.
	rest, socket, err := s.listen()
	if err != nil {
		return err
	}
	places := template.Options{
		Root: s.options.Template, Parameters: s.options.Parameters, StackName: s.options.StackName,
		State: s.options.State,
		HTTP:  "http://" + rest.Addr().String(), WebSocket: "http://" + socket.Addr().String(),
	}
	// The queues are needed to start their server, whose address is needed to
	// name the queues: the templates are read twice.
	draft, err := template.Load(places)
	if err != nil {
		return err
	}
	if err := s.back(ctx, draft); err != nil {
		return err
	}
	places.SQS = s.SQS.Endpoint()
	if s.Model, err = template.Load(places); err != nil {
		return err
	}
	if err := s.prepare(ctx); err != nil {
		return err
	}
	if err := s.functions(ctx); err != nil {
		return err
	}
	s.serve(rest, socket)
	return nil
}

// acquire keeps a second stack away from the same data.
func (s *Stack) acquire() error {
	if s.options.InMemory {
		return nil
	}
	lock, err := os.OpenFile(filepath.Join(s.options.State, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return fmt.Errorf("state directory: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		return fmt.Errorf("another local cloud uses %s: stop it (its pid is in run.json there) or run from another working copy", s.options.State)
	}
	s.undo = append(s.undo, func() { lock.Close() })
	return nil
}

func (s *Stack) listen() (rest, socket net.Listener, err error) {
	rest, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", s.options.HTTPPort))
	if err != nil {
		return nil, nil, fmt.Errorf("port %d is in use: stop what listens there or choose another with PORT=8090 (PORT=0 takes any free one)", s.options.HTTPPort)
	}
	s.undo = append(s.undo, func() { rest.Close() })
	if s.options.SocketPort != 0 || s.options.HTTPPort == 0 {
		socket, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", s.options.SocketPort))
	} else if socket, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", s.options.HTTPPort+1)); err != nil {
		socket, err = net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		return nil, nil, fmt.Errorf("port %d for WebSockets is in use: stop what listens there or choose another", s.options.SocketPort)
	}
	s.undo = append(s.undo, func() { socket.Close() })
	return rest, socket, nil
}

// back starts both servers at once.
func (s *Stack) back(ctx context.Context, draft *template.Model) error {
	data := filepath.Join(s.options.State, "data")
	options := func(name string) backing.Options {
		return backing.Options{
			Components: s.options.Components, Dir: filepath.Join(data, name), InMemory: s.options.InMemory,
			Log: filepath.Join(s.options.State, "log", name+".log"), Note: s.options.Note,
		}
	}
	var tables, queues error
	done := make(chan struct{})
	go func() {
		s.SQS, queues = backing.ElasticMQ(ctx, options("elasticmq"), draft.Queues)
		close(done)
	}()
	s.DynamoDB, tables = backing.DynamoDB(ctx, options("dynamodb"))
	<-done
	s.undo = append(s.undo, func() {
		for _, p := range []*backing.Process{s.SQS, s.DynamoDB} {
			if p != nil {
				s.note(p.Stop())
			}
		}
	})
	return errors.Join(tables, queues)
}

func (s *Stack) prepare(ctx context.Context) error {
	for _, key := range s.Model.Keys {
		if err := sealKey(key.File); err != nil {
			return err
		}
	}
	if s.SQS.External() {
		if err := backing.CreateQueues(ctx, s.SQS.Endpoint(), s.Model.Queues); err != nil {
			return err
		}
	}
	files := object.Options{Buckets: s.Model.Buckets}
	if !s.options.InMemory {
		files.Dir = filepath.Join(s.options.State, "data", "objects")
	}
	var err error
	if s.Objects, err = object.Start(files); err != nil {
		return err
	}
	s.undo = append(s.undo, func() { s.note(s.Objects.Stop()) })
	return backing.CreateTables(ctx, s.DynamoDB.Endpoint(), s.Model.Tables)
}

// sealKey makes the file that plays a KMS key, unless it is there.
func sealKey(file string) error {
	var key [32]byte
	_, _ = rand.Read(key[:]) // never fails
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("seal key: %w", err)
	}
	_, err = f.WriteString(hex.EncodeToString(key[:]) + "\n")
	return errors.Join(err, f.Close())
}

func (s *Stack) functions(ctx context.Context) error {
	o := s.options
	db, mq := s.DynamoDB.Endpoint(), s.SQS.Endpoint()
	s.Functions = lambda.New(s.Model.Functions, lambda.Options{
		Program: o.Program, DynamoDB: db, SQS: mq, S3: s.Objects.Endpoint(), Environment: o.Environment,
		Limit: o.Limit, Idle: o.InstanceIdle, Line: o.Line, Done: o.Done,
	})
	var proxied [2]string
	for i, p := range []struct{ on, target string }{{fault.OnDynamoDB, db}, {fault.OnSQS, mq}} {
		proxy, err := s.Faults.Proxy(p.on, p.target)
		if err != nil {
			return err
		}
		proxied[i] = proxy.Endpoint()
		s.undo = append(s.undo, func() { s.note(proxy.Close()) })
	}
	s.undo = append(s.undo, func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		s.Functions.Stop(ctx)
	})
	s.Faults.Attach(s.Functions, func(on bool) {
		if on {
			s.Functions.Redirect(proxied[0], proxied[1])
		} else {
			s.Functions.Redirect(db, mq)
		}
	})
	checkpoints := ""
	if !o.InMemory {
		checkpoints = filepath.Join(o.State, "data", "streams.json")
		if err := os.MkdirAll(filepath.Dir(checkpoints), 0o755); err != nil {
			return err
		}
	}
	var err error
	s.Sources, err = source.Start(ctx, s.Model.Functions, source.Options{
		DynamoDB: db, SQS: mq, Functions: s.Functions, Retry: o.QueueRetry, Checkpoints: checkpoints, Report: s.note,
	})
	if err != nil {
		return err
	}
	// The functions end what the sources wait for, should it last too long.
	s.undo = append(s.undo, func() {
		done := make(chan struct{})
		go func() {
			s.Sources.Stop()
			close(done)
		}()
		select {
		case <-done:
		case <-time.After(5 * time.Second):
		}
	})
	return nil
}

func (s *Stack) serve(rest, socket net.Listener) {
	o := s.options
	g := gateway.Options{
		Invoke: func(ctx context.Context, function string, event []byte) (gateway.Result, error) {
			result, err := s.Functions.Invoke(ctx, function, event)
			return gateway.Result{Payload: result.Payload, Failed: result.FunctionError != ""}, err
		},
		Idle: o.ConnectionIdle, Life: o.ConnectionLife, Limits: s.Faults.Limits, Faults: s.Faults, Log: o.Log,
	}
	s.HTTP = "http://" + rest.Addr().String()
	if api := s.Model.HTTP(); api != nil {
		g.HTTP = *api
		if api.Stage != "" && api.Stage != "$default" {
			s.HTTP += "/" + api.Stage
		}
	}
	if api := s.Model.WebSocket(); api != nil {
		g.Socket = *api
		s.WebSocket = "ws://" + socket.Addr().String() + "/" + api.Stage
	}
	s.Gateway = gateway.New(g)
	s.undo = append(s.undo, func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		s.note(s.Gateway.Close(ctx))
	})
	for _, server := range []struct {
		listener net.Listener
		handler  http.Handler
	}{{rest, s.front()}, {socket, s.Gateway.Socket()}} {
		h := &http.Server{Handler: server.handler, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}
		go func() { _ = h.Serve(server.listener) }() // ends with the server
		s.undo = append(s.undo, func() {
			ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
			defer cancel()
			if h.Shutdown(ctx) != nil {
				h.Close()
			}
		})
	}
}

func (s *Stack) note(err error) {
	if err != nil {
		s.options.Note(err.Error())
	}
}

// Stop ends everything in the order that loses nothing: no more requests, then
// the connections, the sources, the functions, and the servers last. What goes
// wrong on the way is told to Note. Stopping twice is fine.
func (s *Stack) Stop() {
	s.Faults.Clear() // nothing stays frozen
	for len(s.undo) > 0 {
		last := s.undo[len(s.undo)-1]
		s.undo = s.undo[:len(s.undo)-1]
		last()
	}
}
