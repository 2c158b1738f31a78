// Package local is the local cloud: the whole deployment on one machine, as the
// templates declare it. It runs the real program behind a local API Gateway, with
// DynamoDB Local, ElasticMQ for SQS, and local object storage. `make run` and the
// end-to-end tests use it. All HTTP APIs share one port, since the paths of the surfaces
// differ; on AWS each surface has an API with an address of its own.
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
	"strings"
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

// Options say what to run and how. The zero Options run the repository that contains
// the working directory, with its data in .local/data, on free ports.
type Options struct {
	Root     string // folder of the repository; by default found from the working directory
	Template string // default Root/template.yaml
	Data     string // default Root/infra/stacks/data.yaml, if Template has its default
	Program  string // default Root/.local/bin/parley, which the Makefile builds
	State    string // folder of data and logs; default Root/.local; tests use a temporary one
	// Components is the cache of downloaded servers; default Root/.local/components.
	Components string
	// InMemory stores tables, queues and objects in memory. Then several local
	// clouds may use the same State.
	InMemory bool
	// LongRun is that of backing.Options.
	LongRun bool

	HTTPPort   int // 0 means any free port
	SocketPort int // 0 means HTTPPort+1 if HTTPPort is given and the next port is free, else any free port

	StackName   string            // prefix of the names that the templates do not give; default "parley-local"
	Parameters  map[string]string // of the root template
	Environment map[string]string // added to the environment of every function
	// Limit is how many instances one function may have. InstanceIdle is how long
	// an instance waits for an event before it ends. Zero means the default of
	// package lambda.
	Limit        int
	InstanceIdle time.Duration
	// ConnectionIdle and ConnectionLife limit WebSocket connections. Defaults 10
	// minutes and 2 hours, as on AWS.
	ConnectionIdle, ConnectionLife time.Duration
	// QueueRetry is how soon a queue message that failed is received again. Zero
	// means after the visibility timeout of the queue.
	QueueRetry time.Duration
	// Seed is the seed of injected faults. 0 chooses a random seed.
	Seed uint64

	// Line receives each line that a function writes. Done receives each finished
	// invocation. Note receives messages for a person. Each may be nil.
	Line func(function, line string)
	Done func(lambda.Record)
	Note func(text string)
	// Log receives the warnings and errors of the gateway. May be nil.
	Log *slog.Logger
}

// A Stack is a running local cloud.
type Stack struct {
	// HTTP and WebSocket are the addresses that clients use, for example
	// "http://127.0.0.1:8080" and "ws://127.0.0.1:8081/local".
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

	options  Options
	demo     demo
	cleanups []func() // what Stop calls, the last one first
}

// Start starts everything and returns when it can serve requests. If there is an error,
// nothing is left running.
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
	if o.Template == "" {
		o.Data = filepath.Join(o.Root, "infra", "stacks", "data.yaml")
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
	if err := s.lockState(); err != nil {
		return err
	}
	// Listen first: if a port is in use, the user should not wait three seconds for the
	// error.
	httpListener, socketListener, err := s.listen()
	if err != nil {
		return err
	}
	options := template.Options{
		Root: s.options.Template, Data: s.options.Data, Parameters: s.options.Parameters, StackName: s.options.StackName,
		State: s.options.State,
		HTTP:  "http://" + httpListener.Addr().String(), WebSocket: "http://" + socketListener.Addr().String(),
	}
	// The templates are loaded twice. The first model says which queues ElasticMQ must
	// have; the second one contains the queue URLs with the address of ElasticMQ.
	first, err := template.Load(options)
	if err != nil {
		return err
	}
	if err := s.startServers(ctx, first.Queues); err != nil {
		return err
	}
	options.SQS = s.SQS.Endpoint()
	if s.Model, err = template.Load(options); err != nil {
		return err
	}
	if err := s.createResources(ctx); err != nil {
		return err
	}
	if err := s.startFunctions(ctx); err != nil {
		return err
	}
	s.serve(httpListener, socketListener)
	return nil
}

// lockState makes sure that no second local cloud uses the same data.
func (s *Stack) lockState() error {
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
	s.cleanups = append(s.cleanups, func() { lock.Close() })
	return nil
}

func (s *Stack) listen() (httpListener, socketListener net.Listener, err error) {
	httpListener, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", s.options.HTTPPort))
	if err != nil {
		return nil, nil, fmt.Errorf("port %d is in use: stop what listens there or choose another with PORT=8090 (PORT=0 takes any free one)", s.options.HTTPPort)
	}
	s.cleanups = append(s.cleanups, func() { httpListener.Close() })
	if s.options.SocketPort != 0 || s.options.HTTPPort == 0 {
		socketListener, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", s.options.SocketPort))
	} else if socketListener, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", s.options.HTTPPort+1)); err != nil {
		socketListener, err = net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		return nil, nil, fmt.Errorf("port %d for WebSockets is in use: stop what listens there or choose another", s.options.SocketPort)
	}
	s.cleanups = append(s.cleanups, func() { socketListener.Close() })
	return httpListener, socketListener, nil
}

// startServers starts DynamoDB Local and ElasticMQ at the same time.
func (s *Stack) startServers(ctx context.Context, queues []template.Queue) error {
	data := filepath.Join(s.options.State, "data")
	options := func(name string) backing.Options {
		return backing.Options{
			Components: s.options.Components, Dir: filepath.Join(data, name), InMemory: s.options.InMemory,
			LongRun: s.options.LongRun, Log: filepath.Join(s.options.State, "log", name+".log"), Note: s.options.Note,
		}
	}
	var dynamoDBErr, sqsErr error
	done := make(chan struct{})
	go func() {
		s.SQS, sqsErr = backing.ElasticMQ(ctx, options("elasticmq"), queues)
		close(done)
	}()
	s.DynamoDB, dynamoDBErr = backing.DynamoDB(ctx, options("dynamodb"))
	<-done
	s.cleanups = append(s.cleanups, func() {
		for _, p := range []*backing.Process{s.SQS, s.DynamoDB} {
			if p != nil {
				s.report(p.Stop())
			}
		}
	})
	return errors.Join(dynamoDBErr, sqsErr)
}

// createResources creates the keys, queues, buckets and tables that do not exist yet.
func (s *Stack) createResources(ctx context.Context) error {
	for _, key := range s.Model.Keys {
		if err := createSealKey(key.File); err != nil {
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
	s.cleanups = append(s.cleanups, func() { s.report(s.Objects.Stop()) })
	return backing.CreateTables(ctx, s.DynamoDB.Endpoint(), s.Model.Tables)
}

// createSealKey creates the file that replaces a KMS key, unless it exists.
func createSealKey(file string) error {
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

// startFunctions starts the functions, the fault proxies and the event sources.
func (s *Stack) startFunctions(ctx context.Context) error {
	o := s.options
	dynamoDB, sqs := s.DynamoDB.Endpoint(), s.SQS.Endpoint()
	s.Functions = lambda.New(s.Model.Functions, lambda.Options{
		Program: o.Program, DynamoDB: dynamoDB, SQS: sqs, S3: s.Objects.Endpoint(), Environment: o.Environment,
		Limit: o.Limit, Idle: o.InstanceIdle, Line: o.Line, Done: o.Done,
	})
	var proxies [2]string // their addresses
	for i, p := range []struct{ on, target string }{{fault.OnDynamoDB, dynamoDB}, {fault.OnSQS, sqs}} {
		proxy, err := s.Faults.Proxy(p.on, p.target)
		if err != nil {
			return err
		}
		proxies[i] = proxy.Endpoint()
		s.cleanups = append(s.cleanups, func() { s.report(proxy.Close()) })
	}
	s.cleanups = append(s.cleanups, func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		s.Functions.Stop(ctx)
	})
	s.Faults.Attach(s.Functions, func(proxied bool) {
		if proxied {
			s.Functions.Redirect(proxies[0], proxies[1])
		} else {
			s.Functions.Redirect(dynamoDB, sqs)
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
		DynamoDB: dynamoDB, SQS: sqs, Functions: s.Functions, Retry: o.QueueRetry, Checkpoints: checkpoints, Report: s.report,
	})
	if err != nil {
		return err
	}
	// If the sources do not stop in time, Stop goes on: it stops the functions next, and
	// that ends what the sources wait for.
	s.cleanups = append(s.cleanups, func() {
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

// serve starts the gateway and the two HTTP servers.
func (s *Stack) serve(httpListener, socketListener net.Listener) {
	o := s.options
	g := gateway.Options{
		Invoke: func(ctx context.Context, function string, event []byte) (gateway.Result, error) {
			result, err := s.Functions.Invoke(ctx, function, event)
			return gateway.Result{Payload: result.Payload, Failed: result.FunctionError != ""}, err
		},
		Idle: o.ConnectionIdle, Life: o.ConnectionLife, Limits: s.Faults.Limits, Faults: s.Faults, Log: o.Log,
	}
	s.HTTP = "http://" + httpListener.Addr().String()
	g.HTTP = s.Model.HTTP()
	if api := s.Model.WebSocket(); api != nil {
		g.Socket = *api
		s.WebSocket = "ws://" + socketListener.Addr().String() + "/" + api.Stage
	}
	s.Gateway = gateway.New(g)
	s.cleanups = append(s.cleanups, func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		s.report(s.Gateway.Close(ctx))
	})
	for _, server := range []struct {
		listener net.Listener
		handler  http.Handler
	}{{httpListener, s.handler()}, {socketListener, s.Gateway.Socket()}} {
		h := &http.Server{Handler: server.handler, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}
		go func() { _ = h.Serve(server.listener) }() // returns when the server is shut down
		s.cleanups = append(s.cleanups, func() {
			ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
			defer cancel()
			if h.Shutdown(ctx) != nil {
				h.Close()
			}
		})
	}
}

// Surfaces returns for each HTTP API the surface that it serves, and the first part of its
// paths: "tencent /v4". All are at one address; on AWS each has its own.
func (s *Stack) Surfaces() []string {
	var out []string
	for _, api := range s.Model.HTTP() {
		if len(api.HTTP) > 0 {
			surface, _, _ := strings.Cut(api.HTTP[0].Function, ".")
			out = append(out, surface+" /"+strings.Split(api.HTTP[0].Path, "/")[1])
		}
	}
	return out
}

// report gives an error to Options.Note.
func (s *Stack) report(err error) {
	if err != nil {
		s.options.Note(err.Error())
	}
}

// Stop ends everything in an order that loses no data: first the HTTP servers, then the
// connections, the sources, the functions, and last the servers that store data.
// Errors are given to Options.Note. A second call does nothing.
func (s *Stack) Stop() {
	s.Faults.Clear() // frozen calls continue, so that functions can finish
	for len(s.cleanups) > 0 {
		last := s.cleanups[len(s.cleanups)-1]
		s.cleanups = s.cleanups[:len(s.cleanups)-1]
		last()
	}
}
